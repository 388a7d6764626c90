//! The file system in memory: a tree of inodes that behaves as Linux does, with what a test needs around it.
//!
//! One lock guards the names of a tree, and each inode has its own, so that sessions which read and write files do
//! not wait for each other. Nothing here waits for anything else.

mod access;
mod attributes;
mod builder;
mod clock;
mod content;
mod control;
mod diff;
mod export;
mod file;
mod fixture;
mod handle;
mod import;
mod ledger;
mod listing;
mod lock;
mod names;
mod node;
mod open;
mod pool;
mod put;
mod rename;
mod resolve;
mod snapshot;
mod system;
mod tree;
mod users;

use std::{fmt, sync::Arc};

pub use builder::{BuildError, MemFsBuilder};
pub use diff::{Change, Diff};
pub use fixture::{Dir, Entry, File, Id};
pub use handle::Found;
pub use ledger::Limits;
pub use node::AccessTimes;
pub use snapshot::Snapshot;
pub use users::User;

use tree::Tree;

/// A file system in memory.
///
/// A clone is another handle on the same tree. Give one to the server and keep one: its methods are the test's own
/// hands, which no mode, limit or read-only switch stops. Their paths are bytes from the root of the tree.
///
/// Sessions go through [`FileSystem`](crate::FileSystem) and get what Linux would give them. By default every
/// session may do everything, as if it were root's, while what it makes belongs to the user who is logged in;
/// [`MemFsBuilder::check_permissions`] makes owners and modes bind. Some methods of the trait have the same names as
/// those of the test; `FileSystem::rename(&fs, &caller, ..)` is the session's.
///
/// ```
/// use mock_sftp::MemFs;
///
/// let fs = MemFs::builder().file("/etc/motd", "hi\n").dir("/upload").build()?;
/// fs.write("/upload/report.csv", "a,b\n")?;
/// assert_eq!(fs.read("/upload/report.csv")?, "a,b\n");
/// assert_eq!(fs.list("/")?, ["etc", "upload"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct MemFs {
    tree: Arc<Tree>,
}

impl MemFs {
    /// An empty tree that may be written to.
    #[must_use]
    pub fn new() -> Self {
        MemFsBuilder::default().empty()
    }

    /// Makes a tree with something in it, or one with limits, users or a clock of its own.
    pub fn builder() -> MemFsBuilder {
        MemFsBuilder::default()
    }
}

impl Default for MemFs {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for MemFs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ledger = &self.tree.ledger;
        let mut debug = f.debug_struct("MemFs");
        debug.field("inodes", &ledger.inodes()).field("bytes", &ledger.bytes()).finish_non_exhaustive()
    }
}
