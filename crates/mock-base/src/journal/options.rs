//! Options of a journal.

/// What a journal keeps. The default keeps every event.
#[derive(Debug, Clone, Default)]
#[must_use]
pub struct JournalOptions {
    pub(super) limit: Option<usize>,
}

impl JournalOptions {
    /// The default.
    pub fn new() -> Self {
        Self::default()
    }

    /// Keeps the newest `limit` events and drops older ones. [`Totals`](crate::Totals) still count those.
    ///
    /// ```
    /// use mock_base::{Journal, JournalOptions, event};
    ///
    /// let journal = Journal::with_options(JournalOptions::new().limit(1));
    /// let recorder = journal.recorder("lab");
    /// recorder.record(event::Connected::new("127.0.0.1:1"));
    /// recorder.record(event::Connected::new("127.0.0.1:2"));
    /// assert_eq!(journal.events().all().len(), 1);
    /// assert_eq!(journal.events().totals()["connected"], 2);
    /// ```
    pub fn limit(mut self, limit: usize) -> Self {
        self.limit = Some(limit.max(1));
        self
    }
}
