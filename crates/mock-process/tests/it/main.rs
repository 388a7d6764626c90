//! Real programs behind a server in this process, driven by a client in this process.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "clippy.toml allows these in test functions; this is for what they share"
)]

mod abandoned;
mod back_pressure;
mod failures;
mod pipes;
mod support;
mod terminal;
