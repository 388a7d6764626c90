//! The seam for behaviour: what runs on a session channel once a command, a shell or a subsystem was accepted.
//!
//! A program runs in one of two ways. As a **task** it owns a [`Session`], a file-like value, and may wait as it
//! likes; closures and everything that talks to people are this. As a **service** it never waits: it is a state
//! machine that is handed bytes and a bounded place for its replies. Protocols with many small messages are this,
//! because data reaches them without a copy and without a task switch.
//!
//! Both write the same way, within the client's window, and neither can hold up another channel.

use std::{borrow::Cow, collections::VecDeque, fmt::Display, future::Future, sync::Arc, time::Duration};

use bytes::Bytes;
use mock_base::Recorder;
use tokio::time::Instant;

use crate::{Request, Session, connect::BoxFuture};

/// Something that runs on a session channel. Implemented by async closures over a [`Session`].
///
/// ```
/// use mock_core::{Exec, Session};
///
/// let shout = Exec::on("shout").run(async |mut session: Session| {
///     while let Some(line) = session.read_line().await? {
///         session.write(line.to_ascii_uppercase()).await?;
///     }
///     std::io::Result::Ok(())
/// });
/// ```
pub trait Program: Send + Sync {
    /// Starts on a channel. Called within the connection's own task, so it must not block: what it returns runs.
    fn start(&self, start: Start) -> Run;
}

impl<F, Fut> Program for F
where
    F: Fn(Session) -> Fut + Send + Sync,
    Fut: Future + Send + 'static,
    Fut::Output: Into<Exit>,
{
    fn start(&self, start: Start) -> Run {
        let running = self(start.session());
        Run::task(async move { running.await.into() })
    }
}

impl Program for Arc<dyn Program> {
    fn start(&self, start: Start) -> Run {
        (**self).start(start)
    }
}

impl Program for Box<dyn Program> {
    fn start(&self, start: Start) -> Run {
        (**self).start(start)
    }
}

/// What a program is started with.
#[derive(Debug)]
pub struct Start {
    pub(crate) session: Session,
}

impl Start {
    /// What was asked for, by whom, and with which environment and terminal.
    #[must_use]
    pub fn request(&self) -> &Request {
        self.session.request()
    }

    /// Writes to the journal in the name of this channel.
    #[must_use]
    pub fn recorder(&self) -> &Recorder {
        self.session.recorder()
    }

    /// The channel as a value to read from and write to, for a task.
    #[must_use]
    pub fn session(self) -> Session {
        self.session
    }
}

/// A program that was started.
#[must_use = "a program that nobody drives does nothing"]
pub struct Run(pub(crate) Running);

pub(crate) enum Running {
    Task(BoxFuture<Exit>),
    Reply(BoxFuture<Exit>),
    Service(Box<dyn Service>),
}

impl Run {
    /// Runs this future, which owns its session, in a task. It is dropped when the channel is closed.
    pub fn task(future: impl Future<Output = Exit> + Send + 'static) -> Self {
        Self(Running::Task(Box::pin(future)))
    }

    /// As [`task`](Self::task), for what only prints: it gets its first turn at once, within the connection's own
    /// task, which mostly is all that it needs.
    pub(crate) fn reply(future: impl Future<Output = Exit> + Send + 'static) -> Self {
        Self(Running::Reply(Box::pin(future)))
    }

    /// Drives this state machine with what the client sends.
    pub fn service(service: impl Service + 'static) -> Self {
        Self(Running::Service(Box::new(service)))
    }
}

impl std::fmt::Debug for Run {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self.0 {
            Running::Task(_) | Running::Reply(_) => "Run::task",
            Running::Service(_) => "Run::service",
        })
    }
}

/// A program as a state machine that never waits.
///
/// Each method returns at once and says how it goes on. Replies go to the [`Outbox`], which has room for a
/// bounded number of bytes; work that does not fit is kept by the service until [`resume`](Self::resume).
pub trait Service: Send {
    /// The client sent data. Called within the connection's own task with the packet's own bytes.
    fn receive(&mut self, data: &[u8], out: &mut Outbox) -> Flow;

    /// Half of the outbox is free again after more than half was taken, or the time asked for with
    /// [`Outbox::wake_after`] is over.
    fn resume(&mut self, out: &mut Outbox) -> Flow {
        let _ = out;
        Flow::Continue
    }

    /// The client will send no more data. By default the service ends with exit status 0.
    fn eof(&mut self, out: &mut Outbox) -> Flow {
        let _ = out;
        Flow::Exit(Exit::status(0))
    }

    /// How many bytes of what was received the service holds back, for want of room or of time. From 1 MiB on the
    /// client's window is let run dry. None by default.
    fn held(&self) -> usize {
        0
    }
}

/// How a [`Service`] goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Flow {
    /// It waits for more.
    Continue,
    /// It is done; what is in the outbox is sent first.
    Exit(Exit),
    /// It cannot go on: the reason is recorded, and the channel closed without an exit status.
    Fail(Cow<'static, str>),
}

/// Replies of a [`Service`] on their way to the client.
#[derive(Debug)]
pub struct Outbox {
    pub(crate) queued: VecDeque<Bytes>,
    pub(crate) bytes: usize,
    pub(crate) wake_at: Option<Instant>,
}

impl Outbox {
    /// Bytes that may wait here for the client's window: 1 MiB.
    pub const CAPACITY: usize = 1 << 20;

    pub(crate) fn new() -> Self {
        Self { queued: VecDeque::new(), bytes: 0, wake_at: None }
    }

    /// How many bytes may be sent now. When it does not suffice, the service keeps the rest: it is resumed.
    #[must_use]
    pub fn room(&self) -> usize {
        Self::CAPACITY.saturating_sub(self.bytes)
    }

    /// Sends bytes, without a copy. A service that sends more than [`room`](Self::room) is not stopped: the
    /// rest waits here, and it is the service that then spends the memory.
    pub fn send(&mut self, bytes: impl Into<Bytes>) {
        let bytes = bytes.into();
        if !bytes.is_empty() {
            self.bytes += bytes.len();
            self.queued.push_back(bytes);
        }
    }

    /// Asks to be resumed after this time, on tokio's clock. Of several requests the last one counts.
    pub fn wake_after(&mut self, delay: Duration) {
        self.wake_at = Instant::now().checked_add(delay);
    }
}

/// How a program ended (RFC 4254 section 6.10).
///
/// ```
/// use mock_core::Exit;
///
/// assert_eq!(Exit::from(3), Exit::status(3));
/// assert_eq!(Exit::from(()), Exit::status(0));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Exit {
    /// By itself, with this status. Unix programs use 0 to 255.
    Status(u32),
    /// By a signal.
    Signal {
        /// Its name without `SIG`: `TERM`.
        name: String,
        /// Whether there was a core dump.
        core_dumped: bool,
        /// A message for the client.
        message: String,
    },
    /// With an error: the client gets status 1, the journal the reason.
    Failed(String),
    /// Nobody says: the channel is closed without an exit status.
    Silent,
    /// The connection is cut after what was sent: no exit status, no close of the channel, no message.
    Cut,
}

impl Exit {
    /// By itself, with this status.
    #[must_use]
    pub fn status(status: u32) -> Self {
        Self::Status(status)
    }

    /// By a signal, named without `SIG`, without a core dump and without a message.
    #[must_use]
    pub fn signal(name: impl Into<String>) -> Self {
        Self::Signal { name: name.into(), core_dumped: false, message: String::new() }
    }
}

impl From<u32> for Exit {
    fn from(status: u32) -> Self {
        Self::Status(status)
    }
}

impl From<i32> for Exit {
    /// The low eight bits, as a Unix parent sees them.
    fn from(status: i32) -> Self {
        Self::Status(u32::from(status.to_le_bytes()[0]))
    }
}

impl From<()> for Exit {
    fn from((): ()) -> Self {
        Self::Status(0)
    }
}

impl<T: Into<Self>, E: Display> From<Result<T, E>> for Exit {
    /// A program that failed because its channel is gone has nobody to tell; any other error is recorded.
    fn from(result: Result<T, E>) -> Self {
        result.map_or_else(|error| Self::Failed(error.to_string()), Into::into)
    }
}
