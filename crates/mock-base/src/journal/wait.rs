//! Waiting for an event: by await or by blocking, never by polling.

use std::{
    future::{Future, IntoFuture},
    pin::Pin,
    sync::{Arc, PoisonError},
    time::{Duration, Instant},
};

use super::{Events, Query};
use crate::Event;

/// A wait that has not begun: `.await` it, or call [`blocking`](Self::blocking).
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), mock_base::WaitError> {
/// use std::time::Duration;
/// use mock_base::{Journal, event};
///
/// let journal = Journal::new();
/// journal.recorder("lab").record(event::Connected::new("127.0.0.1:50000"));
/// let seen = journal.events().wait_for(event::connected()).within(Duration::from_secs(1)).await?;
/// assert_eq!(seen.peer, "127.0.0.1:50000");
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[must_use = "a wait does nothing by itself: `.await` it or call `.blocking()`"]
pub struct Wait<Q> {
    events: Events,
    query: Q,
    within: Duration,
    after: u64,
}

/// A wait that ended without the event.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum WaitError {
    /// The deadline passed.
    #[error(
        "no such event within {within:?}; {seen} events were looked at{}\n{timeline}",
        evicted_note(*evicted)
    )]
    TimedOut {
        /// The deadline.
        within: Duration,
        /// How many events were looked at.
        seen: usize,
        /// How many events had been dropped by the journal's limit before they could be looked at.
        evicted: u64,
        /// The events themselves, as text.
        timeline: String,
    },
}

fn evicted_note(evicted: u64) -> String {
    match evicted {
        0 => String::new(),
        count => format!(", {count} older ones had been dropped by the journal's limit"),
    }
}

impl<Q: Query> Wait<Q> {
    pub(super) fn new(events: Events, query: Q) -> Self {
        Self { events, query, within: Duration::from_secs(5), after: 0 }
    }

    /// Sets the deadline, 5 seconds by default. Awaiting, it is measured on tokio's clock.
    pub fn within(mut self, deadline: Duration) -> Self {
        self.within = deadline;
        self
    }

    /// Only events numbered higher than `seq` count: for waiting for the next one of a kind.
    pub fn after(mut self, seq: u64) -> Self {
        self.after = seq + 1;
        self
    }

    /// Blocks this thread until the event is there.
    ///
    /// # Errors
    ///
    /// [`WaitError::TimedOut`] when the deadline passes first.
    pub fn blocking(mut self) -> Result<Q::Output, WaitError> {
        let deadline = Instant::now() + self.within;
        let shared = Arc::clone(&self.events.shared);
        let mut log = shared.log();
        loop {
            let new = self.unseen(log.since(self.after));
            drop(log);
            if let Some(output) = self.look(&new) {
                return Ok(output);
            }
            log = shared.log();
            if log.next > self.after {
                continue;
            }
            let Some(left) = deadline.checked_duration_since(Instant::now()) else {
                drop(log);
                return Err(self.timed_out());
            };
            log = shared.recorded.wait_timeout(log, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    async fn run(mut self) -> Result<Q::Output, WaitError> {
        let mut newest = self.events.shared.newest.subscribe();
        let deadline = tokio::time::sleep(self.within);
        tokio::pin!(deadline);
        loop {
            newest.mark_unchanged();
            let new = self.unseen(self.events.shared.log().since(self.after));
            if let Some(output) = self.look(&new) {
                return Ok(output);
            }
            tokio::select! {
                biased;
                _ = newest.changed() => {}
                () = &mut deadline => return Err(self.timed_out()),
            }
        }
    }

    /// Copies the handles, so that the query runs without the lock: it may record or query by itself.
    fn unseen<'a>(&self, events: impl Iterator<Item = &'a Arc<Event>>) -> Vec<Arc<Event>> {
        let _ = self;
        events.map(Arc::clone).collect()
    }

    fn look(&mut self, new: &[Arc<Event>]) -> Option<Q::Output> {
        if let Some(last) = new.last() {
            self.after = last.seq + 1;
        }
        new.iter().filter(|event| self.events.scope.holds(event)).find_map(|event| self.query.select(event))
    }

    fn timed_out(&self) -> WaitError {
        let events = self.events.all();
        WaitError::TimedOut {
            within: self.within,
            seen: events.len(),
            evicted: self.events.evicted(),
            timeline: super::Timeline::new(events).to_string(),
        }
    }
}

impl<Q: Query + Send + 'static> IntoFuture for Wait<Q> {
    type Output = Result<Q::Output, WaitError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}
