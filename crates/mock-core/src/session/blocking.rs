//! A stream of a channel for tests without async.

use std::{fmt, io};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt as _},
    runtime::Handle,
};

use super::ChannelStream;

/// A [`ChannelStream`] that blocks the thread which reads or writes: an [`io::Read`] and [`io::Write`].
///
/// Not to be used in async code, where it panics.
pub struct BlockingStream {
    stream: ChannelStream,
    runtime: Handle,
}

impl BlockingStream {
    pub(crate) fn new(stream: ChannelStream, runtime: Handle) -> Self {
        Self { stream, runtime }
    }

    /// Sends the end of the data (RFC 4254 section 5.3); the other direction goes on.
    ///
    /// # Errors
    ///
    /// [`BrokenPipe`](io::ErrorKind::BrokenPipe) once the channel is closed.
    pub fn shutdown(&mut self) -> io::Result<()> {
        self.runtime.block_on(self.stream.shutdown())
    }

    /// The stream as async code has it, to read and write at the same time for example.
    #[must_use]
    pub fn into_async(self) -> ChannelStream {
        self.stream
    }
}

impl fmt::Debug for BlockingStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BlockingStream").field("stream", &self.stream).finish_non_exhaustive()
    }
}

impl io::Read for BlockingStream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.runtime.block_on(AsyncReadExt::read(&mut self.stream, buffer))
    }
}

impl io::Write for BlockingStream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.runtime.block_on(self.stream.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.runtime.block_on(self.stream.flush())
    }
}
