//! SFTP side by side: our server, the plain server that one would write by hand, and OpenSSH's `internal-sftp`.
//!
//! Each is a process of its own, so that its processor time can be told from the client's. The client shares no code
//! with any of them. Scenarios alternate between the servers, round by round, so that whatever else the machine does
//! hits all of them; what is compared are the ratios of each round. `cargo xtask bench sftp` runs this.
#![expect(
    clippy::cast_precision_loss,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark prints, stops where it cannot go on, and knows its numbers to be small"
)]

mod connection;
mod handshake;
mod memory;
mod openssh;
mod ours;
mod plain;
mod process;
mod report;
mod scenario;
mod sftp;

use std::env;

use process::Server;
use report::Round;
use scenario::SCENARIOS;

/// How often each server does each scenario.
const ROUNDS: usize = 5;

fn main() {
    let args: Vec<String> = env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["serve-ours"] => ours::serve(),
        ["serve-plain"] => plain::serve(),
        ["serve-plain-1t"] => plain::serve_on_one_thread(),
        wanted => compare(wanted),
    }
}

/// Runs the scenarios whose names begin with one of these, or all.
fn compare(wanted: &[&str]) {
    let is_wanted = |name: &str| wanted.is_empty() || wanted.iter().any(|wanted| name.starts_with(wanted));
    let directory = tempfile::Builder::new().prefix("bench-sftp-").tempdir_in("/dev/shm").unwrap();
    let servers = [
        Server::start("serve-ours"),
        Server::start("serve-plain"),
        Server::start("serve-plain-1t"),
        openssh::start(directory.path()),
    ];
    let scenarios: Vec<_> = SCENARIOS.iter().filter(|scenario| is_wanted(scenario.name)).collect();
    let mut rows: Vec<Vec<Round>> = vec![Vec::new(); scenarios.len()];
    for round in 0..=ROUNDS {
        for (scenario, row) in scenarios.iter().zip(&mut rows) {
            let samples = std::array::from_fn(|at| scenario.run(&servers[at]));
            // The first round finds everything for the first time.
            if round > 0 {
                row.push(samples);
            }
        }
    }
    for (scenario, row) in scenarios.iter().zip(&rows) {
        report::print(scenario, row);
    }
    if is_wanted("memory") {
        memory::print();
    }
}
