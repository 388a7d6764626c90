//! The strategies as a client meets them: a real client, a real server, streams within the process.

#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "clippy.toml allows these in test functions; this is for what they share"
)]

mod certificates;
mod factors;
mod journal;
mod logins;
mod random;
mod security_keys;
mod support;
mod users;
