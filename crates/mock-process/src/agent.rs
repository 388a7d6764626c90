//! A socket by which a program reaches the client's agent, for as long as the program runs.

use std::{
    io,
    path::{Path, PathBuf},
};

use mock_core::{Offers, Recorder, event::Problem};
use tempfile::TempDir;
use tokio::{io::copy_bidirectional, net::UnixListener, task::JoinSet};

/// The socket, in a directory that only the server's own user may enter. Both are removed when this is dropped.
pub(crate) struct AgentSocket {
    listener: UnixListener,
    path: PathBuf,
    _directory: TempDir,
}

impl AgentSocket {
    pub(crate) fn open() -> io::Result<Self> {
        // Its mode is 0700.
        let directory = tempfile::Builder::new().prefix("ssh-").tempdir()?;
        let path = directory.path().join("agent");
        Ok(Self { listener: UnixListener::bind(&path)?, path, _directory: directory })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Connects whoever comes with the client's agent. It ends only when it cannot go on.
    pub(crate) async fn serve(&self, offers: Offers, recorder: Recorder) {
        // Dropped with this, so that nobody talks to the agent once the program is over.
        let mut connections = JoinSet::new();
        loop {
            let (mut socket, _) = match self.listener.accept().await {
                Ok(accepted) => accepted,
                Err(error) => {
                    recorder
                        .record(Problem::new(format!("cannot accept a connection to the agent: {error}")));
                    return;
                }
            };
            while connections.try_join_next().is_some() {}
            let offers = offers.clone();
            connections.spawn(async move {
                // What the client refuses is closed; the journal has the refusal.
                if let Ok(mut agent) = offers.open_agent().await {
                    let _either_closed = copy_bidirectional(&mut agent, &mut socket).await;
                }
            });
        }
    }
}
