//! What the journal says about processes: one event when one was started, one when it was reaped.

use std::borrow::Cow;

use mock_core::{
    Exit,
    mock_base::{Record, Value},
};

/// A program was started. In the journal `process started`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Started {
    /// Its process id, which is the id of its process group and of its session as well.
    pub pid: u32,
    /// Its path, with U+FFFD where that is not UTF-8.
    pub program: String,
    /// Whether it has a pseudo-terminal.
    pub pty: bool,
}

/// A program ended, and was reaped: the process id is free from now on. In the journal `process ended`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Ended {
    /// Its process id.
    pub pid: u32,
    /// How it ended.
    pub exit: Exit,
    /// Whether the channel was closed before, so that it was told to end.
    pub abandoned: bool,
}

const SOURCE: &str = "process";

impl Record for Started {
    fn source(&self) -> &'static str {
        SOURCE
    }

    fn name(&self) -> Cow<'static, str> {
        "started".into()
    }

    fn fields(&self, out: &mut dyn FnMut(&'static str, Value<'_>)) {
        out("pid", Value::U64(self.pid.into()));
        out("program", Value::Text(&self.program));
        out("pty", Value::Bool(self.pty));
    }
}

impl Record for Ended {
    fn source(&self) -> &'static str {
        SOURCE
    }

    fn name(&self) -> Cow<'static, str> {
        "ended".into()
    }

    fn fields(&self, out: &mut dyn FnMut(&'static str, Value<'_>)) {
        out("pid", Value::U64(self.pid.into()));
        match &self.exit {
            Exit::Status(status) => out("status", Value::U64((*status).into())),
            Exit::Signal { name, .. } => out("signal", Value::Text(name)),
            _ => {}
        }
        out("abandoned", Value::Bool(self.abandoned));
    }
}
