//! What the lock of a journal guards: the events that are kept, in chunks that are shared once they are full.
//!
//! A reader takes the chunks and at most one chunk's worth of single events with it, and looks at them without the lock. So
//! a look at a hundred thousand events copies some hundred handles, and a query may itself record or query. The name of its
//! kind stands beside each event, so that most of them are passed over without a look into other memory.

use std::{
    collections::{BTreeMap, VecDeque},
    mem,
    sync::Arc,
};

use super::Totals;
use crate::Event;

/// Events in a full chunk.
const CHUNK: usize = 256;

#[derive(Debug, Clone)]
struct Entry {
    kind: &'static str,
    event: Arc<Event>,
}

#[derive(Debug, Default)]
pub(super) struct Log {
    /// Of `CHUNK` events each, numbered without gaps.
    full: VecDeque<Arc<[Entry]>>,
    /// The newest, fewer than that.
    open: Vec<Entry>,
    /// The number of the oldest event that is kept. Older ones in its chunk are there and not seen.
    first: u64,
    /// The number of the next event.
    pub(super) next: u64,
    /// What was numbered lower was cleared on purpose, and is not missed.
    cleared: u64,
    /// For each server.
    pub(super) totals: BTreeMap<Arc<str>, Totals>,
}

impl Log {
    pub(super) fn push(&mut self, event: Event, limit: Option<usize>) {
        self.next = event.seq + 1;
        self.open.push(Entry { kind: event.kind.name(), event: Arc::new(event) });
        if self.open.len() == CHUNK {
            let full = mem::replace(&mut self.open, Vec::with_capacity(CHUNK));
            self.full.push_back(full.into());
        }
        if let Some(limit) = limit {
            self.first = self.first.max(self.next.saturating_sub(limit as u64));
            let oldest = self.full.front().and_then(|chunk| chunk.last());
            if oldest.is_some_and(|last| last.event.seq < self.first) {
                self.full.pop_front();
            }
        }
    }

    /// The events from number `from` on.
    pub(super) fn since(&self, from: u64) -> Snapshot {
        let from = from.max(self.first);
        let begin = |chunk: &[Entry]| chunk.first().map_or(self.next, |entry| entry.event.seq);
        let beyond = |seq: u64| usize::try_from(from.saturating_sub(seq)).unwrap_or(usize::MAX);
        let skip = self.full.front().map_or(0, |chunk| beyond(begin(chunk)));
        Snapshot {
            full: self.full.iter().skip(skip / CHUNK).map(Arc::clone).collect(),
            skip: skip % CHUNK,
            open: self.open.iter().skip(beyond(begin(&self.open))).cloned().collect(),
        }
    }

    /// How many events from number `from` on were dropped by the limit.
    pub(super) fn evicted_since(&self, from: u64) -> u64 {
        self.first.saturating_sub(from.max(self.cleared))
    }

    pub(super) fn clear(&mut self) {
        self.full.clear();
        self.open.clear();
        self.totals.clear();
        self.first = self.next;
        self.cleared = self.next;
    }
}

/// Events as they were when the lock was held.
pub(super) struct Snapshot {
    full: Vec<Arc<[Entry]>>,
    /// Events of the first full chunk that are not wanted.
    skip: usize,
    open: Vec<Entry>,
}

impl Snapshot {
    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = &Arc<Event>> {
        self.entries().map(|entry| &entry.event)
    }

    /// Those of one kind, by its name; all, where there is none.
    pub(super) fn of_kind(&self, kind: Option<&str>) -> impl DoubleEndedIterator<Item = &Arc<Event>> {
        self.entries()
            .filter(move |entry| kind.is_none_or(|kind| kind == entry.kind))
            .map(|entry| &entry.event)
    }

    fn entries(&self) -> impl DoubleEndedIterator<Item = &Entry> {
        let (first, rest) =
            self.full.split_first().map_or((None, &[][..]), |(first, rest)| (Some(first), rest));
        let first = first.and_then(|first| first.get(self.skip..)).unwrap_or_default();
        first.iter().chain(rest.iter().flat_map(|chunk| chunk.iter())).chain(&self.open)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::event::StdinEof;

    fn numbers(log: &Log, from: u64) -> Vec<u64> {
        log.since(from).iter().map(|event| event.seq).collect()
    }

    fn push(log: &mut Log, count: usize, limit: Option<usize>) {
        for _ in 0..count {
            let event = Event {
                seq: log.next,
                at: Duration::ZERO,
                time: std::time::UNIX_EPOCH,
                server: "lab".into(),
                connection: None,
                channel: None,
                kind: StdinEof::new(log.next).into(),
            };
            log.push(event, limit);
        }
    }

    #[test]
    fn every_beginning_gives_what_follows_it() {
        let mut log = Log::default();
        for count in [0, 1, CHUNK - 2, 1, 1, CHUNK, 3] {
            push(&mut log, count, None);
            for from in (0..=log.next + 1).chain([u64::MAX]) {
                assert_eq!(numbers(&log, from), (from..log.next).collect::<Vec<_>>());
            }
        }
    }

    #[test]
    fn a_limit_drops_the_oldest_one_by_one() {
        for limit in [1, 2, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK] {
            let mut log = Log::default();
            for _ in 0..5 * CHUNK {
                push(&mut log, 1, Some(limit));
                let first = log.next.saturating_sub(limit as u64);
                assert_eq!(numbers(&log, 0), (first..log.next).collect::<Vec<_>>());
                assert_eq!(log.evicted_since(0), first);
                assert!(log.full.len() * CHUNK <= limit + CHUNK);
            }
        }
    }

    #[test]
    fn what_was_cleared_is_not_missed() {
        let mut log = Log::default();
        push(&mut log, CHUNK + 5, None);
        log.clear();
        assert_eq!((numbers(&log, 0), log.evicted_since(0)), (Vec::new(), 0));
        push(&mut log, CHUNK, None);
        let first = CHUNK as u64 + 5;
        assert_eq!(numbers(&log, 0), (first..log.next).collect::<Vec<_>>());
        assert_eq!(numbers(&log, first + 7), (first + 7..log.next).collect::<Vec<_>>());
    }
}
