//! Connections that a test opens, as if somebody had connected to where a client has the server listen.

use super::ForwardedTo;
use crate::{ChannelStream, MockSshServer, OpenError};

/// Forwards that clients asked for.
impl MockSshServer {
    /// Opens a connection to a client, as if somebody had connected to this port, which a client has the server listen on
    /// (`ssh -R`): a `forwarded-tcpip` channel. It is closed when the stream, or both of its directions, are dropped.
    ///
    /// To know that the client has asked, wait for its [`forward`](mock_base::event::forward) event.
    ///
    /// # Errors
    ///
    /// [`OpenError::NotListening`] if no client has asked for that port, and what the client answers.
    pub async fn connect_forwarded(&self, port: u16) -> Result<ChannelStream, OpenError> {
        let wanted = |to: &ForwardedTo<'_>| matches!(to, ForwardedTo::Port(of) if *of == u32::from(port));
        self.shared.listeners.connect(wanted).await
    }

    /// The same for a Unix socket: a `forwarded-streamlocal@openssh.com` channel.
    ///
    /// # Errors
    ///
    /// As [`connect_forwarded`](Self::connect_forwarded).
    pub async fn connect_forwarded_socket(&self, path: &str) -> Result<ChannelStream, OpenError> {
        let wanted = |to: &ForwardedTo<'_>| matches!(to, ForwardedTo::Socket(of) if *of == path);
        self.shared.listeners.connect(wanted).await
    }
}
