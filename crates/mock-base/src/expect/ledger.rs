//! The expectations of one server or agent, and whether they were looked at.

use std::{
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use super::{Expectation, VerificationError};
use crate::Events;

/// Expectations that are collected while something runs and checked at its end. Cheap to clone; all clones are one
/// list.
#[derive(Clone, Default)]
pub struct Expectations {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    list: Mutex<Vec<Arc<dyn Expectation>>>,
    verified: AtomicBool,
}

impl Expectations {
    /// None yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn list(&self) -> MutexGuard<'_, Vec<Arc<dyn Expectation>>> {
        self.shared.list.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds one.
    pub fn add(&self, expectation: impl Expectation + 'static) {
        self.list().push(Arc::new(expectation));
        self.shared.verified.store(false, Ordering::Relaxed);
    }

    /// Forgets those that were added after the first `count`: what one test expected of a server that another goes on
    /// with.
    pub fn truncate(&self, count: usize) {
        self.list().truncate(count);
    }

    /// Checks all of them now.
    ///
    /// # Errors
    ///
    /// [`VerificationError`], whose text is the report, when one is not met.
    pub fn verify(&self, events: &Events) -> Result<(), VerificationError> {
        // Set before, so that a panic within an expectation is not followed by another at the drop.
        self.shared.verified.store(true, Ordering::Relaxed);
        // Not under the lock: an expectation may run a closure of the test's.
        let list = self.list().clone();
        events.verify(&list)
    }

    /// Whether they were checked since the last was added.
    #[must_use]
    pub fn are_verified(&self) -> bool {
        self.shared.verified.load(Ordering::Relaxed)
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.list().len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list().is_empty()
    }
}

impl fmt::Debug for Expectations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Expectations").field("count", &self.len()).finish_non_exhaustive()
    }
}
