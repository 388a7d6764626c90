//! A channel as one stream of bytes in both directions, as forwarding needs it.

use std::{
    fmt, io,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use mock_base::Recorder;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_util::sync::CancellationToken;

use super::{Stdin, Stdout};
use crate::{connect::BoxFuture, engine::Closer};

/// The stream of a forwarded connection: an [`AsyncRead`] and [`AsyncWrite`].
pub struct ChannelStream {
    reader: Stdin,
    writer: Stdout,
    recorder: Recorder,
    /// The end of the data on its way.
    ending: Mutex<Option<BoxFuture<io::Result<()>>>>,
}

impl ChannelStream {
    pub(crate) fn new(reader: Stdin, writer: Stdout, recorder: Recorder) -> Self {
        Self { reader, writer, recorder, ending: Mutex::new(None) }
    }

    /// Writes to the journal in the name of this channel.
    #[must_use]
    pub fn recorder(&self) -> &Recorder {
        &self.recorder
    }

    /// The next piece of data as it came, or `None` at its end.
    pub async fn read(&mut self) -> Option<Bytes> {
        self.reader.read().await
    }

    /// Sends bytes without a copy, and waits until the client's window has taken them.
    ///
    /// # Errors
    ///
    /// [`BrokenPipe`](io::ErrorKind::BrokenPipe) once the channel is closed.
    pub async fn send(&mut self, bytes: impl Into<Bytes>) -> io::Result<()> {
        self.writer.send(bytes).await
    }

    /// Cancelled when the channel is closed, from whichever side.
    pub(super) fn over(&self) -> CancellationToken {
        self.writer.output().over()
    }

    /// Closes the channel when both directions are dropped.
    pub(crate) fn closed_by(mut self, closer: Closer) -> Self {
        let closer = Arc::new(closer);
        self.reader.closed_by(Arc::clone(&closer));
        self.writer.closed_by(closer);
        self
    }

    /// Both directions, to be used at the same time.
    #[must_use]
    pub fn split(self) -> (Stdin, Stdout) {
        (self.reader, self.writer)
    }
}

impl fmt::Debug for ChannelStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChannelStream").field("writer", &self.writer).finish_non_exhaustive()
    }
}

impl AsyncRead for ChannelStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.reader).poll_read(context, buffer)
    }
}

impl AsyncWrite for ChannelStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.writer).poll_write(context, buffer)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.writer).poll_flush(context)
    }

    /// Sends the end of the data (RFC 4254 section 5.3); the other direction goes on.
    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.writer).poll_flush(context))?;
        let output = self.writer.output().clone();
        let ending = self.ending.get_mut().unwrap_or_else(PoisonError::into_inner);
        let ending = ending.get_or_insert_with(|| Box::pin(async move { output.eof().await }));
        let ended = ready!(ending.as_mut().poll(context));
        // Asked again, it is done again: the end is sent once.
        *self.ending.get_mut().unwrap_or_else(PoisonError::into_inner) = None;
        Poll::Ready(ended)
    }
}
