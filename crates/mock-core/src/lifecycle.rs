//! Ending a server, and waiting for its end: awaited in async code, blocking elsewhere.

use std::{
    future::{Future, IntoFuture},
    pin::Pin,
    sync::Arc,
};

use crate::{MockSshServer, ShutdownError, server::Shared};

type Boxed<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// Stops a server from elsewhere: from another thread, from a program, from a signal handler. Cheap to clone.
///
/// It does not keep the server running.
#[derive(Debug, Clone)]
pub struct Stopper {
    pub(crate) shared: Arc<Shared>,
}

impl Stopper {
    /// Begins the shutdown and returns at once; [`MockSshServer::closed`] tells when it is over.
    pub fn stop(&self) {
        self.shared.stop.cancel();
    }

    /// Ends every connection at once, without a disconnect message.
    pub fn kill(&self) {
        self.shared.kill.cancel();
        self.shared.stop.cancel();
    }
}

/// A shutdown that has not begun: `.await` it, or call [`blocking`](Self::blocking).
#[derive(Debug)]
#[must_use = "a shutdown does nothing by itself: `.await` it or call `.blocking()`"]
pub struct Shutdown {
    pub(crate) server: MockSshServer,
}

impl Shutdown {
    /// Ends the server and blocks this thread until nothing of it is left.
    ///
    /// # Errors
    ///
    /// [`ShutdownError::StillRunning`] when something does not end.
    ///
    /// # Panics
    ///
    /// In async code: await it there.
    pub fn blocking(self) -> Result<(), ShutdownError> {
        self.server.shared.stop.cancel();
        wait(&self.server.shared);
        self.server.shared.outcome()
    }
}

impl IntoFuture for Shutdown {
    type Output = Result<(), ShutdownError>;
    type IntoFuture = Boxed<Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            self.server.shared.stop.cancel();
            self.server.shared.closed.cancelled().await;
            self.server.shared.outcome()
        })
    }
}

/// The end of a server: `.await` it, or call [`blocking`](Self::blocking).
#[derive(Debug)]
#[must_use = "waiting begins with `.await` or `.blocking()`"]
pub struct Closed {
    pub(crate) shared: Arc<Shared>,
}

impl Closed {
    /// Blocks this thread until the server has ended.
    ///
    /// # Panics
    ///
    /// In async code: await it there.
    pub fn blocking(self) {
        wait(&self.shared);
    }
}

impl IntoFuture for Closed {
    type Output = ();
    type IntoFuture = Boxed<()>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move { self.shared.closed.cancelled().await })
    }
}

/// Blocks until the server has ended, while its own runtime goes on elsewhere. Within async code, where it could wait
/// for itself, tokio panics and says so.
fn wait(shared: &Arc<Shared>) {
    shared.runtime.block_on(shared.closed.cancelled());
}
