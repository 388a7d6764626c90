//! Where faults of files can strike.

use std::fmt;

use mock_base::Pattern;

use crate::{ScpOp, ScpOperation, SftpOp, wire::Operation};

/// A request of SFTP, or a copy of SCP, on any path or on some.
#[derive(Debug, Clone)]
pub struct Stage {
    pub(super) on: On,
    pub(super) path: Option<Pattern>,
}

/// Which protocol, and what of it; `None` is anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum On {
    Sftp(Option<Operation>),
    Scp(Option<ScpOperation>),
}

impl Stage {
    /// A request of this kind. `sftp open`
    ///
    /// ```
    /// use mock_base::Pattern;
    /// use mock_sftp::{fault::Stage, wire::Operation};
    ///
    /// let stage = Stage::sftp(Operation::Open).path(Pattern::parse("*.gz")?);
    /// assert_eq!(stage.to_string(), "sftp open *.gz");
    /// # Ok::<(), mock_base::PatternError>(())
    /// ```
    #[must_use]
    pub fn sftp(operation: Operation) -> Self {
        Self { on: On::Sftp(Some(operation)), path: None }
    }

    /// Any request but `init`. `sftp any`
    #[must_use]
    pub fn any_sftp() -> Self {
        Self { on: On::Sftp(None), path: None }
    }

    /// A file or directory that is copied in this way. `scp upload`
    #[must_use]
    pub fn scp(operation: ScpOperation) -> Self {
        Self { on: On::Scp(Some(operation)), path: None }
    }

    /// Any file or directory that is copied. `scp any`
    #[must_use]
    pub fn any_scp() -> Self {
        Self { on: On::Scp(None), path: None }
    }

    /// Only on a path that matches: as the client sent it, or made absolute. With a handle it is the path that was opened; of two
    /// paths, either.
    #[must_use]
    pub fn path(self, path: impl Into<Pattern>) -> Self {
        Self { path: Some(path.into()), ..self }
    }

    /// Whether it is a copy of SCP, and no request of SFTP.
    #[must_use]
    pub fn is_scp(&self) -> bool {
        matches!(self.on, On::Scp(_))
    }

    /// Whether a request is at this stage.
    pub(crate) fn is_at(&self, op: &SftpOp) -> bool {
        let here = match self.on {
            On::Sftp(None) => op.operation != Operation::Init,
            On::Sftp(Some(operation)) => operation == op.operation,
            On::Scp(_) => false,
        };
        here && self.path.as_ref().is_none_or(|path| {
            let is_match = |is: &[u8]| path.is_match(is);
            is_match(&op.path)
                || is_match(&op.full_path())
                || op.to.as_ref().is_some_and(|to| is_match(to))
                || op.full_to().is_some_and(|to| is_match(&to))
        })
    }

    /// Whether a copy is at this stage.
    pub(crate) fn is_at_copy(&self, op: &ScpOp) -> bool {
        let here = match self.on {
            On::Scp(operation) => operation.is_none_or(|operation| operation == op.operation),
            On::Sftp(_) => false,
        };
        let is_match = |path: &Pattern| path.is_match(&op.path) || path.is_match(op.full_path());
        here && self.path.as_ref().is_none_or(is_match)
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.on {
            On::Sftp(operation) => write!(f, "sftp {}", operation.map_or("any", Operation::name))?,
            On::Scp(operation) => write!(f, "scp {}", operation.map_or("any", ScpOperation::name))?,
        }
        self.path.as_ref().map_or(Ok(()), |path| write!(f, " {}", mock_base::fault::word(&path.to_text())))
    }
}
