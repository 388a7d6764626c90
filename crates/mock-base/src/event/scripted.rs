//! Events of scripted answers: what was asked of the rules, which rule answered, and what a rule changed.
//!
//! Apart from the requests of [`channel`](super::channel), because they tell of the script as much as of the peer: a
//! question without a rule is what a strict test fails for, so each carries a hint at the nearest rule.

use std::fmt::{self, Write as _};

use serde::Serialize;

use super::{Data, connection::constructors};
use crate::journal::Describe;

/// A command was requested.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Exec {
    /// The command as the client sent it.
    pub command: Data,
    /// Whether the request was accepted; an unknown command is accepted too and exits with 127.
    pub accepted: bool,
    /// The rule that answered, as it was written; none for an unknown command.
    pub rule: Option<String>,
    /// User who is logged in; empty where nobody is.
    pub user: String,
    /// For an unknown command, the nearest rule and what differs, as a phrase.
    pub hint: Option<String>,
    /// Number of this call of the rule, from 1.
    pub call: Option<u64>,
}

/// A line was entered in a scripted shell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct ShellLine {
    /// The line after editing, without its end.
    pub line: Data,
    /// The rule that answered, as it was written; none for an unknown line.
    pub rule: Option<String>,
    /// For an unknown line, the nearest rule and what differs, as a phrase.
    pub hint: Option<String>,
}

/// Standard input decided which rule answers a command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Matched {
    /// The command, as in the event `exec` before.
    pub command: Data,
    /// The rule that answers, as it was written; none if none does.
    pub rule: Option<String>,
    /// If none does, the nearest rule and what differs, as a phrase.
    pub hint: Option<String>,
}

/// A state that rules depend on was set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct StateChanged {
    /// Its name.
    pub name: String,
    /// What it is now.
    pub value: String,
}

/// A fault that the test asked for did what it does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Fault {
    /// What the test calls it; none if it does not.
    pub name: Option<String>,
    /// Where it struck.
    pub stage: String,
    /// What went wrong there.
    pub action: String,
}

constructors! {
    Fault(name: Option<String>, stage: String, action: String);
    Matched(command: Data, rule: Option<String>, hint: Option<String>);
    StateChanged(name: String, value: String);
}

impl Exec {
    /// A command, whether it was accepted, and the rule that answered; who asked is told by [`by`](Self::by).
    ///
    /// ```
    /// use mock_base::event::Exec;
    ///
    /// let exec = Exec::new("uname -r", true, Some("uname *".to_owned())).by("deploy").call(2);
    /// assert_eq!((exec.user.as_str(), exec.call), ("deploy", Some(2)));
    /// ```
    #[must_use]
    pub fn new(command: impl Into<Data>, accepted: impl Into<bool>, rule: impl Into<Option<String>>) -> Self {
        Self {
            command: command.into(),
            accepted: accepted.into(),
            rule: rule.into(),
            user: String::new(),
            hint: None,
            call: None,
        }
    }

    /// Asked by this user.
    #[must_use]
    pub fn by(mut self, user: impl Into<String>) -> Self {
        self.user = user.into();
        self
    }

    /// Unknown, with this to say about the nearest rule: ``nearest rule "uname -r": command: `unmae` is not `uname` ``.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<Option<String>>) -> Self {
        self.hint = hint.into();
        self
    }

    /// The rule's call with this number, from 1.
    #[must_use]
    pub fn call(mut self, number: u64) -> Self {
        self.call = Some(number);
        self
    }
}

impl ShellLine {
    /// A line that no rule is known to have answered.
    #[must_use]
    pub fn new(line: impl Into<Data>) -> Self {
        Self { line: line.into(), rule: None, hint: None }
    }

    /// Answered by this rule.
    ///
    /// ```
    /// use mock_base::event::ShellLine;
    ///
    /// let line = ShellLine::new("show version").answered_by("show *".to_owned());
    /// assert_eq!(line.rule.as_deref(), Some("show *"));
    /// ```
    #[must_use]
    pub fn answered_by(mut self, rule: impl Into<Option<String>>) -> Self {
        self.rule = rule.into();
        self
    }

    /// Unknown, with this to say about the nearest rule.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<Option<String>>) -> Self {
        self.hint = hint.into();
        self
    }
}

impl Exec {
    pub(super) fn describe(&self, text: &mut Describe<'_>) -> fmt::Result {
        write!(text, "exec {:?}", self.command)?;
        match (&self.rule, self.accepted) {
            (_, false) => text.write_str(", refused"),
            (Some(_), true) => Ok(()),
            (None, true) => unknown(self.hint.as_deref(), text),
        }
    }
}

impl ShellLine {
    /// A shell need not have rules, so only a line with a hint is known to be unknown.
    pub(super) fn describe(&self, text: &mut Describe<'_>) -> fmt::Result {
        write!(text, "line {:?}", self.line)?;
        match (&self.rule, &self.hint) {
            (None, Some(hint)) => unknown(Some(hint), text),
            _ => Ok(()),
        }
    }
}

impl Matched {
    pub(super) fn describe(&self, text: &mut Describe<'_>) -> fmt::Result {
        write!(text, "stdin decides {:?}", self.command)?;
        match &self.rule {
            Some(rule) => write!(text, ": rule {rule:?}"),
            None => unknown(self.hint.as_deref(), text),
        }
    }
}

impl StateChanged {
    pub(super) fn describe(&self, text: &mut Describe<'_>) -> fmt::Result {
        write!(text, "state {:?} is {:?}", self.name, self.value)
    }
}

impl Fault {
    pub(super) fn describe(&self, text: &mut Describe<'_>) -> fmt::Result {
        text.write_str("fault ")?;
        self.name.as_ref().map_or(Ok(()), |name| write!(text, "`{name}`: "))?;
        write!(text, "{}: {}", self.stage, self.action)
    }
}

fn unknown(hint: Option<&str>, text: &mut Describe<'_>) -> fmt::Result {
    text.write_str(", unknown")?;
    hint.map_or(Ok(()), |hint| write!(text, " ({hint})"))
}
