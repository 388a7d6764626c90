//! The report: what a failed verification tells the person who has to act on it.
//!
//! It is what `unwrap` prints, so `Debug` and `Display` are the same text. It fits a terminal: what is long is cut in
//! the middle, and what is many is counted.

use std::{
    error::Error,
    fmt::{self, Write as _},
    sync::Arc,
};

use serde::{Serialize, Serializer};
use serde_json::json;

use super::{Unmet, words::short};
use crate::{Event, Events, Seed, Timeline};

/// Lines of a connection's timeline that are shown at most.
const LINES: usize = 24;
/// Characters of a line that are shown at most.
const COLUMNS: usize = 110;
/// Connections whose timelines are shown at most.
const CONNECTIONS: usize = 2;
/// Events that are listed for one expectation at most.
const LISTED: usize = 5;

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
        Report { error: self, normalized: false }
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
        .map(|(event, mismatch)| json!({ "event": **event, "differences": mismatch.differences }))
        .collect();
    json!({ "expected": unmet.expected, "found": unmet.found, "near": near, "hint": unmet.hint })
}

/// The text of a [`VerificationError`].
#[derive(Debug, Clone, Copy)]
pub struct Report<'a> {
    error: &'a VerificationError,
    normalized: bool,
}

impl Report<'_> {
    /// Without what differs from run to run, as [`Timeline::normalized`], and without the seed. For snapshots.
    #[must_use]
    pub fn normalized(mut self) -> Self {
        self.normalized = true;
        self
    }

    fn timeline(&self, events: Vec<Arc<Event>>) -> String {
        let timeline = Timeline::new(events);
        if self.normalized { timeline.normalized().to_string() } else { timeline.to_string() }
    }

    /// One event, and where it happened.
    fn event(&self, event: &Arc<Event>) -> String {
        let line = self.timeline(vec![Arc::clone(event)]);
        // Its columns are those of a table with one row.
        cut(line.split_whitespace().collect::<Vec<_>>().join(" ").as_str())
    }

    fn one(&self, f: &mut fmt::Formatter<'_>, number: usize, unmet: &Unmet) -> fmt::Result {
        writeln!(f, "{number}. expected {}", unmet.expected)?;
        writeln!(f, "   but {}", unmet.found)?;
        for event in unmet.seen.iter().take(LISTED) {
            writeln!(f, "     came: {}", self.event(event))?;
        }
        if let Some(more @ 1..) = unmet.seen.len().checked_sub(LISTED) {
            writeln!(f, "     and {more} more")?;
        }
        for (event, mismatch) in &unmet.near {
            writeln!(f, "     near: {}", self.event(event))?;
            for difference in &mismatch.differences {
                writeln!(f, "           {}", cut(difference))?;
            }
        }
        if let Some(hint) = &unmet.hint {
            writeln!(f, "     hint: {hint}")?;
        }
        Ok(())
    }

    /// The timelines of the connections that the unmet expectations are about; of all, where they are about none.
    fn timelines(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let concerned = self.error.unmet.iter().flat_map(|unmet| {
            let near = unmet.near.iter().map(|(event, _)| event);
            near.chain(unmet.seen.iter().rev())
        });
        let mut places: Vec<(&str, u64)> = Vec::new();
        for event in concerned {
            if let Some(connection) = event.connection
                && !places.contains(&(&*event.server, connection))
            {
                places.push((&event.server, connection));
            }
        }
        let more = places.len().saturating_sub(CONNECTIONS);
        places.truncate(CONNECTIONS);
        if places.is_empty() {
            let title = if self.error.events.is_empty() { "nothing happened" } else { "what happened:" };
            writeln!(f, "\n{title}")?;
            return self.lines(f, self.error.events.clone());
        }
        for (server, connection) in places {
            match &self.error.server {
                Some(_) => writeln!(f, "\nconnection {connection}:")?,
                None => writeln!(f, "\nconnection {connection} of `{server}`:")?,
            }
            let on = |event: &&Arc<Event>| *event.server == *server && event.connection == Some(connection);
            self.lines(f, self.error.events.iter().filter(on).map(Arc::clone).collect())?;
        }
        match more {
            0 => Ok(()),
            _ => writeln!(f, "\nand {more} more connection{}", if more == 1 { "" } else { "s" }),
        }
    }

    fn lines(&self, f: &mut fmt::Formatter<'_>, events: Vec<Arc<Event>>) -> fmt::Result {
        let text = self.timeline(events);
        let lines: Vec<_> = text.lines().collect();
        let left_out = lines.len().saturating_sub(LINES);
        // The begin says who it was, the end what went wrong.
        let head = if left_out > 0 { LINES / 3 } else { lines.len() };
        for (number, line) in lines.iter().enumerate() {
            if number < head || number >= head + left_out {
                writeln!(f, "  {}", cut(line.trim_end()))?;
            } else if number == head {
                writeln!(f, "  … {left_out} more …")?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { error, .. } = self;
        let unmet = error.unmet.len();
        match (error.checked, unmet) {
            (1, _) => f.write_str("the expectation was not met")?,
            (checked, 1) => write!(f, "1 of {checked} expectations was not met")?,
            (checked, _) => write!(f, "{unmet} of {checked} expectations were not met")?,
        }
        if let Some(server) = &error.server {
            write!(f, " on `{}`", short(server))?;
        }
        f.write_str("\n\n")?;
        for (number, unmet) in error.unmet.iter().enumerate() {
            self.one(f, number + 1, unmet)?;
        }
        self.timelines(f)?;
        if let (Some(seed), false) = (error.seed, self.normalized) {
            write!(f, "\nseed {seed}: a server with this seed draws the same chances\n")?;
        }
        Ok(())
    }
}

/// A line that fits: the end of a long one is left out.
fn cut(line: &str) -> String {
    let mut text = String::new();
    for (number, char) in line.chars().enumerate() {
        if number == COLUMNS {
            text.push('…');
            break;
        }
        // What was a control character was escaped by whoever described the event; a hint or a difference may not be.
        if char.is_control() {
            let _infallible = write!(text, "{}", char.escape_debug());
        } else {
            text.push(char);
        }
    }
    text
}
