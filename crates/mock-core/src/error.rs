//! Errors of starting and stopping a server.

use std::{fmt, io, time::Duration};

use mock_base::{VerificationError, fault::FaultError};

use crate::UnknownAlgorithm;

/// A server that did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The address cannot be listened on.
    #[error("cannot listen on {address}")]
    Listen {
        /// `address:port`.
        address: String,
        /// Why: in use, not permitted, not an address of this machine.
        source: io::Error,
    },
    /// An algorithm is unknown.
    #[error(transparent)]
    Algorithm(#[from] UnknownAlgorithm),
    /// None of the host keys is for any of the algorithms that are offered for them: every client would be turned away.
    #[error("no host key for {algorithms}: there is {keys}")]
    NoHostKey {
        /// The algorithms.
        algorithms: String,
        /// The types of the keys.
        keys: String,
    },
    /// The version string is not one (RFC 4253 section 4.2).
    #[error(
        "version `{version}` is not of the form `SSH-2.0-name`, in at most 253 printable ASCII characters"
    )]
    Version {
        /// What was given.
        version: String,
    },
    /// A fault cannot be had.
    #[error(transparent)]
    Fault(#[from] FaultError),
    /// The thread that serves blocking users cannot be started.
    #[error("cannot start the background runtime")]
    Runtime(#[source] io::Error),
}

/// A server that did not end as it should.
///
/// `Debug` is the same text as `Display`: it is what `unwrap` prints.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum ShutdownError {
    /// It ended, but what was expected of it did not come; the text is the report.
    #[error(transparent)]
    Unmet(#[from] VerificationError),
    /// Something still runs after the deadline: a task that blocks its thread, most likely.
    #[error("{tasks} tasks of server `{name}` still run {after:?} after the shutdown began")]
    StillRunning {
        /// The server.
        name: String,
        /// How many.
        tasks: usize,
        /// The deadline.
        after: Duration,
    },
}

impl fmt::Debug for ShutdownError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A channel to a client that was not opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The client does not want it.
    #[error("the client refused the channel with code {code}")]
    Refused {
        /// Its reason code (RFC 4254 section 5.1).
        code: u32,
    },
    /// No client has the server listen there.
    #[error("no client has the server listen there")]
    NotListening,
    /// The client did not offer what the channel is to reach: its agent, its X server.
    #[error("the client did not offer it")]
    NotOffered,
    /// The connection is over.
    #[error("the connection is over")]
    Disconnected,
}

impl From<OpenError> for io::Error {
    fn from(error: OpenError) -> Self {
        let kind = match error {
            OpenError::Disconnected => io::ErrorKind::BrokenPipe,
            OpenError::NotListening => io::ErrorKind::NotFound,
            OpenError::Refused { .. } | OpenError::NotOffered => io::ErrorKind::ConnectionRefused,
        };
        Self::new(kind, error)
    }
}
