//! Attributes of files on the wire (draft section 5), and what they are to a file system.
//!
//! Owner and group come together or not at all, and so do the two times: that is how version 3 has them.

use std::{
    fmt,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use bytes::{BufMut as _, Bytes, BytesMut};

use super::{DecodeError, Reader, put_string};
use crate::{FileKind, Metadata, SetAttributes};

const SIZE: u32 = 0x1;
const OWNER: u32 = 0x2;
const PERMISSIONS: u32 = 0x4;
const TIMES: u32 = 0x8;
const EXTENDED: u32 = 0x8000_0000;

/// Attributes of a file; what is `None` was not sent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Attributes {
    /// Bytes.
    pub size: Option<u64>,
    /// Owner and group.
    pub owner: Option<Owner>,
    /// Mode as in `st_mode`: the type of the file and the permission bits.
    pub permissions: Option<u32>,
    /// Times of last access and change.
    pub times: Option<Times>,
    /// Pairs of a name and a value that the draft does not define. Nobody is known to send any.
    pub extended: Vec<(Bytes, Bytes)>,
}

/// Owner and group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Owner {
    /// User id.
    pub user: u32,
    /// Group id.
    pub group: u32,
}

/// Times in seconds since 1970, UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Times {
    /// Last read of the content.
    pub accessed: u32,
    /// Last change of the content.
    pub modified: u32,
}

impl Attributes {
    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let field = "attributes";
        let flags = reader.u32(field)?;
        let has = |flag| flags & flag != 0;
        let mut attributes = Self::default();
        if has(SIZE) {
            attributes.size = Some(reader.u64(field)?);
        }
        if has(OWNER) {
            attributes.owner = Some(Owner { user: reader.u32(field)?, group: reader.u32(field)? });
        }
        if has(PERMISSIONS) {
            attributes.permissions = Some(reader.u32(field)?);
        }
        if has(TIMES) {
            attributes.times = Some(Times { accessed: reader.u32(field)?, modified: reader.u32(field)? });
        }
        if has(EXTENDED) {
            for _ in 0..reader.u32(field)? {
                let mut string = || reader.string(field).map(Bytes::copy_from_slice);
                attributes.extended.push((string()?, string()?));
            }
        }
        Ok(attributes)
    }

    pub(crate) fn encode(&self, out: &mut BytesMut) {
        let flag = |flag, set: bool| if set { flag } else { 0 };
        out.put_u32(
            flag(SIZE, self.size.is_some())
                | flag(OWNER, self.owner.is_some())
                | flag(PERMISSIONS, self.permissions.is_some())
                | flag(TIMES, self.times.is_some())
                | flag(EXTENDED, !self.extended.is_empty()),
        );
        if let Some(size) = self.size {
            out.put_u64(size);
        }
        if let Some(owner) = self.owner {
            out.put_u32(owner.user);
            out.put_u32(owner.group);
        }
        if let Some(permissions) = self.permissions {
            out.put_u32(permissions);
        }
        if let Some(times) = self.times {
            out.put_u32(times.accessed);
            out.put_u32(times.modified);
        }
        if !self.extended.is_empty() {
            out.put_u32(super::codec::length(self.extended.len()));
            for (name, value) in &self.extended {
                put_string(out, name);
                put_string(out, value);
            }
        }
    }

    /// What is to be set, one step after the other as OpenSSH does it: size, mode, times, owner.
    pub(crate) fn steps(&self) -> impl Iterator<Item = SetAttributes> {
        let size = self.size.map(|size| SetAttributes { size: Some(size), ..SetAttributes::default() });
        let mode = self.mode().map(|mode| SetAttributes { mode: Some(mode), ..SetAttributes::default() });
        let times = self.times.map(|times| SetAttributes {
            accessed: Some(time(times.accessed)),
            modified: Some(time(times.modified)),
            ..SetAttributes::default()
        });
        // The highest number means that it stays, as in `chown(2)`. Clients that change only one of them send it.
        let changed = |id| Some(id).filter(|id| *id != u32::MAX);
        let owner = self.owner.map(|owner| SetAttributes {
            uid: changed(owner.user),
            gid: changed(owner.group),
            ..SetAttributes::default()
        });
        [size, mode, times, owner].into_iter().flatten()
    }

    /// The permission bits without the type of the file.
    #[must_use]
    pub fn mode(&self) -> Option<u32> {
        self.permissions.map(|permissions| permissions & 0o7777)
    }
}

impl From<&Metadata> for Attributes {
    fn from(metadata: &Metadata) -> Self {
        Self {
            size: Some(metadata.size),
            owner: Some(Owner { user: metadata.uid, group: metadata.gid }),
            permissions: Some(kind_bits(metadata.kind) | metadata.mode & 0o7777),
            times: Some(Times { accessed: seconds(metadata.accessed), modified: seconds(metadata.modified) }),
            extended: Vec::new(),
        }
    }
}

/// The type of a file as `st_mode` has it. Of other files the type is not known, so none is said.
fn kind_bits(kind: FileKind) -> u32 {
    match kind {
        FileKind::File => 0o100_000,
        FileKind::Directory => 0o040_000,
        FileKind::Symlink => 0o120_000,
        FileKind::Other => 0,
    }
}

/// Version 3 has 32 bits for a time: what lies outside becomes the nearest that it can say.
fn seconds(time: SystemTime) -> u32 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u32::try_from(since.as_secs()).unwrap_or(u32::MAX)
}

fn time(seconds: u32) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds.into())
}

impl fmt::Display for Attributes {
    /// What was sent: `size=5 mode=0644 owner=1000:1000 accessed=0 modified=0`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = [
            self.size.map(|size| format!("size={size}")),
            self.mode().map(|mode| format!("mode={mode:04o}")),
            self.owner.map(|owner| format!("owner={}:{}", owner.user, owner.group)),
            self.times.map(|times| format!("accessed={} modified={}", times.accessed, times.modified)),
        ];
        let extended = self.extended.iter().map(|(name, _)| String::from_utf8_lossy(name).into_owned());
        let fields: Vec<_> = known.into_iter().flatten().chain(extended).collect();
        f.write_str(&fields.join(" "))
    }
}
