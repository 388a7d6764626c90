//! Answers, exactly as they are written: `{"id":1,"ok":true,…}` or `{"id":1,"ok":false,"error":{…}}`.

use std::{collections::BTreeMap, sync::Arc};

use mock_base::Event;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::agent::Identities;
use crate::verdict::VerdictLine;

/// What a request is answered with, beside `id` and `ok`.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum Answer {
    Verdict(VerdictLine),
    Expecting(Expecting),
    Done(Done),
    Number(RuleNumber),
    Rules(Rules),
    Forwards(Forwards),
    Door(Door),
    FaultNumber(FaultNumber),
    Faults(Faults),
    States(States),
    Events(Page),
    Seen(Seen),
    ClientKit(ClientKit),
    Identities(Identities),
}

/// What is expected now.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(crate) struct Expecting {
    /// The expectation as reports name it.
    pub(super) expectation: String,
    /// How many expectations there are now, those of rules included.
    pub(super) count: usize,
}

/// Nothing more.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(crate) struct Done {}

#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(crate) struct RuleNumber {
    /// The rule's number, which no other rule will have.
    pub(super) number: u64,
}

#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(crate) struct Rules {
    /// In their order.
    pub(super) rules: Vec<RuleLine>,
}

#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(crate) struct RuleLine {
    /// Its number.
    pub(super) number: u64,
    /// Its name, or how its matcher reads.
    pub(super) rule: String,
    /// Commands that it answered.
    pub(super) hits: u64,
    /// How many it is expected to answer, where that was said.
    pub(super) expected: Option<String>,
}

#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(crate) struct Forwards {
    /// In their order.
    pub(super) rules: Vec<ForwardLine>,
}

#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(crate) struct ForwardLine {
    /// Its number.
    pub(super) number: u64,
    /// What it is for.
    pub(super) rule: String,
    /// How often it decided.
    pub(super) hits: u64,
}

/// Where to connect to, once.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(crate) struct Door {
    /// The address to connect to.
    pub(super) address: String,
    /// And the port.
    pub(super) port: u16,
}

#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(crate) struct FaultNumber {
    /// The fault's number, which no other fault will have.
    pub(super) number: u64,
}

#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(crate) struct Faults {
    /// By their numbers.
    pub(super) faults: Vec<FaultLine>,
}

#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(crate) struct FaultLine {
    /// Its number.
    pub(super) number: u64,
    /// Its name, or its stage and action, as in events.
    pub(super) label: String,
    /// Its text.
    pub(super) fault: String,
    /// Whether it is switched on.
    pub(super) on: bool,
    /// How often it did what it does.
    pub(super) struck: u64,
}

#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(crate) struct States {
    /// By name.
    pub(super) states: BTreeMap<String, String>,
}

#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(crate) struct Page {
    /// Each as in `docs/events.md`, the oldest first.
    #[cfg_attr(feature = "schema", schemars(with = "Vec<Map<String, Value>>"))]
    pub(super) events: Vec<Arc<Event>>,
    /// What to give as `since` for those that come next.
    pub(super) next: u64,
    /// Whether there are more by now, left out because of `limit`.
    pub(super) more: bool,
}

#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(crate) struct Seen {
    /// The event, as in `docs/events.md`.
    #[cfg_attr(feature = "schema", schemars(with = "Map<String, Value>"))]
    pub(super) seen: Arc<Event>,
}

#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(crate) struct ClientKit {
    /// As the first line of `--json`, which the README describes.
    #[cfg_attr(feature = "schema", schemars(with = "Map<String, Value>"))]
    pub(super) client_kit: Value,
}

/// Why a request was not obeyed.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(crate) struct Failure {
    /// What kind of error it is.
    code: Code,
    /// What is wrong, for people.
    message: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
}

#[derive(Debug, Clone, Copy, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub(crate) enum Code {
    /// The line is no JSON object.
    NotJson,
    /// The line is longer than a mebibyte. It was skipped.
    TooLong,
    /// There is no such command.
    UnknownCommand,
    /// A field is unknown, missing or of the wrong type.
    BadRequest,
    /// The expectation or the query cannot be understood.
    BadQuery,
    /// The rule cannot be understood.
    BadRule,
    /// The fault cannot be understood, or would never strike.
    BadFault,
    /// There is no such rule, fault or key, or nobody has the server listen there.
    NotFound,
    /// A connection cannot be opened: the client does not want it, or is gone.
    NotOpened,
    /// What was waited for did not come in time.
    TimedOut,
    /// The server, or the agent, stops.
    Stopping,
}

impl Failure {
    pub(super) fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), hint: None }
    }

    pub(super) fn hint(mut self, hint: impl Into<Option<String>>) -> Self {
        self.hint = hint.into();
        self
    }

    pub(super) fn not_json(error: &serde_json::Error) -> Self {
        let example = r#"write one object on each line, such as {"id":1,"command":"verify"}"#;
        Self::new(Code::NotJson, error.to_string()).hint(example.to_owned())
    }

    /// What serde has against a request, with the name that was probably meant.
    pub(super) fn bad_request(error: &serde_json::Error) -> Self {
        let mut message = error.to_string();
        for (in_rust, in_json) in [("u64", "a number"), ("usize", "a number"), ("f64", "a number")] {
            message = message.replace(&format!("expected {in_rust}"), &format!("expected {in_json}"));
        }
        if let Some(rest) = message.strip_prefix("unknown variant ") {
            let (name, known) = names(rest);
            let text = format!("there is no command `{name}`");
            return Self::new(Code::UnknownCommand, text).hint(meant(name, &known));
        }
        let hint = message.strip_prefix("unknown field ").map(|rest| {
            let (name, known) = names(rest);
            meant(name, &known)
        });
        Self::new(Code::BadRequest, message).hint(hint)
    }
}

/// The names in a message of serde: ``unknown field `a`, expected one of `b`, `c` ``.
fn names(message: &str) -> (&str, Vec<&str>) {
    let mut quoted = message.split('`').skip(1).step_by(2);
    (quoted.next().unwrap_or_default(), quoted.collect())
}

/// The nearest of these names, or all where none is near.
fn meant(name: &str, known: &[&str]) -> String {
    let nearest = known.iter().min_by_key(|known| strsim::damerau_levenshtein(name, known));
    match nearest {
        Some(nearest) if strsim::damerau_levenshtein(name, nearest) <= 1 + nearest.len() / 4 => {
            format!("did you mean `{nearest}`?")
        }
        Some(_) => format!("there are `{}`", known.join("`, `")),
        None => "it takes none".to_owned(),
    }
}

/// An answer as a line.
pub(super) fn line(id: Option<Value>, result: Result<Answer, Failure>) -> String {
    let mut fields = Map::new();
    fields.extend(id.map(|id| ("id".to_owned(), id)));
    fields.insert("ok".into(), result.is_ok().into());
    match result {
        Ok(answer) => {
            if let Value::Object(answer) = json!(answer) {
                fields.extend(answer);
            }
        }
        Err(failure) => {
            fields.insert("error".into(), json!(failure));
        }
    }
    format!("{}\n", Value::Object(fields))
}
