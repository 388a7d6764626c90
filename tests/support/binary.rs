//! The binary `mock-ssh` as a process, as users of other languages start it.
//!
//! Cargo hands the path of a binary only to tests of its own package. So it is built here, together with what runs
//! right now and with the packages and features of a run of all tests: then everything it needs is there already.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

use serde_json::Value;

use crate::{Client, Finished, Home, package, python};

/// A server in a process of its own. It is killed when this is dropped.
#[derive(Debug)]
pub struct MockSshBinary {
    client: Client,
    home: Home,
    ready: Value,
}

/// A user of the ready line.
#[derive(Debug)]
pub struct ReadyUser<'a>(&'a Value);

impl MockSshBinary {
    /// Starts it with `--json` and these arguments, and waits for its ready line.
    #[must_use]
    pub fn start(args: &[&str]) -> Self {
        let home = Home::new();
        let mut command = Self::command(&home);
        let client = Client::start(command.arg("--json").args(args));
        let printed = client.wait_for_output("\n");
        let line = printed.lines().next().unwrap_or_default();
        let ready = serde_json::from_str(line).unwrap_or_else(|error| panic!("no JSON ({error}): {line}"));
        Self { client, home, ready }
    }

    /// The binary without arguments, in this home. Its temporary files are made there.
    #[must_use]
    pub fn command(home: &Home) -> Command {
        let temporary = home.join("tmp");
        fs::create_dir_all(&temporary).expect("the home can be written to");
        let mut command = home.command(path());
        command.env("TMPDIR", temporary);
        command
    }

    /// The home of the process.
    #[must_use]
    pub fn home(&self) -> &Home {
        &self.home
    }

    /// The ready line.
    #[must_use]
    pub fn ready(&self) -> &Value {
        &self.ready
    }

    /// A text of the ready line, by its JSON pointer.
    #[must_use]
    pub fn text(&self, pointer: &str) -> &str {
        text(&self.ready, pointer)
    }

    /// A user of the ready line.
    #[must_use]
    pub fn user(&self, name: &str) -> ReadyUser<'_> {
        let users = self.ready.pointer("/users").and_then(Value::as_array);
        let user = users.and_then(|users| users.iter().find(|user| text(user, "/name") == name));
        ReadyUser(user.unwrap_or_else(|| panic!("no user {name}: {}", self.ready)))
    }

    /// `ssh` with the configuration of the ready line, in the home of the process.
    #[must_use]
    pub fn ssh(&self, args: &[&str]) -> Command {
        let mut command = self.home.command("ssh");
        command.args(["-F", self.text("/ssh_config")]).args(args);
        command
    }

    /// Runs a Python script with this object, completed with `host`, `port` and `known_hosts` of the ready line.
    #[must_use]
    pub fn python(&self, script: &str, mut given: Value) -> Value {
        if let Value::Object(given) = &mut given {
            for (name, field) in [("host", "address"), ("port", "port"), ("known_hosts", "known_hosts_file")]
            {
                given.insert(name.to_owned(), self.ready.get(field).cloned().unwrap_or_default());
            }
        }
        python::run(&self.home, script, &given)
    }

    /// The process.
    #[must_use]
    pub fn process(&self) -> &Client {
        &self.client
    }

    /// Waits for its end, and returns what it printed with its home.
    #[must_use]
    pub fn finish(self) -> (Finished, Home) {
        (self.client.finish(), self.home)
    }
}

impl<'a> ReadyUser<'a> {
    /// A text of its entry, by its JSON pointer.
    #[must_use]
    pub fn text(&self, pointer: &str) -> &'a str {
        text(self.0, pointer)
    }

    /// Labels and right answers of all rounds.
    #[must_use]
    pub fn answers(&self) -> Vec<(&'a str, &'a str)> {
        let list = |value: &'a Value, name: &str| value.get(name).and_then(Value::as_array);
        let rounds = list(self.0, "rounds").into_iter().flatten();
        let prompts = rounds.flat_map(|round| list(round, "prompts").into_iter().flatten());
        prompts.map(|prompt| (text(prompt, "/label"), text(prompt, "/answer"))).collect()
    }
}

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    let found = value.pointer(pointer).and_then(Value::as_str);
    found.unwrap_or_else(|| panic!("no text at {pointer}: {value}"))
}

/// The binary, built once in this process. Other processes find it built, and cargo is done at once.
fn path() -> &'static Path {
    static PATH: OnceLock<PathBuf> = OnceLock::new();
    PATH.get_or_init(build)
}

fn build() -> PathBuf {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(package()).args([
        "build",
        "--workspace",
        "--all-features",
        "--test=interop",
        "--bin=mock-ssh",
        "--message-format=json-render-diagnostics",
    ]);
    let output = cargo.output().expect("cargo starts");
    let log = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "mock-ssh cannot be built:\n{log}");
    let messages = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut executables = messages.lines().filter_map(|line| {
        let message: Value = serde_json::from_str(line).ok()?;
        let ours = message.pointer("/target/name")? == "mock-ssh";
        let executable = message.get("executable")?.as_str()?;
        ours.then(|| executable.into())
    });
    executables.next_back().expect("cargo says where it put the binary")
}
