//! The seam for forwarded streams: where the data of a `direct-tcpip` or `direct-streamlocal` channel goes.

use std::{future::Future, pin::Pin};

use crate::ChannelStream;

/// A future that a seam hands out: boxed, so that the seam is object-safe.
pub type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// What is at the far end of a forwarded stream. Implemented by async closures over a [`ChannelStream`].
pub trait Connect: Send + Sync {
    /// Serves the stream. The channel is closed when the future ends, and the future is dropped when the
    /// channel is closed.
    fn connect(&self, stream: ChannelStream) -> BoxFuture<()>;
}

impl Connect for Box<dyn Connect> {
    fn connect(&self, stream: ChannelStream) -> BoxFuture<()> {
        (**self).connect(stream)
    }
}

impl<F, Fut> Connect for F
where
    F: Fn(ChannelStream) -> Fut + Send + Sync,
    Fut: Future<Output = ()> + Send + 'static,
{
    fn connect(&self, stream: ChannelStream) -> BoxFuture<()> {
        Box::pin(self(stream))
    }
}
