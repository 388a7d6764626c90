//! What the journal keeps of a copy: which file, in which direction, how much of it, and how it ended.

use std::{borrow::Cow, time::SystemTime};

use bytes::Bytes;
use mock_base::{Event, Record, Value};

use crate::{FileContent, FsError};

/// A file or directory that a client copied with `scp`, as it stands in the journal.
///
/// Recorded before the client is told that it is done: a client that has ended finds all its files in the journal. A
/// directory that is received is recorded when it begins, before what is in it. As text it reads like this:
///
/// ```text
/// scp upload path="in/data.bin" mode="0644" size=4096 bytes=4096 status="Success"
/// scp upload path="in/../x" mode="0644" size=1 status="Failure" cause="unexpected filename"
/// scp download-dir path="logs" mode="0755" status="Success"
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ScpOp {
    /// What was copied, and where to.
    pub operation: ScpOperation,
    /// The path here, as the command line and the protocol give it.
    pub path: Bytes,
    /// Where relative paths begin.
    pub start: Bytes,
    /// The mode that was announced. `None` where nothing was, because of an error before.
    pub mode: Option<u32>,
    /// The size that was announced.
    pub size: u64,
    /// Bytes of content that were copied.
    pub bytes: u64,
    /// The time of the last change that an upload is to have: with `-p`.
    pub modified: Option<SystemTime>,
    /// The time of the last read that an upload is to have: with `-p`.
    pub accessed: Option<SystemTime>,
    /// Why it failed; `None` where it did not.
    pub cause: Option<ScpCause>,
    /// What is in an uploaded file once it is complete.
    pub content: Option<FileContent>,
}

/// What was copied, and where to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ScpOperation {
    /// A file, from the client.
    Upload,
    /// A directory, from the client.
    UploadDir,
    /// A file, to the client.
    Download,
    /// A directory, to the client.
    DownloadDir,
}

/// Why a copy failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum ScpCause {
    /// The file system refused.
    #[error(transparent)]
    File(#[from] FsError),
    /// The name that was announced is not one of something in the target: empty, `.`, `..`, or with a slash.
    #[error("unexpected filename")]
    UnexpectedName,
    /// It is a directory, and the command has no `-r`; or it is neither file nor directory.
    #[error("not a regular file")]
    NotRegular,
    /// A directory was announced to a command without `-r`.
    #[error("received directory without -r")]
    NotRecursive,
    /// The client said that it failed at its side.
    #[error("the client reported an error")]
    Client,
    /// The channel ended first.
    #[error("the channel ended")]
    ChannelEnded,
    /// A test asked for it.
    #[error("a fault")]
    Fault,
}

impl ScpOperation {
    /// All of them.
    pub(crate) const ALL: [Self; 4] = [Self::Upload, Self::UploadDir, Self::Download, Self::DownloadDir];

    /// Its name in the journal.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Upload => "upload",
            Self::UploadDir => "upload-dir",
            Self::Download => "download",
            Self::DownloadDir => "download-dir",
        }
    }
}

impl ScpOp {
    pub(super) fn new(operation: ScpOperation, path: &[u8], start: &[u8]) -> Self {
        Self {
            operation,
            path: Bytes::copy_from_slice(path),
            start: Bytes::copy_from_slice(start),
            mode: None,
            size: 0,
            bytes: 0,
            modified: None,
            accessed: None,
            cause: None,
            content: None,
        }
    }

    /// The operation that an event holds, if it holds one.
    #[must_use]
    pub fn of(event: &Event) -> Option<&Self> {
        event.kind.operation()
    }

    /// Whether all of it arrived.
    #[must_use]
    pub fn succeeded(&self) -> bool {
        self.cause.is_none()
    }

    /// Whether it is a file that arrived here.
    #[must_use]
    pub fn is_upload(&self) -> bool {
        self.operation == ScpOperation::Upload && self.succeeded()
    }

    /// The path, made absolute, and without `.`, which is the target of many a client. Links and `..` are as they
    /// were.
    #[must_use]
    pub fn full_path(&self) -> Bytes {
        match self.path.first() {
            None => Bytes::new(),
            Some(b'/') => plain(&self.path),
            Some(_) => plain(&[&self.start[..], b"/", &self.path].concat()),
        }
    }
}

/// An absolute path with single slashes and without `.`.
pub(super) fn plain(path: &[u8]) -> Bytes {
    let parts = path.split(|byte| *byte == b'/').filter(|part| !matches!(*part, b"" | b"."));
    let plain: Vec<u8> = parts.flat_map(|part| [b"/", part]).flatten().copied().collect();
    if plain.is_empty() { Bytes::from_static(b"/") } else { plain.into() }
}

impl Record for ScpOp {
    fn source(&self) -> &'static str {
        "scp"
    }

    fn name(&self) -> Cow<'static, str> {
        self.operation.name().into()
    }

    fn fields(&self, out: &mut dyn FnMut(&'static str, Value<'_>)) {
        out("path", Value::Bytes(&self.path));
        if let Some(mode) = self.mode {
            out("mode", Value::Text(&format!("{mode:04o}")));
        }
        if let ScpOperation::Upload | ScpOperation::Download = self.operation {
            out("size", Value::U64(self.size));
        }
        if self.bytes > 0 {
            out("bytes", Value::U64(self.bytes));
        }
        for (name, time) in [("modified", self.modified), ("accessed", self.accessed)] {
            if let Some(time) = time {
                let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
                out(name, Value::U64(since.as_secs()));
            }
        }
        out("status", Value::Text(if self.succeeded() { "Success" } else { "Failure" }));
        if let Some(cause) = self.cause {
            out("cause", Value::Text(&cause.to_string()));
        }
    }
}
