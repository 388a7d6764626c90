//! How a request ended, as a value: nothing is written before it is known.

use std::borrow::Cow;

use bytes::{BufMut as _, Bytes, BytesMut};

use super::record::Cause;
use crate::{
    FsError,
    wire::{Answer, Attributes, Explanation, Name, Reply, StatusCode, data_header, names_header},
};

/// What is replied.
#[derive(Debug)]
pub(super) enum Outcome {
    Status(StatusCode),
    /// A status with another text than its code's.
    Explained(StatusCode, Cow<'static, str>),
    Handle([u8; 8]),
    /// The pieces of a file, which are sent as they are.
    Data(Vec<Bytes>),
    /// Entries of a directory.
    Names(Names),
    /// A path, which is sent as a name without attributes.
    Path(Vec<u8>),
    Attributes(Attributes),
    Extended(BytesMut),
}

/// Names as they are sent, and how many.
#[derive(Debug, Default)]
pub(super) struct Names {
    pub(super) count: u32,
    pub(super) encoded: BytesMut,
}

/// Why a request is refused, and what the client is told.
#[derive(Debug, Clone, Copy)]
pub(super) struct Refusal {
    pub(super) code: StatusCode,
    pub(super) cause: Cause,
}

impl Refusal {
    /// Refused with `SSH_FX_FAILURE`, which is what OpenSSH has for most that is wrong with a handle.
    pub(super) fn failure(cause: Cause) -> Self {
        Self { code: StatusCode::Failure, cause }
    }

    pub(super) fn with(code: StatusCode, cause: Cause) -> Self {
        Self { code, cause }
    }
}

impl From<FsError> for Refusal {
    fn from(error: FsError) -> Self {
        Self { code: error.into(), cause: Cause::File(error) }
    }
}

impl Outcome {
    pub(super) const DONE: Self = Self::Status(StatusCode::Ok);

    /// The code, where it is a status.
    pub(super) fn status(&self) -> StatusCode {
        match self {
            Self::Status(code) | Self::Explained(code, _) => *code,
            _ => StatusCode::Ok,
        }
    }

    /// Appends the reply, except for the data of a file.
    pub(super) fn encode(&self, id: u32, version: u32, out: &mut BytesMut) {
        let answer = match self {
            Self::Status(code) => status(*code, code.message(), version),
            Self::Explained(code, message) => status(*code, message, version),
            Self::Handle(name) => Answer::Handle(name),
            Self::Path(path) => Answer::Names(vec![Name::path(path)]),
            Self::Attributes(attributes) => Answer::Attributes(attributes.clone()),
            Self::Extended(data) => Answer::Extended(data),
            Self::Data(pieces) => return data_header(out, id, pieces.iter().map(Bytes::len).sum()),
            Self::Names(names) => return names.encode(id, out),
        };
        Reply { id, answer }.encode(out);
    }
}

fn status(code: StatusCode, message: &str, version: u32) -> Answer<'_> {
    let explanation = Explanation { message: message.as_bytes(), language: b"" };
    Answer::Status { code, explanation: (version >= 3).then_some(explanation) }
}

impl Names {
    fn encode(&self, id: u32, out: &mut BytesMut) {
        names_header(out, id, self.count, self.encoded.len());
        out.put_slice(&self.encoded);
    }
}
