//! The agent's socket, and the directory that is made for one that was given no path.

use std::{
    fs::Permissions,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use mock_base::socket;
use tempfile::TempDir;
use tokio::net::UnixListener;

use crate::StartError;

/// Listens on `path`, or on `agent.sock` in a new directory of its own.
pub(crate) async fn listen(path: Option<PathBuf>) -> Result<(UnixListener, SocketFile), StartError> {
    let (path, directory) = match path {
        Some(path) => (path, None),
        None => own_directory().map(|directory| (directory.path().join("agent.sock"), Some(directory)))?,
    };
    let (listener, file) = socket::listen(&path).await?;
    Ok((listener, SocketFile { file, directory: Mutex::new(directory) }))
}

fn own_directory() -> Result<TempDir, StartError> {
    tempfile::Builder::new()
        .prefix("mock-agent-")
        .permissions(Permissions::from_mode(0o700))
        .tempdir()
        .map_err(|source| StartError::Directory { parent: std::env::temp_dir(), source })
}

/// What an agent leaves in the file system, removed when it has stopped or when its handle is dropped, whichever is first.
#[derive(Debug)]
pub(crate) struct SocketFile {
    file: socket::SocketFile,
    /// Made for it, if there is one.
    directory: Mutex<Option<TempDir>>,
}

impl SocketFile {
    pub(crate) fn path(&self) -> &Path {
        self.file.path()
    }

    pub(crate) fn remove(&self) {
        self.file.remove();
        drop(self.directory.lock().unwrap_or_else(PoisonError::into_inner).take());
    }
}
