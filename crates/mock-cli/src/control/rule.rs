//! A rule as a request writes it.

use mock_core::{Exec, Pattern, Reply};
use serde::Deserialize;

use super::answer::{Code, Failure};

/// A rule for commands: which it is for, and what answers them.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct Rule {
    /// The command: `*` is any text, `?` any character, `~` begins a regular expression and `=` the exact text.
    on: String,
    /// Printed to standard output.
    #[serde(default)]
    stdout: String,
    /// Printed to standard error.
    #[serde(default)]
    stderr: String,
    /// The exit status.
    #[serde(default)]
    exit: u32,
    /// Called so in the journal and in reports.
    name: Option<String>,
}

impl Rule {
    pub(super) fn into_exec(self) -> Result<Exec, Failure> {
        let pattern =
            Pattern::parse(&self.on).map_err(|error| Failure::new(Code::BadRule, format!("on: {error}")))?;
        let mut reply = Reply::fail(self.exit);
        if !self.stdout.is_empty() {
            reply = reply.stdout(self.stdout);
        }
        if !self.stderr.is_empty() {
            reply = reply.stderr(self.stderr);
        }
        let rule = Exec::on(pattern).reply(reply);
        Ok(match self.name {
            Some(name) => rule.named(name),
            None => rule,
        })
    }
}
