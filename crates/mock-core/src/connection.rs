//! One connection, from the accepted socket to the last event.

use std::{
    io,
    net::SocketAddr,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, OnceLock},
};

use mock_base::{
    Recorder, Seed, State,
    event::{ClosedBy, Connected, Disconnected, Panicked},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    time::{Instant, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    Composed, DisconnectReason, Handler, Peer,
    config::LINGER,
    engine::{self, Confirmed, Engine, EngineError, Surroundings, panic_text},
    fault::{self, Ending, How, Plan, Scene},
    server::Shared,
    transport::{Observer, Stream, Traffic, Transport, disconnect_packet},
};

/// Where a connection comes from.
#[derive(Debug, Clone)]
pub(crate) struct Origin {
    pub(crate) peer: Peer,
    /// The address that the client reached, where there is a socket.
    pub(crate) local: Option<SocketAddr>,
    /// The servers that forwarded it, the first hop first.
    pub(crate) via: Arc<[String]>,
}

impl Origin {
    pub(crate) fn tcp(peer: SocketAddr, local: Option<SocketAddr>) -> Self {
        Self { peer: Peer::Tcp(peer), local, via: Arc::default() }
    }

    pub(crate) fn memory(via: Vec<String>) -> Self {
        Self { peer: Peer::Memory, local: None, via: via.into() }
    }
}

/// What a connection is known by. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Connection {
    number: u64,
    origin: Origin,
    recorder: Recorder,
    state: State,
    seed: Seed,
}

impl Connection {
    /// Its number on its server, from 1.
    #[must_use]
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Where it comes from.
    #[must_use]
    pub fn peer(&self) -> Peer {
        self.origin.peer
    }

    /// The address that the client reached, where there is a socket.
    #[must_use]
    pub fn local(&self) -> Option<SocketAddr> {
        self.origin.local
    }

    /// The servers that forwarded it, the first hop first. Empty for a client that came by itself.
    #[must_use]
    pub fn via(&self) -> &[String] {
        &self.origin.via
    }

    /// The states of its server.
    #[must_use]
    pub fn state(&self) -> &State {
        &self.state
    }

    /// What the chances of its server are drawn from.
    #[must_use]
    pub fn seed(&self) -> Seed {
        self.seed
    }

    /// Writes to the journal in the name of this connection.
    #[must_use]
    pub fn recorder(&self) -> &Recorder {
        &self.recorder
    }
}

#[cfg(test)]
impl Connection {
    /// One that is nowhere.
    pub(crate) fn for_tests(recorder: Recorder) -> Self {
        Self { number: 1, origin: Origin::memory(Vec::new()), recorder, state: State::new(), seed: Seed(1) }
    }
}

/// Makes the handler of a connection.
pub(crate) type HandlerFactory = dyn Fn(&Connection, Composed) -> Box<dyn Handler> + Send + Sync;

/// Serves a connection until it is over. Whatever happens, one `disconnected` is its last event.
pub(crate) async fn serve<S: Stream>(server: Arc<Shared>, mut socket: S, origin: Origin) {
    let number = server.next_connection();
    let recorder = server.recorder.on_connection(number);
    recorder.record(Connected::new(origin.peer.to_string()).via(&origin.via));
    let connection = Connection {
        number,
        origin,
        recorder: recorder.clone(),
        state: server.state.clone(),
        seed: server.seed,
    };
    let kill = server.kill.child_token();
    let scene = Arc::new(Scene::new(&server.faults, &connection, kill.clone()));
    let born = Instant::now();
    let plan = tokio::select! {
        biased;
        plan = fault::begin(&server, &scene, &mut socket) => plan,
        // What follows finds out why it is over.
        () = over_early(&server, &kill, born) => Plan::default(),
    };
    let (handler, config) = match prepare(&server, &connection, &plan) {
        Ok(prepared) => prepared,
        Err(text) => {
            recorder.record(Panicked::new("handler factory", text));
            recorder.record(Disconnected::new(ClosedBy::Error, "the handler factory panicked", 0_u64, 0_u64));
            return;
        }
    };
    let surroundings = Arc::new(Surroundings {
        options: Arc::clone(&server.options),
        authenticated: kill.child_token(),
        kill,
        ended: OnceLock::new(),
        tasks: TaskTracker::new(),
        scene: Arc::clone(&scene),
        handle: OnceLock::new(),
        confirmed: Confirmed::default(),
        listeners: server.listeners.clone(),
        offered: server.offered.clone(),
        runtime: server.runtime.clone(),
    });
    let traffic = Traffic::new(Observer::new(recorder.clone()));
    let (transport, mut given_back) =
        Transport::new(socket, Arc::clone(&traffic), Arc::clone(&scene), plan.wrong_signature);
    let engine = Engine::new(connection, handler, Arc::clone(&surroundings));
    let ended = engine::run(config, transport, &traffic, engine, &server.stop, born).await;

    // Programs end with their connection, before it is said to be over.
    surroundings.kill.cancel();
    surroundings.tasks.close();
    surroundings.tasks.wait().await;
    let end = End::of(ended, surroundings.ended.get(), scene.ending(), &traffic);
    if let Ok(socket) = given_back.try_recv() {
        leave(socket, &end, &scene, &traffic).await;
    }
    server.built.rules.forget(number);
    server.state.on_connection(number).clear();
    recorder.record(Disconnected::new(end.by, end.reason, traffic.received(), traffic.sent()));
}

/// Done when a connection has to end that faults have not let begin.
async fn over_early(server: &Shared, kill: &CancellationToken, born: Instant) {
    tokio::select! {
        () = kill.cancelled() => {}
        () = server.stop.cancelled() => {}
        () = engine::past(born, server.options.connection_timeout) => {}
    }
}

/// Closes the socket in the way that the end of its connection asks for.
async fn leave<S: Stream>(socket: S, end: &End, scene: &Scene, traffic: &Traffic) {
    let last_word = match scene.ending().map(|ending| &ending.how) {
        Some(How::Reset) => return socket.reset(),
        Some(How::Close) => Some(Vec::new()),
        // What was to be sent before did not get through either.
        _ if scene.is_stalled() => None,
        _ => end.last_word(traffic),
    };
    if let Some(last_word) = last_word {
        // The client may be gone or slow: then it does not hear it.
        let _too_late = timeout(LINGER, say(socket, last_word)).await;
    }
}

/// Who decides on a connection, and what the engine runs it with: what a test supplies may panic.
fn prepare(
    server: &Shared,
    connection: &Connection,
    plan: &Plan,
) -> Result<(Box<dyn Handler>, Arc<engine::Config>), String> {
    let composed = Composed::new(Arc::clone(&server.built), connection.clone());
    let prepare = || {
        let handler: Box<dyn Handler> = match &server.factory {
            None => Box::new(composed),
            Some(factory) => factory(connection, composed),
        };
        (handler, server.config_for(connection, plan))
    };
    catch_unwind(AssertUnwindSafe(prepare)).map_err(|panic| panic_text(&*panic))
}

/// How a connection ended.
struct End {
    by: ClosedBy,
    reason: String,
    /// The code and the text for a client that can still be told in clear text.
    told: Option<(DisconnectReason, String)>,
}

impl End {
    fn of(
        ended: Result<(), EngineError>,
        by_server: Option<&String>,
        by_fault: Option<&Ending>,
        traffic: &Traffic,
    ) -> Self {
        let by = |by, reason: &str| Self { by, reason: reason.to_owned(), told: None };
        let telling =
            |who, reason: &str, code| Self { told: Some((code, reason.to_owned())), ..by(who, reason) };
        match by_fault {
            Some(Ending { how: How::Disconnect { reason, text }, why }) => {
                return Self { told: Some((*reason, text.clone())), ..by(ClosedBy::Server, why) };
            }
            Some(ending) => return by(ClosedBy::Server, &ending.why),
            None => {}
        }
        if let Some(reason) = by_server {
            return telling(ClosedBy::Server, reason, DisconnectReason::ByApplication);
        }
        let error = match ended {
            Ok(()) => {
                let said = traffic.observe(|observer| observer.client_disconnect.clone());
                return by(ClosedBy::Client, said.as_deref().unwrap_or("disconnect message"));
            }
            Err(EngineError::Cut) => return by(ClosedBy::Server, "cut"),
            Err(EngineError::Panicked) => return by(ClosedBy::Error, "the handler panicked"),
            Err(EngineError::Protocol(error)) => error,
        };
        let code = match &error {
            russh::Error::IO(error) if error.kind() == io::ErrorKind::ConnectionAborted => {
                return by(ClosedBy::Server, "cut");
            }
            russh::Error::IO(error) if is_gone(error.kind()) => {
                return by(ClosedBy::Client, "closed the connection");
            }
            russh::Error::HUP | russh::Error::Disconnect => {
                return by(ClosedBy::Client, "closed the connection");
            }
            russh::Error::InactivityTimeout | russh::Error::Elapsed(_) => {
                return by(ClosedBy::Server, "inactive for too long");
            }
            russh::Error::KeepaliveTimeout => {
                return by(ClosedBy::Server, "keepalive requests were not answered");
            }
            russh::Error::NoCommonAlgo { .. } => DisconnectReason::KeyExchangeFailed,
            russh::Error::Version => DisconnectReason::ProtocolVersionNotSupported,
            _ => DisconnectReason::ProtocolError,
        };
        telling(ClosedBy::Error, &error.to_string(), code)
    }

    /// What the client can still be told: only this server's own packets before NEWKEYS are in clear text.
    fn last_word(&self, traffic: &Traffic) -> Option<Vec<u8>> {
        let (code, text) = self.told.as_ref()?;
        traffic.observe(|observer| observer.server_in_clear()).then(|| disconnect_packet(*code, text))
    }
}

fn is_gone(kind: io::ErrorKind) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionReset, UnexpectedEof};
    matches!(kind, UnexpectedEof | ConnectionReset | BrokenPipe)
}

/// Sends a packet and waits for the client to close, so that what it sent meanwhile does not reset the connection.
async fn say<S: Stream>(mut socket: S, packet: Vec<u8>) -> io::Result<()> {
    socket.write_all(&packet).await?;
    socket.shutdown().await?;
    let mut ignored = [0; 1024];
    while socket.read(&mut ignored).await? > 0 {}
    Ok(())
}
