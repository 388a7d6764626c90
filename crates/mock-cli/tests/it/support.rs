//! Running `mock-ssh`: every wait has a deadline and ends with what was waited for, and nothing is left running.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Output, Stdio},
    sync::mpsc::{self, Receiver},
    thread,
    time::Duration,
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde_json::Value;
use tempfile::TempDir;

/// Far more than anything takes.
const DEADLINE: Duration = Duration::from_secs(20);

pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_mock-ssh");

/// A command with nothing of whoever runs the tests in its environment, and a directory of its own for temporary files.
pub(crate) fn command(program: &str, temporary: &Path) -> Command {
    let mut command = Command::new(program);
    command
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("TMPDIR", temporary)
        .stdin(Stdio::null());
    command
}

/// Runs `mock-ssh` to its end, for what does not serve.
pub(crate) fn run(args: &[&str]) -> Output {
    let temporary = temporary();
    let output = command(PROGRAM, temporary.path()).args(args).output().unwrap();
    assert!(is_empty(temporary.path()), "nothing is left behind");
    output
}

/// With a short path: sockets have a limit.
pub(crate) fn temporary() -> TempDir {
    tempfile::Builder::new().prefix("t").tempdir_in("/tmp").unwrap()
}

pub(crate) fn is_empty(directory: &Path) -> bool {
    fs::read_dir(directory).unwrap().next().is_none()
}

/// A `mock-ssh` that serves. Killed when this is dropped.
pub(crate) struct Server {
    pub(crate) stdout: Lines,
    pub(crate) stderr: Lines,
    pub(crate) temporary: TempDir,
    process: Process,
}

impl Server {
    pub(crate) fn start(args: &[&str]) -> Self {
        let temporary = temporary();
        let mut command = command(PROGRAM, temporary.path());
        command.args(args);
        Self::spawn(&mut command, temporary)
    }

    pub(crate) fn spawn(command: &mut Command, temporary: TempDir) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        Self {
            stdout: Lines::of(child.stdout.take().unwrap()),
            stderr: Lines::of(child.stderr.take().unwrap()),
            temporary,
            process: Process::new(child),
        }
    }

    /// Starts with `--json` and reads the first line.
    pub(crate) fn ready(args: &[&str]) -> (Self, Value) {
        let server = Self::start(&[&["--json"], args].concat());
        let ready = server.stdout.json();
        assert_eq!(ready["event"], "ready");
        (server, ready)
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill(self.process.id, signal).unwrap();
    }

    /// Waits until it has ended by itself.
    pub(crate) fn ended(&mut self) -> ExitStatus {
        self.process.ended()
    }

    /// Tells it to stop, and waits until it has.
    pub(crate) fn stop(&mut self, signal: Signal) -> ExitStatus {
        self.signal(signal);
        self.process.ended()
    }
}

/// A process that is waited for by a thread, because there is no other wait with a deadline.
pub(crate) struct Process {
    pub(crate) id: Pid,
    status: Receiver<ExitStatus>,
    running: bool,
}

impl Process {
    pub(crate) fn new(mut child: Child) -> Self {
        let id = Pid::from_raw(child.id().try_into().unwrap());
        let (ended, status) = mpsc::channel();
        thread::spawn(move || ended.send(child.wait().unwrap()));
        Self { id, status, running: true }
    }

    pub(crate) fn ended(&mut self) -> ExitStatus {
        let status = self.status.recv_timeout(DEADLINE).expect("it ends");
        self.running = false;
        status
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if self.running && self.status.try_recv().is_err() {
            let _gone = kill(self.id, Signal::SIGKILL);
        }
    }
}

/// Lines of an output, as they come.
pub(crate) struct Lines(Receiver<String>);

impl Lines {
    pub(crate) fn of(output: impl Read + Send + 'static) -> Self {
        let (line, lines) = mpsc::channel();
        thread::spawn(move || {
            for text in BufReader::new(output).lines() {
                if line.send(text.unwrap()).is_err() {
                    break;
                }
            }
        });
        Self(lines)
    }

    pub(crate) fn next(&self) -> String {
        self.0.recv_timeout(DEADLINE).expect("there is another line")
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.next()).unwrap()
    }

    /// All lines up to the first that holds this text.
    pub(crate) fn until(&self, text: &str) -> Vec<String> {
        let mut lines = vec![self.next()];
        while !lines.last().unwrap().contains(text) {
            lines.push(self.next());
        }
        lines
    }

    /// All lines up to the end of the output.
    pub(crate) fn rest(&self) -> Vec<String> {
        let mut lines = Vec::new();
        loop {
            match self.0.recv_timeout(DEADLINE) {
                Ok(line) => lines.push(line),
                Err(mpsc::RecvTimeoutError::Disconnected) => return lines,
                Err(mpsc::RecvTimeoutError::Timeout) => panic!("the output has no end"),
            }
        }
    }
}

/// A path in a `ready` line.
pub(crate) fn path(value: &Value) -> PathBuf {
    PathBuf::from(value.as_str().unwrap())
}

/// Snapshots without what differs from run to run.
pub(crate) fn filters() -> insta::Settings {
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    for (pattern, name) in [
        (r"/tmp/\w+/mock-ssh-\w+", "DIR"),
        (r"mock-ssh \d+\.\d+\.\d+", "mock-ssh VERSION"),
        (r"127\.0\.0\.1:\d+", "127.0.0.1:PORT"),
        (r"-p \d+", "-p PORT"),
        (r"(PORT|PID)=\d+", "$1=NUMBER"),
        (r"process \d+", "process PID"),
        (r"\d+\.\d{4}s", "TIMEs"),
        (r"MD5:[0-9a-f:]+", "MD5:…"),
        (r"SHA(256|512):[\w+/]+", "SHA$1:…"),
        (r"seed \d+", "seed NUMBER"),
        (r#"time="[\d.]+""#, r#"time="SECONDS""#),
        (r"\b[2-9A-HJ-NP-Za-km-z]{16}\b", "SECRET"),
    ] {
        settings.add_filter(pattern, name);
    }
    settings
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[expect(clippy::print_stderr, reason = "who reads the output of a test wants to know")]
pub(crate) fn ssh_is_missing() -> bool {
    let missing = command("ssh", Path::new("/tmp")).arg("-V").output().is_err();
    if missing {
        eprintln!("skipped: there is no ssh");
    }
    missing
}
