//! Expectations: what a test says will happen, checked against the journal.
//!
//! An expectation knows nothing of servers; whatever writes to a journal can be held to one. What is not met is a
//! value first and a text second: [`Unmet`] says what was wanted and what came, [`VerificationError`] is the report.

mod ledger;
mod mismatch;
mod order;
mod parse;
mod report;
mod strict;
mod times;
mod words;

use std::{fmt, sync::Arc};

pub use ledger::Expectations;
pub use mismatch::Mismatch;
pub use order::{InOrder, Steps, expect_in_order};
pub use parse::{ParsedExpectation, ParsedQuery};
pub(crate) use report::story;
pub use report::{Report, VerificationError};
pub use strict::{AllMatched, expect_all_matched};
pub use times::Times;

use self::times::Count;
use crate::{Event, Events, Kind, Query};

/// Something that can be checked against what happened.
///
/// [`expect`], [`expect_none`] and [`expect_in_order`] make the usual ones.
pub trait Expectation: Send + Sync {
    /// Whether it is met so far. `None`: yes.
    fn unmet(&self, events: &Events) -> Option<Unmet>;
}

impl<E: Expectation + ?Sized> Expectation for Arc<E> {
    fn unmet(&self, events: &Events) -> Option<Unmet> {
        (**self).unmet(events)
    }
}

impl<E: Expectation + ?Sized> Expectation for Box<E> {
    fn unmet(&self, events: &Events) -> Option<Unmet> {
        (**self).unmet(events)
    }
}

/// An expectation that was not met.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Unmet {
    /// The server of which it was expected, where it was of one.
    pub server: Option<Arc<str>>,
    /// What was expected, as a phrase: `exec "uname -r" exactly once`.
    pub expected: String,
    /// What came instead, as a phrase: `it came twice`.
    pub found: String,
    /// What was selected, where it is too much or in the wrong order.
    pub seen: Vec<Arc<Event>>,
    /// What came nearest to what was missing, nearest first, and what differs. Where nothing is near, what came instead.
    pub near: Vec<(Arc<Event>, Mismatch)>,
    /// The steps of an order, and what each came with, where it is one.
    pub steps: Vec<(String, Option<Arc<Event>>)>,
    /// What a person may do about it, where that is not plain.
    pub hint: Option<String>,
}

impl Unmet {
    /// This was expected, that was found.
    #[must_use]
    pub fn new(expected: impl Into<String>, found: impl Into<String>) -> Self {
        Self {
            server: None,
            expected: expected.into(),
            found: found.into(),
            seen: Vec::new(),
            near: Vec::new(),
            steps: Vec::new(),
            hint: None,
        }
    }

    /// These events are what was found.
    #[must_use]
    pub fn seen(mut self, events: Vec<Arc<Event>>) -> Self {
        self.seen = events;
        self
    }

    /// Adds what came nearest among these events, as `query` judges them.
    #[must_use]
    pub fn nearest<Q: Query + ?Sized>(self, events: &Events, query: &Q) -> Self {
        self.near_by(events, |event| query.near(event))
    }

    /// Adds what came nearest among these events, as `judge` does: `None` for what is nothing like it.
    #[must_use]
    pub fn near_by(mut self, events: &Events, judge: impl Fn(&Event) -> Option<Mismatch>) -> Self {
        let mut near = events.pick(None, |event| judge(event).map(|mismatch| (Arc::clone(event), mismatch)));
        near.sort_by_key(|(event, mismatch)| (!mismatch.is_near(), mismatch.distance, event.seq));
        let is_near = near.first().is_some_and(|(_, mismatch)| mismatch.is_near());
        // What is farther by half is no help beside the nearest.
        let nearest = near.first().map_or(0, |(_, mismatch)| mismatch.distance);
        let helps = |mismatch: &Mismatch| mismatch.distance.saturating_mul(2) < nearest.saturating_mul(3);
        near.retain(|(_, mismatch)| {
            mismatch.is_near() == is_near && (!is_near || mismatch.distance == nearest || helps(mismatch))
        });
        near.truncate(LOOKED_AT);
        let mut told: Vec<(String, Vec<String>)> = Vec::new();
        near.retain(|(event, mismatch)| {
            let text = (event.to_string(), mismatch.differences.clone());
            let is_new = told.len() < if is_near { NEAR } else { INSTEAD } && !told.contains(&text);
            if is_new {
                told.push(text);
            }
            is_new
        });
        self.near = near;
        self
    }

    /// Adds why it may not have come, where the journal tells.
    fn hinted(self, events: &Events) -> Self {
        let evicted = events.evicted();
        if evicted > 0 {
            let older =
                if evicted == 1 { "1 older event was" } else { &format!("{evicted} older events were") };
            return self.hint(format!("{older} dropped by the journal's limit: it may have been among them"));
        }
        if !self.seen.is_empty() || !self.near.is_empty() {
            return self;
        }
        match progress(events) {
            Some(hint) => self.hint(hint),
            None => self,
        }
    }

    /// Adds what a person may do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// How far clients got, where that was not far.
fn progress(events: &Events) -> Option<&'static str> {
    let (mut is_ssh, mut connected) = (false, false);
    for event in events.all() {
        match event.kind {
            Kind::AuthAccepted(_) | Kind::Operation(_) => return None,
            Kind::ClientVersion(_) | Kind::Negotiated(_) | Kind::KeyOffered(_) | Kind::AuthAttempt(_) => {
                is_ssh = true;
            }
            _ => {}
        }
        connected |= event.connection.is_some();
    }
    match (connected, is_ssh) {
        (false, _) => Some("no client connected"),
        (true, true) => Some("no client logged in"),
        (true, false) => None,
    }
}

/// Among how many of the nearest different ones are looked for: a client may try the same a thousand times.
const LOOKED_AT: usize = 64;
/// How many near misses are told.
const NEAR: usize = 2;
/// How many events are told that came instead, where there is no near miss.
const INSTEAD: usize = 3;

/// Expects what `query` selects so many times.
///
/// ```
/// use mock_base::{Journal, event, expect};
///
/// let journal = Journal::new();
/// journal.recorder("lab").record(event::Exec::new("uname -r", true, None));
/// journal.events().verify(&[expect(event::exec().command("uname -r"), 1)]).unwrap();
/// ```
pub fn expect<Q: Query + Send + Sync + 'static>(query: Q, times: impl Into<Times>) -> Expect {
    Expect { what: Arc::new(query), times: times.into() }
}

/// Expects that nothing comes that `query` selects.
pub fn expect_none<Q: Query + Send + Sync + 'static>(query: Q) -> Expect {
    expect(query, Times::never())
}

/// What [`expect`] makes.
#[derive(Clone)]
#[must_use = "an expectation does nothing by itself: hand it to a builder, a server or `Events::verify`"]
pub struct Expect {
    what: Arc<dyn Selects>,
    times: Times,
}

impl fmt::Debug for Expect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Expect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.what.describe(), self.times)
    }
}

impl Expectation for Expect {
    fn unmet(&self, events: &Events) -> Option<Unmet> {
        // Counted first: what is met needs no copies.
        let count = events.count_of(self.what.kind(), |event| self.what.selects(event)) as u64;
        if self.times.holds(count) {
            return None;
        }
        let seen = events.pick(self.what.kind(), |event| self.what.selects(event).then(|| Arc::clone(event)));
        // Something may have come in between.
        let count = seen.len() as u64;
        if self.times.holds(count) {
            return None;
        }
        let found = if count == 0 { "it never came".to_owned() } else { format!("it came {}", Count(count)) };
        let unmet = Unmet::new(self.to_string(), found).seen(seen);
        if self.times.is_exceeded(count) {
            return Some(unmet);
        }
        Some(Unmet { near: self.what.nearest(events), ..unmet }.hinted(events))
    }
}

/// A query without its output, so that different ones stand in one list.
pub(crate) trait Selects: Send + Sync {
    fn kind(&self) -> Option<&'static str>;
    fn selects(&self, event: &Arc<Event>) -> bool;
    fn describe(&self) -> String;
    fn nearest(&self, events: &Events) -> Vec<(Arc<Event>, Mismatch)>;
}

impl<Q: Query + Send + Sync> Selects for Q {
    fn kind(&self) -> Option<&'static str> {
        Query::kind(self)
    }

    fn selects(&self, event: &Arc<Event>) -> bool {
        Query::selects(self, event)
    }

    fn describe(&self) -> String {
        Query::describe(self)
    }

    fn nearest(&self, events: &Events) -> Vec<(Arc<Event>, Mismatch)> {
        Unmet::new("", "").nearest(events, self).near
    }
}

impl Events {
    /// Checks these expectations now. For whatever writes to a journal: a server, an agent, a lab of several.
    ///
    /// # Errors
    ///
    /// [`VerificationError`], whose text is the report, when one is not met.
    pub fn verify<E: Expectation>(&self, expectations: &[E]) -> Result<(), VerificationError> {
        let unmet = expectations.iter().filter_map(|expectation| expectation.unmet(self)).collect();
        VerificationError::check(self, expectations.len(), unmet)
    }

    /// Checks now that `query` selects so many events.
    ///
    /// # Errors
    ///
    /// [`VerificationError`], whose text is the report.
    pub fn expect<Q: Query + Send + Sync + 'static>(
        &self,
        query: Q,
        times: impl Into<Times>,
    ) -> Result<(), VerificationError> {
        self.verify(&[expect(query, times)])
    }

    /// Checks now that `query` selects no event.
    ///
    /// # Errors
    ///
    /// [`VerificationError`], whose text is the report.
    pub fn expect_none<Q: Query + Send + Sync + 'static>(&self, query: Q) -> Result<(), VerificationError> {
        self.verify(&[expect_none(query)])
    }

    /// Checks now that something came in this order: `events.expect_in_order((event::connected(), event::exec()))`.
    ///
    /// # Errors
    ///
    /// [`VerificationError`], whose text is the report.
    pub fn expect_in_order(&self, steps: impl Steps) -> Result<(), VerificationError> {
        self.verify(&[expect_in_order(steps)])
    }
}
