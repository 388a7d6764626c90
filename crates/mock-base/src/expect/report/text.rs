//! The report as text: what a failed verification tells the person who has to act on it.
//!
//! First what was expected and what came nearest, then the story. It fits a terminal: what is long is cut, what is many is
//! counted, and of the timeline the lines around what was cited are kept and marked.

use std::{
    collections::BTreeSet,
    fmt::{self, Write as _},
    sync::Arc,
};

use super::{VerificationError, excerpt::excerpt};
use crate::{Event, Events, Kind, Query, Timeline, Unmet};

/// Lines of timelines that are shown at most, of all connections together.
const LINES: usize = 20;
/// Lines of the timeline that are shown at most where a wait ended without its event.
const WAITED: usize = 40;
/// Characters of a line that are shown at most.
const COLUMNS: usize = 110;
/// Connections whose timelines are shown at most.
const CONNECTIONS: usize = 2;
/// Events that are listed for one expectation at most.
const LISTED: usize = 5;
/// Expectations that are told in full, and those that are told at all.
const IN_FULL: usize = 3;
const TOLD: usize = 10;

/// The text of a [`VerificationError`].
#[derive(Debug, Clone, Copy)]
pub struct Report<'a> {
    error: &'a VerificationError,
    normalized: bool,
    /// Whether lines have to say which server it was.
    servers: bool,
}

impl<'a> Report<'a> {
    pub(super) fn new(error: &'a VerificationError) -> Self {
        let mut events = error.events.iter();
        let first = events.next().map(|event| &event.server);
        Self { error, normalized: false, servers: events.any(|event| Some(&event.server) != first) }
    }

    /// Without what differs from run to run, as [`Timeline::normalized`], and without the seed. For snapshots.
    #[must_use]
    pub fn normalized(mut self) -> Self {
        self.normalized = true;
        self
    }

    fn lines(&self, events: Vec<Arc<Event>>, servers: bool) -> Vec<String> {
        let timeline = Timeline::new(events).naming_servers(servers);
        if self.normalized { timeline.normalized().lines() } else { timeline.lines() }
    }

    /// One event and where it happened, its hint apart.
    fn event(&self, event: &Arc<Event>) -> (String, Option<String>) {
        let line = self.lines(vec![Arc::clone(event)], self.servers).concat();
        let (line, hint) = without_hint(line.trim_start(), event);
        (line.to_owned(), hint.cloned())
    }

    fn headline(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unmet = self.error.unmet.len();
        match (self.error.checked, unmet) {
            (1, _) => f.write_str("the expectation was not met")?,
            (checked, 1) => write!(f, "1 of {checked} expectations was not met")?,
            (checked, _) => write!(f, "{unmet} of {checked} expectations were not met")?,
        }
        let servers: Vec<_> =
            self.error.servers.iter().map(|server| format!("`{}`", cut(server, COLUMNS))).collect();
        match servers.as_slice() {
            [] => writeln!(f),
            servers => writeln!(f, " on {}", servers.join(" and ")),
        }
    }

    fn unmet(&self, f: &mut fmt::Formatter<'_>, number: usize, unmet: &Unmet) -> fmt::Result {
        let on = match &unmet.server {
            Some(server) if self.error.servers.len() > 1 => format!("on `{}` ", cut(server, COLUMNS)),
            _ => String::new(),
        };
        if unmet.steps.is_empty() {
            line(f, &format!("{number}. {on}expected "), &unmet.expected)?;
        } else {
            writeln!(f, "{number}. {on}expected in this order")?;
        }
        let matched = unmet.steps.iter().take_while(|(_, event)| event.is_some()).count();
        for (step, (text, _)) in unmet.steps.iter().enumerate() {
            let mark = match step {
                _ if step < matched => '✓',
                _ if step == matched => '✗',
                _ => ' ',
            };
            line(f, &format!("     {mark} {}. ", step + 1), text)?;
        }
        line(f, "   but ", &unmet.found)
    }

    fn details(&self, f: &mut fmt::Formatter<'_>, unmet: &Unmet) -> fmt::Result {
        for event in unmet.seen.iter().take(LISTED) {
            self.cited(f, "came", event, &[])?;
        }
        if let Some(more @ 1..) = unmet.seen.len().checked_sub(LISTED) {
            writeln!(f, "           and {more} more")?;
        }
        let is_near = unmet.near.iter().any(|(_, mismatch)| mismatch.is_near());
        for (event, mismatch) in unmet.near.iter().filter(|(_, mismatch)| mismatch.is_near() == is_near) {
            if is_near {
                self.cited(f, "near", event, &mismatch.differences)?;
                for difference in &mismatch.differences {
                    line(f, "           ", difference)?;
                }
            } else {
                self.cited(f, "instead", event, &[])?;
            }
        }
        match &unmet.hint {
            Some(hint) => line(f, "     hint: ", hint),
            None => Ok(()),
        }
    }

    /// An event and its hint, unless what the hint says is told behind it.
    fn cited(
        &self,
        f: &mut fmt::Formatter<'_>,
        label: &str,
        event: &Arc<Event>,
        differences: &[String],
    ) -> fmt::Result {
        let (text, hint) = self.event(event);
        line(f, &format!("     {label}: "), &text)?;
        let is_told = |hint: &String| differences.iter().any(|difference| hint.contains(difference.as_str()));
        match hint.filter(|hint| !is_told(hint)) {
            Some(hint) => line(f, "           ", &hint),
            None => Ok(()),
        }
    }

    /// The timelines of the connections that the unmet expectations are about; of all, where they are about none.
    fn timelines(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cited: Vec<_> = self.error.unmet.iter().flat_map(cited).collect();
        let mut places: Vec<(&str, u64)> = Vec::new();
        for event in &cited {
            if let Some(connection) = event.connection
                && !places.contains(&(&*event.server, connection))
            {
                places.push((&event.server, connection));
            }
        }
        let more = places.len().saturating_sub(CONNECTIONS);
        places.truncate(CONNECTIONS);
        let cited: BTreeSet<u64> = cited.iter().map(|event| event.seq).collect();
        if places.is_empty() {
            let title = if self.error.events.is_empty() { "nothing happened" } else { "what happened:" };
            writeln!(f, "\n{title}")?;
            return self.timeline(f, &self.error.events, &cited, LINES, self.servers);
        }
        let room = LINES / places.len();
        for (server, connection) in places {
            if self.servers {
                writeln!(f, "\nconnection {connection} of `{server}`:")?;
            } else {
                writeln!(f, "\nconnection {connection}:")?;
            }
            let on = |event: &&Arc<Event>| *event.server == *server && event.connection == Some(connection);
            let events: Vec<_> = self.error.events.iter().filter(on).map(Arc::clone).collect();
            self.timeline(f, &events, &cited, room, false)?;
        }
        match more {
            0 => Ok(()),
            1 => writeln!(f, "\nand 1 more connection"),
            _ => writeln!(f, "\nand {more} more connections"),
        }
    }

    fn timeline(
        &self,
        f: &mut fmt::Formatter<'_>,
        events: &[Arc<Event>],
        cited: &BTreeSet<u64>,
        room: usize,
        servers: bool,
    ) -> fmt::Result {
        let is_cited = |event: &Event| cited.contains(&event.seq);
        for shown in story_lines(events, is_cited, room, |events| self.lines(events, servers)) {
            match shown {
                Shown::LeftOut(count) => writeln!(f, "    … {count} more …")?,
                Shown::Event { text, cited: true } => line(f, "  > ", &text)?,
                Shown::Event { text, cited: false } => line(f, "    ", &text)?,
            }
        }
        Ok(())
    }
}

/// What stands in the place of one or more events.
enum Shown {
    LeftOut(usize),
    Event { text: String, cited: bool },
}

/// The excerpt of a timeline, about `room` lines of it; all lines with the same columns.
fn story_lines(
    events: &[Arc<Event>],
    is_cited: impl Fn(&Event) -> bool,
    room: usize,
    lines: impl Fn(Vec<Arc<Event>>) -> Vec<String>,
) -> Vec<Shown> {
    let marked: Vec<_> = (0..).zip(events).filter(|(_, event)| is_cited(event)).map(|(at, _)| at).collect();
    let ranges = excerpt(events.len(), &marked, room);
    let chosen: Vec<_> = ranges.iter().cloned().flatten().collect();
    let events: Vec<_> = chosen.iter().filter_map(|at| events.get(*at)).map(Arc::clone).collect();
    let mut shown = Vec::new();
    let mut next = 0;
    for ((at, event), text) in chosen.into_iter().zip(&events).zip(lines(events.clone())) {
        if at > next {
            shown.push(Shown::LeftOut(at - next));
        }
        next = at + 1;
        let cited = is_cited(event);
        // Of what is cited the hint was told above.
        let text = if cited { without_hint(&text, event).0.to_owned() } else { text };
        shown.push(Shown::Event { text, cited });
    }
    shown
}

/// The line of an event, and apart from it the hint that it ends with.
fn without_hint<'a>(line: &'a str, event: &'a Event) -> (&'a str, Option<&'a String>) {
    let hint = match &event.kind {
        Kind::Exec(exec) => exec.hint.as_ref(),
        Kind::ShellLine(line) => line.hint.as_ref(),
        Kind::Matched(matched) => matched.hint.as_ref(),
        _ => None,
    };
    match hint.and_then(|hint| line.strip_suffix(&format!(" ({hint})"))) {
        Some(line) => (line, hint),
        None => (line, None),
    }
}

/// For a wait that ended without its event: what came nearest to `query`, and the timeline with that marked.
pub(crate) fn story<Q: Query + ?Sized>(view: &Events, events: &[Arc<Event>], query: &Q) -> (String, String) {
    let unmet = Unmet::new("", "").nearest(view, query);
    let near: Vec<_> = unmet.near.iter().filter(|(_, mismatch)| mismatch.is_near()).collect();
    let servers = events.windows(2).any(|pair| matches!(pair, [a, b] if a.server != b.server));
    let lines = |events: Vec<Arc<Event>>| Timeline::new(events).naming_servers(servers).lines();
    let mut nearest = String::new();
    for (event, mismatch) in &near {
        let text = lines(vec![Arc::clone(event)]).concat();
        let _infallible = writeln!(nearest, "near: {}", cut(text.trim_start(), COLUMNS));
        for difference in &mismatch.differences {
            let _infallible = writeln!(nearest, "      {}", cut(difference, COLUMNS));
        }
    }
    let is_near = |event: &Event| near.iter().any(|(near, _)| near.seq == event.seq);
    let mut timeline = String::new();
    for shown in story_lines(events, is_near, WAITED, lines) {
        let _infallible = match shown {
            Shown::LeftOut(count) => writeln!(timeline, "… {count} more …"),
            Shown::Event { text, .. } => writeln!(timeline, "{text}"),
        };
    }
    (nearest, timeline)
}

/// The events that the report names, the nearest first.
fn cited(unmet: &Unmet) -> impl Iterator<Item = &Arc<Event>> {
    let near = unmet.near.iter().map(|(event, _)| event);
    let steps = unmet.steps.iter().filter_map(|(_, event)| event.as_ref());
    near.chain(unmet.seen.iter().take(LISTED)).chain(steps)
}

impl fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.headline(f)?;
        for (number, unmet) in self.error.unmet.iter().enumerate().take(TOLD) {
            if number <= IN_FULL {
                writeln!(f)?;
            }
            self.unmet(f, number + 1, unmet)?;
            if number < IN_FULL {
                self.details(f, unmet)?;
            }
        }
        if let Some(more @ 1..) = self.error.unmet.len().checked_sub(TOLD) {
            writeln!(f, "and {more} more")?;
        }
        self.timelines(f)?;
        if self.normalized {
            return Ok(());
        }
        match self.error.seeds.as_slice() {
            [] => Ok(()),
            [seed] => write!(f, "\nseed {seed}: a server with this seed draws the same chances\n"),
            seeds => {
                let seeds: Vec<_> = seeds.iter().map(ToString::to_string).collect();
                write!(f, "\nseeds {}: servers with these seeds draw the same chances\n", seeds.join(", "))
            }
        }
    }
}

/// A line that fits, control characters escaped: a hint or a difference may hold what a peer sent.
fn line(f: &mut fmt::Formatter<'_>, begin: &str, text: &str) -> fmt::Result {
    writeln!(f, "{begin}{}", cut(text.trim_end(), COLUMNS.saturating_sub(begin.chars().count())))
}

/// Text of so many characters at most: of a long one the middle is left out, more of what follows than of the end.
fn cut(text: &str, columns: usize) -> String {
    let mut escaped = String::new();
    for char in text.chars() {
        if char.is_control() {
            let _infallible = write!(escaped, "{}", char.escape_debug());
        } else {
            escaped.push(char);
        }
    }
    let total = escaped.chars().count();
    if total <= columns {
        return escaped;
    }
    let tail = columns / 4;
    let head = columns.saturating_sub(tail + 1);
    let begin: String = escaped.chars().take(head).collect();
    let end: String = escaped.chars().skip(total - tail).collect();
    format!("{begin}…{end}")
}
