//! Undoing something when a value goes out of scope: a rule or a fault that holds for part of a test.

use std::fmt;

/// Undoes something when it is dropped.
///
/// ```
/// use std::sync::atomic::{AtomicBool, Ordering};
/// use mock_base::Guard;
///
/// static ON: AtomicBool = AtomicBool::new(true);
/// {
///     let _on = Guard::new(|| ON.store(false, Ordering::Relaxed));
/// }
/// assert!(!ON.load(Ordering::Relaxed));
/// ```
#[must_use = "it is undone when this is dropped; bind it: `let _guard = …`"]
pub struct Guard {
    undo: Option<Box<dyn FnOnce() + Send + Sync>>,
}

impl Guard {
    /// Does this when it is dropped.
    pub fn new(undo: impl FnOnce() + Send + Sync + 'static) -> Self {
        Self { undo: Some(Box::new(undo)) }
    }

    /// Lets it stay for good.
    pub fn keep(mut self) {
        self.undo = None;
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        if let Some(undo) = self.undo.take() {
            undo();
        }
    }
}

impl fmt::Debug for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guard").finish_non_exhaustive()
    }
}
