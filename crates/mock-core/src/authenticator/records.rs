//! What the journal says of logins beyond the attempts: which answer was given to which prompt, and what a login was
//! held to afterwards. Read back typed with `Events::of`.

use std::borrow::Cow;

use mock_base::{Data, Record, Secret, Value};

/// A client began keyboard-interactive (RFC 4256 section 3.1).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct KbdintStarted {
    /// User name of the request.
    pub user: String,
    /// The submethods that the client prefers, comma-separated, as it sent them; usually empty.
    pub submethods: String,
}

/// A prompt of keyboard-interactive was answered, or left without an answer (RFC 4256 section 3.4).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PromptAnswered {
    /// User name of the request.
    pub user: String,
    /// Number of the round since keyboard-interactive was begun, from 1.
    pub round: u32,
    /// What was asked.
    pub prompt: String,
    /// Whether the client was allowed to show what is typed.
    pub echo: bool,
    /// What was answered, kept out of texts unless the server reveals secrets; nothing, where the client sent fewer
    /// answers than there were prompts.
    pub answer: Option<Secret>,
}

/// A login was accepted that may not do everything.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LoginRestricted {
    /// The user.
    pub user: String,
    /// What holds, as options of `authorized_keys`.
    pub options: String,
}

/// A command ran in place of what the client asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CommandForced {
    /// What ran.
    pub command: String,
    /// What the client asked for: a command, or the name of a subsystem; nothing for a shell.
    pub original: Option<Data>,
}

impl Record for KbdintStarted {
    fn source(&self) -> &'static str {
        "auth"
    }

    fn name(&self) -> Cow<'static, str> {
        "keyboard_interactive".into()
    }

    fn fields(&self, out: &mut dyn FnMut(&'static str, Value<'_>)) {
        out("user", Value::Text(&self.user));
        out("submethods", Value::Text(&self.submethods));
    }
}

impl Record for PromptAnswered {
    fn source(&self) -> &'static str {
        "auth"
    }

    fn name(&self) -> Cow<'static, str> {
        "answer".into()
    }

    fn fields(&self, out: &mut dyn FnMut(&'static str, Value<'_>)) {
        out("user", Value::Text(&self.user));
        out("round", Value::U64(self.round.into()));
        out("prompt", Value::Text(&self.prompt));
        out("echo", Value::Bool(self.echo));
        if let Some(answer) = &self.answer {
            // What a secret shows of itself.
            out("answer", Value::Text(&answer.to_string()));
        }
    }
}

impl Record for LoginRestricted {
    fn source(&self) -> &'static str {
        "auth"
    }

    fn name(&self) -> Cow<'static, str> {
        "restricted".into()
    }

    fn fields(&self, out: &mut dyn FnMut(&'static str, Value<'_>)) {
        out("user", Value::Text(&self.user));
        out("options", Value::Text(&self.options));
    }
}

impl Record for CommandForced {
    fn source(&self) -> &'static str {
        "auth"
    }

    fn name(&self) -> Cow<'static, str> {
        "forced".into()
    }

    fn fields(&self, out: &mut dyn FnMut(&'static str, Value<'_>)) {
        out("command", Value::Text(&self.command));
        if let Some(original) = &self.original {
            out("original", Value::Bytes(original.as_bytes()));
        }
    }
}
