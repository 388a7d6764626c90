//! SFTP over any stream of bytes: a pair of pipes, a socket, a stream of another SSH library.
//!
//! The stream is read while replies wait to be written, until so many requests wait that the client may wait as well.
//! A file system that waits for a disk is asked on a thread where it may.

use std::{collections::VecDeque, io, io::IoSlice, time::Duration};

use bytes::{Buf as _, Bytes, BytesMut};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    task::spawn_blocking,
    time::{Instant, sleep_until},
};

use super::{Ending, Progress, ReplySink, SessionError, Sftp, SftpSession};
use crate::fault::Who;

/// Replies that may wait to be written.
const CAPACITY: usize = 1 << 20;

/// Requests that may wait before no more are read.
const HELD: usize = 1 << 20;

/// Bytes that are read at once.
const READ: usize = 64 * 1024;

/// Pieces that are written at once.
const PIECES: usize = 32;

/// Why serving a stream ended before the client was done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// The stream failed.
    #[error("the stream failed")]
    Stream(#[from] io::Error),
    /// The client did what the protocol does not allow.
    #[error("the client broke the protocol")]
    Protocol(#[from] SessionError),
    /// The file system panicked on its own thread.
    #[error("the file system panicked")]
    Panicked,
}

impl Sftp {
    /// Speaks SFTP on this stream with this user until the client ends it, or a fault does. The user is taken as logged in.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use mock_sftp::{MemFs, Sftp};
    /// use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    ///
    /// let (mut client, server) = tokio::io::duplex(4096);
    /// let serving = tokio::spawn(async move { Sftp::new(MemFs::new()).serve(server, "anna").await });
    /// // Init: length 5, type 1, version 3. The answer is of type 2.
    /// client.write_all(b"\0\0\0\x05\x01\0\0\0\x03").await?;
    /// let mut answer = [0; 9];
    /// client.read_exact(&mut answer).await?;
    /// assert_eq!(answer[4..], *b"\x02\0\0\0\x03");
    /// client.shutdown().await?;
    /// serving.await??;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// The stream fails, or the client breaks the protocol in a way that cannot be answered.
    pub async fn serve<S>(&self, stream: S, user: &str) -> Result<(), ServeError>
    where
        S: AsyncRead + AsyncWrite,
    {
        self.speak(stream, Who::alone(user, &self.settings.state)).await.map(|_| ())
    }

    /// As [`serve`](Self::serve); returns how a fault has ended it, if one has.
    pub(super) async fn speak<S>(&self, stream: S, who: Who) -> Result<Option<Ending>, ServeError>
    where
        S: AsyncRead + AsyncWrite,
    {
        let (mut reader, mut writer) = tokio::io::split(stream);
        let mut serving = Serving::begin(self, who).await?;
        let mut buffer = BytesMut::new();
        loop {
            if serving.stalled && serving.queue.pieces.is_empty() {
                let outlast = serving.session()?.who.outlast(&mut reader);
                outlast.await;
                break;
            }
            let read_on = !serving.ended && !serving.stalled && serving.session()?.held() < HELD;
            buffer.reserve(if read_on { READ } else { 0 });
            tokio::select! {
                biased;
                written = write(&mut writer, &serving.queue.pieces), if !serving.queue.pieces.is_empty() => {
                    let resume = serving.queue.written(written?);
                    if serving.queue.pieces.is_empty() {
                        writer.flush().await?;
                    }
                    if resume {
                        serving.go_on(|session, queue| session.resume(queue)).await?;
                    }
                }
                () = std::future::ready(()), if serving.queue.wake => {
                    serving.queue.wake = false;
                    // Others have their turn, and what was written is read.
                    tokio::task::yield_now().await;
                    serving.go_on(|session, queue| session.resume(queue)).await?;
                }
                () = sleep_until(serving.queue.wake_at.unwrap_or_else(Instant::now)), if serving.queue.wake_at.is_some() => {
                    serving.queue.wake_at = None;
                    serving.go_on(|session, queue| session.resume(queue)).await?;
                }
                read = reader.read_buf(&mut buffer), if read_on => {
                    if read? == 0 {
                        serving.ended = true;
                        serving.go_on(|session, queue| session.eof(queue)).await?;
                    } else {
                        let data = buffer.split().freeze();
                        serving.go_on(move |session, queue| session.receive(&data, queue)).await?;
                    }
                }
                else => break,
            }
        }
        writer.shutdown().await?;
        Ok(serving.ending)
    }
}

/// A session, and what it wants to send.
struct Serving {
    /// Elsewhere while the file system is asked on another thread.
    session: Option<SftpSession>,
    queue: Queue,
    blocks: bool,
    ended: bool,
    /// Whether a fault has stalled it.
    stalled: bool,
    /// How a fault has ended it.
    ending: Option<Ending>,
}

impl Serving {
    async fn begin(sftp: &Sftp, who: Who) -> Result<Self, ServeError> {
        let blocks = sftp.settings.fs.blocks();
        let session = if blocks {
            let sftp = sftp.clone();
            spawn_blocking(move || sftp.session_of(who)).await.map_err(|_| ServeError::Panicked)?
        } else {
            sftp.session_of(who)
        };
        Ok(Self {
            session: Some(session),
            queue: Queue::default(),
            blocks,
            ended: false,
            stalled: false,
            ending: None,
        })
    }

    fn session(&self) -> Result<&SftpSession, ServeError> {
        self.session.as_ref().ok_or(ServeError::Panicked)
    }

    /// Does something with the session, on this thread or on one that may wait.
    async fn go_on(
        &mut self,
        step: impl FnOnce(&mut SftpSession, &mut Queue) -> Result<Progress, SessionError> + Send + 'static,
    ) -> Result<(), ServeError> {
        let mut session = self.session.take().ok_or(ServeError::Panicked)?;
        let progress = if self.blocks {
            let mut queue = std::mem::take(&mut self.queue);
            let work = spawn_blocking(move || {
                let progress = step(&mut session, &mut queue);
                (session, queue, progress)
            });
            let progress;
            (session, self.queue, progress) = work.await.map_err(|_| ServeError::Panicked)?;
            progress
        } else {
            step(&mut session, &mut self.queue)
        };
        self.session = Some(session);
        match progress? {
            Progress::Continue => {}
            Progress::Stalled => self.stalled = true,
            Progress::Finished => self.ended = true,
            Progress::Ended(ending) => (self.ended, self.ending) = (true, Some(ending)),
        }
        Ok(())
    }
}

/// Replies that wait to be written.
#[derive(Debug, Default)]
struct Queue {
    pieces: VecDeque<Bytes>,
    bytes: usize,
    wake: bool,
    wake_at: Option<Instant>,
}

impl Queue {
    /// So many bytes are gone. Returns whether that is half of the room again.
    fn written(&mut self, mut length: usize) -> bool {
        let before = self.bytes;
        self.bytes -= length;
        while let Some(piece) = self.pieces.front_mut() {
            if piece.len() > length {
                piece.advance(length);
                break;
            }
            length -= piece.len();
            self.pieces.pop_front();
        }
        before > CAPACITY / 2 && self.bytes <= CAPACITY / 2
    }
}

impl ReplySink for Queue {
    fn room(&self) -> usize {
        CAPACITY.saturating_sub(self.bytes)
    }

    fn send(&mut self, bytes: Bytes) {
        if !bytes.is_empty() {
            self.bytes += bytes.len();
            self.pieces.push_back(bytes);
        }
    }

    fn wake(&mut self) {
        self.wake = true;
    }

    fn wake_after(&mut self, delay: Duration) {
        self.wake_at = Instant::now().checked_add(delay);
    }
}

async fn write(writer: &mut (impl AsyncWrite + Unpin), pieces: &VecDeque<Bytes>) -> io::Result<usize> {
    let slices: Vec<_> = pieces.iter().take(PIECES).map(|piece| IoSlice::new(piece)).collect();
    match writer.write_vectored(&slices).await? {
        0 => Err(io::ErrorKind::WriteZero.into()),
        length => Ok(length),
    }
}
