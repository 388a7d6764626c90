//! A directory of the host as a file system, for who asks for it by name. No path, no link and no race leads out of it.
//!
//! The kernel is never given a path: paths are walked here, and what it gets is one name in a directory that is open
//! already, with a flag that keeps it from following a link (`walk.rs`). So there is nothing that could be exchanged
//! between a check and its use.

mod attributes;
mod file;
mod listing;
mod names;
mod system;
mod walk;

use std::{io, os::fd::OwnedFd, path::Path, sync::Arc};

use rustix::{
    fs::{CWD, Mode, openat},
    process::{getegid, geteuid},
};

use crate::{Caller, FsError};

/// A directory of the host, served as it is. Cheap to clone.
///
/// It is the root for whoever is served: `..` ends there, and absolute links begin there, as after `chroot(2)`. What the
/// host puts below it by a mount belongs to it.
///
/// ```
/// use mock_sftp::{Directory, Sftp};
///
/// # let fixtures = tempfile::tempdir()?;
/// let sftp = Sftp::new(Directory::open(fixtures.path())?.read_only());
/// # let _ = sftp;
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// Everything is done with the rights of this process and belongs to its user, whoever is logged in; modes of what is
/// made are subject to the umask `022` and to that of the process. FIFOs, sockets and devices are listed, but not opened.
/// Setting several attributes at once stops at the first that cannot be set.
///
/// A rename that must not replace anything needs a file system that can do so in one step; others refuse it.
#[derive(Debug, Clone)]
pub struct Directory {
    top: Arc<OwnedFd>,
    start: Vec<u8>,
    read_only: bool,
}

impl Directory {
    /// Opens the directory that is to be served. It stays the same one if it gets another name.
    ///
    /// # Errors
    ///
    /// There is no such directory, or it cannot be searched.
    pub fn open(path: impl AsRef<Path>) -> io::Result<Self> {
        let top = openat(CWD, path.as_ref(), walk::FOLLOWED, Mode::empty())?;
        Ok(Self { top: Arc::new(top), start: b"/".to_vec(), read_only: false })
    }

    /// Refuses whatever would change something, with [`FsError::ReadOnly`].
    #[must_use]
    pub fn read_only(mut self) -> Self {
        self.read_only = true;
        self
    }

    /// Sets where relative paths begin, as clients see it. If it is not there, they are not found. Default: `/`, which is the
    /// directory itself.
    #[must_use]
    pub fn start(mut self, path: impl AsRef<[u8]>) -> Self {
        self.start = path.as_ref().to_vec();
        self
    }

    fn caller_of(&self, user: &str) -> Caller {
        Caller {
            user: user.to_owned(),
            uid: geteuid().as_raw(),
            gid: getegid().as_raw(),
            groups: Vec::new(),
            umask: 0o022,
            root: b"/".to_vec(),
            start: self.start.clone(),
        }
    }

    fn writable(&self) -> Result<(), FsError> {
        if self.read_only { Err(FsError::ReadOnly) } else { Ok(()) }
    }
}

impl From<rustix::io::Errno> for FsError {
    fn from(errno: rustix::io::Errno) -> Self {
        Self::from_errno(errno.raw_os_error())
    }
}

/// The error behind one of the standard library.
fn refused(error: &io::Error) -> FsError {
    error.raw_os_error().map_or(FsError::Io, FsError::from_errno)
}
