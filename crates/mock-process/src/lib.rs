#![doc = include_str!("../README.md")]

mod agent;
mod client;
mod environment;
mod host_process;
mod process;
mod record;
mod run;
mod signal;
mod spawn;
mod terminal;

pub use client::{Client, RunningClient};
pub use host_process::HostProcess;
pub use record::{Ended, Started};
