//! Connections that a test opens, as if somebody had connected to where a client has the server listen.

use std::{future::IntoFuture, sync::Arc};

use super::ForwardedTo;
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
        ConnectForwarded { server: Arc::clone(&self.shared), to: ForwardedTo::Port(port.into()) }
    }

    /// The same for a Unix socket: a `forwarded-streamlocal@openssh.com` channel.
    pub fn connect_forwarded_socket(&self, path: impl Into<String>) -> ConnectForwarded {
        ConnectForwarded { server: Arc::clone(&self.shared), to: ForwardedTo::Socket(path.into()) }
    }
}

/// A connection that has not been opened: `.await` it for a [`ChannelStream`], or call [`blocking`](Self::blocking).
///
/// It fails with [`OpenError::NotListening`] if no client has asked for that place, and with what the client answers.
#[derive(Debug)]
#[must_use = "nothing is opened so far: `.await` it or call `.blocking()`"]
pub struct ConnectForwarded {
    server: Arc<Shared>,
    to: ForwardedTo,
}

impl ConnectForwarded {
    /// Opens it, and blocks this thread until the client has answered.
    ///
    /// # Errors
    ///
    /// [`OpenError::NotListening`] if no client has asked for that place, and what the client answers.
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
        Box::pin(async move { self.server.listeners.connect(&self.to).await })
    }
}
