//! The arguments of `mock-ssh agent`.

use std::{ffi::OsString, path::PathBuf, str::FromStr};

use clap::Args as ClapArgs;
use mock_base::{Delay, ParsedExpectation};

use super::{OutputArgs, PubkeyType, is_standard_stream};
use crate::fault::Fault;

/// What there is to know about policies.
const HELP: &str = "\
Policies, all of them about signatures:
  allow                sign
  refuse               answer with a failure
  refuse-after=COUNT   sign so many times, then refuse
  close                close the connection instead of an answer
  truncate             send half of the answer, then close
  wrong-length         announce one byte more than there is
  garbage              answer with a message that means nothing
  wrong-signature      flip a bit of the signature

Without a command it prints `export` lines and serves until it is told to stop: eval \"$(mock-ssh agent &)\"

Exit status: 0 when the command succeeded and everything expected came, 1 when something did not, 5 when only the
command failed, 6 when it could not be started, 3 when the socket cannot be made, 4 for a key that cannot be read.";

#[derive(Debug, Clone, ClapArgs)]
#[command(next_line_help = false, after_help = HELP)]
pub(crate) struct AgentArgs {
    /// Run this command with the agent in its environment, and end with it
    #[arg(last = true, value_name = "COMMAND")]
    pub(crate) command: Vec<OsString>,

    /// Have the key in this file, and its certificate if there is one beside it; may be repeated
    #[arg(long, value_name = "FILE")]
    pub(crate) key: Vec<PathBuf>,

    /// Have a new key of this type; may be repeated
    #[arg(long, value_enum, value_name = "TYPE")]
    pub(crate) generate: Vec<PubkeyType>,

    /// Listen here [default: in a new directory of its own]
    #[arg(long, value_name = "PATH")]
    pub(crate) socket: Option<PathBuf>,

    /// What becomes of requests for signatures: see below
    #[arg(long, value_name = "POLICY", default_value = "allow")]
    pub(crate) policy: AgentPolicy,

    /// Take this long for each signature, such as `250ms` or `1s..2s`
    #[arg(long, value_name = "DELAY", default_value = "0s")]
    pub(crate) delay: Delay,

    /// Let this go wrong, such as `agent sign: close; nth 2`; may be repeated. See docs/faults.md
    #[arg(long, value_name = "FAULT", value_parser = Fault::of_agent)]
    pub(crate) fault: Vec<mock_agent::Fault>,

    /// Confirm each use of a key that was added with `ssh-add -c`, which is refused otherwise
    #[arg(long)]
    pub(crate) confirm: bool,

    /// Draw delays from this seed
    #[arg(long, value_name = "NUMBER")]
    pub(crate) seed: Option<u64>,

    /// Stop when the process that started this one ends
    #[arg(long)]
    pub(crate) exit_with_parent: bool,

    /// Expect this by the end, such as `agent.sign user anna x1`; may be repeated
    #[arg(long, value_name = "EXPECTATION")]
    pub(crate) expect: Vec<ParsedExpectation>,

    #[command(flatten)]
    pub(crate) output: OutputArgs,

    /// Take requests as JSON Lines on a Unix socket at this path; `-` is standard input, with answers on standard
    /// output, and implies --json. See docs/control.md
    #[arg(long, value_name = "PATH", help_heading = "Control")]
    pub(crate) control: Option<PathBuf>,
}

impl AgentArgs {
    /// Whether standard output carries JSON only: answers to requests are JSON too.
    pub(crate) fn json(&self) -> bool {
        self.output.json || self.control_on_stdin()
    }

    fn control_on_stdin(&self) -> bool {
        self.control.as_deref().is_some_and(is_standard_stream)
    }

    pub(super) fn conflict(&self) -> Option<&'static str> {
        let taken = self.control_on_stdin() && !self.command.is_empty();
        taken.then_some(
            "'--control -' cannot be used with a command: standard input is the command's; use a path",
        )
    }
}

/// What becomes of requests for signatures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AgentPolicy {
    Allow,
    Refuse,
    RefuseAfter(u64),
    Close,
    Truncate,
    WrongLength,
    Garbage,
    WrongSignature,
}

impl FromStr for AgentPolicy {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(match text {
            "allow" => Self::Allow,
            "refuse" => Self::Refuse,
            "close" => Self::Close,
            "truncate" => Self::Truncate,
            "wrong-length" => Self::WrongLength,
            "garbage" => Self::Garbage,
            "wrong-signature" => Self::WrongSignature,
            other => match other.strip_prefix("refuse-after=") {
                Some(count) => Self::RefuseAfter(count.parse().map_err(|_| {
                    format!("`{count}` behind `refuse-after=` is no count: write a whole number, such as `refuse-after=2`")
                })?),
                None => return Err(format!("there is no policy `{other}`: `mock-ssh agent --help` lists them")),
            },
        })
    }
}
