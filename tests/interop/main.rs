//! Foreign clients against our servers and agents: each module is named after the client that it runs.
//!
//! A module is left out where its client is not installed, by that name: a test outside them would always run.
//! Servers run within the test, so that what the client did can be read from the journal.
#![expect(clippy::panic, clippy::unwrap_used, reason = "this is a test: what cannot go on fails it")]

mod asyncssh;
mod dbclient;
mod dropbear;
mod faults;
mod git;
mod jsch;
mod lab;
mod net_sftp;
mod node;
mod openssh;
mod paramiko;
mod phpseclib;
mod plink;
mod pytest;
mod python_cases;
mod rclone;
mod rsync;
mod shell;
mod ssh_audit;
mod sshd;
mod sshfs;
