//! The seam for forwarded streams: where the data of a `direct-tcpip` or `direct-streamlocal` channel goes.
//!
//! A connection is asked for, and then accepted or refused, at once or when something else is known: whether there is
//! a socket to connect to, say. What was neither accepted nor refused when it is dropped is refused.

use std::{fmt, future::Future, pin::Pin, sync::Arc};

use mock_base::event::ChannelKind;

use crate::{
    ChannelStream, Connection, OpenFailure,
    engine::{Opening, Surroundings},
};

/// A future that a seam hands out: boxed, so that the seam is object-safe.
pub type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// What is at the far end of a forwarded stream. Implemented by async closures over a [`ChannelStream`], which accept
/// every request.
pub trait Connect: Send + Sync {
    /// Answers the request and serves the stream. The channel is closed when the future ends, and the future is
    /// dropped when the channel is closed. A panic ends the channel.
    fn connect(&self, request: ForwardRequest) -> BoxFuture<()>;
}

impl Connect for Box<dyn Connect> {
    fn connect(&self, request: ForwardRequest) -> BoxFuture<()> {
        (**self).connect(request)
    }
}

impl Connect for Arc<dyn Connect> {
    fn connect(&self, request: ForwardRequest) -> BoxFuture<()> {
        (**self).connect(request)
    }
}

impl<F, Fut> Connect for F
where
    F: Fn(ChannelStream) -> Fut + Send + Sync,
    Fut: Future<Output = ()> + Send + 'static,
{
    fn connect(&self, request: ForwardRequest) -> BoxFuture<()> {
        Box::pin(self(request.accept()))
    }
}

/// A connection that a client wants to be forwarded. Dropped without an answer, it is refused.
///
/// ```
/// use mock_core::{BoxFuture, Connect, ForwardRequest, OpenFailure};
///
/// /// Knows one database, which is out of order every other time.
/// struct Moody(std::sync::atomic::AtomicBool);
///
/// impl Connect for Moody {
///     fn connect(&self, request: ForwardRequest) -> BoxFuture<()> {
///         if self.0.fetch_not(std::sync::atomic::Ordering::Relaxed) {
///             request.refuse(OpenFailure::ConnectFailed, "Connection refused");
///             return Box::pin(async {});
///         }
///         let stream = request.accept();
///         Box::pin(async move {
///             let (mut reader, writer) = stream.split();
///             while let Some(bytes) = reader.read().await {
///                 let _closed = writer.send(bytes).await;
///             }
///         })
///     }
/// }
/// # let _ = Moody;
/// ```
#[must_use = "a request that is dropped is refused"]
pub struct ForwardRequest {
    connection: Connection,
    opening: Opening,
}

impl ForwardRequest {
    pub(crate) fn new(connection: Connection, opening: Opening) -> Self {
        Self { connection, opening }
    }

    /// What the client asked for, with what it said about it.
    #[must_use]
    pub fn kind(&self) -> &ChannelKind {
        self.opening.kind()
    }

    /// Where it is to go: `db01:5432`, or the path of a socket.
    #[must_use]
    pub fn target(&self) -> String {
        self.kind().target().unwrap_or_default()
    }

    /// The connection that it is asked for on.
    #[must_use]
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// The number that its channel has or will have.
    #[must_use]
    pub fn channel(&self) -> u32 {
        self.opening.number()
    }

    /// What runs on its connection.
    pub(crate) fn surroundings(&self) -> Arc<Surroundings> {
        self.opening.surroundings()
    }

    /// Opens the channel (`SSH_MSG_CHANNEL_OPEN_CONFIRMATION`): its stream.
    #[must_use]
    pub fn accept(self) -> ChannelStream {
        self.opening.accept()
    }

    /// Refuses it (`SSH_MSG_CHANNEL_OPEN_FAILURE`), with a text that clients show.
    pub fn refuse(self, reason: OpenFailure, text: impl Into<String>) {
        self.opening.refuse(reason, text.into());
    }
}

impl fmt::Debug for ForwardRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ForwardRequest").field("kind", self.kind()).finish_non_exhaustive()
    }
}
