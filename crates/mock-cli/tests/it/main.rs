//! `mock-ssh` as whoever starts it meets it: arguments in, text and files and an exit status out.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "clippy.toml allows these in test functions; this is for what they share"
)]

mod agent;
mod check;
mod connections;
mod control;
mod control_examples;
mod control_forwards;
mod control_servers;
mod env;
mod errors;
mod events;
mod faults;
mod files;
mod help;
mod host_keys;
mod login;
mod profiles;
mod ready;
mod running;
mod scenario;
mod scenario_garbage;
mod scenario_logins;
mod scenario_runs;
mod serve_scenario;
mod stop;
mod support;
mod table;
mod verify;
