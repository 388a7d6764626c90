//! Connections that a test opens, as if somebody had connected to where a client has the server listen.

use std::{future::IntoFuture, sync::Arc};

use super::{ForwardedTo, Offer};
use crate::{BlockingStream, BoxFuture, ChannelStream, MockSshServer, OpenError, server::Shared};

/// Forwards that clients asked for.
impl MockSshServer {
    /// Opens a connection to a client, as if somebody had connected to this port, which a client has the server listen on
    /// (`ssh -R`): a `forwarded-tcpip` channel. It is closed when the stream, or both of its directions, are dropped.
    ///
    /// To know that the client has asked, wait for its [`forward`](mock_base::event::forward) event.
    ///
    /// `.await` it, or call [`blocking`](ConnectForwarded::blocking) in a test without async:
    ///
    /// ```
    /// use mock_core::{MockSshServer, OpenError, RemoteForward, any};
    ///
    /// let server = MockSshServer::builder().remote_forward(RemoteForward::at(any())).start_blocking()?;
    /// // No client has asked for it so far.
    /// assert_eq!(server.connect_forwarded(8080).blocking().err(), Some(OpenError::NotListening));
    /// # Ok::<(), mock_core::StartError>(())
    /// ```
    pub fn connect_forwarded(&self, port: u16) -> ConnectForwarded {
        ConnectForwarded { server: Arc::clone(&self.shared), to: To::Place(ForwardedTo::Port(port.into())) }
    }

    /// The same for a Unix socket: a `forwarded-streamlocal@openssh.com` channel.
    pub fn connect_forwarded_socket(&self, path: impl Into<String>) -> ConnectForwarded {
        ConnectForwarded { server: Arc::clone(&self.shared), to: To::Place(ForwardedTo::Socket(path.into())) }
    }

    /// Opens a connection to the agent of the client that offered it last (`ssh -A`), for as long as the channel is open on
    /// which it did: an `auth-agent@openssh.com` channel, which speaks the protocol of ssh-agent. [`OpenError::NotOffered`]
    /// if there is none.
    ///
    /// To know that a client has offered it, wait for its [`agent_forward`](mock_base::event::agent_forward) event.
    pub fn connect_agent(&self) -> ConnectForwarded {
        ConnectForwarded { server: Arc::clone(&self.shared), to: To::Offer(Offer::Agent) }
    }

    /// The same for a client's X server (`ssh -X`): an `x11` channel (RFC 4254 section 6.3.2). What is sent there is to begin
    /// with the protocol and the cookie of the client's request, which its [`x11_forward`](mock_base::event::x11_forward)
    /// event holds; the cookie is masked there unless the server shows secrets.
    pub fn connect_x11(&self) -> ConnectForwarded {
        ConnectForwarded { server: Arc::clone(&self.shared), to: To::Offer(Offer::X11) }
    }
}

/// A connection that has not been opened: `.await` it for a [`ChannelStream`], or call [`blocking`](Self::blocking).
///
/// It fails with [`OpenError::NotListening`] if no client has asked for that place, with [`OpenError::NotOffered`] if no
/// client has offered its agent or its X server, and with what the client answers.
#[derive(Debug)]
#[must_use = "nothing is opened so far: `.await` it or call `.blocking()`"]
pub struct ConnectForwarded {
    server: Arc<Shared>,
    to: To,
}

#[derive(Debug)]
enum To {
    Place(ForwardedTo),
    Offer(Offer),
}

impl ConnectForwarded {
    /// Opens it, and blocks this thread until the client has answered.
    ///
    /// # Errors
    ///
    /// [`OpenError::NotListening`] if no client has asked for that place, [`OpenError::NotOffered`] if none has made such an
    /// offer, and what the client answers.
    ///
    /// # Panics
    ///
    /// In async code: await it there.
    pub fn blocking(self) -> Result<BlockingStream, OpenError> {
        let runtime = self.server.runtime.clone();
        let stream = runtime.block_on(self.into_future())?;
        Ok(BlockingStream::new(stream, runtime))
    }
}

impl IntoFuture for ConnectForwarded {
    type Output = Result<ChannelStream, OpenError>;
    type IntoFuture = BoxFuture<Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            match &self.to {
                To::Place(place) => self.server.listeners.connect(place).await,
                To::Offer(offer) => self.server.offered.connect(*offer).await,
            }
        })
    }
}
