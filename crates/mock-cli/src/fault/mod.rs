//! Faults of whatever runs here, as one language: what a text begins with says who plays it.
//!
//! `kex: stall` is the server's, `sftp open: status failure` and `scp upload: fatal "no"` are those of its files. What they can
//! do is known to the crates that play them.

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
}

/// Who plays a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Player {
    Server,
    Files,
}

impl Player {
    const ALL: [Self; 2] = [Self::Server, Self::Files];
}

impl FromStr for Fault {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        let of_server = Stage::words().map(|word| (word, Player::Server));
        let words: Vec<_> = of_server.chain([("sftp", Player::Files), ("scp", Player::Files)]).collect();
        match first_word(text, &words)? {
            Player::Server => text.parse().map(Self::Server),
            Player::Files => text.parse().map(Self::Files),
        }
    }
}

impl Fault {
    pub(crate) fn player(&self) -> Player {
        match self {
            Self::Server(_) => Player::Server,
            Self::Files(_) => Player::Files,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Server(fault) => fault.fmt(f),
            Self::Files(fault) => fault.fmt(f),
        }
    }
}

/// Has a server play these faults, and its files.
pub(crate) fn play(faults: &[Fault], builder: Builder, files: Option<&Files>) -> Builder {
    faults.iter().cloned().fold(builder, |builder, fault| match fault {
        Fault::Server(fault) => builder.fault(fault),
        Fault::Files(fault) => {
            let _checked_when_it_was_read = files.map(|files| files.faults().add(fault));
            builder
        }
    })
}
