//! Reading operations back from a journal: queries to wait with, and shortcuts for what tests ask most.

use std::{fmt, sync::Arc};

use mock_base::{Event, Events, Query};

use super::SftpOp;
use crate::wire::Operation;

type Condition = Arc<dyn Fn(&SftpOp) -> bool + Send + Sync>;

/// Selects operations, narrowed step by step. Made by [`sftp_op`] and [`uploaded`].
#[derive(Clone, Default)]
#[must_use = "a query does nothing by itself: hand it to `Events`"]
pub struct SftpOps {
    filter: Option<Condition>,
}

/// Selects every operation.
///
/// ```
/// use mock_base::Journal;
/// use mock_sftp::{sftp_op, wire::Operation};
///
/// let events = Journal::new().events();
/// assert_eq!(events.count(sftp_op().operation(Operation::Remove)), 0);
/// ```
pub fn sftp_op() -> SftpOps {
    SftpOps::default()
}

/// Selects finished uploads to this path: closes of files that were opened to write.
///
/// The path is the one that the client opened, whether it sent it absolute or relative.
pub fn uploaded(path: impl AsRef<[u8]>) -> SftpOps {
    sftp_op().filter(SftpOp::is_upload).path(path)
}

impl SftpOps {
    /// Only those of this kind.
    pub fn operation(self, operation: Operation) -> Self {
        self.filter(move |op| op.operation == operation)
    }

    /// Only those on this path: as the client sent it, or made absolute.
    pub fn path(self, path: impl AsRef<[u8]>) -> Self {
        let path = path.as_ref().to_vec();
        self.filter(move |op| op.path == path || op.full_path() == path)
    }

    /// Only those for which `condition` holds as well.
    pub fn filter(self, condition: impl Fn(&SftpOp) -> bool + Send + Sync + 'static) -> Self {
        let filter: Condition = match self.filter {
            None => Arc::new(condition),
            Some(first) => Arc::new(move |op| first(op) && condition(op)),
        };
        Self { filter: Some(filter) }
    }
}

impl fmt::Debug for SftpOps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SftpOps").field("filtered", &self.filter.is_some()).finish()
    }
}

impl Query for SftpOps {
    type Output = SftpOp;

    fn select(&self, event: &Arc<Event>) -> Option<SftpOp> {
        let op = SftpOp::of(event)?;
        self.filter.as_ref().is_none_or(|filter| filter(op)).then(|| op.clone())
    }
}

/// What tests ask a journal about SFTP.
///
/// ```
/// use mock_base::Journal;
/// use mock_sftp::SftpEvents;
///
/// let events = Journal::new().events();
/// // … a client that should not write …
/// assert!(events.uploads().is_empty());
/// ```
pub trait SftpEvents {
    /// Every operation, in order.
    fn sftp_ops(&self) -> Vec<SftpOp>;

    /// Finished uploads, in order. [`SftpOp::content`] has what was in the file when it was closed.
    fn uploads(&self) -> Vec<SftpOp>;
}

impl SftpEvents for Events {
    fn sftp_ops(&self) -> Vec<SftpOp> {
        self.of()
    }

    fn uploads(&self) -> Vec<SftpOp> {
        self.query(sftp_op().filter(SftpOp::is_upload))
    }
}
