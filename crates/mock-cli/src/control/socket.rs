//! The socket of `--control PATH`: made so that only its owner can reach it, and removed at the end.
//!
//! The order is bind, chmod, listen, as for the socket of an agent: a socket that is bound but does not listen refuses
//! everybody, so nobody else gets in between, whatever the umask.

use std::{
    fs::{self, DirBuilder, Permissions},
    io,
    os::unix::fs::{DirBuilderExt as _, FileTypeExt as _, MetadataExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

use tokio::net::{UnixListener, UnixSocket, UnixStream};

/// Clients that may wait to be accepted.
const BACKLOG: u32 = 128;

/// Why there is no socket.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ListenError {
    #[error("cannot take requests on `{}`: something listens there", path.display())]
    InUse { path: PathBuf },
    #[error("cannot take requests on `{}`: it exists and is not a socket", path.display())]
    NotASocket { path: PathBuf },
    #[error("cannot take requests on `{}`", path.display())]
    Listen { path: PathBuf, source: io::Error },
}

impl ListenError {
    pub(crate) fn hint(&self) -> Option<&'static str> {
        match self {
            // What the operating system calls an invalid argument.
            Self::Listen { path, .. } if path.as_os_str().len() > 100 => Some("use a shorter path"),
            _ => None,
        }
    }
}

/// Listens on `path`. Its directory is made if only that is missing.
pub(super) async fn listen(path: &Path) -> Result<(UnixListener, SocketFile), ListenError> {
    let error = |source| ListenError::Listen { path: path.to_owned(), source };
    // It still holds after the process changed its directory, and clients may be elsewhere.
    let path = std::path::absolute(path).map_err(error)?;
    let directory = make_directory(&path).map_err(error)?;
    remove_stale(&path).await?;
    let socket = UnixSocket::new_stream().map_err(error)?;
    socket.bind(&path).map_err(error)?;
    let file = SocketFile { inode: inode(&path).map_err(error)?, path, directory };
    fs::set_permissions(&file.path, Permissions::from_mode(0o600)).map_err(error)?;
    let listener = socket.listen(BACKLOG).map_err(error)?;
    Ok((listener, file))
}

/// A directory that was made for the socket, removed with it.
struct OwnDirectory(PathBuf);

impl Drop for OwnDirectory {
    fn drop(&mut self) {
        // Not empty: somebody else uses it by now.
        let _in_use = fs::remove_dir(&self.0);
    }
}

fn make_directory(path: &Path) -> io::Result<Option<OwnDirectory>> {
    let Some(directory) = path.parent().filter(|directory| !directory.exists()) else {
        return Ok(None);
    };
    DirBuilder::new().mode(0o700).create(directory)?;
    Ok(Some(OwnDirectory(directory.to_owned())))
}

/// Removes what a server that was killed left behind; refuses to remove anything else.
async fn remove_stale(path: &Path) -> Result<(), ListenError> {
    let error = |source| ListenError::Listen { path: path.to_owned(), source };
    match fs::symlink_metadata(path) {
        Err(missing) if missing.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(other) => return Err(error(other)),
        Ok(found) if !found.file_type().is_socket() => {
            return Err(ListenError::NotASocket { path: path.to_owned() });
        }
        Ok(_socket) => {}
    }
    match UnixStream::connect(path).await {
        Err(refused) if refused.kind() == io::ErrorKind::ConnectionRefused => {
            fs::remove_file(path).map_err(error)
        }
        // Full, not ours to enter, or answering: somebody is there.
        _ => Err(ListenError::InUse { path: path.to_owned() }),
    }
}

/// The socket's file, removed when this is dropped.
pub(crate) struct SocketFile {
    pub(super) path: PathBuf,
    /// Device and inode, so that a socket which somebody else put in its place is left alone.
    inode: (u64, u64),
    directory: Option<OwnDirectory>,
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        if inode(&self.path).is_ok_and(|inode| inode == self.inode) {
            // It may be gone by now. There is nobody to tell, and nothing to do about it.
            let _gone = fs::remove_file(&self.path);
        }
        drop(self.directory.take());
    }
}

fn inode(path: &Path) -> io::Result<(u64, u64)> {
    fs::symlink_metadata(path).map(|found| (found.dev(), found.ino()))
}
