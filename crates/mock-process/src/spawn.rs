//! Starting a program: with pipes, or in a pseudo-terminal where the client requested one.
//!
//! Either way it leads a session of its own, as under `sshd`. So signals reach it with all that it started, and it
//! cannot reach the terminal that the server was started from.

use std::{
    ffi::OsStr,
    io,
    path::PathBuf,
    process::Stdio,
    sync::{Mutex, PoisonError},
};

use mock_core::{Recorder, Request, event::Pty as PtyRequest};
use process_wrap::tokio::{CommandWrap, CommandWrapper as _, ProcessSession};
use pty_process::Pts;
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};

use crate::{
    HostProcess, Started,
    environment::Variables,
    process::Process,
    terminal::{self, Terminal},
};

/// Held while a terminal is opened and while a program is started: the terminal is marked as close-on-exec only
/// after it was opened, and a program started in between would hold it open.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// A program that was started, and the server's ends of what it reads and writes.
pub(crate) struct Spawned {
    pub(crate) process: Process,
    pub(crate) ends: Ends,
}

pub(crate) enum Ends {
    Pipes(Pipes),
    Terminal(Terminal),
}

pub(crate) struct Pipes {
    pub(crate) stdin: ChildStdin,
    pub(crate) stdout: ChildStdout,
    pub(crate) stderr: ChildStderr,
}

/// Why a program could not be started.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SpawnError {
    #[error("cannot change to directory {}: not there", .0.display())]
    Directory(PathBuf),
    #[error("cannot open a terminal: {0}")]
    Terminal(#[source] pty_process::Error),
    #[error("cannot run {}: {source}", program.display())]
    Program { program: PathBuf, source: io::Error },
}

impl SpawnError {
    /// The exit status that a shell would have.
    pub(crate) fn status(&self) -> u32 {
        match self {
            Self::Program { source, .. } if source.kind() == io::ErrorKind::NotFound => 127,
            _ => 126,
        }
    }
}

/// Starts the program for a request.
pub(crate) fn spawn(
    host: &HostProcess,
    request: &Request,
    recorder: &Recorder,
) -> Result<Spawned, SpawnError> {
    let _alone = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let terminal = match &request.pty {
        Some(pty) => Some(open_terminal(pty).map_err(SpawnError::Terminal)?),
        None => None,
    };
    let server: Variables = std::env::vars_os().collect();
    let name = terminal.as_ref().map(|(terminal, _)| terminal.name());
    let variables = host.environment.variables(&server, request, name, recorder);
    let directory = host.environment.start_directory(&variables);
    if !directory.is_dir() {
        return Err(SpawnError::Directory(directory));
    }
    let shell = variables.get(OsStr::new("SHELL")).map_or(OsStr::new(""), |shell| shell);
    let invocation = host.invocation(request, shell);
    let mut command = Command::new(&invocation.path);
    command.args(&invocation.arguments).env_clear().envs(variables).current_dir(directory);
    if let Some(name) = &invocation.name {
        command.arg0(name);
    }
    let pty = terminal.is_some();
    let spawned = match terminal {
        Some((terminal, pts)) => in_terminal(command, terminal, pts, recorder),
        None => with_pipes(command, recorder),
    };
    let spawned =
        spawned.map_err(|source| SpawnError::Program { program: invocation.path.clone(), source })?;
    recorder.operation(Started {
        pid: spawned.process.group().number(),
        program: invocation.path.display().to_string(),
        pty,
    });
    Ok(spawned)
}

fn open_terminal(request: &PtyRequest) -> Result<(Terminal, Pts), pty_process::Error> {
    let (pty, pts) = pty_process::open()?;
    terminal::set_modes(&pts, &request.modes);
    let terminal = Terminal::new(pty)?;
    terminal.control.resize(request.columns, request.rows, request.width, request.height);
    Ok((terminal, pts))
}

fn in_terminal(command: Command, terminal: Terminal, pts: Pts, recorder: &Recorder) -> io::Result<Spawned> {
    let child = pty_process::Command::from(command).spawn(pts).map_err(|error| match error {
        pty_process::Error::Io(error) => error,
        error => io::Error::other(error),
    })?;
    Ok(Spawned { process: Process::new(child, recorder.clone())?, ends: Ends::Terminal(terminal) })
}

fn with_pipes(mut command: Command, recorder: &Recorder) -> io::Result<Spawned> {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    // Only what is done before the fork is wanted of this wrapper: the child stays a plain one.
    ProcessSession.pre_spawn(&mut command, &CommandWrap::from(Command::new("")))?;
    let mut child = command.spawn()?;
    let ends = pipes(&mut child).ok_or_else(|| io::Error::other("no pipes"))?;
    Ok(Spawned { process: Process::new(child, recorder.clone())?, ends: Ends::Pipes(ends) })
}

fn pipes(child: &mut Child) -> Option<Pipes> {
    Some(Pipes { stdin: child.stdin.take()?, stdout: child.stdout.take()?, stderr: child.stderr.take()? })
}
