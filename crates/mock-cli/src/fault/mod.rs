//! Faults of whatever runs here, as one language: what a text begins with says who plays it.
//!
//! `kex: stall` is the server's, `sftp open: status failure` and `scp upload: fatal "no"` are those of its files, `agent sign:
//! refuse` is the agent's. What they can do is known to the crates that play them.

mod board;

use std::{fmt, str::FromStr};

use mock_base::fault::{FaultError, first_word};
use mock_core::{Builder, fault::Stage};

pub(crate) use self::board::{Board, Refused};
use crate::files::Files;

/// A fault, and who plays it.
#[derive(Debug, Clone)]
pub(crate) enum Fault {
    Server(mock_core::Fault),
    Files(mock_sftp::Fault),
    Agent(mock_agent::Fault),
}

/// Who plays a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Player {
    Server,
    Files,
    Agent,
}

impl Player {
    const ALL: [Self; 3] = [Self::Server, Self::Files, Self::Agent];

    /// Why nobody plays the faults of this one, where nobody does.
    pub(crate) fn missing(self) -> &'static str {
        match self {
            Self::Server => "there is no server",
            Self::Files => "no files are served",
            Self::Agent => "there is no agent, because no user has a key",
        }
    }
}

impl FromStr for Fault {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        let of_server = Stage::words().map(|word| (word, Player::Server));
        let others = [("sftp", Player::Files), ("scp", Player::Files), ("agent", Player::Agent)];
        let words: Vec<_> = of_server.chain(others).collect();
        match first_word(text, &words)? {
            Player::Server => text.parse().map(Self::Server),
            Player::Files => text.parse().map(Self::Files),
            Player::Agent => text.parse().map(Self::Agent),
        }
    }
}

impl Fault {
    /// Where there is SFTP, and nothing else.
    pub(crate) fn of_sftp(text: &str) -> Result<mock_sftp::Fault, String> {
        match text.parse().map_err(|error: FaultError| error.to_string())? {
            Self::Files(fault) if !fault.stage().is_scp() => Ok(fault),
            _ => Err("there is only SFTP here, so faults begin with `sftp`; others are for `mock-ssh serve`"
                .into()),
        }
    }

    /// Where there is an agent, and nothing else.
    pub(crate) fn of_agent(text: &str) -> Result<mock_agent::Fault, String> {
        match text.parse().map_err(|error: FaultError| error.to_string())? {
            Self::Agent(fault) => Ok(fault),
            _ => Err(
                "there is only an agent here, so faults begin with `agent`; others are for `mock-ssh serve`"
                    .into(),
            ),
        }
    }

    /// That of the agent.
    pub(crate) fn agent(&self) -> Option<&mock_agent::Fault> {
        match self {
            Self::Agent(fault) => Some(fault),
            Self::Server(_) | Self::Files(_) => None,
        }
    }

    pub(crate) fn player(&self) -> Player {
        match self {
            Self::Server(_) => Player::Server,
            Self::Files(_) => Player::Files,
            Self::Agent(_) => Player::Agent,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Server(fault) => fault.fmt(f),
            Self::Files(fault) => fault.fmt(f),
            Self::Agent(fault) => fault.fmt(f),
        }
    }
}

/// Has a server play these faults, and its files. Those of the agent are for whoever starts one.
pub(crate) fn play(faults: &[Fault], builder: Builder, files: Option<&Files>) -> Builder {
    faults.iter().cloned().fold(builder, |builder, fault| match fault {
        Fault::Server(fault) => builder.fault(fault),
        Fault::Files(fault) => {
            // Every fault here was read from a text, and that is when it was checked.
            let added = files.map(|files| files.faults().add(fault));
            debug_assert!(!matches!(added, Some(Err(_))), "{added:?}");
            builder
        }
        Fault::Agent(_) => builder,
    })
}
