//! Names of kinds: those of JSON, and the words that people say instead.

use super::query::What;
use crate::event::{FORWARDED_TO, KINDS, KindFields};

/// What people say, and the kind that it is.
const ALIASES: &[(&str, &str)] = &[
    ("login", "auth_accepted"),
    ("attempt", "auth_attempt"),
    ("command", "exec"),
    ("line", "shell_line"),
    ("input", "stdin"),
    ("eof", "stdin_eof"),
    ("resize", "window_change"),
    ("connect", "connected"),
    ("connection", "connected"),
    ("disconnect", "disconnected"),
    ("key", "key_offered"),
    ("terminal", "pty"),
    ("channel", "channel_opened"),
    ("state", "state_changed"),
    ("panic", "panicked"),
    ("agent", "agent_forward"),
    ("x11", "x11_forward"),
    ("version", "client_version"),
];

/// Channels of the kinds that clients are let through on.
const FORWARDED: &str = "forwarded";

/// Selects every event.
const ANY: &str = "any";

/// The kind with this name; `None` for a name that nothing has.
pub(super) fn named(word: &str) -> Option<What> {
    let kind = |name: &str| KINDS.iter().find(|kind| kind.name == name);
    if word == ANY {
        return Some(What::Any);
    }
    if let Some(fields) = kind(word) {
        return Some(What::Kind { called: fields.name, fields, only: None });
    }
    if let Some((called, name)) = ALIASES.iter().find(|(alias, _)| *alias == word) {
        return kind(name).map(|fields| What::Kind { called, fields, only: None });
    }
    if word == FORWARDED {
        let only = Some(FORWARDED_TO);
        return kind("channel_opened").map(|fields| What::Kind { called: FORWARDED, fields, only });
    }
    let (source, name) = word.split_once('.')?;
    let is_name = |text: &str| {
        !text.is_empty() && text.chars().all(|char| char.is_alphanumeric() || "-_@:.".contains(char))
    };
    let operation = is_name(source) && (name == "*" || is_name(name));
    operation.then(|| What::Operation { source: source.to_owned(), name: name.to_owned() })
}

/// Every name, for suggestions.
pub(super) fn all() -> impl Iterator<Item = &'static str> {
    KINDS.iter().map(|kind| kind.name).chain(ALIASES.iter().map(|(alias, _)| *alias)).chain([ANY, FORWARDED])
}

/// The names of the fields, members of objects included, for suggestions.
pub(super) fn fields(kind: &KindFields) -> Vec<&'static str> {
    kind.fields.iter().map(|(name, _)| *name).collect()
}
