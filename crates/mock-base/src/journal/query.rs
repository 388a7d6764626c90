//! Queries: what selects events, and what it makes of them.

use std::{borrow::Cow, fmt, ops::Deref, sync::Arc, time::Duration};

use crate::{
    Mismatch, Pattern,
    event::{Event, Kind, OPERATION, Payload, Record},
};

/// Selects events and says what is wanted of them.
///
/// Implemented by closures over [`Event`], which select whole events, and by the queries of
/// [`event`](crate::event), which select typed ones.
pub trait Query {
    /// What an event is turned into.
    type Output: Send + 'static;

    /// The output for this event, or `None` if it is not selected.
    fn select(&self, event: &Arc<Event>) -> Option<Self::Output>;

    /// The name of the only kind whose events it selects, where there is one: others need not be looked at.
    fn kind(&self) -> Option<&'static str> {
        None
    }

    /// Whether this event is selected. Cheaper than the output where that is a copy.
    fn selects(&self, event: &Arc<Event>) -> bool {
        self.select(event).is_some()
    }

    /// How reports name what is looked for: `exec "uname -r"`.
    fn describe(&self) -> String {
        "an event for which a closure holds".to_owned()
    }

    /// How near an event is that is not selected, for reports; `None` where it is nothing like it.
    fn near(&self, event: &Event) -> Option<Mismatch> {
        let _ = event;
        None
    }
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
/// use mock_base::{Journal, event, prefix};
///
/// let journal = Journal::new();
/// let recorder = journal.recorder("lab").on_connection(1);
/// recorder.record(event::Exec::new("ls", true, None));
/// recorder.record(event::Exec::new("rm -rf /", true, None));
/// let deletions = event::exec().command(prefix("rm "));
/// assert_eq!(journal.events().count(deletions), 1);
/// let short = event::exec().filter(|exec| exec.command.as_bytes().len() < 3);
/// assert_eq!(journal.events().count(short.on_connection(1)), 1);
/// ```
#[must_use = "a query does nothing by itself: hand it to `Events`"]
pub struct Filtered<P> {
    /// As reports call it.
    name: &'static str,
    /// As JSON calls it.
    kind: &'static str,
    pick: fn(&Kind) -> Option<&P>,
    conditions: Vec<Condition<P>>,
    server: Option<Arc<str>>,
    connection: Option<u64>,
}

/// One thing that is to hold.
struct Condition<P> {
    test: Arc<dyn Fn(&P) -> bool + Send + Sync>,
    /// How it reads behind the name of the kind.
    text: String,
    explain: Arc<dyn Fn(&P) -> Mismatch + Send + Sync>,
}

impl<P> Clone for Condition<P> {
    fn clone(&self) -> Self {
        Self { test: Arc::clone(&self.test), text: self.text.clone(), explain: Arc::clone(&self.explain) }
    }
}

impl<P> Clone for Filtered<P> {
    fn clone(&self) -> Self {
        Self {
            name: self.name,
            kind: self.kind,
            pick: self.pick,
            conditions: self.conditions.clone(),
            server: self.server.clone(),
            connection: self.connection,
        }
    }
}

impl<P: Clone + Send + 'static> fmt::Debug for Filtered<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Filtered({})", self.describe())
    }
}

impl<P: Payload> Filtered<P> {
    /// All events of this kind.
    pub(crate) fn any() -> Self {
        Self::new(called(P::NAME), P::NAME, P::of)
    }
}

/// As people call it, where that is not what JSON does: with words that the text form of queries knows too.
fn called(name: &'static str) -> &'static str {
    match name {
        "auth_accepted" => "login",
        "shell_line" => "line",
        _ => name,
    }
}

impl<R: Record + Clone> Filtered<R> {
    /// All events of this type of another crate.
    pub(crate) fn operations() -> Self {
        let path = std::any::type_name::<R>();
        Self::new(path.rsplit("::").next().unwrap_or(path), OPERATION, Kind::operation)
    }
}

impl<P: 'static> Filtered<P> {
    fn new(name: &'static str, kind: &'static str, pick: fn(&Kind) -> Option<&P>) -> Self {
        Self { name, kind, pick, conditions: Vec::new(), server: None, connection: None }
    }

    /// Only those for which `condition` holds as well. Reports cannot say more of it: [`that`](Self::that) tells them.
    pub fn filter(self, condition: impl Fn(&P) -> bool + Send + Sync + 'static) -> Self {
        self.told("for which a closure holds".to_owned(), condition, |_| {
            "the closure does not hold".to_owned()
        })
    }

    /// Only those for which `condition` holds as well, which reports name so: `exec().that("is a deletion", …)` is
    /// `exec that is a deletion`.
    pub fn that(
        self,
        text: impl Into<String>,
        condition: impl Fn(&P) -> bool + Send + Sync + 'static,
    ) -> Self {
        let text = text.into();
        let difference = format!("not one that {text}");
        self.told(format!("that {text}"), condition, move |_| difference.clone())
    }

    /// A kind of its own within the kind: called so, and only of events for which `condition` holds.
    pub(crate) fn restricted(
        mut self,
        name: &'static str,
        condition: impl Fn(&P) -> bool + Send + Sync + 'static,
    ) -> Self {
        self = self.told(String::new(), condition, move |_| format!("it is not {name}"));
        self.named(name)
    }

    /// Only those for which `condition` holds as well, with what reports say of it and of one for which it does not.
    pub(crate) fn told(
        mut self,
        text: String,
        condition: impl Fn(&P) -> bool + Send + Sync + 'static,
        difference: impl Fn(&P) -> String + Send + Sync + 'static,
    ) -> Self {
        self.conditions.push(Condition {
            test: Arc::new(condition),
            text,
            explain: Arc::new(move |payload| Mismatch::other(difference(payload))),
        });
        self
    }

    /// Only those of which this text matches. Named `label` in reports, or not at all where it is empty; how far a
    /// text is from matching is told word by word.
    pub fn text(
        self,
        label: &'static str,
        pattern: impl Into<Pattern>,
        read: impl Fn(&P) -> &[u8] + Send + Sync + 'static,
    ) -> Self {
        self.perhaps(label, pattern, move |payload| Some(Cow::Borrowed(read(payload))))
    }

    /// As [`text`](Self::text), for a text that need not be there or that is made when it is looked at.
    pub fn perhaps(
        mut self,
        label: &'static str,
        pattern: impl Into<Pattern>,
        read: impl Fn(&P) -> Option<Cow<'_, [u8]>> + Send + Sync + 'static,
    ) -> Self {
        let pattern = pattern.into();
        let read = Arc::new(read);
        let text = if label.is_empty() { pattern.to_string() } else { format!("{label} {pattern}") };
        let (test_read, test_pattern) = (Arc::clone(&read), pattern.clone());
        let command = label.is_empty() && matches!(self.kind, "exec" | "matched");
        self.conditions.push(Condition {
            test: Arc::new(move |payload| test_read(payload).is_some_and(|text| test_pattern.is_match(text))),
            text,
            explain: Arc::new(move |payload| {
                let Some(found) = read(payload) else {
                    return Mismatch::other(format!("{label}: there is none"));
                };
                let mismatch = if command {
                    pattern.explain_command(&found)
                } else {
                    pattern.explain_labelled(label, &found)
                };
                mismatch.unwrap_or_else(|| Mismatch::new(0, ""))
            }),
        });
        self
    }

    /// Only those of the server with this name.
    pub fn on_server(mut self, name: impl Into<Arc<str>>) -> Self {
        self.server = Some(name.into());
        self
    }

    /// Only those of the connection with this number.
    pub fn on_connection(mut self, number: u64) -> Self {
        self.connection = Some(number);
        self
    }

    /// Called so in reports: the kind by default.
    pub fn named(mut self, name: &'static str) -> Self {
        self.name = name;
        self
    }

    /// The payload, if all holds for it.
    fn holds<'e>(&self, event: &'e Event) -> Option<&'e P> {
        let payload = (self.pick)(&event.kind)?;
        let holds = self.is_there(event) && self.conditions.iter().all(|condition| (condition.test)(payload));
        holds.then_some(payload)
    }

    fn is_there(&self, event: &Event) -> bool {
        self.server.as_ref().is_none_or(|server| *server == event.server)
            && self.connection.is_none_or(|connection| event.connection == Some(connection))
    }
}

impl<P: Clone + Send + 'static> Query for Filtered<P> {
    type Output = Seen<P>;

    fn select(&self, event: &Arc<Event>) -> Option<Seen<P>> {
        let payload = self.holds(event)?;
        Some(Seen {
            seq: event.seq,
            at: event.at,
            server: Arc::clone(&event.server),
            connection: event.connection,
            channel: event.channel,
            payload: payload.clone(),
        })
    }

    fn kind(&self) -> Option<&'static str> {
        Some(self.kind)
    }

    fn selects(&self, event: &Arc<Event>) -> bool {
        self.holds(event).is_some()
    }

    fn describe(&self) -> String {
        let mut words = vec![self.name.to_owned()];
        let texts = self.conditions.iter().map(|condition| condition.text.clone());
        words.extend(texts.filter(|text| !text.is_empty()));
        words.extend(self.connection.map(|connection| format!("on connection {connection}")));
        words.extend(self.server.as_ref().map(|server| format!("on {server:?}")));
        words.join(" ")
    }

    fn near(&self, event: &Event) -> Option<Mismatch> {
        let nearly = event.kind.nearly(self.kind);
        let payload = (self.pick)(nearly.as_ref().map_or(&event.kind, |(kind, _)| kind))?;
        let failed = self.conditions.iter().filter(|condition| !(condition.test)(payload));
        let failed = failed.map(|condition| (condition.explain)(payload)).collect();
        let nearly = nearly.as_ref().map(|(_, why)| Mismatch::new(Mismatch::NEARLY, why.clone()));
        let elsewhere = (!self.is_there(event)).then(|| Mismatch::elsewhere(event));
        Mismatch::of(self.conditions.len(), failed, nearly.into_iter().chain(elsewhere).collect())
    }
}
