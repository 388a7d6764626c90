//! The two directions of a copy: bounded lines, exact numbers of bytes, and single bytes that say how it goes.

use std::{fmt::Display, future::Future, io};

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

use super::Stop;

/// Longest line: as much as OpenSSH has room for.
const LINE: usize = 16 * 1024;

/// Most that is read at once.
const READ: usize = 64 * 1024;

const WARNING: u8 = 1;
const FATAL: u8 = 2;

/// Where bytes go. Done when they are on their way, within the client's window.
pub(super) trait Output: Send {
    fn send(&mut self, bytes: Bytes) -> impl Future<Output = io::Result<()>> + Send;
}

#[cfg(feature = "server")]
impl Output for mock_core::Stdout {
    fn send(&mut self, bytes: Bytes) -> impl Future<Output = io::Result<()>> + Send {
        Self::send(self, bytes)
    }
}

/// Any stream.
pub(super) struct Written<W>(pub(super) W);

impl<W: AsyncWrite + Send + Unpin> Output for Written<W> {
    async fn send(&mut self, bytes: Bytes) -> io::Result<()> {
        self.0.write_all(&bytes).await?;
        self.0.flush().await
    }
}

/// The client's side of a copy.
pub(super) struct Link<R, W> {
    pub(super) reader: R,
    buffer: BytesMut,
    output: W,
    /// Errors so far, ours and the client's.
    pub(super) errors: usize,
    /// The exit status that a fault wants.
    pub(super) exit: Option<u32>,
}

impl<R: AsyncRead + Send + Unpin, W: Output> Link<R, W> {
    pub(super) fn new(reader: R, output: W) -> Self {
        Self { reader, buffer: BytesMut::new(), output, errors: 0, exit: None }
    }

    pub(super) async fn send(&mut self, bytes: impl Into<Bytes>) -> Result<(), Stop> {
        Ok(self.output.send(bytes.into()).await?)
    }

    /// Says that all is well.
    pub(super) async fn agree(&mut self) -> Result<(), Stop> {
        self.send(Bytes::from_static(&[0])).await
    }

    /// Says what went wrong; the copy goes on.
    pub(super) async fn warn(&mut self, text: &[u8]) -> Result<(), Stop> {
        self.errors += 1;
        self.send([&[WARNING], &b"scp: "[..], text, b"\n"].concat()).await
    }

    /// Says what went wrong; the copy is over.
    pub(super) async fn abort(&mut self, text: &[u8]) -> Result<(), Stop> {
        self.send([&[FATAL], &b"scp: "[..], text, b"\n"].concat()).await?;
        Err(Stop::Quit)
    }

    /// Says what went wrong with a path; the copy goes on.
    pub(super) async fn warn_of(&mut self, path: &[u8], why: impl Display) -> Result<(), Stop> {
        self.warn(&[path, format!(": {why}").as_bytes()].concat()).await
    }

    /// The client's word on what it was sent, and whether it is a good one.
    pub(super) async fn response(&mut self) -> Result<bool, Stop> {
        self.last_word().await?.ok_or(Stop::Quit)
    }

    /// As [`response`](Self::response), or `None` if the client has nothing more to say.
    pub(super) async fn last_word(&mut self) -> Result<Option<bool>, Stop> {
        let Some(code) = self.byte().await? else { return Ok(None) };
        if code == 0 {
            return Ok(Some(true));
        }
        self.errors += 1;
        // Whatever it says belongs to the code, as does a code that is none.
        self.line().await?;
        if code == WARNING { Ok(Some(false)) } else { Err(Stop::Quit) }
    }

    /// The next line without its line feed, or `None` where there is none. What the client complains of is not
    /// returned, but counted.
    pub(super) async fn control(&mut self) -> Result<Option<Vec<u8>>, Stop> {
        loop {
            let Some(first) = self.byte().await? else { return Ok(None) };
            if first == b'\n' {
                return Ok(Some(Vec::new()));
            }
            let rest = self.line().await?;
            match first {
                WARNING => self.errors += 1,
                FATAL => return Err(Stop::Quit),
                first => return Ok(Some([&[first][..], &rest].concat())),
            }
        }
    }

    /// At most so many bytes, or `None` at the end of the data.
    pub(super) async fn take(&mut self, most: u64) -> Result<Option<Bytes>, Stop> {
        if !self.fill().await? {
            return Ok(None);
        }
        let length = usize::try_from(most).unwrap_or(usize::MAX).min(self.buffer.len());
        Ok(Some(self.buffer.split_to(length).freeze()))
    }

    async fn byte(&mut self) -> Result<Option<u8>, Stop> {
        let byte = self.take(1).await?;
        Ok(byte.and_then(|byte| byte.first().copied()))
    }

    async fn line(&mut self) -> Result<Vec<u8>, Stop> {
        let mut searched = 0;
        loop {
            let found = self.buffer.iter().skip(searched).position(|byte| *byte == b'\n');
            if let Some(end) = found.map(|found| searched + found).filter(|end| *end < LINE) {
                let mut line = self.buffer.split_to(end + 1);
                line.truncate(end);
                return Ok(line.to_vec());
            }
            searched = self.buffer.len();
            if searched >= LINE {
                return Err(Stop::Protocol("line too long"));
            }
            self.buffer.reserve(READ);
            if self.reader.read_buf(&mut self.buffer).await? == 0 {
                return Err(Stop::Protocol("lost connection"));
            }
        }
    }

    /// Whether there is something to read; it is in the buffer then.
    async fn fill(&mut self) -> Result<bool, Stop> {
        if self.buffer.is_empty() {
            self.buffer.reserve(READ);
            return Ok(self.reader.read_buf(&mut self.buffer).await? > 0);
        }
        Ok(true)
    }
}
