//! The tasks of an agent: one that accepts, and one per client, all owned by [`Clients`].

use std::{
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
        mpsc,
    },
};

use mock_base::{
    Recorder, Seed, State,
    event::{Connected, Problem, Stopped},
    fault::Faults,
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

use crate::{
    Asked, Policy, answer::Conversation, fault::Stage, serve::Client, socket::SocketFile, store::Store,
};

/// Asks a person whether a key may be used.
pub(crate) type Confirm = Arc<dyn Fn(&Asked<'_>) -> bool + Send + Sync>;

/// What answers depend on, for all clients.
pub(crate) struct Shared {
    pub(crate) store: Store,
    policy: Mutex<Option<Arc<dyn Policy>>>,
    pub(crate) confirm: Option<Confirm>,
    pub(crate) seed: Seed,
    pub(crate) faults: Faults<Stage>,
    /// The states that faults look at and set.
    pub(crate) state: State,
    signatures: AtomicU64,
}

impl Shared {
    pub(crate) fn new(
        store: Store,
        policy: Option<Arc<dyn Policy>>,
        confirm: Option<Confirm>,
        seed: Seed,
        faults: Faults<Stage>,
    ) -> Self {
        let (policy, state, signatures) = (Mutex::new(policy), State::new(), AtomicU64::new(0));
        Self { store, policy, confirm, seed, faults, state, signatures }
    }

    pub(crate) fn policy(&self) -> Option<Arc<dyn Policy>> {
        self.policy.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn set_policy(&self, policy: Arc<dyn Policy>) {
        *self.policy.lock().unwrap_or_else(PoisonError::into_inner) = Some(policy);
    }

    /// Counts signatures and occasions for faults from the begin, and forgets the states.
    pub(crate) fn reset(&self) {
        self.faults.reset();
        self.state.clear();
        self.signatures.store(0, Ordering::Relaxed);
    }

    /// The number of one more request for a signature.
    pub(crate) fn next_signature(&self) -> u64 {
        self.signatures.fetch_add(1, Ordering::Relaxed) + 1
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").field("store", &self.store).finish_non_exhaustive()
    }
}

/// What serving a client takes. Clones are the same agent.
#[derive(Debug, Clone)]
pub(crate) struct Clients {
    pub(crate) shared: Arc<Shared>,
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
    pub(crate) fn new(shared: Shared, recorder: Recorder) -> Self {
        Self {
            shared: Arc::new(shared),
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
        let conversation = Conversation::new(Arc::clone(&self.shared), recorder.clone(), number, peer);
        let client = Client::new(stream, recorder);
        self.tasks.spawn_on(client.run(conversation, self.stop.clone()), &self.runtime);
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
