//! Rules for forwarded connections: where to, and what is there.

use std::{fmt, path::PathBuf, sync::Arc, time::Duration};

use bytes::Bytes;
use mock_base::{Delay, Pattern};

use super::{
    Network,
    ends::{Canned, Delayed, Echo, Nothing, Server},
    host::Host,
};
use crate::{Connect, MockSshServer, Open, OpenFailure};

/// A rule for connections that clients want to be forwarded (RFC 4254 section 7.2, OpenSSH PROTOCOL section 2.4). The first
/// rule that matches the target decides; without one the connection is refused as administratively prohibited.
///
/// A rule that says no more than where to refuses as well, as a host does on which nobody listens.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use mock_core::{Forward, MockSshServer, OpenFailure, glob};
///
/// let db01 = MockSshServer::builder().name("db01").start_in_memory()?;
/// let bastion = MockSshServer::builder()
///     .forward(Forward::to("db01:22").server(&db01))
///     .forward(Forward::to("cache:6379").reply("+PONG\r\n"))
///     .forward(Forward::to(glob("*:25")?).refuse(OpenFailure::ConnectFailed, "Connection timed out"))
///     .start()
///     .await?;
/// # bastion.shutdown().await?;
/// # db01.shutdown().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[must_use = "a rule does nothing until it is given to a builder or a server"]
pub struct Forward {
    pub(super) to: Pattern,
    end: End,
    after: Delay,
}

#[derive(Clone)]
enum End {
    Refuse { reason: OpenFailure, text: String },
    Silence,
    Connect(Arc<dyn Connect>),
}

impl Forward {
    /// For connections to what matches: `db01:5432` with the host as the client wrote it, or the path of a Unix socket.
    /// The address of an IPv6 host is in brackets. Refused, as if nobody listened there, until another method says more.
    pub fn to(target: impl Into<Pattern>) -> Self {
        let end = End::Refuse { reason: OpenFailure::ConnectFailed, text: "Connection refused".to_owned() };
        Self { to: target.into(), end, after: Delay::fixed(Duration::ZERO) }
    }

    /// Refuses, for this reason and with this text, which clients show.
    pub fn refuse(self, reason: OpenFailure, text: impl Into<String>) -> Self {
        Self { end: End::Refuse { reason, text: text.into() }, ..self }
    }

    /// Never answers: the client waits until its connection ends.
    pub fn silence(self) -> Self {
        Self { end: End::Silence, ..self }
    }

    /// Whatever is sent comes back.
    pub fn echo(self) -> Self {
        self.connect_to(Echo)
    }

    /// Sends these bytes and the end of the data, reads what the client sends to its end, and closes.
    pub fn reply(self, bytes: impl Into<Bytes>) -> Self {
        self.connect_to(Canned(bytes.into()))
    }

    /// Serves the connection with this: an async closure over a [`ChannelStream`](crate::ChannelStream), or anything else
    /// that implements [`Connect`].
    pub fn connect(self, to: impl Connect + 'static) -> Self {
        self.connect_to(to)
    }

    /// Goes to another mock server of this process, whether it listens or is in memory. Its `connected` event says through
    /// which servers a client came. Once it is stopped, connections to it are refused.
    pub fn server(self, server: &MockSshServer) -> Self {
        self.connect_to(Server::new(&server.shared))
    }

    /// Goes to the server of this network that has the name of the host asked for. There is nothing on ports other than 22
    /// and the one that the server listens on.
    pub fn network(self, network: &Network) -> Self {
        self.connect_to(network.clone())
    }

    /// Goes where the client asks on the real machine, as far as that is a loopback address, `localhost`, or the path of a
    /// Unix socket. Anywhere else is refused as administratively prohibited.
    pub fn host(self) -> Self {
        self.connect_to(Host::AsAsked)
    }

    /// Goes to this port of 127.0.0.1 on the real machine.
    pub fn host_port(self, port: u16) -> Self {
        self.connect_to(Host::Port(port))
    }

    /// Goes to this Unix socket on the real machine.
    pub fn host_socket(self, path: impl Into<PathBuf>) -> Self {
        self.connect_to(Host::Socket(path.into()))
    }

    /// Answers after this time. Other channels go on meanwhile.
    pub fn after(self, delay: impl Into<Delay>) -> Self {
        Self { after: delay.into(), ..self }
    }

    fn connect_to(self, to: impl Connect + 'static) -> Self {
        Self { end: End::Connect(Arc::new(to)), ..self }
    }

    /// What becomes of a connection to this target, if the rule is for it.
    pub(crate) fn answer(&self, target: &str) -> Option<Open> {
        if !self.to.is_match(target) {
            return None;
        }
        let connect = |to: Arc<dyn Connect>| {
            if self.after.is_zero() {
                return Open::Connect(to);
            }
            Open::connect(Delayed { delay: self.after, to })
        };
        Some(match self.end.clone() {
            End::Connect(to) => connect(to),
            End::Silence => Open::Silence,
            End::Refuse { reason, text } if self.after.is_zero() => Open::Refuse { reason, text },
            End::Refuse { reason, text } => connect(Arc::new(Nothing { reason, text })),
        })
    }
}

impl fmt::Debug for Forward {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let end = match &self.end {
            End::Refuse { reason, text } => format!("refuse({reason:?}, {text:?})"),
            End::Silence => "silence".to_owned(),
            End::Connect(_) => "connect".to_owned(),
        };
        f.debug_struct("Forward").field("to", &self.to).field("end", &end).finish_non_exhaustive()
    }
}
