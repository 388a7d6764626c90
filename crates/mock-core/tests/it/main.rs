//! Tests of the server through its public interface, with the engine's own client over in-memory streams and real
//! sockets. Foreign clients are in the package `integration-tests`.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

mod auth;
mod auth_session;
mod channels;
#[path = "../common/mod.rs"]
mod common;
mod exec;
mod fault_amounts;
mod fault_delays;
mod fault_stalls;
mod faults;
mod forwarding;
mod handler;
mod hostile;
mod kit;
mod lifecycle;
mod limits;
mod listening;
mod matchers;
mod profile;
mod remote_forwarding;
mod replies;
mod rules;
mod service;
mod shell;
mod state;
mod stdin_rules;
mod support;
mod time;
mod verify;
