#![doc = include_str!("../README.md")]

mod args;
mod command;
mod control;
mod credentials;
mod error;
mod expected;
mod export;
mod fault;
mod files;
mod follow;
mod junit;
mod lab;
mod output;
mod outputs;
mod placeholder;
mod profile;
mod ready;
mod run;
mod scenario;
mod signals;
mod table;
mod verdict;

use std::process::ExitCode;

use clap::Parser as _;

#[cfg(feature = "schema")]
pub use control::schema as control_schema;
pub use error::ExitStatus;
pub use scenario::{Problem, Scenario, ScenarioError, ScenarioServers, ScenarioUser};

/// What the binary does: reads the arguments of this process, obeys them, and says how that went.
#[must_use]
pub fn main() -> ExitCode {
    let args = args::Args::try_parse().and_then(args::Args::checked).unwrap_or_else(|error| {
        if error.use_stderr() && std::env::args_os().any(|arg| arg == "--env") {
            // So that `eval` fails as well.
            output::to_program("false\n");
        }
        // With `ExitStatus::Usage` where the arguments are wrong.
        error.exit()
    });
    match command::run(args) {
        Ok(()) => ExitStatus::Success.into(),
        Err(error) => {
            output::error(&error);
            error.exit_status().into()
        }
    }
}
