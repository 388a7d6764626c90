//! Waiting for an event: by await or by blocking, never by polling.

use std::{
    fmt,
    future::{Future, IntoFuture},
    pin::Pin,
    sync::Arc,
    time::Duration,
};

use super::{Events, Query};
use crate::expect::story;

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
    /// The number of the next event to look at.
    next: u64,
    /// Events that the journal dropped before this wait could look at them.
    evicted: u64,
}

/// A wait that ended without the event.
#[derive(Clone, thiserror::Error)]
#[non_exhaustive]
pub enum WaitError {
    /// The deadline passed.
    #[error("no {wanted} within {within:?}; {}\n{nearest}{timeline}", looked_at(*seen, *evicted))]
    TimedOut {
        /// What was waited for.
        wanted: String,
        /// The deadline.
        within: Duration,
        /// How many events the view holds that was waited on.
        seen: usize,
        /// How many events had been dropped by the journal's limit before they could be looked at.
        evicted: u64,
        /// What came nearest and what differs, a line each; empty where nothing was near.
        nearest: String,
        /// The events themselves, as text; of many the middle is left out.
        timeline: String,
    },
}

/// The same text as `Display`: it is what `unwrap` prints, so it is the report.
impl fmt::Debug for WaitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

fn looked_at(seen: usize, evicted: u64) -> String {
    let events = if seen == 1 { "event" } else { "events" };
    match evicted {
        0 => format!("{seen} {events} so far"),
        _ => format!("{seen} {events} so far, {evicted} older dropped unseen by the journal's limit"),
    }
}

impl<Q: Query> Wait<Q> {
    pub(super) fn new(events: Events, query: Q) -> Self {
        Self { events, query, within: Duration::from_secs(5), next: 0, evicted: 0 }
    }

    /// Sets the deadline, 5 seconds by default. Awaiting, it is measured on tokio's clock.
    pub fn within(mut self, deadline: Duration) -> Self {
        self.within = deadline;
        self
    }

    /// Only events numbered higher than `seq` count: for waiting for the next one of a kind.
    pub fn after(mut self, seq: u64) -> Self {
        self.next = seq.saturating_add(1);
        self
    }

    /// Blocks this thread until the event is there.
    ///
    /// # Errors
    ///
    /// [`WaitError::TimedOut`] when the deadline passes first.
    pub fn blocking(mut self) -> Result<Q::Output, WaitError> {
        let begun = std::time::Instant::now();
        let shared = Arc::clone(&self.events.shared);
        loop {
            let left = self.left(begun.elapsed());
            if let Some(output) = self.look() {
                return Ok(output);
            }
            let Some(left) = left else {
                return Err(self.timed_out());
            };
            shared.wait_for_event(self.next, left);
        }
    }

    async fn run(mut self) -> Result<Q::Output, WaitError> {
        let begun = tokio::time::Instant::now();
        let mut newest = self.events.shared.newest.subscribe();
        loop {
            let left = self.left(begun.elapsed());
            newest.mark_unchanged();
            if let Some(output) = self.look() {
                return Ok(output);
            }
            let Some(left) = left else {
                return Err(self.timed_out());
            };
            let _looked_at_next = tokio::time::timeout(left, newest.changed()).await;
        }
    }

    /// The time left, if any. Read before looking: so what is recorded up to the deadline counts, and a journal
    /// that never rests cannot hold the deadline up.
    fn left(&self, elapsed: Duration) -> Option<Duration> {
        self.within.checked_sub(elapsed).filter(|left| !left.is_zero())
    }

    /// Looks at what was recorded since the last look.
    fn look(&mut self) -> Option<Q::Output> {
        let new = {
            let log = self.events.shared.log();
            self.evicted += log.evicted_since(self.next);
            let new = log.since(self.next);
            self.next = self.next.max(log.next);
            new
        };
        new.iter().filter(|event| self.events.scope.holds(event)).find_map(|event| self.query.select(event))
    }

    fn timed_out(&self) -> WaitError {
        let events = self.events.all();
        let (nearest, timeline) = story(&self.events, &events, &self.query);
        WaitError::TimedOut {
            wanted: self.query.describe(),
            within: self.within,
            seen: events.len(),
            evicted: self.evicted,
            nearest,
            timeline,
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
