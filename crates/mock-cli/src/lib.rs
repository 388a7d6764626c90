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
    // Ends the process by itself with `ExitStatus::Usage` where the arguments are wrong.
    let args = args::Args::parse();
    match command::run(args) {
        Ok(()) => ExitStatus::Success.into(),
        Err(error) => {
            output::error(&error);
            error.exit_status().into()
        }
    }
}
