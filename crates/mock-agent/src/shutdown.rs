//! Ending an agent, and waiting for its end: awaited in async code, blocking elsewhere.

use std::{
    future::{Future, IntoFuture},
    pin::Pin,
    sync::PoisonError,
};

use tokio_util::sync::CancellationToken;

use crate::{MockAgent, ShutdownError};

/// The end of an agent that was stopped: `.await` it, or call [`blocking`](Self::blocking).
#[derive(Debug)]
#[must_use = "the agent is stopping, but not over: `.await` this or call `.blocking()`"]
pub struct Shutdown {
    pub(crate) agent: MockAgent,
}

impl Shutdown {
    /// Blocks this thread until no task and no thread of the agent is left.
    ///
    /// For agents started by `start_blocking`. One that was started on a runtime needs that runtime to go on, so
    /// do not block its only thread.
    ///
    /// ```
    /// let agent = mock_agent::MockAgent::builder().start_blocking()?;
    /// agent.shutdown().blocking()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ShutdownError::Unmet`] with the report when something was expected that did not come.
    pub fn blocking(mut self) -> Result<(), ShutdownError> {
        // Nothing is ever sent: it ends when the sender is dropped.
        let closed = &mut self.agent.closed_blocking;
        let _closed = closed.get_mut().unwrap_or_else(PoisonError::into_inner).recv();
        if let Some(thread) = self.agent.thread.take() {
            // A panic of that thread has printed itself, and the agent is over all the same.
            let _panicked = thread.join();
        }
        Ok(self.agent.verify()?)
    }
}

impl IntoFuture for Shutdown {
    type Output = Result<(), ShutdownError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            self.agent.closed().await;
            Ok(self.agent.verify()?)
        })
    }
}

/// Stops an agent from elsewhere. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Stopper {
    pub(crate) stop: CancellationToken,
}

impl Stopper {
    /// Tells the agent to stop. Returns at once; [`MockAgent::closed`] tells when it is over.
    pub fn stop(&self) {
        self.stop.cancel();
    }
}
