//! What can go wrong, how it is told, and with which status the process then ends.
//!
//! One enum for the binary: each variant is a thing that a person can do something about, with a hint where there is
//! one. Statuses are few and fixed, because scripts branch on them.

use std::{error::Error as StdError, io, path::PathBuf, process::ExitCode};

use mock_base::{VerificationError, fault::FaultError};
use mock_core::{HostKeyError, KitError, ShutdownError, StartError};

use crate::{
    control::ListenError, fault::Player, placeholder::PlaceholderError, run::CommandEnd,
    scenario::ScenarioError,
};

/// How the process ends. The numbers are public and do not change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
#[non_exhaustive]
pub enum ExitStatus {
    /// The server ran, and was told to stop.
    Success = 0,
    /// Something failed at run time, or something expected did not come.
    Failure = 1,
    /// The arguments are wrong, or what a scenario says.
    Usage = 2,
    /// The address cannot be listened on.
    CannotListen = 3,
    /// A scenario, a host key or another file cannot be read or written.
    File = 4,
    /// Everything expected came, but the command that was run failed.
    CommandFailed = 5,
    /// The command that was to be run cannot be started.
    CannotRun = 6,
}

impl From<ExitStatus> for ExitCode {
    fn from(status: ExitStatus) -> Self {
        (status as u8).into()
    }
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("`{first}` and `{second}` both name the user `{name}`")]
    SameUser { first: &'static str, second: &'static str, name: String },
    #[error("{}", .0.in_full())]
    Scenario(ScenarioError),
    #[error("`{flag}` cannot be used with a scenario that has users of its own")]
    UsersOfScenario { flag: &'static str },
    #[error("{wrong} of {of} files cannot be used")]
    Check { wrong: usize, of: usize, unreadable: bool },
    #[error(transparent)]
    HostKey(#[from] HostKeyError),
    #[error("cannot make a host key")]
    MakeHostKey(#[source] mock_core::keys::ssh_key::Error),
    #[error("cannot use the host certificate `{}`", path.display())]
    HostCertificate { path: PathBuf, source: Box<dyn StdError + Send + Sync> },
    #[error("cannot make a directory in `{}`", parent.display())]
    Directory { parent: PathBuf, source: io::Error },
    #[error("cannot make a key for a user")]
    Key(#[from] mock_agent::GenerateError),
    #[error(transparent)]
    ReadKey(#[from] mock_agent::ReadError),
    #[error("cannot start the agent")]
    Agent(#[from] mock_agent::StartError),
    #[error(transparent)]
    Start(#[from] StartError),
    #[error(transparent)]
    Kit(#[from] KitError),
    #[error("cannot write events to `{}`", path.display())]
    Events { path: PathBuf, source: io::Error },
    #[error("cannot serve the directory `{}`", path.display())]
    Files { path: PathBuf, source: io::Error },
    #[error("the fault `{fault}` would never strike: {}", player.missing())]
    FaultOfNobody { fault: String, player: Player },
    #[error(transparent)]
    Fault(#[from] FaultError),
    #[error("SFTP ended early")]
    Sftp(#[source] mock_sftp::ServeError),
    #[error("cannot receive signals")]
    Signals(#[source] io::Error),
    #[error("cannot start the runtime")]
    Runtime(#[source] io::Error),
    #[error("cannot write to standard output")]
    Stdout(#[source] io::Error),
    #[error("cannot let go of standard output")]
    Detach(#[source] io::Error),
    #[error(transparent)]
    Shutdown(#[from] ShutdownError),
    #[error("a thread failed")]
    Thread(#[source] tokio::task::JoinError),
    #[error("interrupted before every connection had ended")]
    Interrupted,
    #[error("stopped before the command was run")]
    NotRun,
    #[error("{}{}", report.to_string().trim_end(), as_well(command.as_ref()))]
    Unmet { report: Box<VerificationError>, command: Option<CommandEnd> },
    #[error("the command {0}")]
    CommandFailed(CommandEnd),
    #[error("cannot run `{program}`")]
    CannotRun { program: String, source: io::Error },
    #[error("cannot wait for the command")]
    Wait(#[source] io::Error),
    #[error(transparent)]
    Placeholder(#[from] PlaceholderError),
    #[error("cannot write the result to `{}`", path.display())]
    JUnit { path: PathBuf, source: io::Error },
    #[error(transparent)]
    Control(#[from] ListenError),
    #[error("a request is still being answered")]
    Busy,
}

/// Both are told where both failed.
fn as_well(command: Option<&CommandEnd>) -> String {
    command.map_or_else(String::new, |end| format!("\n\nthe command {end} as well"))
}

impl Error {
    pub(crate) fn exit_status(&self) -> ExitStatus {
        match self {
            Self::Scenario(ScenarioError::Read { .. }) | Self::Check { unreadable: true, .. } => {
                ExitStatus::File
            }
            Self::Scenario(_)
            | Self::Check { .. }
            | Self::UsersOfScenario { .. }
            | Self::Fault(_)
            | Self::FaultOfNobody { .. }
            | Self::SameUser { .. }
            | Self::Start(StartError::Version { .. } | StartError::NoHostKey { .. })
            | Self::Placeholder(_) => ExitStatus::Usage,
            Self::CommandFailed(_) => ExitStatus::CommandFailed,
            Self::CannotRun { .. } => ExitStatus::CannotRun,
            Self::HostKey(_)
            | Self::HostCertificate { .. }
            | Self::Directory { .. }
            | Self::Kit(_)
            | Self::Events { .. }
            | Self::Stdout(_)
            | Self::JUnit { .. }
            | Self::Files { .. }
            | Self::ReadKey(_) => ExitStatus::File,
            Self::Control(_)
            | Self::Start(StartError::Listen { .. })
            | Self::Agent(mock_agent::StartError::Socket(_)) => ExitStatus::CannotListen,
            _ => ExitStatus::Failure,
        }
    }

    /// What a person may do about it.
    pub(crate) fn hint(&self) -> Option<&'static str> {
        match self {
            Self::SameUser { .. } => Some("give each user a name of its own, or leave one out with ''"),
            Self::Start(StartError::Listen { source, .. }) => match source.kind() {
                io::ErrorKind::AddrInUse => Some("use --listen-port 0 for any free port"),
                io::ErrorKind::PermissionDenied => Some("ports below 1024 are reserved: use a higher one"),
                io::ErrorKind::AddrNotAvailable => {
                    Some("use --listen-address with an address of this machine")
                }
                _ => None,
            },
            Self::Start(StartError::NoHostKey { .. }) => {
                Some("give it one with --host-key-type or --host-key, or `host_keys` in a scenario")
            }
            Self::FaultOfNobody { player: Player::Files, .. } => {
                Some("leave out --no-sftp, or give the scenario a table [sftp]")
            }
            Self::FaultOfNobody { player: Player::Agent, .. } => {
                Some("give --pubkey-user a name, or a user of the scenario a `key`")
            }
            Self::Placeholder(error) => error.hint(),
            Self::CannotRun { source, .. } if source.kind() == io::ErrorKind::NotFound => {
                Some("is it installed, and in PATH? A shell's own commands need `sh -c`")
            }
            Self::Control(error) => error.hint(),
            Self::Directory { .. } => Some("set TMPDIR to a directory that can be written"),
            Self::Agent(mock_agent::StartError::Socket(mock_agent::SocketError::TooLong { .. })) => {
                Some("set TMPDIR to a shorter path")
            }
            _ => None,
        }
    }

    /// The error and all that led to it, in one line.
    pub(crate) fn chain(&self) -> String {
        sentence(self)
    }
}

/// An error and all that led to it, in one line.
pub(crate) fn sentence(error: &(dyn StdError + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&fragment(error));
        cause = error.source();
    }
    text
}

/// An error of the operating system as the middle of a sentence, without its number; others as they are.
pub(crate) fn fragment(error: &(dyn StdError + 'static)) -> String {
    let text = error.to_string();
    let Some(number) = error.downcast_ref::<io::Error>().and_then(io::Error::raw_os_error) else {
        return text;
    };
    let text = text.trim_end_matches(&format!(" (os error {number})"));
    let (first, rest) = text.split_at(text.chars().next().map_or(0, char::len_utf8));
    first.to_lowercase() + rest
}
