//! Where clients have a server listen: for real, or only as far as they can tell.

use std::{
    collections::HashSet,
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use mock_base::event::ChannelKind;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::sync::CancellationToken;

use super::socket::{Accepted, Listener};
use crate::{ChannelStream, Listen, OpenError, accept, engine::Opener};

/// The first port that a client is told where nothing listens (RFC 6335 section 6).
const FIRST_FREE: u32 = 49152;

/// Places where one connection may have the server listen.
const MOST_PLACES: usize = 1_000;

/// What clients have asked for and not withdrawn. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Listeners {
    entries: Arc<Mutex<Vec<Entry>>>,
    /// Cancelled when the server is to take no more connections.
    stop: CancellationToken,
}

#[derive(Debug)]
struct Entry {
    connection: u64,
    /// As the client wrote it.
    listen: Listen,
    /// With the port that it has.
    place: Place,
    opener: Opener,
    /// Where the machine listens.
    listener: Option<Arc<Listener>>,
    /// Cancelled when it is withdrawn.
    over: CancellationToken,
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.over.cancel();
        if let Some(listener) = &self.listener {
            listener.close();
        }
    }
}

/// Where a channel to the client says that it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Place {
    Tcp { address: String, port: u32 },
    Unix { path: String },
}

impl Place {
    fn new(listen: &Listen, bound: u32) -> Self {
        match listen.clone() {
            Listen::Tcp { address, .. } => Self::Tcp { address, port: bound },
            Listen::Unix { path } => Self::Unix { path },
        }
    }

    fn kind(self, from: Option<SocketAddr>) -> ChannelKind {
        let from = from.unwrap_or_else(|| (Ipv4Addr::LOCALHOST, 0).into());
        match self {
            Self::Tcp { address, port } => ChannelKind::ForwardedTcpip {
                address,
                port,
                originator: from.ip().to_string(),
                originator_port: from.port().into(),
            },
            Self::Unix { path } => ChannelKind::ForwardedStreamlocal { path },
        }
    }
}

impl Listeners {
    pub(crate) fn new(stop: CancellationToken) -> Self {
        Self { entries: Arc::default(), stop }
    }

    fn entries(&self) -> MutexGuard<'_, Vec<Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has nothing listen. Returns the port: of one who asks for any it is this one, or with 0 one that is free.
    pub(crate) fn pretend(
        &self,
        listen: Listen,
        port: u16,
        connection: u64,
        opener: Opener,
    ) -> io::Result<u32> {
        let mut entries = self.entries();
        let bound = match (&listen, port) {
            (Listen::Tcp { port: 0, .. }, 0) => free(&entries)?,
            (Listen::Tcp { port: 0, .. }, port) => port.into(),
            (Listen::Tcp { port, .. }, _) => *port,
            (Listen::Unix { .. }, _) => 0,
        };
        let place = vacant(&entries, connection, &listen, bound)?;
        let over = opener.until_over();
        entries.push(Entry { connection, listen, place, opener, listener: None, over });
        Ok(bound)
    }

    /// Has the machine listen. Returns the port.
    pub(crate) fn bind(&self, listen: Listen, connection: u64, opener: Opener) -> io::Result<u32> {
        let mut entries = self.entries();
        let (listener, bound) = Listener::bind(&listen)?;
        let place = vacant(&entries, connection, &listen, bound)?;
        let (listener, over) = (Arc::new(listener), opener.until_over());
        let (accepting, stop) = (Arc::clone(&listener), self.stop.clone());
        opener.spawn(forward(accepting, place.clone(), opener.clone(), over.clone(), stop));
        entries.push(Entry { connection, listen, place, opener, listener: Some(listener), over });
        Ok(bound)
    }

    /// Withdraws what this connection asked for in these words, or with the port that it was told. Whether there was any.
    pub(crate) fn cancel(&self, connection: u64, listen: &Listen) -> bool {
        let same = |entry: &Entry| match (listen, &entry.place) {
            _ if entry.listen == *listen => true,
            (Listen::Tcp { address, port }, Place::Tcp { address: of, port: bound }) => {
                address == of && port == bound
            }
            _ => false,
        };
        let mut entries = self.entries();
        let found = entries.iter().position(|entry| entry.connection == connection && same(entry));
        // Dropped before it is said so: what it listens on can be asked for again.
        found.map(|index| entries.remove(index)).is_some()
    }

    /// Withdraws all that a connection asked for.
    pub(crate) fn forget(&self, connection: u64) {
        self.entries().retain(|entry| entry.connection != connection);
    }

    /// Opens a connection as if somebody had connected there. Of two clients with one port, it is the one that asked last.
    pub(crate) async fn connect(&self, to: &ForwardedTo) -> Result<ChannelStream, OpenError> {
        let leads_there = |entry: &Entry| match (&entry.place, to) {
            (Place::Tcp { port, .. }, ForwardedTo::Port(wanted)) => port == wanted,
            (Place::Unix { path }, ForwardedTo::Socket(wanted)) => path == wanted,
            _ => false,
        };
        let found = self
            .entries()
            .iter()
            .rev()
            .find_map(|entry| leads_there(entry).then(|| (entry.opener.clone(), entry.place.clone())));
        let (opener, place) = found.ok_or(OpenError::NotListening)?;
        opener.open(place.kind(None)).await
    }
}

/// What somebody would connect to.
#[derive(Debug)]
pub(crate) enum ForwardedTo {
    Port(u32),
    Socket(String),
}

/// A port that nobody was told.
fn free(entries: &[Entry]) -> io::Result<u32> {
    let port = |entry: &Entry| match entry.place {
        Place::Tcp { port, .. } => Some(port),
        Place::Unix { .. } => None,
    };
    let taken: HashSet<_> = entries.iter().filter_map(port).collect();
    let free = (FIRST_FREE..=u16::MAX.into()).find(|port| !taken.contains(port));
    free.ok_or_else(|| io::ErrorKind::AddrNotAvailable.into())
}

/// The place, if this connection may have it: an address and port are one client's, as on a machine.
fn vacant(entries: &[Entry], connection: u64, listen: &Listen, bound: u32) -> io::Result<Place> {
    let place = Place::new(listen, bound);
    if let Place::Tcp { port, .. } = place
        && port > u16::MAX.into()
    {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, format!("there is no port {port}")));
    }
    if entries.iter().any(|entry| entry.place == place) {
        return Err(io::ErrorKind::AddrInUse.into());
    }
    if entries.iter().filter(|entry| entry.connection == connection).count() >= MOST_PLACES {
        return Err(io::Error::other(format!("a connection may have {MOST_PLACES} places")));
    }
    Ok(place)
}

/// Forwards whoever connects, until it is withdrawn.
async fn forward(
    listener: Arc<Listener>,
    place: Place,
    opener: Opener,
    over: CancellationToken,
    stop: CancellationToken,
) {
    let accepting = async {
        loop {
            let (opener, place) = (opener.clone(), place.clone());
            match accept::next(opener.recorder(), || listener.accept()).await {
                Accepted::Tcp(socket, from) => {
                    let _best_effort = socket.set_nodelay(true);
                    opener.clone().spawn(serve(opener, place.kind(Some(from)), socket));
                }
                Accepted::Unix(socket) => opener.clone().spawn(serve(opener, place.kind(None), socket)),
            }
        }
    };
    tokio::select! {
        biased;
        () = over.cancelled() => {}
        () = stop.cancelled() => {}
        () = accepting => {}
    }
    listener.close();
}

async fn serve<S: AsyncRead + AsyncWrite>(opener: Opener, kind: ChannelKind, socket: S) {
    // What the client refuses is closed, as `sshd` does; the journal has the refusal.
    if let Ok(stream) = opener.open(kind).await {
        stream.join(socket).await;
    }
}
