//! What a connection can run on: a socket, or a stream within the process.

use std::time::Duration;

use socket2::SockRef;
use tokio::{
    io::{AsyncRead, AsyncWrite, DuplexStream},
    net::TcpStream,
};

/// A byte stream that a connection can run on.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static {
    /// Tells the other side at once that its data has arrived, where the stream has such a thing.
    fn acknowledge(&self) {}

    /// Ends the stream abruptly, where it has such a way.
    fn reset(self)
    where
        Self: Sized,
    {
    }
}

impl Stream for DuplexStream {}

impl Stream for TcpStream {
    /// A client that gathers small packets (Nagle's algorithm, on in OpenSSH and paramiko while they log in) waits
    /// for the acknowledgement of the last one; the kernel would delay that by 40 ms.
    fn acknowledge(&self) {
        #[cfg(target_os = "linux")]
        let _best_effort = self.set_quickack(true);
    }

    /// A RST instead of a FIN: what was not sent yet is lost.
    fn reset(self) {
        let _gone = SockRef::from(&self).set_linger(Some(Duration::ZERO));
    }
}
