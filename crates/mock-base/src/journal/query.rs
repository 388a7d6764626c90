//! Queries: what selects events, and what it makes of them.

use std::{fmt, ops::Deref, sync::Arc, time::Duration};

use crate::event::{Event, Kind, Payload, Record};

/// Selects events and says what is wanted of them.
///
/// Implemented by closures over [`Event`], which select whole events, and by the queries of
/// [`event`](crate::event), which select typed ones.
pub trait Query {
    /// What an event is turned into.
    type Output: Send + 'static;

    /// The output for this event, or `None` if it is not selected.
    fn select(&self, event: &Arc<Event>) -> Option<Self::Output>;
}

impl<F: Fn(&Event) -> bool> Query for F {
    type Output = Arc<Event>;

    fn select(&self, event: &Arc<Event>) -> Option<Arc<Event>> {
        self(event).then(|| Arc::clone(event))
    }
}

/// A payload together with where and when it was recorded. Dereferences to the payload.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Seen<P> {
    /// Position in the journal.
    pub seq: u64,
    /// Time since the journal was made.
    pub at: Duration,
    /// Name of the server.
    pub server: Arc<str>,
    /// Number of the connection.
    pub connection: Option<u64>,
    /// Number of the channel.
    pub channel: Option<u32>,
    /// What was recorded.
    pub payload: P,
}

impl<P> Deref for Seen<P> {
    type Target = P;

    fn deref(&self) -> &P {
        &self.payload
    }
}

/// A query for events of one kind, narrowed step by step.
///
/// ```
/// use mock_base::{Journal, event};
///
/// let journal = Journal::new();
/// let recorder = journal.recorder("lab").on_connection(1);
/// recorder.record(event::Exec::new("ls", true, None));
/// recorder.record(event::Exec::new("rm -rf /", true, None));
/// let deletions = event::exec().filter(|exec| exec.command.to_text().starts_with("rm "));
/// assert_eq!(journal.events().count(deletions), 1);
/// ```
#[must_use = "a query does nothing by itself: hand it to `Events`"]
pub struct Filtered<P> {
    pick: fn(&Kind) -> Option<&P>,
    filter: Option<Condition<P>>,
}

type Condition<P> = Arc<dyn Fn(&P) -> bool + Send + Sync>;

impl<P> Clone for Filtered<P> {
    fn clone(&self) -> Self {
        Self { pick: self.pick, filter: self.filter.clone() }
    }
}

impl<P> fmt::Debug for Filtered<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Filtered").field("filtered", &self.filter.is_some()).finish_non_exhaustive()
    }
}

impl<P: Payload> Filtered<P> {
    /// All events of this kind.
    pub(crate) fn any() -> Self {
        Self { pick: P::of, filter: None }
    }
}

impl<R: Record + Clone> Filtered<R> {
    /// All events of this type of another crate.
    pub(crate) fn operations() -> Self {
        Self { pick: Kind::operation, filter: None }
    }
}

impl<P: 'static> Filtered<P> {
    /// Only those for which `condition` holds as well.
    pub fn filter(self, condition: impl Fn(&P) -> bool + Send + Sync + 'static) -> Self {
        let filter: Condition<P> = match self.filter {
            None => Arc::new(condition),
            Some(first) => Arc::new(move |payload| first(payload) && condition(payload)),
        };
        Self { pick: self.pick, filter: Some(filter) }
    }
}

impl<P: Clone + Send + 'static> Query for Filtered<P> {
    type Output = Seen<P>;

    fn select(&self, event: &Arc<Event>) -> Option<Seen<P>> {
        let payload = (self.pick)(&event.kind)?;
        if self.filter.as_ref().is_some_and(|filter| !filter(payload)) {
            return None;
        }
        Some(Seen {
            seq: event.seq,
            at: event.at,
            server: Arc::clone(&event.server),
            connection: event.connection,
            channel: event.channel,
            payload: payload.clone(),
        })
    }
}
