//! What a failed verification is: what was not met, as data, and the events that tell why.
//!
//! `Debug` and `Display` are the same text, because it is what `unwrap` prints.

mod excerpt;
mod text;

use std::{error::Error, fmt, sync::Arc};

use serde::{Serialize, Serializer};
use serde_json::json;

pub use self::text::Report;
pub(crate) use self::text::story;
use super::Unmet;
use crate::{Event, Events, Seed};

/// Expectations that were not met. `Debug` and `Display` are the report.
#[derive(Clone)]
pub struct VerificationError {
    /// Those of which something was expected that did not come; none where all events were looked at.
    servers: Vec<Arc<str>>,
    checked: usize,
    unmet: Vec<Unmet>,
    events: Vec<Arc<Event>>,
    /// One of each server.
    seeds: Vec<Seed>,
}

impl VerificationError {
    /// An error if something is unmet.
    pub(super) fn check(events: &Events, checked: usize, mut unmet: Vec<Unmet>) -> Result<(), Self> {
        if unmet.is_empty() {
            return Ok(());
        }
        let server = events.server().cloned();
        for unmet in &mut unmet {
            unmet.server.clone_from(&server);
        }
        Err(Self {
            servers: server.into_iter().collect(),
            checked,
            unmet,
            events: events.all(),
            seeds: Vec::new(),
        })
    }

    /// This and what was not met of another server that has the same journal, as one report, which then says of each
    /// expectation of which server it was.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.servers.extend(other.servers);
        self.checked += other.checked;
        self.unmet.extend(other.unmet);
        self.events.extend(other.events);
        self.events.sort_by_key(|event| event.seq);
        self.events.dedup_by_key(|event| event.seq);
        self.seeds.extend(other.seeds);
        self
    }

    /// What was not met, in the order in which it was expected.
    #[must_use]
    pub fn unmet(&self) -> &[Unmet] {
        &self.unmet
    }

    /// How many expectations were checked.
    #[must_use]
    pub fn checked(&self) -> usize {
        self.checked
    }

    /// Names what repeats the run's chances.
    #[must_use]
    pub fn with_seed(mut self, seed: Seed) -> Self {
        self.seeds = vec![seed];
        self
    }

    /// The report as a value, for a form of it that does not differ from run to run.
    #[must_use]
    pub fn report(&self) -> Report<'_> {
        Report::new(self)
    }
}

impl Error for VerificationError {}

impl fmt::Debug for VerificationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for VerificationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.report().fmt(f)
    }
}

/// What is unmet as data, and the report as text.
impl Serialize for VerificationError {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let unmet: Vec<_> = self.unmet.iter().map(to_json).collect();
        let value = json!({
            "checked": self.checked,
            "unmet": unmet,
            "seed": self.seeds.first().map(|seed| seed.0),
            "report": self.to_string(),
        });
        value.serialize(serializer)
    }
}

fn to_json(unmet: &Unmet) -> serde_json::Value {
    let near: Vec<_> = unmet
        .near
        .iter()
        .map(|(event, mismatch)| {
            json!({ "event": **event, "near": mismatch.is_near(), "differences": mismatch.differences })
        })
        .collect();
    json!({
        "server": unmet.server.as_deref(),
        "expected": unmet.expected,
        "found": unmet.found,
        "seen": unmet.seen.iter().map(|event| json!(**event)).collect::<Vec<_>>(),
        "near": near,
        "hint": unmet.hint,
    })
}
