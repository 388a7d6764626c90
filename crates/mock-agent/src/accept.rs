//! The tasks of an agent: one that accepts, and one per client, all owned by [`Clients`].

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
    mpsc,
};

use mock_base::{
    Recorder,
    event::{Connected, Problem, Stopped},
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::UnixListener,
    runtime::Handle,
};
use tokio_util::{
    sync::{CancellationToken, DropGuard},
    task::TaskTracker,
};

use crate::{serve::Client, socket::SocketFile, store::Store};

/// What serving a client takes. Clones are the same agent.
#[derive(Debug, Clone)]
pub(crate) struct Clients {
    pub(crate) store: Arc<Store>,
    pub(crate) recorder: Recorder,
    /// Cancelled when the agent is to stop.
    pub(crate) stop: CancellationToken,
    runtime: Handle,
    tasks: TaskTracker,
    served: Arc<AtomicU64>,
}

/// Says that an agent is over by being dropped, to those who await it and to those who block on it: also when
/// the runtime goes away under the task that holds it.
pub(crate) type Closing = (DropGuard, mpsc::Sender<()>);

impl Clients {
    pub(crate) fn new(store: Store, recorder: Recorder) -> Self {
        Self {
            store: Arc::new(store),
            recorder,
            stop: CancellationToken::new(),
            runtime: Handle::current(),
            tasks: TaskTracker::new(),
            served: Arc::default(),
        }
    }

    /// Serves a client in a task of its own; its number on this agent, from 1.
    pub(crate) fn serve<S>(&self, stream: S, peer: &str) -> u64
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let number = self.served.fetch_add(1, Ordering::Relaxed) + 1;
        let recorder = self.recorder.on_connection(number);
        recorder.record(Connected::new(peer));
        let client = Client::new(stream, Arc::clone(&self.store), recorder);
        self.tasks.spawn_on(client.run(self.stop.clone()), &self.runtime);
        number
    }

    /// Accepts clients until the agent is to stop, then waits for them and cleans up.
    pub(crate) fn accept_on(self, listener: UnixListener, file: Arc<SocketFile>, closing: Closing) {
        let runtime = self.runtime.clone();
        runtime.spawn(async move {
            while let Some(accepted) = self.stop.run_until_cancelled(listener.accept()).await {
                match accepted {
                    Ok((stream, _unnamed)) => {
                        self.serve(stream, "unix");
                    }
                    Err(error) => {
                        // No more descriptors, most likely. Trying again at once would spin, and an agent that
                        // hears nobody is better gone, with a reason in the journal.
                        self.recorder.record(Problem::new(format!("cannot accept, stopping: {error}")));
                        self.stop.cancel();
                    }
                }
            }
            drop(listener);
            file.remove();
            self.tasks.close();
            self.tasks.wait().await;
            self.recorder.record(Stopped::new(self.served.load(Ordering::Relaxed)));
            drop(closing);
        });
    }
}
