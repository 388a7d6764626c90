//! Forwarding to the real machine, which somebody has to ask for: to its loopback addresses and Unix sockets only.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::PathBuf,
};

use mock_base::event::ChannelKind;
use tokio::net::{TcpStream, UnixStream};

use super::ends::serve;
use crate::{BoxFuture, Connect, ForwardRequest, OpenFailure};

/// The real machine.
#[derive(Debug, Clone)]
pub(super) enum Host {
    /// Where the client asks.
    AsAsked,
    /// A port of 127.0.0.1.
    Port(u16),
    /// A Unix socket.
    Socket(PathBuf),
}

enum Place {
    Tcp(SocketAddr),
    Unix(PathBuf),
}

impl Host {
    /// Where to go; `None` where the client asks for another machine.
    fn place(&self, kind: &ChannelKind) -> Option<Place> {
        match (self, kind) {
            (Self::Port(port), _) => Some(Place::Tcp((Ipv4Addr::LOCALHOST, *port).into())),
            (Self::Socket(path), _) => Some(Place::Unix(path.clone())),
            (Self::AsAsked, ChannelKind::DirectStreamlocal { path }) => Some(Place::Unix(path.into())),
            (Self::AsAsked, ChannelKind::DirectTcpip { host, port, .. }) => {
                let ip = match host.as_str() {
                    "localhost" => IpAddr::V4(Ipv4Addr::LOCALHOST),
                    host => host.parse().ok().filter(IpAddr::is_loopback)?,
                };
                Some(Place::Tcp((ip, u16::try_from(*port).ok()?).into()))
            }
            _ => None,
        }
    }
}

impl Connect for Host {
    fn connect(&self, request: ForwardRequest) -> BoxFuture<()> {
        let Some(place) = self.place(request.kind()) else {
            let text = "only loopback addresses of this machine can be reached";
            request.refuse(OpenFailure::AdministrativelyProhibited, text);
            return Box::pin(async {});
        };
        Box::pin(async move {
            let failed = match place {
                Place::Tcp(address) => match TcpStream::connect(address).await {
                    Ok(socket) => {
                        // What waits to be gathered here was gathered by the client before.
                        let _best_effort = socket.set_nodelay(true);
                        return serve(request, socket).await;
                    }
                    Err(error) => error,
                },
                Place::Unix(path) => match UnixStream::connect(path).await {
                    Ok(socket) => return serve(request, socket).await,
                    Err(error) => error,
                },
            };
            request.refuse(OpenFailure::ConnectFailed, reason(&failed));
        })
    }
}

/// As OpenSSH says it, without the number.
fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or(&text).to_owned()
}
