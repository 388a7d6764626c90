//! What can be known of a connection's stream from outside.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicU64, Ordering},
};

use tokio_util::sync::CancellationToken;

use super::Observer;

/// What can be known of a connection's stream from outside.
#[derive(Debug)]
pub(crate) struct Traffic {
    pub(super) received: AtomicU64,
    pub(super) sent: AtomicU64,
    /// Cancelled once the engine has closed its sending direction.
    pub(crate) finished_sending: CancellationToken,
    pub(crate) observer: Mutex<Observer>,
}

impl Traffic {
    pub(crate) fn new(observer: Observer) -> Arc<Self> {
        Arc::new(Self {
            received: AtomicU64::new(0),
            sent: AtomicU64::new(0),
            finished_sending: CancellationToken::new(),
            observer: Mutex::new(observer),
        })
    }

    pub(crate) fn received(&self) -> u64 {
        self.received.load(Ordering::Relaxed)
    }

    pub(crate) fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    pub(crate) fn observe<T>(&self, look: impl FnOnce(&mut Observer) -> T) -> T {
        look(&mut self.observer.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
