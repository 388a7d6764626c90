//! What the project does to itself: `cargo xtask help` lists the commands.
//!
//! One `match`, one file for each command, no dependency that makes `cargo xtask` slow to start.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "printing is how this program answers")]

mod bench;
mod bench_agent;
mod ci;
mod docs;
mod downstream;
mod integration;
mod layers;
mod package;
mod step;
mod task;
mod tidy;
mod tool;
mod workspace;

use std::{env, process::ExitCode};

const HELP: &str = "\
cargo xtask <command>

  ci [--strict] [--quick]  Every check, fastest first; stops at the first that fails.
                           --strict: a missing foreign program is a failure.
                           --quick:  only format, tidy, clippy and tests.
  integration [--strict]   The integration tests: our own client, then everybody else's.
  tidy                     The project's own lints.
  docs [--check]           Writes the generated documents, or says which are out of date.
  bench                    Runs the benchmarks and prints the medians.
  bench agent              Signatures per second, beside OpenSSH's ssh-agent.
  bench sftp [NAME...]     SFTP beside a plain server and OpenSSH's, and what it needs of memory;
                           NAME: only what begins so.
  help                     This text.";

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let outcome = match args.as_slice() {
        ["ci", flags @ ..] if known(flags, &["--strict", "--quick"]) => {
            ci::run(&ci::Options { strict: flags.contains(&"--strict"), quick: flags.contains(&"--quick") })
        }
        ["integration", flags @ ..] if known(flags, &["--strict"]) => {
            integration::run(flags.contains(&"--strict"))
        }
        ["tidy"] => tidy::run(),
        ["docs"] => docs::write(),
        ["docs", "--check"] => docs::check(),
        ["bench"] => bench::run(),
        ["bench", "agent"] => bench_agent::run(),
        ["bench", "sftp", wanted @ ..] => bench::sftp(wanted),
        ["help" | "--help" | "-h"] => {
            println!("{HELP}");
            Ok(())
        }
        [] => {
            eprintln!("{HELP}");
            return ExitCode::from(2);
        }
        unknown => {
            eprintln!("unknown command `{}`\n\n{HELP}", unknown.join(" "));
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn known(flags: &[&str], expected: &[&str]) -> bool {
    flags.iter().all(|flag| expected.contains(flag))
}
