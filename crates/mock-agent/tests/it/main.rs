//! Everything but unit tests, in one binary: golden bytes, the protocol over streams, sockets and their end.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "clippy.toml allows these in test functions; this is for what they share"
)]

mod expected;
mod faults;
mod golden;
mod keys;
mod lifecycle;
mod policies;
mod protocol;
mod robustness;
mod sessions;
mod support;
