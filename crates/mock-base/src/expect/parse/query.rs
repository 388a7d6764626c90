//! A query that was written as text: which kind, what is compared, and where it is to have happened.
//!
//! The typed queries are closures over structs; this one knows kinds and fields by name, and judges near misses alike.

use std::{
    fmt::{self, Write as _},
    sync::Arc,
};

use super::value::{Value, with_bytes};
use crate::{
    Event, Kind, Mismatch, Query,
    event::{FieldType, KindFields, OPERATION, OPERATION_SUBJECT},
};

/// A query as text, for a command line or a protocol: `exec "rm *" user "deploy" on connection 2`.
///
/// The grammar is that of [`ParsedExpectation`](super::ParsedExpectation), without a count.
///
/// ```
/// use mock_base::{Journal, ParsedQuery, event};
///
/// let journal = Journal::new();
/// let recorder = journal.recorder("db01").on_connection(1);
/// recorder.record(event::Exec::new("rm -r /srv/old", true, None).by("deploy"));
/// recorder.record(event::Exec::new("ls", true, None).by("deploy"));
/// let deletions: ParsedQuery = r#"exec "rm *" on "db01""#.parse()?;
/// assert_eq!(journal.events().query(deletions)[0].seq, 0);
/// # Ok::<(), mock_base::GrammarError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "a query does nothing by itself: hand it to `Events`"]
pub struct ParsedQuery {
    pub(super) what: What,
    pub(super) conditions: Vec<Condition>,
    pub(super) connection: Option<u64>,
    pub(super) server: Option<Value>,
}

/// Which events.
#[derive(Debug, Clone)]
pub(super) enum What {
    Any,
    Kind {
        called: &'static str,
        fields: &'static KindFields,
        /// What has to be there, and is meant where no field is named.
        only: Option<&'static str>,
    },
    Operation {
        source: String,
        name: String,
    },
}

impl PartialEq for What {
    fn eq(&self, other: &Self) -> bool {
        self.to_string() == other.to_string()
    }
}

impl Eq for What {}

/// A field, and what it is compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Condition {
    /// None for the subject.
    pub(super) field: Option<String>,
    pub(super) value: Value,
}

impl What {
    fn holds(&self, kind: &Kind) -> bool {
        match (self, kind) {
            (Self::Any, _) => true,
            (Self::Kind { fields, only, .. }, _) => {
                fields.name == kind.name() && only.is_none_or(|path| is_there(kind, path))
            }
            (Self::Operation { source, name }, Kind::Operation(record)) => {
                record.source() == source && (name == "*" || record.name() == name.as_str())
            }
            (Self::Operation { .. }, _) => false,
        }
    }

    /// The field that is meant where none is named.
    fn subject(&self) -> &'static str {
        match self {
            Self::Kind { fields, only, .. } => only.or(fields.subject).unwrap_or_default(),
            Self::Any | Self::Operation { .. } => OPERATION_SUBJECT,
        }
    }

    /// Of which type a field is, where that is known before an event is seen.
    pub(super) fn type_of(&self, path: &str) -> Option<FieldType> {
        let Self::Kind { fields, .. } = self else {
            return None;
        };
        let (field, member) = path.split_once('.').unwrap_or((path, ""));
        let of = |fields: &[(&str, FieldType)], name: &str| {
            fields.iter().find(|(field, _)| *field == name).map(|(_, kind)| *kind)
        };
        match (of(fields.fields, field)?, member) {
            (FieldType::Object(_), "") => Some(FieldType::Text),
            (FieldType::Object(members), _) => of(members, member),
            (kind, "") => Some(kind),
            _ => None,
        }
    }

    /// Words of a command are arguments, of everything else words.
    fn is_command(&self, condition: &Condition) -> bool {
        condition.field.is_none() && self.subject() == "command"
    }
}

fn is_there(kind: &Kind, path: &str) -> bool {
    let mut found = false;
    kind.visit(path, &mut |_| found = true);
    found
}

impl Condition {
    fn path<'a>(&'a self, what: &What) -> &'a str {
        self.field.as_deref().unwrap_or_else(|| what.subject())
    }

    fn holds(&self, what: &What, kind: &Kind) -> bool {
        let (mut is_null, mut holds) = (true, false);
        kind.visit(self.path(what), &mut |value| {
            is_null = false;
            holds = holds
                || self
                    .value
                    .pattern()
                    .is_some_and(|pattern| with_bytes(value, |bytes| pattern.is_match(bytes)));
        });
        holds || (is_null && self.value == Value::Null)
    }

    /// Why it does not hold.
    fn explain(&self, what: &What, kind: &Kind) -> Mismatch {
        let label = self.field.as_deref().unwrap_or_default();
        let mut nearest: Option<Mismatch> = None;
        kind.visit(self.path(what), &mut |value| {
            let mismatch = with_bytes(value, |bytes| match self.value.pattern() {
                Some(pattern) if what.is_command(self) => pattern.explain_command(bytes),
                Some(pattern) => pattern.explain_labelled(label, bytes),
                None => Some(Mismatch::other(format!(
                    "{label}: there is one, {}",
                    String::from_utf8_lossy(bytes)
                ))),
            });
            if let Some(mismatch) = mismatch
                && nearest.as_ref().is_none_or(|nearest| mismatch.distance < nearest.distance)
            {
                nearest = Some(mismatch);
            }
        });
        nearest.unwrap_or_else(|| {
            let label = if label.is_empty() { what.subject() } else { label };
            Mismatch::other(format!("{}: there is none", if label.is_empty() { "text" } else { label }))
        })
    }
}

impl ParsedQuery {
    fn is_there(&self, event: &Event) -> bool {
        self.connection.is_none_or(|connection| event.connection == Some(connection))
            && self
                .server
                .as_ref()
                .and_then(Value::pattern)
                .is_none_or(|server| server.is_match(&*event.server))
    }

    fn holds(&self, event: &Event) -> bool {
        self.what.holds(&event.kind)
            && self.is_there(event)
            && self.conditions.iter().all(|condition| condition.holds(&self.what, &event.kind))
    }
}

impl Query for ParsedQuery {
    type Output = Arc<Event>;

    fn select(&self, event: &Arc<Event>) -> Option<Arc<Event>> {
        self.holds(event).then(|| Arc::clone(event))
    }

    fn kind(&self) -> Option<&'static str> {
        match &self.what {
            What::Any => None,
            What::Kind { fields, .. } => Some(fields.name),
            What::Operation { .. } => Some(OPERATION),
        }
    }

    fn selects(&self, event: &Arc<Event>) -> bool {
        self.holds(event)
    }

    fn describe(&self) -> String {
        self.to_string()
    }

    fn near(&self, event: &Event) -> Option<Mismatch> {
        let nearly = match &self.what {
            What::Kind { fields, .. } => event.kind.nearly(fields.name),
            _ => None,
        };
        let kind = nearly.as_ref().map_or(&event.kind, |(kind, _)| kind);
        if !self.what.holds(kind) {
            return None;
        }
        let failed = self.conditions.iter().filter(|condition| !condition.holds(&self.what, kind));
        let failed = failed.map(|condition| condition.explain(&self.what, kind)).collect();
        let nearly = nearly.as_ref().map(|(_, why)| Mismatch::new(Mismatch::NEARLY, why.clone()));
        let elsewhere = (!self.is_there(event)).then(|| Mismatch::elsewhere(event));
        Mismatch::of(self.conditions.len(), failed, nearly.into_iter().chain(elsewhere).collect())
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("any"),
            Self::Kind { called, .. } => f.write_str(called),
            Self::Operation { source, name } => write!(f, "{source}.{name}"),
        }
    }
}

/// As it can be read again.
impl fmt::Display for ParsedQuery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.what)?;
        for Condition { field, value } in &self.conditions {
            if let Some(field) = field {
                write!(f, " {field}")?;
            }
            f.write_char(' ')?;
            let path = field.as_deref().unwrap_or_else(|| self.what.subject());
            match (self.what.type_of(path), value.bare()) {
                (Some(FieldType::Number | FieldType::Flag | FieldType::Word(_)), Some(bare)) => {
                    f.write_str(bare)?;
                }
                (None, Some(number)) if number.chars().all(|char| char.is_ascii_digit()) => {
                    f.write_str(number)?;
                }
                _ => write!(f, "{value}")?,
            }
        }
        if let Some(connection) = self.connection {
            write!(f, " on connection {connection}")?;
        }
        match &self.server {
            Some(server) => write!(f, " on {server}"),
            None => Ok(()),
        }
    }
}
