//! Reading copies back from a journal: queries to wait with, shortcuts, and uploads by whatever protocol.

use std::{fmt, sync::Arc};

use bytes::Bytes;
use mock_base::{Event, Events, Query};

use super::{ScpOp, ScpOperation, record::plain};
use crate::{FileContent, SftpOp};

type Condition = Arc<dyn Fn(&ScpOp) -> bool + Send + Sync>;

/// Selects copies, narrowed step by step. Made by [`scp_op`] and [`scp_uploaded`].
#[derive(Clone, Default)]
#[must_use = "a query does nothing by itself: hand it to `Events`"]
pub struct ScpOps {
    conditions: Vec<Condition>,
}

/// Selects every copy.
///
/// ```
/// use mock_base::Journal;
/// use mock_sftp::{ScpOperation, scp_op};
///
/// let events = Journal::new().events();
/// assert_eq!(events.count(scp_op().operation(ScpOperation::Download)), 0);
/// ```
pub fn scp_op() -> ScpOps {
    ScpOps::default()
}

/// Selects files that arrived at this path: as the command line and the protocol give it, or made absolute.
pub fn scp_uploaded(path: impl AsRef<[u8]>) -> ScpOps {
    scp_op().filter(ScpOp::is_upload).path(path)
}

impl ScpOps {
    /// Only those of this kind.
    pub fn operation(self, operation: ScpOperation) -> Self {
        self.filter(move |op| op.operation == operation)
    }

    /// Only those of this path: as the command line and the protocol give it, or made absolute.
    pub fn path(self, path: impl AsRef<[u8]>) -> Self {
        let path = path.as_ref().to_vec();
        self.filter(move |op| op.path == path || op.full_path() == path)
    }

    /// Only those for which `condition` holds as well.
    pub fn filter(mut self, condition: impl Fn(&ScpOp) -> bool + Send + Sync + 'static) -> Self {
        self.conditions.push(Arc::new(condition));
        self
    }
}

impl fmt::Debug for ScpOps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScpOps").field("conditions", &self.conditions.len()).finish()
    }
}

impl Query for ScpOps {
    type Output = ScpOp;

    fn select(&self, event: &Arc<Event>) -> Option<ScpOp> {
        let op = ScpOp::of(event)?;
        self.conditions.iter().all(|condition| condition(op)).then(|| op.clone())
    }
}

/// What tests ask a journal about `scp`.
///
/// ```
/// use mock_base::Journal;
/// use mock_sftp::ScpEvents;
///
/// let events = Journal::new().events();
/// // … a client that should not copy anything …
/// assert!(events.scp_ops().is_empty());
/// assert!(events.received().is_empty());
/// ```
pub trait ScpEvents {
    /// Every copy, in order.
    fn scp_ops(&self) -> Vec<ScpOp>;

    /// Files that arrived by `scp`, in order. [`ScpOp::content`] has what was in the file then.
    fn scp_uploads(&self) -> Vec<ScpOp>;

    /// Files that arrived, in order, whether by `scp` or by SFTP.
    fn received(&self) -> Vec<Received>;
}

impl ScpEvents for Events {
    fn scp_ops(&self) -> Vec<ScpOp> {
        self.of()
    }

    fn scp_uploads(&self) -> Vec<ScpOp> {
        self.query(scp_op().filter(ScpOp::is_upload))
    }

    fn received(&self) -> Vec<Received> {
        self.query(Receipts { path: None })
    }
}

/// A file that arrived: by SFTP, of which `scp` has made use since OpenSSH 9.0, or by the protocol of `scp`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Received {
    /// The path, made absolute, and without `.`. Links and `..` are as they were.
    pub path: Bytes,
    /// Bytes that were written.
    pub bytes: u64,
    /// What was in the file then, where it was kept.
    pub content: Option<FileContent>,
}

/// What [`received`] makes.
#[derive(Debug, Clone)]
#[must_use = "a query does nothing by itself: hand it to `Events`"]
pub struct Receipts {
    path: Option<Bytes>,
}

/// Selects files that arrived at this absolute path, whether by `scp` or by SFTP.
///
/// ```
/// use mock_base::Journal;
/// use mock_sftp::received;
///
/// let events = Journal::new().events();
/// assert_eq!(events.count(received("/srv/app.tar")), 0);
/// ```
pub fn received(path: impl AsRef<[u8]>) -> Receipts {
    Receipts { path: Some(Bytes::copy_from_slice(path.as_ref())) }
}

impl Query for Receipts {
    type Output = Received;

    fn select(&self, event: &Arc<Event>) -> Option<Received> {
        let (path, bytes, content) = if let Some(op) = ScpOp::of(event).filter(|op| op.is_upload()) {
            (op.full_path(), op.bytes, &op.content)
        } else {
            let op = SftpOp::of(event).filter(|op| op.is_upload())?;
            (plain(&op.full_path()), op.written, &op.content)
        };
        let wanted = self.path.as_ref().is_none_or(|wanted| *wanted == path);
        wanted.then(|| Received { path, bytes, content: content.clone() })
    }
}
