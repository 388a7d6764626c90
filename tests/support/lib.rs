//! What tests with foreign clients share: a home of their own, processes that cannot outlive their test, and runners
//! for OpenSSH's programs, for Python and for the binary `mock-ssh`.
//!
//! Nothing here sleeps or polls. A wait ends with an event: a line of output, the end of a process, an entry of the
//! journal. Each has a deadline, and a client that misses it is killed and its output shown.
//!
//! The README of the project is a test as well:
#![doc = include_str!("../../README.md")]
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "this is part of tests: what cannot go on fails the test, with the reason"
)]

mod askpass;
mod binary;
mod client;
mod home;
mod noise;
mod openssh;
mod python;
mod recipe;
mod terminal;

use std::{env, path::PathBuf, time::Duration};

pub use askpass::Askpass;
pub use binary::{MockSshBinary, ReadyUser};
pub use client::{Client, Finished};
pub use home::Home;
pub use noise::noise;
pub use openssh::{OpenSsh, REAL_KNOWN_HOSTS};
pub use python::{Python, interpreter};
pub use recipe::Recipe;
pub use terminal::Terminal;

/// How long a client may take. Far more than it needs: it is reached only by a test that fails.
pub const DEADLINE: Duration = Duration::from_secs(40);

/// The directory of this package. Asked of cargo at run time: checkouts may share what was compiled.
pub fn package() -> PathBuf {
    env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from)
}
