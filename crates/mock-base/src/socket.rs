//! Unix sockets that only their owner can reach, and that are gone in the end: those of agents and of whoever takes requests.
//!
//! The order is bind, chmod, listen. A socket that is bound but does not listen refuses everybody, so whatever the umask,
//! nobody else gets in between; and no umask has to be changed, which would affect other threads.

use std::{
    fs::{self, Permissions},
    io,
    os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use tokio::net::{UnixListener, UnixSocket, UnixStream};

/// Bytes of a path in a socket address, without the zero byte at its end: the size of `sun_path` less one.
const PATH_LIMIT: usize = if cfg!(any(target_os = "linux", target_os = "android")) { 107 } else { 103 };

/// Clients that may wait to be accepted.
const BACKLOG: u32 = 128;

/// Why there is no socket.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SocketError {
    /// The path is longer than a socket address may be (`sun_path`).
    #[error("the socket path {} has {} bytes, more than {limit}", path.display(), path.as_os_str().len())]
    TooLong {
        /// The absolute path.
        path: PathBuf,
        /// How many bytes a path may have.
        limit: usize,
    },
    /// Something listens on the path already. It was left alone.
    #[error("{} is in use: something listens there", path.display())]
    InUse {
        /// The path.
        path: PathBuf,
    },
    /// What is at the path is not a socket. It was left alone.
    #[error("{} exists and is not a socket", path.display())]
    NotASocket {
        /// The path.
        path: PathBuf,
    },
    /// The socket could not be made.
    #[error("cannot listen on {}", path.display())]
    Listen {
        /// The path.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
}

/// Listens on `path`, for this user alone. A socket that somebody left there who was killed is replaced.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let directory = tempfile::tempdir()?;
/// let path = directory.path().join("socket");
/// let (listener, file) = mock_base::socket::listen(&path).await?;
/// assert!(mock_base::socket::listen(&path).await.is_err(), "in use");
/// drop((listener, file));
/// assert!(!path.exists());
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// [`SocketError`]; what is at the path was left alone then.
///
/// # Panics
///
/// Outside a tokio runtime.
pub async fn listen(path: &Path) -> Result<(UnixListener, SocketFile), SocketError> {
    let failed = |source| SocketError::Listen { path: path.to_owned(), source };
    // It still holds after the process changed its directory, and clients may be elsewhere.
    let path = std::path::absolute(path).map_err(failed)?;
    if path.as_os_str().len() > PATH_LIMIT {
        return Err(SocketError::TooLong { path, limit: PATH_LIMIT });
    }
    remove_stale(&path).await?;
    let socket = UnixSocket::new_stream().map_err(failed)?;
    socket.bind(&path).map_err(failed)?;
    let file = SocketFile::of(&path).map_err(failed)?;
    fs::set_permissions(&file.path, Permissions::from_mode(0o600)).map_err(failed)?;
    let listener = socket.listen(BACKLOG).map_err(failed)?;
    Ok((listener, file))
}

/// Removes what somebody who was killed left behind; refuses to remove anything else.
async fn remove_stale(path: &Path) -> Result<(), SocketError> {
    let failed = |source| SocketError::Listen { path: path.to_owned(), source };
    match fs::symlink_metadata(path) {
        Err(missing) if missing.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(other) => return Err(failed(other)),
        Ok(found) if !found.file_type().is_socket() => {
            return Err(SocketError::NotASocket { path: path.to_owned() });
        }
        Ok(_socket) => {}
    }
    match UnixStream::connect(path).await {
        Err(refused) if refused.kind() == io::ErrorKind::ConnectionRefused => {
            fs::remove_file(path).map_err(failed)
        }
        // Full, not ours to enter, or answering: somebody is there.
        _ => Err(SocketError::InUse { path: path.to_owned() }),
    }
}

/// The file of a socket, removed once: on demand or when this is dropped, whichever is first.
#[derive(Debug)]
pub struct SocketFile {
    path: PathBuf,
    /// Device and inode, so that a socket which somebody else put in its place is left alone. None once it was removed:
    /// removing twice would hit the next one on the path, because inodes are used again.
    inode: Mutex<Option<(u64, u64)>>,
}

impl SocketFile {
    /// That of a socket which was just bound to this path.
    ///
    /// # Errors
    ///
    /// When there is nothing at the path.
    pub fn of(path: &Path) -> io::Result<Self> {
        let path = std::path::absolute(path)?;
        let inode = Mutex::new(Some(inode(&path)?));
        Ok(Self { path, inode })
    }

    /// The absolute path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Removes the file now.
    pub fn remove(&self) {
        let own = self.inode.lock().unwrap_or_else(PoisonError::into_inner).take();
        if own.is_some_and(|own| inode(&self.path).is_ok_and(|found| found == own)) {
            // It may be gone by now. There is nobody to tell, and nothing to do about it.
            let _gone = fs::remove_file(&self.path);
        }
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        self.remove();
    }
}

fn inode(path: &Path) -> io::Result<(u64, u64)> {
    fs::symlink_metadata(path).map(|found| (found.dev(), found.ino()))
}
