//! The journal: one ordered, bounded log of everything that happened, written by servers and read by tests.
//!
//! A mutex around the log is all there is to it. Recording is a push under the lock; a reader takes the lock to
//! copy handles of events and looks at them afterwards, so a query may itself record or query. Nothing is ever
//! awaited under the lock.

mod connections;
mod json;
mod log;
mod options;
mod query;
mod recorder;
mod render;
mod sentences;
mod wait;

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, SystemTime},
};

use tokio::{sync::watch, time::Instant};

pub use connections::{ConnectionSummary, Connections};
pub use options::JournalOptions;
pub use query::{Filtered, Query, Seen};
pub use recorder::Recorder;
pub(crate) use render::Describe;
pub use render::Timeline;
pub use wait::{Wait, WaitError};

use self::log::{Log, Snapshot};
use crate::event::{Event, Kind, OPERATION, Payload, Record};

/// A log of events that servers write and tests read. Cheap to clone; all clones are one journal.
///
/// Each server has one of its own, unless it is given one that others write to as well: then a bastion and the
/// hosts behind it have one timeline.
///
/// ```
/// use mock_base::{Journal, event};
///
/// let journal = Journal::new();
/// journal.recorder("bastion").record(event::Connected::new("127.0.0.1:50000"));
/// journal.recorder("db01").record(event::Connected::new("127.0.0.1:50001"));
/// let events = journal.events();
/// assert_eq!(events.count(event::connected()), 2);
/// assert_eq!(events.on_server("db01").count(event::connected()), 1);
/// ```
#[derive(Debug, Clone, Default)]
pub struct Journal {
    shared: Arc<Shared>,
}

/// Numbers that outlive eviction: how often each kind of event was recorded since the start or the last reset.
pub type Totals = BTreeMap<&'static str, u64>;

#[derive(Debug)]
struct Shared {
    options: JournalOptions,
    epoch: Instant,
    epoch_time: SystemTime,
    log: Mutex<Log>,
    /// Wakes blocking waits.
    recorded: Condvar,
    /// How many of them there are, read and changed under the lock: to wake nobody is a system call, too.
    blocked: AtomicUsize,
    /// Wakes awaiting ones: the number of the next event.
    newest: watch::Sender<u64>,
}

impl Default for Shared {
    fn default() -> Self {
        Self::new(JournalOptions::default())
    }
}

impl Shared {
    fn new(options: JournalOptions) -> Self {
        Self {
            options,
            epoch: Instant::now(),
            epoch_time: SystemTime::now(),
            log: Mutex::default(),
            recorded: Condvar::new(),
            blocked: AtomicUsize::new(0),
            newest: watch::Sender::new(0),
        }
    }

    /// Blocks this thread until an event is recorded that is numbered `next` or higher, or for this time.
    fn wait_for_event(&self, next: u64, at_most: Duration) {
        let log = self.log();
        self.blocked.fetch_add(1, Ordering::Relaxed);
        let woken = self.recorded.wait_timeout_while(log, at_most, |log| log.next <= next);
        self.blocked.fetch_sub(1, Ordering::Relaxed);
        drop(woken);
    }

    /// A panic in a query must not take the journal with it: what it guards is never left half-changed.
    fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, server: &Arc<str>, connection: Option<u64>, channel: Option<u32>, kind: Kind) {
        let mut log = self.log();
        let at = self.epoch.elapsed();
        let seq = log.next;
        *log.totals.entry(Arc::clone(server)).or_default().entry(kind.name()).or_default() += 1;
        let server = Arc::clone(server);
        let time = self.epoch_time + at;
        log.push(Event { seq, at, time, server, connection, channel, kind }, self.options.limit);
        // Sent under the lock, so that numbers arrive in order.
        self.newest.send_replace(seq + 1);
        let somebody_waits = self.blocked.load(Ordering::Relaxed) > 0;
        drop(log);
        if somebody_waits {
            self.recorded.notify_all();
        }
    }
}

impl Journal {
    /// An empty journal that keeps everything.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty journal with these options.
    #[must_use]
    pub fn with_options(options: JournalOptions) -> Self {
        Self { shared: Arc::new(Shared::new(options)) }
    }

    /// What a server called `name` writes with.
    #[must_use]
    pub fn recorder(&self, name: impl Into<Arc<str>>) -> Recorder {
        Recorder::new(Arc::clone(&self.shared), name.into())
    }

    /// Everything recorded by whomever.
    pub fn events(&self) -> Events {
        Events { shared: Arc::clone(&self.shared), scope: Scope::default() }
    }
}

/// The events of a journal, or of one server or connection in it: a live view, not a copy.
///
/// A view that was narrowed sees later events of its scope too.
#[derive(Debug, Clone)]
#[must_use = "a view does nothing by itself: query it"]
pub struct Events {
    shared: Arc<Shared>,
    scope: Scope,
}

#[derive(Debug, Clone, Default)]
struct Scope {
    server: Option<Arc<str>>,
    connection: Option<u64>,
    channel: Option<u32>,
}

impl Scope {
    fn holds(&self, event: &Event) -> bool {
        self.server.as_ref().is_none_or(|server| *server == event.server)
            && self.connection.is_none_or(|connection| event.connection == Some(connection))
            && self.channel.is_none_or(|channel| event.channel == Some(channel))
    }
}

#[expect(clippy::needless_pass_by_value, reason = "`events.count(event::exec())` reads as `wait_for` does")]
impl Events {
    /// The server that the view is narrowed to.
    pub(crate) fn server(&self) -> Option<&Arc<str>> {
        self.scope.server.as_ref()
    }

    /// Only those of the server with this name.
    pub fn on_server(&self, name: impl Into<Arc<str>>) -> Self {
        let mut view = self.clone();
        view.scope.server = Some(name.into());
        view
    }

    /// Only those of the connection with this number.
    pub fn on_connection(&self, number: u64) -> Self {
        let mut view = self.clone();
        view.scope.connection = Some(number);
        view
    }

    /// Only those of channels with this number: of one channel, where the view is of one connection.
    pub fn on_channel(&self, number: u32) -> Self {
        let mut view = self.clone();
        view.scope.channel = Some(number);
        view
    }

    /// What is in the journal now, within the view or not.
    fn snapshot(&self) -> Snapshot {
        self.shared.log().since(0)
    }

    /// All events in order, as they are now.
    #[must_use]
    pub fn all(&self) -> Vec<Arc<Event>> {
        self.since(0)
    }

    /// The events numbered `seq` and higher, as they are now: for following a journal step by step.
    #[must_use]
    pub fn since(&self, seq: u64) -> Vec<Arc<Event>> {
        let snapshot = self.shared.log().since(seq);
        snapshot.iter().filter(|event| self.scope.holds(event)).map(Arc::clone).collect()
    }

    /// What this makes of the events of one kind in the view, or of all, in order. What it makes nothing of is not copied.
    pub(crate) fn pick<T>(&self, kind: Option<&str>, pick: impl Fn(&Arc<Event>) -> Option<T>) -> Vec<T> {
        let snapshot = self.snapshot();
        snapshot.of_kind(kind).filter(|event| self.scope.holds(event)).filter_map(pick).collect()
    }

    /// What `query` selects, in order.
    pub fn query<Q: Query>(&self, query: Q) -> Vec<Q::Output> {
        self.pick(query.kind(), |event| query.select(event))
    }

    /// How many events `query` selects.
    pub fn count<Q: Query>(&self, query: Q) -> usize {
        self.count_of(query.kind(), |event| query.selects(event))
    }

    /// How many events of one kind in the view, or of all, this selects.
    pub(crate) fn count_of(&self, kind: Option<&str>, selects: impl Fn(&Arc<Event>) -> bool) -> usize {
        let snapshot = self.snapshot();
        snapshot.of_kind(kind).filter(|event| self.scope.holds(event) && selects(event)).count()
    }

    /// The first event that `query` selects.
    pub fn first<Q: Query>(&self, query: Q) -> Option<Q::Output> {
        let snapshot = self.snapshot();
        let mut kind = snapshot.of_kind(query.kind()).filter(|event| self.scope.holds(event));
        kind.find_map(|event| query.select(event))
    }

    /// The last event that `query` selects.
    pub fn last<Q: Query>(&self, query: Q) -> Option<Q::Output> {
        let snapshot = self.snapshot();
        let kind = snapshot.of_kind(query.kind()).filter(|event| self.scope.holds(event));
        kind.rev().find_map(|event| query.select(event))
    }

    /// The payloads of one kind, in order: `events.payloads::<event::Exec>()`.
    #[must_use]
    pub fn payloads<P: Payload>(&self) -> Vec<P> {
        self.pick(Some(P::NAME), |event| P::of(&event.kind).cloned())
    }

    /// The typed events of another crate, in order.
    #[must_use]
    pub fn of<R: Record + Clone>(&self) -> Vec<R> {
        self.pick(Some(OPERATION), |event| event.kind.operation::<R>().cloned())
    }

    /// How often each kind was recorded, evicted events included: on the view's server, or in the whole journal. Not
    /// counted for single connections.
    #[must_use]
    pub fn totals(&self) -> Totals {
        let mut totals = Totals::new();
        for (server, counts) in &self.shared.log().totals {
            if self.scope.server.as_ref().is_none_or(|wanted| wanted == server) {
                for (kind, count) in counts {
                    *totals.entry(kind).or_default() += count;
                }
            }
        }
        totals
    }

    /// How many events were dropped to stay within the journal's limit.
    #[must_use]
    pub fn evicted(&self) -> u64 {
        self.shared.log().evicted_since(0)
    }

    /// Waits for the first event that `query` selects; one that already happened counts.
    ///
    /// Await it in async code, or call [`Wait::blocking`]. The deadline is 5 seconds unless
    /// [`Wait::within`] sets another.
    pub fn wait_for<Q: Query>(&self, query: Q) -> Wait<Q> {
        Wait::new(self.clone(), query)
    }

    /// The events as text for people, a line each.
    #[must_use]
    pub fn timeline(&self) -> Timeline {
        Timeline::new(self.all())
    }

    /// The events as JSON Lines: an object each, `docs/events.md` describes them.
    #[must_use]
    pub fn to_json_lines(&self) -> String {
        json::lines(&self.all())
    }

    /// Forgets all events and totals of the whole journal. Numbers go on from where they were.
    pub fn clear(&self) {
        self.shared.log().clear();
    }
}
