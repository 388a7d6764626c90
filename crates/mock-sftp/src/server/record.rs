//! What the journal keeps of an operation: what was asked for, and how it ended.

use std::borrow::Cow;

use bytes::Bytes;
use mock_base::{Event, Record, Value};

use super::FileContent;
use crate::{
    FsError,
    wire::{Attributes, DecodeError, OpenFlags, Operation, StatusCode},
};

/// An operation of an SFTP client with its outcome, as it stands in the journal.
///
/// Recorded before the reply is sent: a client that has its reply finds the operation in the journal. Reads, writes
/// and listings that succeed are no records of their own: their sums stand in the record of the close. A handle that
/// was still open at the end of its channel is closed without a status. As text it reads like this:
///
/// ```text
/// sftp open path="upload/data.bin" handle=1 flags="write,create,truncate" status="Success"
/// sftp close path="upload/data.bin" handle=1 flags="write,create,truncate" written=4096 status="Success"
/// sftp stat path="upload/missing" status="No such file" cause="No such file or directory"
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SftpOp {
    /// What was asked for.
    pub operation: Operation,
    /// The path as the client sent it; with a handle, the path that it was opened with. Empty where there is none.
    pub path: Bytes,
    /// The second path: the new name of a rename or hard link, what a symbolic link points to, the file that
    /// `copy-data` writes to.
    pub to: Option<Bytes>,
    /// Where relative paths begin.
    pub start: Bytes,
    /// Number of the handle, from 1 on each channel.
    pub handle: Option<u32>,
    /// How the file was opened.
    pub flags: Option<OpenFlags>,
    /// Attributes that were to be set.
    pub attributes: Option<Box<Attributes>>,
    /// The version that the client asked for.
    pub version: Option<u32>,
    /// Name of an extension that is not offered.
    pub extension: Option<Bytes>,
    /// With a close, bytes that were read.
    pub read: u64,
    /// With a close, bytes that were written.
    pub written: u64,
    /// With a close, names that were listed.
    pub listed: u64,
    /// What was answered; `None` where nothing was.
    pub status: Option<StatusCode>,
    /// Why it failed.
    pub cause: Option<Cause>,
    /// With the close of a file that was opened to write, its content as it then was.
    pub content: Option<FileContent>,
}

/// Why an operation failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum Cause {
    /// The file system refused.
    #[error(transparent)]
    File(#[from] FsError),
    /// The bytes are not the message that they claim to be.
    #[error(transparent)]
    Malformed(#[from] DecodeError),
    /// No handle is called so, or none that can be used so.
    #[error("no such handle")]
    Handle,
    /// As many handles are open as may be.
    #[error("too many open handles")]
    TooManyHandles,
    /// The server does not do this, or not in the version that was agreed on.
    #[error("not supported")]
    Unsupported,
    /// A copy needs two different files.
    #[error("a copy of a file to itself")]
    SameFile,
    /// Nobody has this name.
    #[error("no such user")]
    NoSuchUser,
    /// The size of a symbolic link cannot be set.
    #[error("the size of a link cannot be set")]
    SizeOfLink,
    /// The reply would be longer than a packet may be.
    #[error("the reply would be too long")]
    TooLong,
    /// The channel ended first.
    #[error("the channel ended")]
    ChannelEnded,
    /// A test asked for it.
    #[error("a fault")]
    Fault,
}

impl SftpOp {
    pub(crate) fn new(operation: Operation, start: Bytes) -> Self {
        Self {
            operation,
            path: Bytes::new(),
            to: None,
            start,
            handle: None,
            flags: None,
            attributes: None,
            version: None,
            extension: None,
            read: 0,
            written: 0,
            listed: 0,
            status: None,
            cause: None,
            content: None,
        }
    }

    /// The operation that an event holds, if it holds one.
    #[must_use]
    pub fn of(event: &Event) -> Option<&Self> {
        event.kind.operation()
    }

    /// Whether the client got what it asked for.
    #[must_use]
    pub fn succeeded(&self) -> bool {
        self.status == Some(StatusCode::Ok)
    }

    /// The path, made absolute if the client sent a relative one. Links and `..` are as they were.
    #[must_use]
    pub fn full_path(&self) -> Bytes {
        self.absolute(&self.path)
    }

    /// The second path, made absolute in the same way.
    #[must_use]
    pub fn full_to(&self) -> Option<Bytes> {
        self.to.as_ref().map(|to| self.absolute(to))
    }

    /// Whether it is a finished upload: the close of a file that was opened to write.
    #[must_use]
    pub fn is_upload(&self) -> bool {
        let writes = self.flags.is_some_and(|flags| flags.contains(OpenFlags::WRITE));
        self.operation == Operation::Close && writes && self.succeeded()
    }

    fn absolute(&self, path: &Bytes) -> Bytes {
        match path.first() {
            None | Some(b'/') => path.clone(),
            Some(_) if self.start.ends_with(b"/") => [&self.start[..], path].concat().into(),
            Some(_) => [&self.start[..], b"/", path].concat().into(),
        }
    }
}

impl Record for SftpOp {
    fn source(&self) -> &'static str {
        "sftp"
    }

    fn name(&self) -> Cow<'static, str> {
        self.operation.name().into()
    }

    fn fields(&self, out: &mut dyn FnMut(&'static str, Value<'_>)) {
        if let Operation::Unknown(message_type) = self.operation {
            out("message_type", Value::U64(message_type.into()));
        }
        if let Some(name) = &self.extension {
            out("extension", Value::Bytes(name));
        }
        if let Some(version) = self.version {
            out("version", Value::U64(version.into()));
        }
        if !self.path.is_empty() {
            out("path", Value::Bytes(&self.path));
        }
        if let Some(to) = &self.to {
            out("to", Value::Bytes(to));
        }
        if let Some(handle) = self.handle {
            out("handle", Value::U64(handle.into()));
        }
        if let Some(flags) = self.flags {
            out("flags", Value::Text(&flags.to_string()));
        }
        if let Some(attributes) = self.attributes.as_deref().filter(|set| **set != Attributes::default()) {
            out("attributes", Value::Text(&attributes.to_string()));
        }
        for (name, sum) in [("read", self.read), ("written", self.written), ("listed", self.listed)] {
            if sum > 0 {
                out(name, Value::U64(sum));
            }
        }
        if let Some(status) = self.status {
            out("status", Value::Text(status.message()));
        }
        if let Some(cause) = self.cause {
            out("cause", Value::Text(&cause.to_string()));
        }
    }
}
