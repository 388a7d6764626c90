//! The running agent: a handle on its socket, its journal and its end.
//!
//! Stopping is dropping: that cancels the tasks and removes the socket, without waiting. A [`Shutdown`] is an agent
//! that was told to stop, to wait for.

use std::{
    future::Future,
    path::Path,
    sync::{Arc, Mutex, mpsc},
    thread::JoinHandle,
};

use mock_base::{Events, Expectations, Seed, State, event::Started, fault::Faults};
use ssh_key::PublicKey;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::sync::CancellationToken;

use crate::{
    MockAgentBuilder, Shutdown, StartError, Stopper,
    accept::{Clients, Shared},
    fault::Stage,
    socket::{self, SocketFile},
    store::Store,
};

/// A running ssh-agent that records what it is asked.
///
/// It stops when it is dropped; [`shutdown`](Self::shutdown) also waits for that. It neither reads nor sets
/// `SSH_AUTH_SOCK`: hand [`socket_path`](Self::socket_path) to the client under test, and the agent of the person
/// who runs the test is never asked.
#[derive(Debug)]
#[must_use = "the agent stops when this is dropped; bind it: `let agent = …`"]
pub struct MockAgent {
    clients: Clients,
    file: Arc<SocketFile>,
    pub(crate) expectations: Expectations,
    /// Cancelled when the last task is over.
    closed: CancellationToken,
    /// The same for those who block; a mutex only because a receiver is not `Sync`.
    pub(crate) closed_blocking: Mutex<mpsc::Receiver<()>>,
    /// The thread that it runs on, if it was started by `start_blocking`.
    pub(crate) thread: Option<JoinHandle<()>>,
}

impl MockAgent {
    /// Options for a new agent.
    pub fn builder() -> MockAgentBuilder {
        MockAgentBuilder::default()
    }

    pub(crate) async fn start(options: MockAgentBuilder) -> Result<Self, StartError> {
        let store = Store::new(options.identities, options.smartcards)?;
        let (listener, file) = socket::listen(options.socket_path).await?;
        let file = Arc::new(file);
        let seed = options.seed.unwrap_or_else(Seed::random);
        let faults = Faults::new();
        for fault in options.faults {
            faults.add(fault)?;
        }
        let shared = Shared::new(store, options.policy, options.confirm, seed, faults);
        let clients = Clients::new(shared, options.journal.recorder(options.name));
        // With `unix:` in front, a normalized timeline takes the path for a port and leaves it out.
        clients.recorder.record(Started::new(format!("unix:{}", file.path().display())).seed(seed.0));

        let closed = CancellationToken::new();
        let (closing_blocking, closed_blocking) = mpsc::channel();
        let closing = (closed.clone().drop_guard(), closing_blocking);
        clients.clone().accept_on(listener, Arc::clone(&file), closing);
        Ok(Self {
            file,
            clients,
            expectations: options.expectations,
            closed,
            closed_blocking: Mutex::new(closed_blocking),
            thread: None,
        })
    }

    pub(crate) fn on_thread(mut self, thread: JoinHandle<()>) -> Self {
        self.thread = Some(thread);
        self
    }

    /// The absolute path of the socket, for a client's `SSH_AUTH_SOCK` or `IdentityAgent`.
    #[must_use]
    pub fn socket_path(&self) -> &Path {
        self.file.path()
    }

    /// What this agent recorded; also what it will record, until it is over and after.
    pub fn events(&self) -> Events {
        let recorder = &self.clients.recorder;
        recorder.journal().events().on_server(Arc::clone(recorder.server()))
    }

    /// The public keys and certificates that it has now, in the order in which they are listed, with their comments.
    #[must_use]
    pub fn public_keys(&self) -> Vec<PublicKey> {
        self.clients.shared.store.entries().iter().map(|entry| entry.public_key.clone()).collect()
    }

    pub(crate) fn shared(&self) -> &Shared {
        &self.clients.shared
    }

    /// What its chances are drawn from.
    #[must_use]
    pub fn seed(&self) -> Seed {
        self.clients.shared.seed
    }

    /// The faults, to be added, switched and removed while clients are connected.
    #[must_use]
    pub fn faults(&self) -> &Faults<Stage> {
        &self.clients.shared.faults
    }

    /// The states that faults look at and set.
    #[must_use]
    pub fn state(&self) -> &State {
        &self.clients.shared.state
    }

    /// Serves a client over a stream that is already there, such as one end of [`tokio::io::duplex`], next to
    /// those who come by the socket. Returns at once with the client's connection number; the agent's runtime
    /// serves it. An agent that was told to stop closes the stream.
    ///
    /// ```
    /// use mock_agent::MockAgent;
    /// use tokio::io::{AsyncReadExt, AsyncWriteExt};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let agent = MockAgent::builder().start().await?;
    /// let (mut client, stream) = tokio::io::duplex(1024);
    /// agent.serve(stream);
    ///
    /// client.write_all(&[0, 0, 0, 1, 11]).await?; // SSH_AGENTC_REQUEST_IDENTITIES
    /// let mut answer = [0; 9];
    /// client.read_exact(&mut answer).await?;
    /// assert_eq!(answer, [0, 0, 0, 5, 12, 0, 0, 0, 0]); // none
    /// # Ok(())
    /// # }
    /// ```
    pub fn serve<S>(&self, stream: S) -> u64
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        self.clients.serve(stream, "memory")
    }

    /// Stops the agent: its socket is gone when this returns, and clients are being cut off. Await the
    /// [`Shutdown`], or call [`Shutdown::blocking`], to know that nothing is left.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let agent = mock_agent::MockAgent::builder().start().await?;
    /// agent.shutdown().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn shutdown(self) -> Shutdown {
        self.end();
        Shutdown { agent: self }
    }

    /// Tells the tasks to end, and frees the path at once, before they have noticed.
    fn end(&self) {
        self.clients.stop.cancel();
        self.file.remove();
    }

    /// Resolves when the agent is over, however it was stopped, and no task of it is left.
    pub fn closed(&self) -> impl Future<Output = ()> + Send + 'static {
        self.closed.clone().cancelled_owned()
    }

    /// A handle that stops the agent from elsewhere.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), mock_agent::StartError> {
    /// let agent = mock_agent::MockAgent::builder().start().await?;
    /// let stopper = agent.stopper();
    /// tokio::spawn(async move { stopper.stop() });
    /// agent.closed().await;
    /// assert!(!agent.socket_path().exists());
    /// # Ok(())
    /// # }
    /// ```
    pub fn stopper(&self) -> Stopper {
        Stopper { stop: self.clients.stop.clone() }
    }
}

impl Drop for MockAgent {
    /// Cuts every client, and does not wait. If nobody has asked whether what was expected came, this does.
    ///
    /// # Panics
    ///
    /// With the report when something is unmet, so that the test fails; not while the thread panics already.
    #[expect(clippy::panic, reason = "there is no other way to fail the test that forgot to ask")]
    fn drop(&mut self) {
        self.end();
        if self.expectations.are_verified() || std::thread::panicking() {
            return;
        }
        if let Err(report) = self.verify() {
            panic!("{report}");
        }
    }
}
