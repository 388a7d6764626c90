//! A session channel as a file-like value: what a program that runs as a task reads from and writes to.
//!
//! Reading takes from a queue that the engine fills, so that a slow program never holds up the connection; writing
//! waits for the client's window. Every method ends once the channel is closed: reads with the end of the data,
//! writes with [`BrokenPipe`](io::ErrorKind::BrokenPipe).

mod blocking;
mod controls;
mod drive;
mod join;
mod stdin;
mod stdout;
mod stream;

use std::{io, sync::Arc};

use bytes::Bytes;
use mock_base::Recorder;

pub use blocking::BlockingStream;
pub(crate) use controls::ControlQueue;
pub use controls::{Control, Controls};
pub(crate) use drive::drive;
pub(crate) use stdin::Inbox;
pub use stdin::Stdin;
pub use stdout::Stdout;
pub use stream::ChannelStream;

use crate::{OpenError, Request, engine::Opener, forward::Offer};

/// A session channel with a program on it.
///
/// ```
/// use mock_core::{Exit, Session};
///
/// /// Asks for a name, and greets.
/// async fn greet(mut session: Session) -> std::io::Result<Exit> {
///     session.write("name? ").await?;
///     let Some(name) = session.read_line().await? else {
///         return Ok(Exit::status(1));
///     };
///     session.write(format!("hello {}\n", String::from_utf8_lossy(&name))).await?;
///     Ok(Exit::status(0))
/// }
/// # let _ = greet;
/// ```
#[derive(Debug)]
pub struct Session {
    parts: Parts,
}

/// A [`Session`] taken apart, for programs that read, write and listen to signals at the same time.
#[derive(Debug)]
#[non_exhaustive]
pub struct Parts {
    /// What was asked for.
    pub request: Arc<Request>,
    /// What the client sends.
    pub stdin: Stdin,
    /// To the client, as data.
    pub stdout: Stdout,
    /// To the client, as extended data of type `SSH_EXTENDED_DATA_STDERR` (RFC 4254 section 5.2).
    pub stderr: Stdout,
    /// Signals and window sizes.
    pub controls: Controls,
    /// Writes to the journal in the name of this channel.
    pub recorder: Recorder,
    /// What the client offers beside its data.
    pub offers: Offers,
}

/// What a client offers to what runs for it: its agent and its X server. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Offers {
    pub(crate) opener: Opener,
    pub(crate) agent: bool,
    pub(crate) x11: bool,
}

impl Offers {
    /// Whether the client offered its agent, and the server took the offer.
    #[must_use]
    pub fn has_agent(&self) -> bool {
        self.agent
    }

    /// Opens a stream to the client's agent (`auth-agent@openssh.com`), which speaks the protocol of ssh-agent.
    ///
    /// # Errors
    ///
    /// [`OpenError::NotOffered`], [`OpenError::Refused`], [`OpenError::Disconnected`].
    pub async fn open_agent(&self) -> Result<ChannelStream, OpenError> {
        if !self.agent {
            return Err(OpenError::NotOffered);
        }
        self.opener.open(Offer::Agent.kind()).await
    }

    /// Opens a stream to the client's X server (RFC 4254 section 6.3.2). It is to begin with the protocol and cookie of
    /// the client's request, which are in [`Request::x11`](crate::Request::x11).
    ///
    /// # Errors
    ///
    /// As [`open_agent`](Self::open_agent).
    pub async fn open_x11(&self) -> Result<ChannelStream, OpenError> {
        if !self.x11 {
            return Err(OpenError::NotOffered);
        }
        self.opener.open(Offer::X11.kind()).await
    }
}

impl Session {
    pub(crate) fn new(parts: Parts) -> Self {
        Self { parts }
    }

    /// What was asked for, by whom, and with which environment and terminal.
    #[must_use]
    pub fn request(&self) -> &Request {
        &self.parts.request
    }

    /// Begins anew: with this request, and with this data to be read again before what comes. Returns a second reader
    /// of the same data.
    pub(crate) fn replay(&mut self, request: Arc<Request>, data: Bytes) -> Stdin {
        self.parts.request = request;
        self.parts.stdin.put_back(data.clone());
        self.parts.stdin.twin(data)
    }

    /// Whether the channel is closed, so that the end of the data is not one that the client sent.
    pub(crate) fn is_closed(&self) -> bool {
        self.parts.stdout.output().is_closed()
    }

    pub(crate) fn stdout(&self) -> Stdout {
        self.parts.stdout.clone()
    }

    /// Writes to the journal in the name of this channel.
    #[must_use]
    pub fn recorder(&self) -> &Recorder {
        &self.parts.recorder
    }

    /// The next piece of data as it came, or `None` at its end.
    pub async fn read(&mut self) -> Option<Bytes> {
        self.parts.stdin.read().await
    }

    /// The next line without its line feed, or `None` at the end of the data. A last line may lack its line feed.
    ///
    /// # Errors
    ///
    /// [`InvalidData`](io::ErrorKind::InvalidData) for a line of more than 1 MiB.
    pub async fn read_line(&mut self) -> io::Result<Option<Vec<u8>>> {
        self.parts.stdin.read_line().await
    }

    /// The next data up to `end`, without it, or `None` at the end of the data: see [`Stdin::read_until`].
    ///
    /// # Errors
    ///
    /// [`InvalidData`](io::ErrorKind::InvalidData) for a message of more than 1 MiB.
    pub async fn read_until(&mut self, end: &[u8]) -> io::Result<Option<Vec<u8>>> {
        self.parts.stdin.read_until(end).await
    }

    /// All data up to its end.
    ///
    /// # Errors
    ///
    /// [`InvalidData`](io::ErrorKind::InvalidData) for more than `limit` bytes.
    pub async fn read_to_end(&mut self, limit: usize) -> io::Result<Vec<u8>> {
        self.parts.stdin.read_to_end(limit).await
    }

    /// Sends to the client's standard output, and waits until its window has taken it.
    ///
    /// # Errors
    ///
    /// [`BrokenPipe`](io::ErrorKind::BrokenPipe) once the channel is closed.
    pub async fn write(&mut self, bytes: impl Into<Bytes>) -> io::Result<()> {
        self.parts.stdout.send(bytes).await
    }

    /// Sends to the client's standard error, and waits until its window has taken it.
    ///
    /// # Errors
    ///
    /// [`BrokenPipe`](io::ErrorKind::BrokenPipe) once the channel is closed.
    pub async fn write_err(&mut self, bytes: impl Into<Bytes>) -> io::Result<()> {
        self.parts.stderr.send(bytes).await
    }

    /// The next signal or window size, or `None` once the channel is closed.
    pub async fn control(&mut self) -> Option<Control> {
        self.parts.controls.next().await
    }

    /// Opens a stream to the client's agent; see [`Offers::open_agent`].
    ///
    /// # Errors
    ///
    /// As [`Offers::open_agent`].
    pub async fn open_agent(&self) -> Result<ChannelStream, OpenError> {
        self.parts.offers.open_agent().await
    }

    /// Opens a stream to the client's X server; see [`Offers::open_x11`].
    ///
    /// # Errors
    ///
    /// As [`Offers::open_x11`].
    pub async fn open_x11(&self) -> Result<ChannelStream, OpenError> {
        self.parts.offers.open_x11().await
    }

    /// Its parts, to be used at the same time.
    #[must_use]
    pub fn split(self) -> Parts {
        self.parts
    }
}
