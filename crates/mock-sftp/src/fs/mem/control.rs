//! What a test changes about a tree while it is in use: its time, its limits, and whether it may be written to.

use std::{
    sync::atomic::Ordering::Relaxed,
    time::{Duration, SystemTime},
};

use super::{Limits, MemFs};
use crate::FsError;

impl MemFs {
    /// Stops the clock of the tree at this time: what happens from now on happens then.
    ///
    /// ```
    /// use std::time::{Duration, UNIX_EPOCH};
    ///
    /// use mock_sftp::MemFs;
    ///
    /// let fs = MemFs::new();
    /// fs.set_time(UNIX_EPOCH + Duration::from_secs(1_000_000_000));
    /// fs.write("/a", "1")?;
    /// fs.advance(Duration::from_secs(1));
    /// fs.write("/b", "2")?;
    /// let age = fs.metadata("/b")?.modified.duration_since(fs.metadata("/a")?.modified)?;
    /// assert_eq!(age, Duration::from_secs(1));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn set_time(&self, time: SystemTime) {
        self.tree.clock.set(time);
    }

    /// Moves the clock of the tree forward. If it was running, it stands still from now on.
    pub fn advance(&self, by: Duration) {
        self.tree.clock.advance(by);
    }

    /// What time it is in the tree: the host's time, unless the clock was set.
    #[must_use]
    pub fn time(&self) -> SystemTime {
        self.tree.now()
    }

    /// Sets how much fits, also below what is there already: then nothing fits.
    ///
    /// ```
    /// use mock_sftp::{FileSystem, FsError, Limits, MemFs, OpenFile, OpenOptions};
    ///
    /// let fs = MemFs::new();
    /// let options = OpenOptions { write: true, create: true, ..OpenOptions::default() };
    /// let mut file = fs.open(&fs.caller("alice"), b"/upload", &options)?;
    /// file.write_at(0, b"12345")?;
    /// fs.set_limits(Limits { bytes: Some(8), ..Limits::default() });
    /// assert_eq!(file.write_at(5, b"67890"), Err(FsError::NoSpace));
    /// assert_eq!(fs.read("/upload")?, "12345678");
    /// # Ok::<(), FsError>(())
    /// ```
    pub fn set_limits(&self, limits: Limits) {
        self.tree.ledger.set_limits(limits);
    }

    /// Makes every change by a session fail with [`ReadOnly`](crate::FsError::ReadOnly), or allows them again.
    ///
    /// ```
    /// use mock_sftp::{FileSystem, FsError, MemFs};
    ///
    /// let fs = MemFs::new();
    /// fs.set_read_only(true);
    /// assert_eq!(fs.create_dir(&fs.caller("alice"), b"/new", 0o777), Err(FsError::ReadOnly));
    /// ```
    pub fn set_read_only(&self, read_only: bool) {
        self.tree.read_only.store(read_only, Relaxed);
    }

    /// The same for what the path leads to and all below it, what is made there later included. What has a further name
    /// elsewhere is read-only by that name as well.
    ///
    /// ```
    /// use mock_sftp::{FileSystem, FsError, MemFs};
    ///
    /// let fs = MemFs::builder().file("/etc/motd", "hi\n").dir("/upload").build()?;
    /// fs.set_read_only_below("/etc", true)?;
    /// let alice = fs.caller("alice");
    /// assert_eq!(fs.remove_file(&alice, b"/etc/motd"), Err(FsError::ReadOnly));
    /// assert_eq!(fs.create_dir(&alice, b"/upload/new", 0o777), Ok(()));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The path leads to nothing.
    pub fn set_read_only_below(&self, path: impl AsRef<[u8]>, read_only: bool) -> Result<(), FsError> {
        for (_, node) in self.nodes(path.as_ref())? {
            node.lock().read_only = read_only;
        }
        Ok(())
    }

    /// Bytes of all files together. Holes and generated files take none.
    #[must_use]
    pub fn used_bytes(&self) -> u64 {
        self.tree.ledger.bytes()
    }

    /// Files, directories and symbolic links, the root and unlinked files that are still open included.
    #[must_use]
    pub fn used_inodes(&self) -> u64 {
        self.tree.ledger.inodes()
    }
}
