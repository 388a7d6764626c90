//! The other side: a program that is run *against* a mock server, as a test runner does it.
//!
//! It has the input and output of whoever starts it. It leads a process group, so that a signal reaches what it started
//! as well; but where standard input is a terminal it stays in the group that the terminal belongs to, since it could
//! not read from it otherwise, and what is typed there (Ctrl-C, Ctrl-Z) reaches both by itself.

use std::{
    ffi::OsString,
    io::{self, IsTerminal as _},
    process::{ExitStatus, Stdio},
};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use tokio::process::{Child, Command};

/// A program to run against a mock server.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// use mock_process::Client;
///
/// let client = Client::new("sh", ["-c", "exit $STATUS"]).environment([("STATUS", "3")]);
/// let status = client.start()?.wait().await?;
/// assert_eq!(status.code(), Some(3));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
#[must_use = "a client does nothing before it is started"]
pub struct Client {
    program: OsString,
    arguments: Vec<OsString>,
    environment: Vec<(OsString, OsString)>,
    stdout_on_stderr: bool,
}

impl Client {
    /// This program, looked up in `PATH` unless it is a path, with these arguments.
    pub fn new<A: Into<OsString>>(
        program: impl Into<OsString>,
        arguments: impl IntoIterator<Item = A>,
    ) -> Self {
        Self {
            program: program.into(),
            arguments: arguments.into_iter().map(Into::into).collect(),
            environment: Vec::new(),
            stdout_on_stderr: false,
        }
    }

    /// With these variables, besides those of this process.
    pub fn environment<N: Into<OsString>, V: Into<OsString>>(
        mut self,
        variables: impl IntoIterator<Item = (N, V)>,
    ) -> Self {
        self.environment.extend(variables.into_iter().map(|(name, value)| (name.into(), value.into())));
        self
    }

    /// What it prints goes to standard error: standard output is for somebody else.
    pub fn stdout_on_stderr(mut self) -> Self {
        self.stdout_on_stderr = true;
        self
    }

    /// Starts it. Called within a runtime.
    ///
    /// # Errors
    ///
    /// That of the operating system: there is no such program, or it may not be run.
    pub fn start(&self) -> io::Result<RunningClient> {
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).envs(self.environment.iter().map(|(name, value)| (name, value)));
        if self.stdout_on_stderr {
            command.stdout(Stdio::from(io::stderr()));
        }
        let leads = !io::stdin().is_terminal();
        if leads {
            command.process_group(0);
        }
        let child = command.spawn()?;
        let number = child.id().and_then(|id| Pid::from_raw(id.cast_signed()));
        let id = number.ok_or_else(|| io::Error::other("reaped by somebody else"))?;
        Ok(RunningClient { child, id, leads, reaped: false })
    }
}

/// A program that runs against a mock server. Killed, with what it started, if this is dropped before it has ended.
#[derive(Debug)]
pub struct RunningClient {
    child: Child,
    id: Pid,
    /// Whether it leads a process group.
    leads: bool,
    reaped: bool,
}

impl RunningClient {
    /// Passes on a signal, named as RFC 4254 does (`INT`, `TERM`), that this process has got. What a terminal sends has
    /// reached it already, where both are in the terminal's group.
    pub fn pass_on(&self, signal: &str) {
        match crate::signal::named(signal) {
            Some(Signal::INT | Signal::HUP | Signal::QUIT) if !self.leads => {}
            Some(signal) => self.send(signal),
            None => {}
        }
    }

    /// Ends it, and what it started, without a chance to clean up.
    pub fn kill(&self) {
        self.send(Signal::KILL);
    }

    /// Waits until it has ended. May be called again, and dropped in between.
    ///
    /// # Errors
    ///
    /// When somebody else has reaped it.
    pub async fn wait(&mut self) -> io::Result<ExitStatus> {
        let status = self.child.wait().await;
        self.reaped = true;
        status
    }

    fn send(&self, signal: Signal) {
        // Until it is reaped, its number is nobody else's.
        if self.reaped {
            return;
        }
        let kill = if self.leads { kill_process_group } else { kill_process };
        // Fails if all have ended, and for programs that run as somebody else: there is nothing to do about either.
        let _not_there = kill(self.id, signal);
    }
}

impl Drop for RunningClient {
    fn drop(&mut self) {
        self.kill();
    }
}

#[cfg(test)]
mod tests {
    use std::{
        fs::File,
        io::{BufRead as _, BufReader, Read as _},
        path::PathBuf,
    };

    use tempfile::TempDir;

    use super::*;

    /// A pipe with a name.
    async fn fifo() -> (TempDir, PathBuf) {
        let directory = tempfile::tempdir().unwrap();
        let fifo = directory.path().join("fifo");
        Client::new("mkfifo", [&fifo]).start().unwrap().wait().await.unwrap();
        (directory, fifo)
    }

    #[tokio::test]
    async fn a_signal_reaches_it_with_what_it_started() {
        let (_directory, fifo) = fifo().await;
        // The shell has ended only when what it waits for has. What it starts says so itself: a signal in the middle of
        // a shell's fork is lost.
        let script = "trap 'wait; exit 7' TERM; (echo started > \"$0\"; exec tail -f /dev/null) & wait";
        let mut running = Client::new("sh", ["-c", script, fifo.to_str().unwrap()]).start().unwrap();
        let mut line = String::new();
        BufReader::new(File::open(fifo).unwrap()).read_line(&mut line).unwrap();
        running.pass_on("nothing of the kind");
        running.pass_on("TERM");
        let status = running.wait().await.unwrap();
        assert_eq!(status.code(), Some(7), "{status}");
    }

    #[tokio::test]
    async fn it_is_killed_with_its_handle() {
        let (_directory, fifo) = fifo().await;
        let script = "exec 3> \"$0\"; echo started >&3; tail -f /dev/null & wait";
        let running = Client::new("sh", ["-c", script, fifo.to_str().unwrap()]).start().unwrap();
        let mut output = BufReader::new(File::open(fifo).unwrap());
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        drop(running);
        // The end comes when nobody has it open any more: neither the shell nor what it started.
        output.read_to_string(&mut line).unwrap();
        assert_eq!(line, "started\n");
    }

    #[tokio::test]
    async fn a_program_that_is_not_there_is_an_error() {
        let error = Client::new("/nonexistent/program", [""; 0]).start().unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
    }
}
