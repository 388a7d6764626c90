//! A foreign client as a process: its output is collected, it has a deadline, and it ends with its test.
//!
//! Threads read both outputs, because a client whose output nobody takes stops; another waits for the end of the
//! process without reaping it, so that the process can be killed by its number at any time before.

use std::{
    fmt,
    io::{Read, Write as _},
    os::unix::process::{CommandExt as _, ExitStatusExt as _},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, mpsc},
    thread,
};

use nix::{
    sys::{
        signal::{Signal, kill, killpg},
        wait::{Id, WaitPidFlag, waitid},
    },
    unistd::Pid,
};

use crate::DEADLINE;

/// A client that runs. It is killed when this is dropped, with the processes that it started.
#[derive(Debug)]
pub struct Client {
    /// What was started, for messages.
    shown: String,
    child: Child,
    stdout: Collected,
    stderr: Collected,
    /// Says that the process has ended.
    ended: mpsc::Receiver<()>,
}

/// A client that has ended.
#[derive(Debug, Clone)]
pub struct Finished {
    /// What was started.
    shown: String,
    /// How it ended.
    pub status: ExitStatus,
    /// What it printed.
    pub stdout: Vec<u8>,
    /// What it complained of.
    pub stderr: Vec<u8>,
}

impl Client {
    /// Starts a client without input: it finds the end of it at once.
    #[must_use]
    pub fn start(command: &mut Command) -> Self {
        Self::start_with(command.stdin(Stdio::null()))
    }

    /// Starts a client with an input that the test writes to.
    #[must_use]
    pub fn start_with_input(command: &mut Command) -> Self {
        Self::start_with(command.stdin(Stdio::piped()))
    }

    /// Starts a client whose input was already chosen, in a process group of its own.
    #[must_use]
    pub fn start_with(command: &mut Command) -> Self {
        Self::start_in_its_group(command.process_group(0))
    }

    /// Starts a client that becomes the leader of a session by itself.
    pub(crate) fn start_in_its_group(command: &mut Command) -> Self {
        let shown = format!("{command:?}");
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let mut child = child.unwrap_or_else(|error| panic!("{shown} does not start: {error}"));
        let stdout = Collected::reading(child.stdout.take().expect("it is piped"));
        let stderr = Collected::reading(child.stderr.take().expect("it is piped"));
        let ended = when_ended(pid(&child));
        Self { shown, child, stdout, stderr, ended }
    }

    /// Runs a client without input to its end.
    #[must_use]
    pub fn run(command: &mut Command) -> Finished {
        Self::start(command).finish()
    }

    /// Runs a client that gets this input, to its end.
    #[must_use]
    pub fn run_with_input(command: &mut Command, input: &[u8]) -> Finished {
        let mut client = Self::start_with_input(command);
        client.send(input);
        client.end_input();
        client.finish()
    }

    /// Writes to its input.
    pub fn send(&mut self, input: &[u8]) {
        let stdin = self.child.stdin.as_mut().expect("it was started with an input");
        let written = stdin.write_all(input).and_then(|()| stdin.flush());
        written.unwrap_or_else(|error| panic!("{} takes no input: {error}", self.shown));
    }

    /// Closes its input.
    pub fn end_input(&mut self) {
        self.child.stdin = None;
    }

    /// Waits until its output holds this text, and returns the output so far.
    #[expect(clippy::must_use_candidate, reason = "waiting is what it is for")]
    pub fn wait_for_output(&self, text: &str) -> String {
        let found = self.stdout.wait_for(text);
        found.unwrap_or_else(|seen| {
            let stderr = String::from_utf8_lossy(&self.stderr.so_far()).into_owned();
            panic!("{} did not print {text:?}, but {seen:?} and {stderr:?}", self.shown)
        })
    }

    /// Waits until so many bytes of output have come.
    pub fn wait_for_bytes(&self, count: usize) {
        let came = self.stdout.wait_until(|bytes| bytes.len() >= count);
        if let Err(seen) = came {
            panic!("{} printed {} bytes, not {count}", self.shown, seen.len());
        }
    }

    /// Waits until what it complains of holds this text, and returns the complaints so far.
    #[expect(clippy::must_use_candidate, reason = "waiting is what it is for")]
    pub fn wait_for_complaint(&self, text: &str) -> String {
        let found = self.stderr.wait_for(text);
        found.unwrap_or_else(|seen| panic!("{} did not complain of {text:?}, but of {seen:?}", self.shown))
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) {
        kill(pid(&self.child), signal).expect("it was not reaped yet");
    }

    /// Waits for its end.
    #[must_use]
    pub fn finish(mut self) -> Finished {
        let in_time = self.ended.recv_timeout(DEADLINE).is_ok();
        if !in_time {
            self.kill();
        }
        let status = self.child.wait().expect("it is our child");
        let finished = Finished {
            shown: self.shown.clone(),
            status,
            stdout: self.stdout.to_the_end(),
            stderr: self.stderr.to_the_end(),
        };
        assert!(in_time, "killed after {DEADLINE:?}: {finished}");
        finished
    }

    fn kill(&mut self) {
        // It may have ended, and then there is nothing to kill.
        let _ended = killpg(pid(&self.child), Signal::SIGKILL);
        let _ended = self.child.kill();
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        if let Ok(None) = self.child.try_wait() {
            self.kill();
            let _reaped = self.child.wait();
        }
    }
}

fn pid(child: &Child) -> Pid {
    Pid::from_raw(child.id().cast_signed())
}

/// Tells when a process has ended, and leaves it to be reaped.
fn when_ended(pid: Pid) -> mpsc::Receiver<()> {
    let (end, ended) = mpsc::channel();
    thread::spawn(move || {
        let _reaped_meanwhile = waitid(Id::Pid(pid), WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT);
        let _nobody_waits = end.send(());
    });
    ended
}

impl Finished {
    /// Its exit status; a client that a signal ended has failed.
    #[must_use]
    pub fn code(&self) -> i32 {
        let signal = self.status.signal();
        self.status.code().unwrap_or_else(|| panic!("ended by signal {signal:?}: {self}"))
    }

    /// What it printed, as text.
    #[must_use]
    pub fn stdout(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    /// What it complained of, as text.
    #[must_use]
    pub fn stderr(&self) -> String {
        String::from_utf8_lossy(&self.stderr).into_owned()
    }

    /// What it printed, if it ended well.
    #[must_use]
    pub fn succeeded(&self) -> String {
        assert_eq!(self.code(), 0, "{self}");
        self.stdout()
    }

    /// Fails unless it ended with this status and complained in these words.
    pub fn failed(&self, status: i32, complaint: &str) {
        assert_eq!(self.code(), status, "{self}");
        assert!(self.stderr().contains(complaint), "{complaint:?} is not in {self}");
    }
}

impl fmt::Display for Finished {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let short = |text: String| text.chars().take(4000).collect::<String>();
        write!(
            f,
            "{}\n{}\nstdout: {}\nstderr: {}",
            self.shown,
            self.status,
            short(self.stdout()),
            short(self.stderr())
        )
    }
}

/// Output that a thread reads, and that can be waited on.
#[derive(Debug, Clone, Default)]
pub(crate) struct Collected {
    shared: Arc<(Mutex<Output>, Condvar)>,
}

#[derive(Debug, Default)]
struct Output {
    bytes: Vec<u8>,
    ended: bool,
}

impl Collected {
    pub(crate) fn reading(mut from: impl Read + Send + 'static) -> Self {
        let collected = Self::default();
        let output = collected.clone();
        thread::spawn(move || {
            let mut buffer = vec![0; 64 * 1024];
            // The reading end of a terminal fails when nobody has it open any more.
            while let Ok(count @ 1..) = from.read(&mut buffer) {
                output.lock().bytes.extend(buffer.iter().take(count));
                output.shared.1.notify_all();
            }
            output.lock().ended = true;
            output.shared.1.notify_all();
        });
        collected
    }

    fn lock(&self) -> MutexGuard<'_, Output> {
        self.shared.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn so_far(&self) -> Vec<u8> {
        self.lock().bytes.clone()
    }

    /// The output so far once it holds this text; otherwise all there was at the deadline or at its end.
    pub(crate) fn wait_for(&self, text: &str) -> Result<String, String> {
        let shown = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let seen = self.wait_until(|bytes| shown(bytes).contains(text));
        seen.map(|bytes| shown(&bytes)).map_err(|bytes| shown(&bytes))
    }

    /// The output so far once this holds for it; otherwise all there was at the deadline or at its end.
    fn wait_until(&self, holds: impl Fn(&[u8]) -> bool) -> Result<Vec<u8>, Vec<u8>> {
        let wanting = |output: &mut Output| !output.ended && !holds(&output.bytes);
        let waited = self.shared.1.wait_timeout_while(self.lock(), DEADLINE, wanting);
        let seen = waited.unwrap_or_else(PoisonError::into_inner).0.bytes.clone();
        if holds(&seen) { Ok(seen) } else { Err(seen) }
    }

    /// All of it. A process that was left behind and holds it open is not waited for beyond the deadline.
    pub(crate) fn to_the_end(&self) -> Vec<u8> {
        let waited = self.shared.1.wait_timeout_while(self.lock(), DEADLINE, |output| !output.ended);
        let (mut output, _) = waited.unwrap_or_else(PoisonError::into_inner);
        assert!(output.ended, "a process was left behind that holds the output open");
        std::mem::take(&mut output.bytes)
    }
}
