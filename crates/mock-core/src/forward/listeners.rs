//! Where clients have a server listen: for real, or only as far as they can tell.

use std::{
    fs, io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener as StdTcpListener},
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use mock_base::event::ChannelKind;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, UnixListener},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::ends::join;
use crate::{ChannelStream, Listen, OpenError, engine::Opener};

/// The first port that a client is told where nothing listens (RFC 6335 section 6).
const FIRST_FREE: u16 = 49152;

/// The number of a connection, what ends it, and its tasks.
pub(crate) type Owner<'a> = (u64, &'a CancellationToken, &'a TaskTracker);

/// What clients have asked for and not withdrawn. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(crate) struct Listeners {
    entries: Arc<Mutex<Vec<Entry>>>,
}

#[derive(Debug)]
struct Entry {
    connection: u64,
    /// As the client wrote it.
    listen: Listen,
    /// With the port that it has.
    place: Place,
    opener: Opener,
    /// Cancelled when it is withdrawn.
    over: CancellationToken,
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

enum Socket {
    Tcp(TcpListener),
    Unix(UnixListener, PathBuf),
}

impl Listeners {
    fn entries(&self) -> MutexGuard<'_, Vec<Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has nothing listen. Returns the port.
    pub(crate) fn pretend(
        &self,
        listen: Listen,
        port: u16,
        owner: Owner<'_>,
        opener: Opener,
    ) -> io::Result<u32> {
        let free = || (FIRST_FREE..=u16::MAX).find(|port| !self.has_port(u32::from(*port)));
        let bound = match (&listen, port) {
            (Listen::Tcp { port: 0, .. }, 0) => free().ok_or(io::ErrorKind::AddrNotAvailable)?.into(),
            (Listen::Tcp { port: 0, .. }, port) => port.into(),
            (Listen::Tcp { port, .. }, _) => *port,
            (Listen::Unix { .. }, _) => 0,
        };
        self.add(listen, bound, owner, opener)?;
        Ok(bound)
    }

    /// Has the machine listen. Returns the port.
    pub(crate) fn bind(&self, listen: Listen, owner: Owner<'_>, opener: Opener) -> io::Result<u32> {
        let (socket, bound) = open(&listen)?;
        let tasks = owner.2;
        let (place, over) = self.add(listen, bound, owner, opener.clone())?;
        tasks.spawn(accept(socket, place, opener, over, tasks.clone()));
        Ok(bound)
    }

    fn add(
        &self,
        listen: Listen,
        bound: u32,
        (connection, kill, _): Owner<'_>,
        opener: Opener,
    ) -> io::Result<(Place, CancellationToken)> {
        let place = Place::new(&listen, bound);
        let mut entries = self.entries();
        // An address and port are one client's, as on a machine.
        if entries.iter().any(|entry| entry.place == place) {
            return Err(io::ErrorKind::AddrInUse.into());
        }
        let over = kill.child_token();
        entries.push(Entry { connection, listen, place: place.clone(), opener, over: over.clone() });
        Ok((place, over))
    }

    fn has_port(&self, wanted: u32) -> bool {
        let has = |entry: &Entry| matches!(entry.place, Place::Tcp { port, .. } if port == wanted);
        self.entries().iter().any(has)
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
        found.map(|index| entries.remove(index).over.cancel()).is_some()
    }

    /// Withdraws all that a connection asked for.
    pub(crate) fn forget(&self, connection: u64) {
        self.entries().retain(|entry| {
            let stays = entry.connection != connection;
            if !stays {
                entry.over.cancel();
            }
            stays
        });
    }

    /// Opens a connection as if somebody had connected to this port, or socket.
    pub(crate) async fn connect(
        &self,
        wanted: impl Fn(&ForwardedTo<'_>) -> bool,
    ) -> Result<ChannelStream, OpenError> {
        let found = self.entries().iter().rev().find_map(|entry| {
            let to = match &entry.place {
                Place::Tcp { port, .. } => ForwardedTo::Port(*port),
                Place::Unix { path } => ForwardedTo::Socket(path),
            };
            wanted(&to).then(|| (entry.opener.clone(), entry.place.clone()))
        });
        let (opener, place) = found.ok_or(OpenError::NotListening)?;
        opener.open(place.kind(None)).await
    }
}

/// What somebody would connect to.
pub(crate) enum ForwardedTo<'a> {
    Port(u32),
    Socket(&'a str),
}

fn open(listen: &Listen) -> io::Result<(Socket, u32)> {
    match listen {
        Listen::Tcp { address, port } => {
            let loopback = match address.parse() {
                Ok(IpAddr::V6(ip)) if ip.is_loopback() => Ipv6Addr::LOCALHOST.into(),
                _ => IpAddr::V4(Ipv4Addr::LOCALHOST),
            };
            let port = u16::try_from(*port).map_err(|_| io::ErrorKind::InvalidInput)?;
            let socket = StdTcpListener::bind((loopback, port))?;
            socket.set_nonblocking(true)?;
            let bound = socket.local_addr()?.port();
            Ok((Socket::Tcp(TcpListener::from_std(socket)?), bound.into()))
        }
        Listen::Unix { path } => Ok((Socket::Unix(UnixListener::bind(path)?, path.into()), 0)),
    }
}

/// Forwards whoever connects, until it is withdrawn.
async fn accept(socket: Socket, place: Place, opener: Opener, over: CancellationToken, tasks: TaskTracker) {
    let accepting = async {
        loop {
            let serving = |from| opener.open_owned(place.clone().kind(from));
            match &socket {
                Socket::Tcp(listener) => match listener.accept().await {
                    Ok((socket, from)) => {
                        let _best_effort = socket.set_nodelay(true);
                        tasks.spawn(serve(serving(Some(from)), socket));
                    }
                    Err(_) => return,
                },
                Socket::Unix(listener, _) => match listener.accept().await {
                    Ok((socket, _)) => {
                        tasks.spawn(serve(serving(None), socket));
                    }
                    Err(_) => return,
                },
            }
        }
    };
    let _over = over.run_until_cancelled(accepting).await;
    if let Socket::Unix(_, path) = &socket {
        // Somebody may have removed it already.
        let _gone = fs::remove_file(path);
    }
}

async fn serve<S: AsyncRead + AsyncWrite + Unpin>(
    opening: impl Future<Output = Result<ChannelStream, OpenError>>,
    socket: S,
) {
    // What the client refuses is closed, as `sshd` does; the journal has the refusal.
    if let Ok(stream) = opening.await {
        join(stream, socket).await;
    }
}
