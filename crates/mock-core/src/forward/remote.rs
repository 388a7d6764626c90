//! Rules for where clients want the server to listen for them.

use mock_base::Pattern;

use crate::{Forwarding, Listen};

/// A rule for where clients want the server to listen (RFC 4254 section 7.1, OpenSSH PROTOCOL section 2.4). The first rule
/// that matches decides; without one the request is refused.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use mock_core::{MockSshServer, RemoteForward, glob};
///
/// let server = MockSshServer::builder()
///     .remote_forward(RemoteForward::at(glob("*:25")?).refuse())
///     .remote_forward(RemoteForward::at(glob("localhost:*")?).accept())
///     .start()
///     .await?;
/// // After `ssh -R 8080:localhost:80`: `server.connect_forwarded(8080).await?`.
/// # server.shutdown().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
#[must_use = "a rule does nothing until it is given to a builder or a server"]
pub struct RemoteForward {
    pub(super) at: Pattern,
    answer: Forwarding,
}

impl RemoteForward {
    /// For what matches: `localhost:8080` with the address as the client wrote it, `localhost:0` for any port, `:8080` for
    /// all addresses, or the path of a Unix socket. Accepted, until another method says otherwise.
    pub fn at(listen: impl Into<Pattern>) -> Self {
        Self { at: listen.into(), answer: Forwarding::Accept { port: 0 } }
    }

    /// Refuses.
    pub fn refuse(self) -> Self {
        Self { answer: Forwarding::Refuse, ..self }
    }

    /// Accepts without listening: the test opens what is to be forwarded, with
    /// [`MockSshServer::connect_forwarded`](crate::MockSshServer::connect_forwarded). A client that asks for any port is told
    /// one that no other has here.
    pub fn accept(self) -> Self {
        Self { answer: Forwarding::Accept { port: 0 }, ..self }
    }

    /// As [`accept`](Self::accept), and a client that asks for any port is told this one.
    pub fn accept_as(self, port: u16) -> Self {
        Self { answer: Forwarding::Accept { port }, ..self }
    }

    /// Really listens: on 127.0.0.1, whatever address the client names (on `::1` if that is a loopback address of IPv6), or
    /// on the Unix socket, which must not be there yet. Refused where that fails, with a `problem` in the journal.
    pub fn host(self) -> Self {
        Self { answer: Forwarding::Host, ..self }
    }

    pub(crate) fn answer(&self, listen: &Listen) -> Option<Forwarding> {
        self.at.is_match(listen.to_string()).then_some(self.answer)
    }
}
