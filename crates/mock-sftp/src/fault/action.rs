//! What faults of files can do.

use mock_base::Delay;

use super::{Stage, kind::Kind, stage::On};
use crate::{
    ScpOperation,
    wire::{Extension, Operation, StatusCode},
};

/// What goes wrong. Which action can be had at which stage is checked when a fault is handed over.
///
/// What was done stays done: bytes that were written before the fault are in the file.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Action {
    /// Answers with this status and text, and does nothing; without a text, with the usual one of the status. `status failure
    /// "disk on fire"`, `status 14`
    Status(StatusCode, Option<String>),
    /// Writes so many bytes to a file, and from there on fails as if the disk were full. `no-space after 1MiB`
    NoSpace(u64),
    /// Answers a read with at most so many bytes, or a listing with so many names, though more are there. `short 100`
    Short(u32),
    /// Writes at most so many bytes, and fails. `partial 100`
    Partial(u32),
    /// Closes the handle before the request that names it. `invalid-handle`
    InvalidHandle,
    /// Lists further files that are not there, without end. `endless`
    Endless,
    /// Goes on after this time; what the client sends meanwhile waits as well. `delay 200ms`
    Delay(Delay),
    /// Does what is asked for, and never answers. With SCP, the copy is never acknowledged. `silence`
    Silence,
    /// Answers after the next request has been answered. If none comes for 100 ms, nothing is reordered. `reorder`
    Reorder,
    /// Answers twice. `duplicate`
    Duplicate,
    /// Answers with the id of another request. `wrong-id`
    WrongId,
    /// Answers with a message of a type that has no place there. `wrong-type`
    WrongType,
    /// Answers with a length of 2,147,483,647. `wrong-length`
    WrongLength,
    /// Answers with a message that ends within its fields. `truncate`
    Truncate,
    /// Sends so many bytes of noise instead of the answer. `garbage 64`
    Garbage(u32),
    /// Sends this text before the answer, as a login script does that prints something. `say "welcome\n"`
    Say(String),
    /// After so many bytes of the file nothing more is sent; with 0, at once. It ends when the client or the server
    /// ends the channel, which the end of the client's data does not do; a stream that is no channel ends with it.
    /// `stall after 64KiB`
    Stall(u64),
    /// After so many bytes of the file the connection is cut; with 0, at once. `close after 64KiB`
    Close(u64),
    /// After so many bytes of the file the channel is closed without an exit status; with 0, at once.
    /// `close-channel after 64KiB`
    CloseChannel(u64),
    /// Refuses a file with a warning; the copy goes on with the next (SCP). `warn "quota exceeded"`
    Warn(String),
    /// Ends the copy with an error (SCP). `fatal "disk on fire"`
    Fatal(String),
    /// Ends with this exit status, however the copy went (SCP). `exit 3`
    Exit(u32),
}

impl Action {
    /// Answers with this status and its usual text.
    #[must_use]
    pub fn status(code: StatusCode) -> Self {
        Self::Status(code, None)
    }

    /// Answers with this status and another text.
    #[must_use]
    pub fn status_with(code: StatusCode, text: impl Into<String>) -> Self {
        Self::Status(code, Some(text.into()))
    }

    /// Takes this long.
    #[must_use]
    pub fn delay(delay: impl Into<Delay>) -> Self {
        Self::Delay(delay.into())
    }

    /// Whether its occasion is an open file or directory, and not a single request.
    pub(crate) fn is_of_a_file(&self) -> bool {
        match self {
            Self::NoSpace(_) | Self::Endless => true,
            Self::Stall(after) | Self::Close(after) | Self::CloseChannel(after) => *after > 0,
            _ => false,
        }
    }
}

/// What can go wrong with any request.
const SFTP: &[Kind] = &[
    Kind::Status,
    Kind::Delay,
    Kind::Silence,
    Kind::Reorder,
    Kind::Duplicate,
    Kind::WrongId,
    Kind::WrongType,
    Kind::WrongLength,
    Kind::Truncate,
    Kind::Garbage,
    Kind::Say,
    Kind::Stall,
    Kind::Close,
    Kind::CloseChannel,
];
/// What an answer to an init has no place for: a status, an id, and another answer.
const WITH_ID: &[Kind] = &[Kind::Status, Kind::Reorder, Kind::Duplicate, Kind::WrongId];
const SCP: &[Kind] = &[
    Kind::Warn,
    Kind::Fatal,
    Kind::Exit,
    Kind::Delay,
    Kind::Silence,
    Kind::Say,
    Kind::Stall,
    Kind::Close,
    Kind::CloseChannel,
];

/// What can be had there.
fn allowed(on: On) -> Vec<Kind> {
    let (usual, more): (&[Kind], &[Kind]) = match on {
        On::Sftp(Some(Operation::Init)) => {
            return SFTP.iter().copied().filter(|kind| !WITH_ID.contains(kind)).collect();
        }
        On::Sftp(Some(Operation::Read)) => (SFTP, &[Kind::Short, Kind::InvalidHandle]),
        On::Sftp(Some(Operation::Write)) => (SFTP, &[Kind::NoSpace, Kind::Partial, Kind::InvalidHandle]),
        On::Sftp(Some(Operation::ReadDir)) => (SFTP, &[Kind::Short, Kind::Endless, Kind::InvalidHandle]),
        On::Sftp(Some(operation)) if has_handle(operation) => (SFTP, &[Kind::InvalidHandle]),
        On::Sftp(_) => (SFTP, &[]),
        On::Scp(Some(ScpOperation::Upload)) => (SCP, &[Kind::NoSpace]),
        On::Scp(_) => (SCP, &[]),
    };
    [usual, more].concat()
}

/// Why this action cannot be had there.
pub(super) fn check(stage: &Stage, action: &Action) -> Result<(), String> {
    let allowed = allowed(stage.on);
    if !allowed.contains(&action.kind()) {
        let (word, allowed) = (action.kind().word(), allowed.iter().map(|kind| kind.word()));
        let allowed: Vec<_> = allowed.collect();
        return Err(format!("at `{stage}` there is no `{word}`, but `{}`", allowed.join("`, `")));
    }
    match action {
        Action::Stall(1..) | Action::Close(1..) | Action::CloseChannel(1..) if !moves_bytes(stage.on) => {
            Err(format!("at `{stage}` no bytes of a file are counted: leave out `after`"))
        }
        Action::Garbage(0) => Err("no noise is `silence`".to_owned()),
        Action::Garbage(65_537..) => Err("at most 64 KiB of noise are sent".to_owned()),
        Action::Short(0) if matches!(stage.on, On::Sftp(Some(Operation::ReadDir))) => {
            Err("a listing of no names makes clients ask again for ever: begin with 1".to_owned())
        }
        Action::Warn(text) | Action::Fatal(text) if text.contains('\n') => {
            Err("a message of scp is one line".to_owned())
        }
        _ => Ok(()),
    }
}

fn has_handle(operation: Operation) -> bool {
    matches!(
        operation,
        Operation::Close
            | Operation::FStat
            | Operation::FSetStat
            | Operation::Extended(Extension::FStatVfs | Extension::FSync | Extension::CopyData)
    )
}

fn moves_bytes(on: On) -> bool {
    match on {
        On::Sftp(operation) => matches!(operation, Some(Operation::Read | Operation::Write)),
        On::Scp(operation) => !matches!(operation, Some(ScpOperation::UploadDir | ScpOperation::DownloadDir)),
    }
}
