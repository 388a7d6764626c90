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
    /// Whether lines name their server.
    servers: bool,
}

impl Timeline {
    pub(crate) fn new(events: Vec<Arc<Event>>) -> Self {
        let servers = events.windows(2).any(|pair| matches!(pair, [a, b] if a.server != b.server));
        Self { events, normalized: false, servers }
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

    /// Names servers or does not, whether there are several in it.
    pub(crate) fn naming_servers(mut self, servers: bool) -> Self {
        self.servers = servers;
        self
    }

    /// A line for each event, without line ends.
    pub(crate) fn lines(&self) -> Vec<String> {
        let places: Vec<_> = self.events.iter().map(|event| self.place(event)).collect();
        let width = places.iter().map(|place| place.chars().count()).max().unwrap_or_default();
        let mut seen = HashMap::new();
        let lines = self.events.iter().zip(places).map(|(event, place)| {
            let mut line = if self.normalized {
                format!("{place:width$}  ")
            } else {
                format!("{:>9.4}s  {place:width$}  ", event.at.as_secs_f64())
            };
            let seen = if self.normalized { Some(&mut seen) } else { None };
            // Writing into a string does not fail.
            let _infallible = event.kind.describe(&mut Describe { out: &mut line, seen });
            line
        });
        lines.collect()
    }

    /// `db01 1.0`: the server where it is named, the connection, the channel.
    fn place(&self, event: &Event) -> String {
        let mut place = String::new();
        if self.servers {
            place.push_str(&event.server);
            place.push(' ');
        }
        let _infallible = match (event.connection, event.channel) {
            (Some(connection), Some(channel)) => write!(place, "{connection}.{channel}"),
            (Some(connection), None) => write!(place, "{connection}"),
            (None, _) => place.write_char('-'),
        };
        place
    }
}

impl fmt::Display for Timeline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.lines().iter().try_for_each(|line| writeln!(f, "{line}"))
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
