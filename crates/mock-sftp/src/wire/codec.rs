//! The pieces that messages are made of (RFC 4251 section 5), read with a check at every step and written into a frame.
//!
//! Lengths are the peer's, so nothing is allocated by them: a string is a slice of what is there.

use bytes::{BufMut as _, BytesMut};

/// Why bytes are not the message that they claim to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// They end too early.
    #[error("ends within the {0}")]
    Truncated(&'static str),
    /// A path has a byte 0 in it.
    #[error("a byte 0 in the {0}")]
    Nul(&'static str),
    /// It is no message of this direction.
    #[error("a message of type {0} where none is expected")]
    Unexpected(u8),
}

/// Takes a message apart from its beginning. Each field is named, so that an error can say where it is.
#[derive(Debug, Clone)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    pub(crate) fn u8(&mut self, field: &'static str) -> Result<u8, DecodeError> {
        self.array::<1>(field).map(|[byte]| byte)
    }

    pub(crate) fn u32(&mut self, field: &'static str) -> Result<u32, DecodeError> {
        self.array(field).map(u32::from_be_bytes)
    }

    pub(crate) fn u64(&mut self, field: &'static str) -> Result<u64, DecodeError> {
        self.array(field).map(u64::from_be_bytes)
    }

    pub(crate) fn string(&mut self, field: &'static str) -> Result<&'a [u8], DecodeError> {
        let length = self.u32(field)?;
        let length = usize::try_from(length).map_err(|_| DecodeError::Truncated(field))?;
        let (string, rest) = self.rest.split_at_checked(length).ok_or(DecodeError::Truncated(field))?;
        self.rest = rest;
        Ok(string)
    }

    /// A string that a file system is asked about: no path has a byte 0 in it.
    pub(crate) fn path(&mut self, field: &'static str) -> Result<&'a [u8], DecodeError> {
        let path = self.string(field)?;
        if path.contains(&0) { Err(DecodeError::Nul(field)) } else { Ok(path) }
    }

    /// All that is left.
    pub(crate) fn rest(&mut self) -> &'a [u8] {
        std::mem::take(&mut self.rest)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    fn array<const N: usize>(&mut self, field: &'static str) -> Result<[u8; N], DecodeError> {
        let (array, rest) = self.rest.split_first_chunk().ok_or(DecodeError::Truncated(field))?;
        self.rest = rest;
        Ok(*array)
    }
}

/// Writes a packet: its length, its type, and what `body` writes.
pub(super) fn frame(out: &mut BytesMut, kind: u8, body: impl FnOnce(&mut BytesMut)) {
    let start = out.len();
    out.put_u32(0);
    out.put_u8(kind);
    body(out);
    let length = length(out.len() - start - 4);
    if let Some(field) = out.get_mut(start..start + 4) {
        field.copy_from_slice(&length.to_be_bytes());
    }
}

pub(crate) fn put_string(out: &mut BytesMut, string: &[u8]) {
    out.put_u32(length(string.len()));
    out.put_slice(string);
}

/// A length as it is sent. What we send is far below 4 GiB.
pub(super) fn length(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
