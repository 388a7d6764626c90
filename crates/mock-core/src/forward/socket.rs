//! A socket of the machine that listens for a client.
//!
//! It can be closed at once, and not when the task that accepts gets to it: a client that is told that its request is
//! withdrawn may ask for the same address again.

use std::{
    future::poll_fn,
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener as StdTcpListener},
    sync::{Mutex, MutexGuard, PoisonError},
    task::Poll,
};

use mock_base::socket::SocketFile;
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};

use crate::Listen;

#[derive(Debug)]
pub(super) struct Listener {
    /// Gone once it is closed.
    socket: Mutex<Option<Socket>>,
}

#[derive(Debug)]
enum Socket {
    Tcp(TcpListener),
    Unix(UnixListener, #[expect(dead_code, reason = "dropped with the socket")] SocketFile),
}

/// Who connected.
pub(super) enum Accepted {
    Tcp(TcpStream, SocketAddr),
    Unix(UnixStream),
}

impl Listener {
    /// Listens on a loopback address, or on a path where nothing is. Returns the port too; 0 for a path.
    pub(super) fn bind(listen: &Listen) -> io::Result<(Self, u32)> {
        let (socket, port) = match listen {
            Listen::Tcp { address, port } => {
                let loopback = match address.parse() {
                    Ok(IpAddr::V6(ip)) if ip.is_loopback() => Ipv6Addr::LOCALHOST.into(),
                    _ => IpAddr::V4(Ipv4Addr::LOCALHOST),
                };
                let port = u16::try_from(*port).map_err(|_| io::ErrorKind::InvalidInput)?;
                let socket = StdTcpListener::bind((loopback, port))?;
                socket.set_nonblocking(true)?;
                let bound = socket.local_addr()?.port();
                (Socket::Tcp(TcpListener::from_std(socket)?), bound.into())
            }
            Listen::Unix { path } => {
                let socket = UnixListener::bind(path)?;
                (Socket::Unix(socket, SocketFile::of(path.as_ref())?), 0)
            }
        };
        Ok((Self { socket: Mutex::new(Some(socket)) }, port))
    }

    fn socket(&self) -> MutexGuard<'_, Option<Socket>> {
        self.socket.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Frees the address. Who waits in [`accept`](Self::accept) is not woken.
    pub(super) fn close(&self) {
        self.socket().take();
    }

    /// The next connection.
    pub(super) async fn accept(&self) -> io::Result<Accepted> {
        poll_fn(|context| match &*self.socket() {
            Some(Socket::Tcp(listener)) => {
                listener.poll_accept(context).map_ok(|(socket, from)| Accepted::Tcp(socket, from))
            }
            Some(Socket::Unix(listener, _)) => {
                listener.poll_accept(context).map_ok(|(socket, _)| Accepted::Unix(socket))
            }
            None => Poll::Pending,
        })
        .await
    }
}
