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
    server: Option<Arc<str>>,
    checked: usize,
    unmet: Vec<Unmet>,
    events: Vec<Arc<Event>>,
    seed: Option<Seed>,
}

impl VerificationError {
    /// An error if something is unmet.
    pub(super) fn check(events: &Events, checked: usize, unmet: Vec<Unmet>) -> Result<(), Self> {
        if unmet.is_empty() {
            return Ok(());
        }
        Err(Self { server: events.server().cloned(), checked, unmet, events: events.all(), seed: None })
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
        self.seed = Some(seed);
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
            "seed": self.seed.map(|seed| seed.0),
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
        "expected": unmet.expected,
        "found": unmet.found,
        "seen": unmet.seen.iter().map(|event| json!(**event)).collect::<Vec<_>>(),
        "near": near,
        "hint": unmet.hint,
    })
}
