//! Python clients: a script of `tests/interop/python` that gets one JSON value and prints one.
//!
//! The scripts only do as a user of the library would; what came of it is judged in Rust.

use std::env;

use serde_json::Value;

use crate::{Client, Home, package};

/// Runs a script with this argument and returns what it printed.
///
/// `INTEROP_PYTHON` names the interpreter of an environment made from `tests/interop/requirements.txt`; `cargo xtask
/// integration` makes one.
#[must_use]
pub fn python(home: &Home, script: &str, argument: &Value) -> Value {
    let interpreter = env::var_os("INTEROP_PYTHON")
        .expect("INTEROP_PYTHON is not set: `cargo xtask integration` makes the environment and sets it");
    let path = package().join("interop/python").join(script);
    let mut command = home.command(interpreter);
    // Warnings of libraries about their future are not our business; bytecode does not belong into the sources.
    command
        .args(["-W", "ignore", "-B"])
        .arg(path)
        .arg(argument.to_string());
    let finished = Client::run(&mut command);
    let printed = finished.succeeded();
    serde_json::from_str(printed.trim()).unwrap_or_else(|error| panic!("no JSON ({error}): {finished}"))
}
