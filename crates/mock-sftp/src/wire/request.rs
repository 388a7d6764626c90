//! Requests (draft section 6).
//!
//! What follows the last field is ignored, as OpenSSH ignores it: later drafts add optional fields there.

use bytes::{BufMut as _, BytesMut};

use super::{
    Attributes, DecodeError, ExtendedCall, OpenFlags, Operation, Reader, codec::frame, kind, put_string,
};

/// A request with its id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request<'a> {
    /// Chosen by the client; its reply has the same.
    pub id: u32,
    /// What is asked for.
    pub call: Call<'a>,
}

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the fields of the draft, section 6")]
pub enum Call<'a> {
    Open {
        path: &'a [u8],
        flags: OpenFlags,
        attributes: Attributes,
    },
    Close {
        handle: &'a [u8],
    },
    Read {
        handle: &'a [u8],
        offset: u64,
        length: u32,
    },
    Write {
        handle: &'a [u8],
        offset: u64,
        data: &'a [u8],
    },
    LStat {
        path: &'a [u8],
    },
    FStat {
        handle: &'a [u8],
    },
    SetStat {
        path: &'a [u8],
        attributes: Attributes,
    },
    FSetStat {
        handle: &'a [u8],
        attributes: Attributes,
    },
    OpenDir {
        path: &'a [u8],
    },
    ReadDir {
        handle: &'a [u8],
    },
    Remove {
        path: &'a [u8],
    },
    MkDir {
        path: &'a [u8],
        attributes: Attributes,
    },
    RmDir {
        path: &'a [u8],
    },
    RealPath {
        path: &'a [u8],
    },
    Stat {
        path: &'a [u8],
    },
    Rename {
        from: &'a [u8],
        to: &'a [u8],
    },
    ReadLink {
        path: &'a [u8],
    },
    /// In OpenSSH's order (`PROTOCOL` section 4.1), which is the opposite of the draft's: what the link points to
    /// comes first, its own path second. All common clients send it so.
    SymLink {
        target: &'a [u8],
        path: &'a [u8],
    },
    /// A request of an extension.
    Extended(ExtendedCall<'a>),
    /// A type of message that the draft does not have, and what follows the id.
    Unknown {
        message_type: u8,
        body: &'a [u8],
    },
}

impl<'a> Request<'a> {
    /// From a packet without its length.
    ///
    /// # Errors
    ///
    /// It ends too early, or a path has a byte 0 in it. [`id_of`](Self::id_of) may still know its id.
    pub fn decode(packet: &'a [u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(packet);
        let message_type = reader.u8("type")?;
        let id = reader.u32("id")?;
        Ok(Self { id, call: Call::decode(message_type, &mut reader)? })
    }

    /// The id of a packet without its length, even if the rest of it makes no sense.
    #[must_use]
    pub fn id_of(packet: &[u8]) -> Option<u32> {
        let mut reader = Reader::new(packet);
        reader.u8("type").ok()?;
        reader.u32("id").ok()
    }

    /// Appends the packet with its length.
    ///
    /// ```
    /// use mock_sftp::wire::{Call, Request};
    ///
    /// let request = Request { id: 7, call: Call::Stat { path: b"/etc" } };
    /// let mut packet = bytes::BytesMut::new();
    /// request.encode(&mut packet);
    /// assert_eq!(packet[..], *b"\0\0\0\x0d\x11\0\0\0\x07\0\0\0\x04/etc");
    /// assert_eq!(Request::decode(&packet[4..]), Ok(request));
    /// ```
    pub fn encode(&self, out: &mut BytesMut) {
        frame(out, self.call.operation().message_type(), |out| {
            out.put_u32(self.id);
            self.call.encode(out);
        });
    }
}

impl<'a> Call<'a> {
    fn decode(message_type: u8, reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        Ok(match message_type {
            kind::OPEN => Self::Open {
                path: reader.path("path")?,
                flags: OpenFlags(reader.u32("flags")?),
                attributes: Attributes::decode(reader)?,
            },
            kind::CLOSE => Self::Close { handle: reader.string("handle")? },
            kind::READ => Self::Read {
                handle: reader.string("handle")?,
                offset: reader.u64("offset")?,
                length: reader.u32("length")?,
            },
            kind::WRITE => Self::Write {
                handle: reader.string("handle")?,
                offset: reader.u64("offset")?,
                data: reader.string("data")?,
            },
            kind::LSTAT => Self::LStat { path: reader.path("path")? },
            kind::FSTAT => Self::FStat { handle: reader.string("handle")? },
            kind::SETSTAT => {
                Self::SetStat { path: reader.path("path")?, attributes: Attributes::decode(reader)? }
            }
            kind::FSETSTAT => {
                Self::FSetStat { handle: reader.string("handle")?, attributes: Attributes::decode(reader)? }
            }
            kind::OPENDIR => Self::OpenDir { path: reader.path("path")? },
            kind::READDIR => Self::ReadDir { handle: reader.string("handle")? },
            kind::REMOVE => Self::Remove { path: reader.path("path")? },
            kind::MKDIR => {
                Self::MkDir { path: reader.path("path")?, attributes: Attributes::decode(reader)? }
            }
            kind::RMDIR => Self::RmDir { path: reader.path("path")? },
            kind::REALPATH => Self::RealPath { path: reader.path("path")? },
            kind::STAT => Self::Stat { path: reader.path("path")? },
            kind::RENAME => Self::Rename { from: reader.path("old path")?, to: reader.path("new path")? },
            kind::READLINK => Self::ReadLink { path: reader.path("path")? },
            kind::SYMLINK => Self::SymLink { target: reader.path("target")?, path: reader.path("path")? },
            kind::EXTENDED => Self::Extended(ExtendedCall::decode(reader)?),
            message_type => Self::Unknown { message_type, body: reader.rest() },
        })
    }

    /// Its kind.
    #[must_use]
    pub fn operation(&self) -> Operation {
        match self {
            Self::Open { .. } => Operation::Open,
            Self::Close { .. } => Operation::Close,
            Self::Read { .. } => Operation::Read,
            Self::Write { .. } => Operation::Write,
            Self::LStat { .. } => Operation::LStat,
            Self::FStat { .. } => Operation::FStat,
            Self::SetStat { .. } => Operation::SetStat,
            Self::FSetStat { .. } => Operation::FSetStat,
            Self::OpenDir { .. } => Operation::OpenDir,
            Self::ReadDir { .. } => Operation::ReadDir,
            Self::Remove { .. } => Operation::Remove,
            Self::MkDir { .. } => Operation::MkDir,
            Self::RmDir { .. } => Operation::RmDir,
            Self::RealPath { .. } => Operation::RealPath,
            Self::Stat { .. } => Operation::Stat,
            Self::Rename { .. } => Operation::Rename,
            Self::ReadLink { .. } => Operation::ReadLink,
            Self::SymLink { .. } => Operation::SymLink,
            Self::Extended(call) => call.extension().map_or(Operation::UnknownExtension, Operation::Extended),
            Self::Unknown { message_type, .. } => Operation::Unknown(*message_type),
        }
    }

    fn encode(&self, out: &mut BytesMut) {
        match self {
            Self::Open { path, flags, attributes } => {
                put_string(out, path);
                out.put_u32(flags.0);
                attributes.encode(out);
            }
            Self::Read { handle, offset, length } => {
                put_string(out, handle);
                out.put_u64(*offset);
                out.put_u32(*length);
            }
            Self::Write { handle, offset, data } => {
                put_string(out, handle);
                out.put_u64(*offset);
                put_string(out, data);
            }
            Self::Close { handle: string }
            | Self::FStat { handle: string }
            | Self::ReadDir { handle: string }
            | Self::LStat { path: string }
            | Self::OpenDir { path: string }
            | Self::Remove { path: string }
            | Self::RmDir { path: string }
            | Self::RealPath { path: string }
            | Self::Stat { path: string }
            | Self::ReadLink { path: string } => put_string(out, string),
            Self::SetStat { path: string, attributes }
            | Self::MkDir { path: string, attributes }
            | Self::FSetStat { handle: string, attributes } => {
                put_string(out, string);
                attributes.encode(out);
            }
            Self::Rename { from: first, to: second } | Self::SymLink { target: first, path: second } => {
                put_string(out, first);
                put_string(out, second);
            }
            Self::Extended(call) => call.encode(out),
            Self::Unknown { body, .. } => out.put_slice(body),
        }
    }
}
