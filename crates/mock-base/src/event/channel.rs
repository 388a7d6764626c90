//! Events of channels and of requests on them (RFC 4254).

use std::fmt::{self, Write as _};

use serde::Serialize;

use super::{Data, Secret, connection::constructors};
use crate::journal::Describe;

/// What kind of channel was asked for, with what was said about it. The first four are opened by clients, the others by
/// servers.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum ChannelKind {
    /// `session`: a command, a shell or a subsystem (RFC 4254 section 6.1).
    Session,
    /// `direct-tcpip`: a connection to forward (RFC 4254 section 7.2).
    DirectTcpip {
        /// Host to connect to, as the client wrote it.
        host: String,
        /// Port to connect to.
        port: u32,
        /// Address that the connection comes from, as the client tells.
        originator: String,
        /// Port that the connection comes from, as the client tells.
        originator_port: u32,
    },
    /// `direct-streamlocal@openssh.com`: a Unix socket to forward (OpenSSH PROTOCOL section 2.4).
    DirectStreamlocal {
        /// Path of the socket on the server.
        path: String,
    },
    /// `x11` or `forwarded-tcpip`, asked for by a client: types that only a server may open.
    ServerOnly {
        /// The type's name.
        name: String,
    },
    /// `forwarded-tcpip`: a connection to where the server listens for the client (RFC 4254 section 7.2).
    ForwardedTcpip {
        /// Address that was connected to, as the client asked for it.
        address: String,
        /// Port that was connected to.
        port: u32,
        /// Address that the connection comes from.
        originator: String,
        /// Port that the connection comes from.
        originator_port: u32,
    },
    /// `forwarded-streamlocal@openssh.com`: the same on a Unix socket (OpenSSH PROTOCOL section 2.4).
    ForwardedStreamlocal {
        /// Path of the socket on the server.
        path: String,
    },
    /// `auth-agent@openssh.com`: a connection to the client's agent.
    Agent,
    /// `x11`: a connection to the client's X server (RFC 4254 section 6.3.2).
    X11 {
        /// Address that the connection comes from.
        originator: String,
        /// Port that the connection comes from.
        originator_port: u32,
    },
}

impl ChannelKind {
    /// Where a client wants a connection to go: `db01:5432`, `[::1]:22`, or the path of a socket. None for the others.
    ///
    /// ```
    /// use mock_base::event::ChannelKind;
    ///
    /// let socket = ChannelKind::DirectStreamlocal { path: "/run/app.sock".to_owned() };
    /// assert_eq!(socket.target().as_deref(), Some("/run/app.sock"));
    /// assert_eq!(ChannelKind::Session.target(), None);
    /// ```
    #[must_use]
    pub fn target(&self) -> Option<String> {
        match self {
            Self::DirectTcpip { host, port, .. } => Some(endpoint(host, Some(*port))),
            Self::DirectStreamlocal { path } => Some(path.clone()),
            _ => None,
        }
    }
}

impl fmt::Display for ChannelKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Session => f.write_str("session"),
            Self::DirectTcpip { host, port, .. } => {
                write!(f, "direct-tcpip to {}", endpoint(host, Some(*port)))
            }
            Self::DirectStreamlocal { path } => write!(f, "direct-streamlocal to {path}"),
            Self::ServerOnly { name } => f.write_str(name),
            Self::ForwardedTcpip { address, port, .. } => {
                write!(f, "forwarded-tcpip from {}", endpoint(address, Some(*port)))
            }
            Self::ForwardedStreamlocal { path } => write!(f, "forwarded-streamlocal from {path}"),
            Self::Agent => f.write_str("auth-agent"),
            Self::X11 { .. } => f.write_str("x11"),
        }
    }
}

/// A channel was opened, by the client or to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct ChannelOpened {
    /// Which kind.
    pub kind: ChannelKind,
}

/// A channel was asked for and refused: by the server, or for the kinds that a server opens by the client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct ChannelRefused {
    /// Which kind.
    pub kind: ChannelKind,
    /// Reason code that was given (RFC 4254 section 5.1).
    pub code: u32,
    /// Text that the client was given; the engine does not tell a client's own.
    pub reason: String,
}

/// An environment variable was passed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Env {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
    /// Whether the server took it.
    pub accepted: bool,
}

/// A shell was requested.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Shell {
    /// Whether the client got one.
    pub accepted: bool,
}

/// A subsystem was requested.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Subsystem {
    /// Its name: `sftp`, `netconf`.
    pub name: String,
    /// Whether the client got it.
    pub accepted: bool,
}

/// The client sent data on a channel; how much in all is in [`ChannelClosed`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Stdin {
    /// The data of one message. Recorded up to a limit for each channel, 64 KiB by default.
    pub data: Data,
}

/// The client will send no more data on a channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct StdinEof {
    /// Bytes that it sent.
    pub bytes: u64,
}

/// The client sent a signal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct SignalReceived {
    /// Its name without `SIG`: `TERM`, `INT`.
    pub name: String,
}

/// The client offered its agent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct AgentForward {
    /// Whether the server took the offer.
    pub accepted: bool,
}

/// The client offered its X server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct X11Forward {
    /// Whether only one connection is allowed.
    pub single_connection: bool,
    /// Authentication protocol: `MIT-MAGIC-COOKIE-1`.
    pub protocol: String,
    /// The cookie, in hexadecimal.
    pub cookie: Secret,
    /// Screen number.
    pub screen: u32,
    /// Whether the server took the offer.
    pub accepted: bool,
}

/// The client asked the server to listen for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Forward {
    /// Address to bind, or the path of a Unix socket.
    pub address: String,
    /// Port asked for, 0 for any; none for a Unix socket.
    pub port: Option<u32>,
    /// Whether the server agreed.
    pub accepted: bool,
    /// The port that the client was told, where it asked for any.
    pub bound: Option<u32>,
}

/// The client withdrew a request to listen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct ForwardCancelled {
    /// Address or path of the request.
    pub address: String,
    /// Port of the request; none for a Unix socket.
    pub port: Option<u32>,
    /// Whether there was such a forward.
    pub accepted: bool,
}

/// The exit status or exit signal of a program was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Exit {
    /// Exit status, if the program ended by itself.
    pub status: Option<u32>,
    /// Name of the signal without `SIG`, if a signal ended it.
    pub signal: Option<String>,
}

/// A channel is closed in both directions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct ChannelClosed {
    /// Bytes of data that the client sent on it.
    pub received: u64,
    /// Bytes of data that were sent to the client on it, both streams together.
    pub sent: u64,
}

constructors! {
    ChannelOpened(kind: ChannelKind);
    ChannelRefused(kind: ChannelKind, code: u32, reason: String);
    Env(name: String, value: String, accepted: bool);
    Shell(accepted: bool);
    Subsystem(name: String, accepted: bool);
    Stdin(data: Data);
    StdinEof(bytes: u64);
    SignalReceived(name: String);
    AgentForward(accepted: bool);
    X11Forward(single_connection: bool, protocol: String, cookie: Secret, screen: u32, accepted: bool);
    ForwardCancelled(address: String, port: Option<u32>, accepted: bool);
    Exit(status: Option<u32>, signal: Option<String>);
    ChannelClosed(received: u64, sent: u64);
}

impl Forward {
    /// A request to listen there, on no other port than that asked for.
    #[must_use]
    pub fn new(address: impl Into<String>, port: impl Into<Option<u32>>, accepted: impl Into<bool>) -> Self {
        Self { address: address.into(), port: port.into(), accepted: accepted.into(), bound: None }
    }

    /// The server chose this port.
    #[must_use]
    pub fn bound(mut self, port: u32) -> Self {
        self.bound = Some(port);
        self
    }
}

macro_rules! describe {
    ($($name:ident, |$this:ident, $text:ident| $body:expr;)*) => {$(
        impl $name {
            pub(super) fn describe(&self, $text: &mut Describe<'_>) -> fmt::Result {
                let $this = self;
                $body
            }
        }
    )*};
}

describe! {
    ChannelOpened, |this, text| write!(text, "channel opened: {}", this.kind);
    ChannelRefused, |this, text| write!(text, "channel refused: {} ({})", this.kind, this.reason);
    Env, |this, text| write!(text, "env {}={:?}{}", this.name, this.value, refused(this.accepted));
    Shell, |this, text| write!(text, "shell{}", refused(this.accepted));
    Subsystem, |this, text| write!(text, "subsystem {}{}", this.name, refused(this.accepted));
    Stdin, |this, text| write!(text, "stdin {:?}", this.data);
    StdinEof, |this, text| write!(text, "stdin ends after {} bytes", this.bytes);
    SignalReceived, |this, text| write!(text, "signal {}", this.name);
    AgentForward, |this, text| write!(text, "agent forwarding{}", refused(this.accepted));
    X11Forward, |this, text| write!(text, "X11 forwarding, screen {}{}", this.screen, refused(this.accepted));
    Forward, |this, text| {
        let address = endpoint(&this.address, this.port);
        write!(text, "forward from {address}{}", refused(this.accepted))?;
        this.bound.map_or(Ok(()), |port| text.unless_normal(format_args!(", port {port}")))
    };
    ForwardCancelled, |this, text| {
        let address = endpoint(&this.address, this.port);
        write!(text, "forward from {address} cancelled{}", refused(this.accepted))
    };
    Exit, |this, text| match (&this.signal, this.status) {
        (Some(signal), _) => write!(text, "exit by signal {signal}"),
        (None, Some(status)) => write!(text, "exit {status}"),
        (None, None) => text.write_str("exit"),
    };
    ChannelClosed, |this, text| {
        text.write_str("channel closed")?;
        text.unless_normal(format_args!(" ({} bytes in, {} bytes out)", this.received, this.sent))
    };
}

fn refused(accepted: bool) -> &'static str {
    if accepted { "" } else { ", refused" }
}

fn endpoint(address: &str, port: Option<u32>) -> String {
    match port {
        None => address.to_owned(),
        Some(port) if address.contains(':') => format!("[{address}]:{port}"),
        Some(port) => format!("{address}:{port}"),
    }
}
