//! The running agent: a handle on its socket, its journal and its end.
//!
//! Stopping is dropping: the fields cancel the tasks and remove the socket when they are dropped, without waiting.
//! A [`Shutdown`] is what is left to wait for after that.

use std::{
    future::{Future, IntoFuture},
    path::Path,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread::JoinHandle,
};

use mock_base::{Events, event::Started};
use ssh_key::PublicKey;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::{
    MockAgentBuilder, StartError,
    accept::Clients,
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
    /// Dropped with the handle, before tasks have noticed, so that the path is free again at once.
    file: RemovedOnDrop,
    _stop: DropGuard,
    /// Cancelled when the last task is over.
    closed: CancellationToken,
    /// The same for those who block; a mutex only because a receiver is not `Sync`.
    closed_blocking: Mutex<mpsc::Receiver<()>>,
    /// The thread that it runs on, if it was started by `start_blocking`.
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct RemovedOnDrop(Arc<SocketFile>);

impl Drop for RemovedOnDrop {
    fn drop(&mut self) {
        self.0.remove();
    }
}

impl MockAgent {
    /// Options for a new agent.
    pub fn builder() -> MockAgentBuilder {
        MockAgentBuilder::default()
    }

    pub(crate) async fn start(options: MockAgentBuilder) -> Result<Self, StartError> {
        let store = Store::new(options.identities)?;
        let (listener, file) = socket::listen(options.socket_path).await?;
        let file = Arc::new(file);
        let clients = Clients::new(store, options.journal.recorder(options.name));
        // With `unix:` in front, a normalized timeline takes the path for a port and leaves it out.
        clients.recorder.record(Started::new(format!("unix:{}", file.path.display())));

        let closed = CancellationToken::new();
        let (closing_blocking, closed_blocking) = mpsc::channel();
        let closing = (closed.clone().drop_guard(), closing_blocking);
        clients.clone().accept_on(listener, Arc::clone(&file), closing);
        Ok(Self {
            file: RemovedOnDrop(file),
            _stop: clients.stop.clone().drop_guard(),
            clients,
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
        &self.file.0.path
    }

    /// What this agent recorded; also what it will record, until it is over and after.
    pub fn events(&self) -> Events {
        let recorder = &self.clients.recorder;
        recorder.journal().events().on_server(Arc::clone(recorder.server()))
    }

    /// The public keys in the order in which they are listed, with their comments.
    #[must_use]
    pub fn public_keys(&self) -> Vec<PublicKey> {
        self.clients.store.public_keys()
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
    /// agent.serve_stream(stream);
    ///
    /// client.write_all(&[0, 0, 0, 1, 11]).await?; // SSH_AGENTC_REQUEST_IDENTITIES
    /// let mut answer = [0; 9];
    /// client.read_exact(&mut answer).await?;
    /// assert_eq!(answer, [0, 0, 0, 5, 12, 0, 0, 0, 0]); // none
    /// # Ok(())
    /// # }
    /// ```
    pub fn serve_stream<S>(&self, stream: S) -> u64
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
    /// # async fn main() -> Result<(), mock_agent::StartError> {
    /// let agent = mock_agent::MockAgent::builder().start().await?;
    /// agent.shutdown().await;
    /// # Ok(())
    /// # }
    /// ```
    pub fn shutdown(self) -> Shutdown {
        let closed_blocking = self.closed_blocking.into_inner().unwrap_or_else(PoisonError::into_inner);
        Shutdown { closed: self.closed, closed_blocking, thread: self.thread }
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

/// The end of an agent that was stopped: `.await` it, or call [`blocking`](Self::blocking).
#[derive(Debug)]
#[must_use = "the agent is stopping, but not over: `.await` this or call `.blocking()`"]
pub struct Shutdown {
    closed: CancellationToken,
    closed_blocking: mpsc::Receiver<()>,
    thread: Option<JoinHandle<()>>,
}

impl Shutdown {
    /// Blocks this thread until no task and no thread of the agent is left.
    ///
    /// For agents started by `start_blocking`. One that was started on a runtime needs that runtime to go on, so
    /// do not block its only thread.
    ///
    /// ```
    /// let agent = mock_agent::MockAgent::builder().start_blocking()?;
    /// agent.shutdown().blocking();
    /// # Ok::<(), mock_agent::StartError>(())
    /// ```
    pub fn blocking(self) {
        // Nothing is ever sent: it ends when the sender is dropped.
        let _closed = self.closed_blocking.recv();
        if let Some(thread) = self.thread {
            // A panic of that thread has printed itself, and the agent is over all the same.
            let _panicked = thread.join();
        }
    }
}

impl IntoFuture for Shutdown {
    type Output = ();
    type IntoFuture = Pin<Box<dyn Future<Output = ()> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.closed.cancelled_owned())
    }
}

/// Stops an agent from elsewhere. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Stopper {
    stop: CancellationToken,
}

impl Stopper {
    /// Tells the agent to stop. Returns at once; [`MockAgent::closed`] tells when it is over.
    pub fn stop(&self) {
        self.stop.cancel();
    }
}
