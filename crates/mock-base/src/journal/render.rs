//! Events as text for people: the timeline.

use std::{
    borrow::Cow,
    collections::HashMap,
    fmt::{self, Write as _},
    sync::Arc,
};

use crate::{Event, Steps};

/// Events as text, a line each; `Display` prints it.
///
/// ```
/// use mock_base::{Journal, event};
///
/// let journal = Journal::new();
/// let recorder = journal.recorder("lab").on_connection(1);
/// recorder.record(event::Connected::new("127.0.0.1:50123"));
/// recorder.on_channel(0).record(event::Exec::new("uname -r", true, Some("uname -r".to_owned())));
/// assert_eq!(
///     journal.events().timeline().normalized().to_string(),
///     "1    connected from 127.0.0.1:PORT\n1.0  exec \"uname -r\"\n",
/// );
/// ```
#[derive(Debug, Clone)]
pub struct Timeline {
    events: Vec<Arc<Event>>,
    normalized: bool,
}

impl Timeline {
    pub(crate) fn new(events: Vec<Arc<Event>>) -> Self {
        Self { events, normalized: false }
    }

    /// Only what one of these queries selects: `timeline.only((event::exec(), event::stdin()))`.
    #[must_use]
    pub fn only(mut self, queries: impl Steps) -> Self {
        let queries = queries.collect();
        self.events.retain(|event| queries.selects(event));
        self
    }

    /// Without what differs from run to run: times and byte totals are left out, ports become `PORT`,
    /// fingerprints `SHA256:1`, `SHA256:2`, … in order of appearance. For snapshots.
    #[must_use]
    pub fn normalized(mut self) -> Self {
        self.normalized = true;
        self
    }
}

impl fmt::Display for Timeline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let several = self.events.windows(2).any(|pair| matches!(pair, [a, b] if a.server != b.server));
        let place = |event: &Event| {
            let mut place = String::new();
            if several {
                place.push_str(&event.server);
                place.push(' ');
            }
            match (event.connection, event.channel) {
                (Some(connection), Some(channel)) => {
                    let _infallible = write!(place, "{connection}.{channel}");
                }
                (Some(connection), None) => {
                    let _infallible = write!(place, "{connection}");
                }
                (None, _) => place.push('-'),
            }
            place
        };
        let width = self.events.iter().map(|event| place(event).chars().count()).max().unwrap_or_default();
        let mut seen = HashMap::new();
        for event in &self.events {
            let mut line = String::new();
            event.kind.describe(&mut Describe {
                out: &mut line,
                seen: if self.normalized { Some(&mut seen) } else { None },
            })?;
            if self.normalized {
                writeln!(f, "{:width$}  {line}", place(event))?;
            } else {
                writeln!(f, "{:>9.4}s  {:width$}  {line}", event.at.as_secs_f64(), place(event))?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut line = String::new();
        self.kind.describe(&mut Describe { out: &mut line, seen: None })?;
        f.write_str(&line)
    }
}

/// What a payload describes itself into, in one line and without a line end.
pub(crate) struct Describe<'a> {
    out: &'a mut String,
    /// Fingerprints in order of appearance; present when the text is to be the same in every run.
    seen: Option<&'a mut HashMap<String, usize>>,
}

impl Describe<'_> {
    /// `address:port`, the port hidden in normal form.
    pub(crate) fn address<'t>(&self, address: &'t str) -> Cow<'t, str> {
        match (&self.seen, address.rsplit_once(':')) {
            (Some(_), Some((host, _))) => format!("{host}:PORT").into(),
            _ => address.into(),
        }
    }

    /// A fingerprint, replaced by its number in normal form.
    pub(crate) fn fingerprint<'t>(&mut self, fingerprint: &'t str) -> Cow<'t, str> {
        let Some(seen) = &mut self.seen else {
            return fingerprint.into();
        };
        let next = seen.len() + 1;
        let number = *seen.entry(fingerprint.to_owned()).or_insert(next);
        let hash = fingerprint.split_once(':').map_or("SHA256", |(hash, _)| hash);
        format!("{hash}:{number}").into()
    }

    /// Text of which only fingerprints differ from run to run.
    pub(crate) fn normal<'t>(&mut self, text: &'t str) -> Cow<'t, str> {
        if text.starts_with("SHA256:") { self.fingerprint(text) } else { text.into() }
    }

    /// Writes what normal form leaves out.
    pub(crate) fn unless_normal(&mut self, text: fmt::Arguments<'_>) -> fmt::Result {
        if self.seen.is_some() { Ok(()) } else { self.out.write_fmt(text) }
    }
}

/// Peers choose names, paths and messages: control characters are escaped, so that nothing breaks the line,
/// forges another one or reaches the terminal.
impl fmt::Write for Describe<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for char in text.chars() {
            if char.is_control() {
                self.out.extend(char.escape_debug());
            } else {
                self.out.push(char);
            }
        }
        Ok(())
    }
}
