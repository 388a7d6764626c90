//! What a program sends, within the client's window.

use std::{
    fmt, io,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use tokio::io::AsyncWrite;

use crate::{
    connect::BoxFuture,
    engine::{Closer, Output, OutputStream},
};

/// Most that one [`AsyncWrite::poll_write`] takes: as much as one packet carries.
const PIECE: usize = 32 * 1024;

/// One of the two streams to the client. Cheap to clone.
///
/// [`send`](Self::send) takes bytes without copying them; as an [`AsyncWrite`] it copies pieces of up to 32 KiB. Either
/// is done when the client's window has taken the bytes. Do not give up a send half way and go on with the channel: what
/// it had taken from the window is lost, and where there are faults other holders of the stream wait for it until it is
/// flushed or dropped.
pub struct Stdout {
    output: Output,
    stream: OutputStream,
    /// Closes a channel that this server opened, once nobody has this or its other direction.
    closer: Option<Arc<Closer>>,
    /// The piece on its way, of writes through `AsyncWrite`. The mutex is never locked: it makes this `Sync`.
    sending: Mutex<Option<BoxFuture<io::Result<usize>>>>,
}

impl Stdout {
    pub(crate) fn new(output: Output, stream: OutputStream) -> Self {
        Self { output, stream, closer: None, sending: Mutex::new(None) }
    }

    pub(super) fn closed_by(&mut self, closer: Arc<Closer>) {
        self.closer = Some(closer);
    }

    /// Sends bytes, and waits until the client's window has taken them.
    ///
    /// # Errors
    ///
    /// [`BrokenPipe`](io::ErrorKind::BrokenPipe) once the channel is closed.
    pub fn send<B: Into<Bytes>>(&self, bytes: B) -> impl Future<Output = io::Result<()>> + Send + use<B> {
        let (output, stream, bytes) = (self.output.clone(), self.stream, bytes.into());
        async move { output.send(stream, bytes).await }
    }

    /// Sends the end of the data (RFC 4254 section 5.3).
    pub(super) async fn end(&self) -> io::Result<()> {
        self.output.eof().await
    }

    /// The output, for whoever ends it.
    pub(super) fn output(&self) -> &Output {
        &self.output
    }

    /// Ready with the length of the piece on its way, once it is sent.
    fn poll_sent(&mut self, context: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let Some(sending) = self.sending() else {
            return Poll::Ready(Ok(0));
        };
        let sent = ready!(sending.as_mut().poll(context));
        *self.sending() = None;
        Poll::Ready(sent)
    }

    fn sending(&mut self) -> &mut Option<BoxFuture<io::Result<usize>>> {
        self.sending.get_mut().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clone for Stdout {
    fn clone(&self) -> Self {
        Self { closer: self.closer.clone(), ..Self::new(self.output.clone(), self.stream) }
    }
}

impl fmt::Debug for Stdout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stdout").field("stream", &self.stream).finish_non_exhaustive()
    }
}

impl AsyncWrite for Stdout {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.sending().is_none() {
            let piece = buffer.get(..PIECE).unwrap_or(buffer);
            let (output, stream, bytes) = (self.output.clone(), self.stream, Bytes::copy_from_slice(piece));
            let length = piece.len();
            *self.sending() =
                Some(Box::pin(async move { output.send(stream, bytes).await.map(|()| length) }));
        }
        self.poll_sent(context)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_sent(context).map_ok(|_sent| ())
    }

    /// Flushes. The end of the data is sent when the program ends, not before.
    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_flush(context)
    }
}
