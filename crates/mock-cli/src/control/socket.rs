//! The socket of `--control PATH`, and the directory that is made for it.

use std::{
    fs::{self, DirBuilder},
    io,
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
};

use mock_base::socket::{self, SocketError};
use tokio::net::UnixListener;

/// Why there is no socket.
#[derive(Debug, thiserror::Error)]
#[error("cannot take requests")]
pub(crate) struct ListenError(#[source] SocketError);

impl ListenError {
    pub(crate) fn hint(&self) -> Option<&'static str> {
        matches!(self.0, SocketError::TooLong { .. }).then_some("use a shorter path")
    }
}

/// Listens on `path`. Its directory is made if only that is missing.
pub(super) async fn listen(path: &Path) -> Result<(UnixListener, SocketFile), ListenError> {
    let failed = |source| ListenError(SocketError::Listen { path: path.to_owned(), source });
    let directory = make_directory(path).map_err(failed)?;
    let (listener, file) = socket::listen(path).await.map_err(ListenError)?;
    Ok((listener, SocketFile { file, _directory: directory }))
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
    let path = std::path::absolute(path)?;
    let Some(directory) = path.parent().filter(|directory| !directory.exists()) else {
        return Ok(None);
    };
    DirBuilder::new().mode(0o700).create(directory)?;
    Ok(Some(OwnDirectory(directory.to_owned())))
}

/// The socket's file, removed when this is dropped, and then its directory.
pub(crate) struct SocketFile {
    pub(super) file: socket::SocketFile,
    _directory: Option<OwnDirectory>,
}
