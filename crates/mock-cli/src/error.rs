//! What can go wrong, how it is told, and with which status the process then ends.
//!
//! One enum for the binary: each variant is a thing that a person can do something about, with a hint where there is
//! one. Statuses are few and fixed, because scripts branch on them.

use std::{error::Error as StdError, io, path::PathBuf, process::ExitCode};

use mock_core::{HostKeyError, KitError, ShutdownError, StartError};

/// How the process ends. The numbers are public and do not change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
#[non_exhaustive]
pub enum ExitStatus {
    /// The server ran, and was told to stop.
    Success = 0,
    /// Something failed at run time.
    Failure = 1,
    /// The arguments are wrong.
    Usage = 2,
    /// The address cannot be listened on.
    CannotListen = 3,
    /// A host key or another file cannot be read or written.
    File = 4,
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
    #[error(transparent)]
    HostKey(#[from] HostKeyError),
    #[error("cannot make a directory in `{}`", parent.display())]
    Directory { parent: PathBuf, source: io::Error },
    #[error("cannot make a key for a user")]
    Key(#[from] mock_agent::GenerateError),
    #[error("cannot start the agent")]
    Agent(#[from] mock_agent::StartError),
    #[error(transparent)]
    Start(#[from] StartError),
    #[error(transparent)]
    Kit(#[from] KitError),
    #[error("cannot write events to `{}`", path.display())]
    Events { path: PathBuf, source: io::Error },
    #[error("cannot receive signals")]
    Signals(#[source] io::Error),
    #[error("cannot start the runtime")]
    Runtime(#[source] io::Error),
    #[error("cannot let go of standard output")]
    Detach(#[source] io::Error),
    #[error(transparent)]
    Shutdown(#[from] ShutdownError),
    #[error("a thread failed")]
    Thread(#[source] tokio::task::JoinError),
    #[error("interrupted before every connection had ended")]
    Interrupted,
}

impl Error {
    pub(crate) fn exit_status(&self) -> ExitStatus {
        match self {
            Self::SameUser { .. } | Self::Start(StartError::Version { .. }) => ExitStatus::Usage,
            Self::Start(StartError::Listen { .. }) => ExitStatus::CannotListen,
            Self::HostKey(_) | Self::Directory { .. } | Self::Kit(_) | Self::Events { .. } => {
                ExitStatus::File
            }
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
            Self::Directory { .. } => Some("set TMPDIR to a directory that can be written"),
            Self::Agent(mock_agent::StartError::PathTooLong { .. }) => Some("set TMPDIR to a shorter path"),
            _ => None,
        }
    }

    /// The error and all that led to it, in one line.
    pub(crate) fn chain(&self) -> String {
        let mut text = self.to_string();
        let mut cause = self.source();
        while let Some(error) = cause {
            text.push_str(": ");
            text.push_str(&fragment(error));
            cause = error.source();
        }
        text
    }
}

/// An error of the operating system as the middle of a sentence, without its number; others as they are.
fn fragment(error: &(dyn StdError + 'static)) -> String {
    let text = error.to_string();
    let Some(number) = error.downcast_ref::<io::Error>().and_then(io::Error::raw_os_error) else {
        return text;
    };
    let text = text.trim_end_matches(&format!(" (os error {number})"));
    let (first, rest) = text.split_at(text.chars().next().map_or(0, char::len_utf8));
    first.to_lowercase() + rest
}
