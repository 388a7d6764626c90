#![doc = include_str!("../README.md")]

mod args;
mod command;
mod credentials;
mod error;
mod export;
mod follow;
mod lab;
mod output;
mod ready;
mod signals;
mod table;

use std::process::ExitCode;

use clap::Parser as _;

pub use error::ExitStatus;

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
