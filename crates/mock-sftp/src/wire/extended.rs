//! Requests of extensions (OpenSSH's `PROTOCOL` section 4).

use bytes::{BufMut as _, BytesMut};

use super::{Attributes, DecodeError, Extension, Reader, put_string};

/// A request of an extension.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the fields of OpenSSH's `PROTOCOL`, section 4")]
pub enum ExtendedCall<'a> {
    PosixRename {
        from: &'a [u8],
        to: &'a [u8],
    },
    StatVfs {
        path: &'a [u8],
    },
    FStatVfs {
        handle: &'a [u8],
    },
    HardLink {
        existing: &'a [u8],
        path: &'a [u8],
    },
    FSync {
        handle: &'a [u8],
    },
    LSetStat {
        path: &'a [u8],
        attributes: Attributes,
    },
    Limits,
    ExpandPath {
        path: &'a [u8],
    },
    /// A length of 0 means all that follows the offset.
    CopyData {
        from: &'a [u8],
        from_offset: u64,
        length: u64,
        to: &'a [u8],
        to_offset: u64,
    },
    /// An empty name is the user who is logged in.
    HomeDirectory {
        user: &'a [u8],
    },
    /// Each a row of 32-bit numbers.
    UsersGroupsById {
        users: &'a [u8],
        groups: &'a [u8],
    },
    /// Another extension, and what follows its name.
    Unknown {
        name: &'a [u8],
        body: &'a [u8],
    },
}

impl<'a> ExtendedCall<'a> {
    pub(super) fn decode(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        let name = reader.string("name of the extension")?;
        let Some(extension) = Extension::of(name) else {
            return Ok(Self::Unknown { name, body: reader.rest() });
        };
        Ok(match extension {
            Extension::PosixRename => {
                Self::PosixRename { from: reader.path("old path")?, to: reader.path("new path")? }
            }
            Extension::StatVfs => Self::StatVfs { path: reader.path("path")? },
            Extension::FStatVfs => Self::FStatVfs { handle: reader.string("handle")? },
            Extension::HardLink => {
                Self::HardLink { existing: reader.path("old path")?, path: reader.path("new path")? }
            }
            Extension::FSync => Self::FSync { handle: reader.string("handle")? },
            Extension::LSetStat => {
                Self::LSetStat { path: reader.path("path")?, attributes: Attributes::decode(reader)? }
            }
            Extension::Limits => Self::Limits,
            Extension::ExpandPath => Self::ExpandPath { path: reader.path("path")? },
            Extension::CopyData => Self::CopyData {
                from: reader.string("handle")?,
                from_offset: reader.u64("offset")?,
                length: reader.u64("length")?,
                to: reader.string("handle to write to")?,
                to_offset: reader.u64("offset to write at")?,
            },
            Extension::HomeDirectory => Self::HomeDirectory { user: reader.path("user")? },
            Extension::UsersGroupsById => {
                Self::UsersGroupsById { users: ids(reader, "user ids")?, groups: ids(reader, "group ids")? }
            }
        })
    }

    /// Which extension it is, unless it is none that can be offered.
    #[must_use]
    pub fn extension(&self) -> Option<Extension> {
        Some(match self {
            Self::PosixRename { .. } => Extension::PosixRename,
            Self::StatVfs { .. } => Extension::StatVfs,
            Self::FStatVfs { .. } => Extension::FStatVfs,
            Self::HardLink { .. } => Extension::HardLink,
            Self::FSync { .. } => Extension::FSync,
            Self::LSetStat { .. } => Extension::LSetStat,
            Self::Limits => Extension::Limits,
            Self::ExpandPath { .. } => Extension::ExpandPath,
            Self::CopyData { .. } => Extension::CopyData,
            Self::HomeDirectory { .. } => Extension::HomeDirectory,
            Self::UsersGroupsById { .. } => Extension::UsersGroupsById,
            Self::Unknown { .. } => return None,
        })
    }

    pub(super) fn encode(&self, out: &mut BytesMut) {
        match self {
            Self::Unknown { name, .. } => put_string(out, name),
            known => put_string(out, known.extension().map_or("", Extension::name).as_bytes()),
        }
        match self {
            Self::PosixRename { from: first, to: second }
            | Self::HardLink { existing: first, path: second }
            | Self::UsersGroupsById { users: first, groups: second } => {
                put_string(out, first);
                put_string(out, second);
            }
            Self::StatVfs { path: string }
            | Self::FStatVfs { handle: string }
            | Self::FSync { handle: string }
            | Self::ExpandPath { path: string }
            | Self::HomeDirectory { user: string } => put_string(out, string),
            Self::LSetStat { path, attributes } => {
                put_string(out, path);
                attributes.encode(out);
            }
            Self::Limits => {}
            Self::CopyData { from, from_offset, length, to, to_offset } => {
                put_string(out, from);
                out.put_u64(*from_offset);
                out.put_u64(*length);
                put_string(out, to);
                out.put_u64(*to_offset);
            }
            Self::Unknown { body, .. } => out.put_slice(body),
        }
    }
}

/// Numbers of 32 bits each; one that is cut off makes no sense.
fn ids<'a>(reader: &mut Reader<'a>, field: &'static str) -> Result<&'a [u8], DecodeError> {
    let ids = reader.string(field)?;
    if ids.len().is_multiple_of(4) { Ok(ids) } else { Err(DecodeError::Truncated(field)) }
}
