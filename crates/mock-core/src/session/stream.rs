//! A channel as one stream of bytes in both directions, as forwarding needs it.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

use mock_base::Recorder;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::{Stdin, Stdout};

/// The stream of a forwarded connection: an [`AsyncRead`] and [`AsyncWrite`].
#[derive(Debug)]
pub struct ChannelStream {
    reader: Stdin,
    writer: Stdout,
    recorder: Recorder,
}

impl ChannelStream {
    pub(crate) fn new(reader: Stdin, writer: Stdout, recorder: Recorder) -> Self {
        Self { reader, writer, recorder }
    }

    /// Writes to the journal in the name of this channel.
    #[must_use]
    pub fn recorder(&self) -> &Recorder {
        &self.recorder
    }

    /// Both directions, to be used at the same time.
    #[must_use]
    pub fn split(self) -> (Stdin, Stdout) {
        (self.reader, self.writer)
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

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.writer).poll_shutdown(context)
    }
}
