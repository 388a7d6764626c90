//! Ending a server, and waiting for its end: awaited in async code, blocking elsewhere.

use std::{
    future::{Future, IntoFuture},
    pin::Pin,
    sync::{Arc, mpsc},
};

use tokio::runtime::Handle;

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
    /// Ends the server and blocks this thread until nothing of it is left. Not for async code: await it there.
    ///
    /// # Errors
    ///
    /// [`ShutdownError::StillRunning`] when something does not end.
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
    /// Blocks this thread until the server has ended. Not for async code: await it there.
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

/// Blocks until the server has ended, while its own runtime goes on.
fn wait(shared: &Arc<Shared>) {
    let (over, when_over) = mpsc::channel::<()>();
    let closed = shared.closed.clone();
    let runtime: &Handle = &shared.runtime;
    runtime.spawn(async move {
        closed.cancelled().await;
        drop(over);
    });
    // The sender is dropped when the server has ended, or with its runtime: either way it is over.
    let _over = when_over.recv();
}
