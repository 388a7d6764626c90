//! A running server.

use std::{
    io,
    net::SocketAddr,
    path::Path,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use mock_base::{Events, Expectations, Journal, Recorder, Seed, State, VerificationError, event::Started};
use socket2::{Domain, Protocol, Socket, Type};
use tokio::{io::DuplexStream, net::TcpListener, runtime::Handle};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    Builder, Closed, Connection, HostKey, KitBuilder, Shutdown, ShutdownError, StartError, Stopper, accept,
    composed::Built,
    config::Options,
    connection::{self, HandlerFactory, Origin},
    engine,
    fault::{Faults, Plan, Stage},
    forward::{Listeners, Offered},
    upkeep::HostKeysFor,
};

/// Bytes that wait in each direction of an in-memory connection.
const MEMORY_BUFFER: usize = 64 * 1024;

/// Connections that may wait to be accepted: beyond it, a burst of clients would wait a second for its next try.
const BACKLOG: i32 = 4096;

/// What the handle on a server and its tasks share.
pub(crate) struct Shared {
    pub(crate) options: Arc<Options>,
    /// The port that it listens on, if there is a socket.
    pub(crate) port: Option<u32>,
    pub(crate) host_keys: Vec<HostKey>,
    pub(crate) config: Arc<engine::Config>,
    pub(crate) host_keys_for: Option<Box<HostKeysFor>>,
    pub(crate) built: Arc<Built>,
    pub(crate) factory: Option<Box<HandlerFactory>>,
    pub(crate) recorder: Recorder,
    pub(crate) runtime: Handle,
    /// Cancelled to begin a shutdown.
    pub(crate) stop: CancellationToken,
    /// Cancelled to end every connection at once.
    pub(crate) kill: CancellationToken,
    /// Cancelled when nothing of the server is left.
    pub(crate) closed: CancellationToken,
    /// The connections.
    pub(crate) tasks: TaskTracker,
    /// How many connections did not end in time, if any.
    pub(crate) left_running: OnceLock<(usize, Duration)>,
    pub(crate) connections: AtomicU64,
    pub(crate) expectations: Expectations,
    /// Where clients have it listen.
    pub(crate) listeners: Listeners,
    pub(crate) offered: Offered,
    pub(crate) faults: Faults<Stage>,
    /// Another host key, for who is to meet a stranger; made when it is first needed.
    pub(crate) other_host_key: OnceLock<HostKey>,
    pub(crate) state: State,
    pub(crate) seed: Seed,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").field("name", &self.options.name).finish_non_exhaustive()
    }
}

impl Shared {
    pub(crate) fn next_connection(&self) -> u64 {
        self.connections.fetch_add(1, Ordering::Relaxed) + 1
    }

    pub(crate) fn connections_so_far(&self) -> u64 {
        self.connections.load(Ordering::Relaxed)
    }

    /// What the engine runs a connection with. A fault goes before what the builder says.
    pub(crate) fn config_for(&self, connection: &Connection, plan: &Plan) -> Arc<engine::Config> {
        let chosen =
            || self.host_keys_for.as_ref().map(|choose| choose(connection)).filter(|keys| !keys.is_empty());
        let keys = plan.host_keys.clone().or_else(chosen);
        if keys.is_none() && plan.options.is_none() {
            return Arc::clone(&self.config);
        }
        let options = plan.options.as_ref().unwrap_or(&self.options);
        let config = engine::config(options, keys.as_ref().unwrap_or(&self.host_keys));
        // The names of the algorithms were checked when the server was started.
        config.map_or_else(|_| Arc::clone(&self.config), Arc::new)
    }

    /// A connection within this process that these servers forwarded; closed at once when the server is stopping.
    pub(crate) fn connect(self: &Arc<Self>, via: Vec<String>) -> DuplexStream {
        let (near, far) = tokio::io::duplex(MEMORY_BUFFER);
        if !self.stop.is_cancelled() {
            let serving = connection::serve(Arc::clone(self), near, Origin::memory(via));
            self.tasks.spawn_on(serving, &self.runtime);
        }
        far
    }

    pub(crate) fn verify(&self) -> Result<(), VerificationError> {
        let events = self.recorder.journal().events().on_server(self.options.name.as_str());
        self.expectations.verify(&events).map_err(|error| error.with_seed(self.seed))
    }

    pub(crate) fn outcome(&self) -> Result<(), ShutdownError> {
        match self.left_running.get() {
            None => Ok(self.verify()?),
            Some((tasks, after)) => Err(ShutdownError::StillRunning {
                name: self.options.name.clone(),
                tasks: *tasks,
                after: *after,
            }),
        }
    }
}

/// A mock SSH server that runs. It stops when this is dropped.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use mock_core::{Exec, MockSshServer};
///
/// let server = MockSshServer::builder().exec(Exec::on("uptime").reply("up 3 days\n")).start().await?;
/// println!("listening on {}", server.addr());
/// server.shutdown().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[must_use = "the server stops when this is dropped; bind it: `let server = …`"]
pub struct MockSshServer {
    pub(crate) shared: Arc<Shared>,
    address: SocketAddr,
}

impl MockSshServer {
    /// A server with the defaults: they are listed at [`Builder`].
    pub fn builder() -> Builder {
        Builder::new()
    }

    /// Runs on this runtime. `listen` says whether there is a socket.
    pub(crate) fn launch(builder: Builder, runtime: Handle, listen: bool) -> Result<Self, StartError> {
        let parts = builder.into_parts()?;
        let seed = parts.options.seed.unwrap_or_else(Seed::random);
        let options = Arc::new(parts.options);
        let config = Arc::new(engine::config(&options, &parts.host_keys)?);
        // What is chosen for each connection is known then.
        if parts.host_keys_for.is_none() {
            check_host_keys(&options.algorithms.host_keys, &parts.host_keys)?;
        }
        let wanted = SocketAddr::new(options.address, options.port);
        let listener = if listen { Some(bind(wanted, &runtime)?) } else { None };
        let address = match &listener {
            Some((_, address)) => *address,
            None => SocketAddr::new(options.address, 0),
        };
        let stop = CancellationToken::new();
        let shared = Arc::new(Shared {
            listeners: Listeners::new(stop.clone()),
            offered: Offered::default(),
            recorder: parts.journal.recorder(options.name.as_str()),
            host_keys_for: parts.host_keys_for,
            config,
            options,
            port: listener.as_ref().map(|(_, address)| address.port().into()),
            host_keys: parts.host_keys,
            built: Arc::new(parts.built),
            factory: parts.factory,
            runtime,
            stop,
            kill: CancellationToken::new(),
            closed: CancellationToken::new(),
            tasks: TaskTracker::new(),
            left_running: OnceLock::new(),
            connections: AtomicU64::new(0),
            expectations: parts.expectations,
            faults: parts.faults,
            other_host_key: OnceLock::new(),
            state: State::new(),
            seed,
        });
        let shown = listener.as_ref().map_or_else(|| "memory".to_owned(), |_| address.to_string());
        shared.recorder.record(Started::new(shown).seed(seed.0));
        let listener = listener.map(|(listener, _)| listener);
        if let Some(network) = parts.network {
            network.join(&shared);
        }
        shared.runtime.spawn(accept::own(Arc::clone(&shared), listener));
        Ok(Self { shared, address })
    }

    /// The address that it listens on, with the real port. A server without a socket has port 0.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.address
    }

    /// The port that it listens on.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Its name in the journal.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.shared.options.name
    }

    /// Its host keys, in the order given.
    #[must_use]
    pub fn host_keys(&self) -> &[HostKey] {
        &self.shared.host_keys
    }

    /// What happened on this server so far, and what will.
    pub fn events(&self) -> Events {
        self.journal().events().on_server(self.name())
    }

    /// The journal that it writes to, which others may write to as well.
    #[must_use]
    pub fn journal(&self) -> Journal {
        self.shared.recorder.journal()
    }

    /// Connects within this process: a stream for a client to speak SSH over, without a socket. The limit of
    /// connections does not count here; once the server is stopping, the stream is closed at once.
    #[must_use]
    pub fn connect(&self) -> DuplexStream {
        self.shared.connect(Vec::new())
    }

    /// The faults of its connections, which can be added, switched and removed while it runs.
    #[must_use]
    pub fn faults(&self) -> &Faults<Stage> {
        &self.shared.faults
    }

    /// Everything that a client needs, as files in `directory`: keys, `known_hosts` and a configuration.
    pub fn client_kit(&self, directory: impl AsRef<Path>) -> KitBuilder {
        KitBuilder::new(self, directory.as_ref())
    }

    /// A handle that stops the server from elsewhere.
    #[must_use]
    pub fn stopper(&self) -> Stopper {
        Stopper { shared: Arc::clone(&self.shared) }
    }

    /// Ready when nothing of the server is left.
    pub fn closed(&self) -> Closed {
        Closed { shared: Arc::clone(&self.shared) }
    }

    /// Ends the server: it stops accepting, lets programs finish for the grace of the builder (none by default),
    /// tells each client to disconnect, cuts those that do not listen, and is done when nothing of it is left.
    pub fn shutdown(self) -> Shutdown {
        Shutdown { server: self }
    }
}

impl Drop for MockSshServer {
    /// Cuts every connection, and does not wait. If nobody has asked whether what was expected came, this does.
    ///
    /// # Panics
    ///
    /// With the report when something is unmet, so that the test fails; not while the thread panics already.
    #[expect(clippy::panic, reason = "there is no other way to fail the test that forgot to ask")]
    fn drop(&mut self) {
        if !self.shared.closed.is_cancelled() {
            self.stopper().kill();
        }
        if self.shared.expectations.are_verified() || std::thread::panicking() {
            return;
        }
        if let Err(report) = self.shared.verify() {
            panic!("{report}");
        }
    }
}

fn bind(address: SocketAddr, runtime: &Handle) -> Result<(TcpListener, SocketAddr), StartError> {
    let bind = || -> io::Result<_> {
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
        // Without it a port that was in use a minute ago could not be used again.
        socket.set_reuse_address(true)?;
        socket.set_nonblocking(true)?;
        socket.bind(&address.into())?;
        socket.listen(BACKLOG)?;
        let socket = std::net::TcpListener::from(socket);
        let bound = socket.local_addr()?;
        let _within = runtime.enter();
        Ok((TcpListener::from_std(socket)?, bound))
    };
    bind().map_err(|source| StartError::Listen { address: address.to_string(), source })
}

/// That there is a key for one of these algorithms.
fn check_host_keys(algorithms: &[String], keys: &[HostKey]) -> Result<(), StartError> {
    let is_for = |algorithm: &String, key: &HostKey| match key.algorithm().as_str() {
        // One key for all signatures (RFC 8332 section 3).
        "ssh-rsa" => algorithm == "ssh-rsa" || algorithm.starts_with("rsa-sha2-"),
        own => algorithm == own,
    };
    if algorithms.iter().any(|algorithm| keys.iter().any(|key| is_for(algorithm, key))) {
        return Ok(());
    }
    let keys: Vec<_> = keys.iter().map(HostKey::algorithm).collect();
    Err(StartError::NoHostKey { algorithms: algorithms.join(", "), keys: keys.join(", ") })
}
