//! Python clients: a script of `tests/interop/python` that gets one JSON value and prints one.
//!
//! The scripts only do as a user of the library would; what came of it is judged in Rust.

use std::{env, ffi::OsString};

use mock_core::{ClientKit, KitUser, MockSshServer};
use serde_json::{Value, json};

use crate::{Client, Home, package};

/// Python, set up for one server.
#[derive(Debug)]
pub struct Python {
    home: Home,
    kit: ClientKit,
    address: std::net::SocketAddr,
}

impl Python {
    /// For a server, with this user's key as a file, if it has one.
    #[must_use]
    pub fn new(server: &MockSshServer, user: KitUser) -> Self {
        let home = Home::new();
        let kit = server.client_kit(home.join("kit")).user(user).write();
        Self { kit: kit.expect("the kit can be written"), home, address: server.addr() }
    }

    /// The home of the scripts.
    #[must_use]
    pub fn home(&self) -> &Home {
        &self.home
    }

    /// Keys and `known_hosts`.
    #[must_use]
    pub fn kit(&self) -> &ClientKit {
        &self.kit
    }

    /// Runs a script with this object, completed with `host`, `port` and `known_hosts`, and returns what it printed.
    ///
    /// `INTEROP_PYTHON` names the interpreter of an environment made from `tests/interop/requirements.txt`; `cargo
    /// xtask integration` makes one.
    #[must_use]
    pub fn run(&self, script: &str, given: Value) -> Value {
        self.start(script, given).finish()
    }

    /// Starts a script as [`run`](Self::run) does.
    #[must_use]
    pub fn start(&self, script: &str, mut given: Value) -> Script {
        let known = json!({
            "host": self.address.ip().to_string(),
            "port": self.address.port(),
            "known_hosts": self.kit.known_hosts_file(),
        });
        if let (Value::Object(given), Value::Object(known)) = (&mut given, known) {
            given.extend(known);
        }
        start(&self.home, script, &given)
    }
}

/// A script that runs.
#[derive(Debug)]
pub struct Script(Client);

impl Script {
    /// Waits for its end, and returns what it printed.
    #[must_use]
    pub fn finish(self) -> Value {
        let finished = self.0.finish();
        let printed = finished.succeeded();
        serde_json::from_str(printed.trim()).unwrap_or_else(|error| panic!("no JSON ({error}): {finished}"))
    }
}

/// The interpreter of the environment that `cargo xtask integration` makes.
#[must_use]
pub fn interpreter() -> OsString {
    env::var_os("INTEROP_PYTHON")
        .expect("INTEROP_PYTHON is not set: `cargo xtask integration` makes the environment and sets it")
}

/// Runs a script with this object, and returns what it printed.
pub(crate) fn run(home: &Home, script: &str, given: &Value) -> Value {
    start(home, script, given).finish()
}

fn start(home: &Home, script: &str, given: &Value) -> Script {
    let mut command = home.command(interpreter());
    // Warnings about what libraries will drop are not our business; bytecode does not belong into the sources.
    command.args(["-W", "ignore", "-B"]);
    command.arg(package().join("interop/python").join(script));
    Script(Client::start(command.arg(given.to_string())))
}
