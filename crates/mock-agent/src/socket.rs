//! The listening socket and the files it leaves: made so that only its owner can reach it, and removed.
//!
//! The order is bind, chmod, listen. A socket that is bound but does not listen refuses everybody, so whatever
//! the umask, nobody else gets in between; and no umask has to be changed, which would affect other threads.

use std::{
    fs::{self, Permissions},
    io,
    os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use tempfile::TempDir;
use tokio::net::{UnixListener, UnixSocket, UnixStream};

use crate::StartError;

/// Bytes of a path in a socket address, without the zero byte at its end: the size of `sun_path` less one.
const PATH_LIMIT: usize = if cfg!(any(target_os = "linux", target_os = "android")) { 107 } else { 103 };

/// Clients that may wait to be accepted.
const BACKLOG: u32 = 128;

/// Listens on `path`, or on `agent.sock` in a new directory of its own.
pub(crate) async fn listen(path: Option<PathBuf>) -> Result<(UnixListener, SocketFile), StartError> {
    let (path, directory) = match path {
        Some(path) => (absolute(path)?, None),
        None => own_directory().map(|directory| (directory.path().join("agent.sock"), Some(directory)))?,
    };
    if path.as_os_str().len() > PATH_LIMIT {
        return Err(StartError::PathTooLong { path, limit: PATH_LIMIT });
    }
    remove_stale(&path).await?;
    let error = |source| StartError::Listen { path: path.clone(), source };
    let socket = UnixSocket::new_stream().map_err(error)?;
    socket.bind(&path).map_err(error)?;
    let file = SocketFile::new(&path, directory).map_err(error)?;
    fs::set_permissions(&path, Permissions::from_mode(0o600)).map_err(error)?;
    let listener = socket.listen(BACKLOG).map_err(error)?;
    Ok((listener, file))
}

/// A path that still holds after the process changed its directory.
fn absolute(path: PathBuf) -> Result<PathBuf, StartError> {
    std::path::absolute(&path).map_err(|source| StartError::Listen { path, source })
}

fn own_directory() -> Result<TempDir, StartError> {
    tempfile::Builder::new()
        .prefix("mock-agent-")
        .permissions(Permissions::from_mode(0o700))
        .tempdir()
        .map_err(|source| StartError::Directory { parent: std::env::temp_dir(), source })
}

/// Removes what an agent that was killed left behind; refuses to remove anything else.
async fn remove_stale(path: &Path) -> Result<(), StartError> {
    let error = |source| StartError::Listen { path: path.to_owned(), source };
    match fs::symlink_metadata(path) {
        Err(missing) if missing.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(other) => return Err(error(other)),
        Ok(found) if !found.file_type().is_socket() => {
            return Err(StartError::NotASocket { path: path.to_owned() });
        }
        Ok(_socket) => {}
    }
    match UnixStream::connect(path).await {
        Err(refused) if refused.kind() == io::ErrorKind::ConnectionRefused => {
            fs::remove_file(path).map_err(error)
        }
        // Full, not ours to enter, or answering: somebody is there.
        _ => Err(StartError::InUse { path: path.to_owned() }),
    }
}

/// The socket's file, removed once: when the agent has stopped or its handle is dropped, whichever is first.
#[derive(Debug)]
pub(crate) struct SocketFile {
    pub(crate) path: PathBuf,
    /// What is left to remove. Removing twice would hit the next agent on the path: inodes are used again.
    left: Mutex<Option<Left>>,
}

#[derive(Debug)]
struct Left {
    /// Device and inode, so that a socket which somebody else put in its place is left alone.
    inode: (u64, u64),
    /// The directory made for it, if there is one.
    directory: Option<TempDir>,
}

impl SocketFile {
    fn new(path: &Path, directory: Option<TempDir>) -> io::Result<Self> {
        let left = Left { inode: inode(path)?, directory };
        Ok(Self { path: path.to_owned(), left: Mutex::new(Some(left)) })
    }

    pub(crate) fn remove(&self) {
        let Some(left) = self.left.lock().unwrap_or_else(PoisonError::into_inner).take() else {
            return;
        };
        if inode(&self.path).is_ok_and(|inode| inode == left.inode) {
            // It may be gone by now. There is nobody to tell, and nothing to do about it.
            let _gone = fs::remove_file(&self.path);
        }
        drop(left.directory);
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
