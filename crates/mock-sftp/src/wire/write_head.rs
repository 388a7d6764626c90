//! The beginning of a write request, read before its data are there.
//!
//! Data of 32 KiB never arrive in one packet of SSH, because of the fields before them. So that they need not be
//! gathered, all that precedes them is read by itself, and the data go on to the file as they come.

use super::{Reader, kind};

/// All of a write request but its data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct WriteHead<'a> {
    pub(crate) id: u32,
    pub(crate) handle: &'a [u8],
    pub(crate) offset: u64,
    /// Bytes of data.
    pub(crate) length: usize,
    /// Bytes of the packet before the data, without the packet's length.
    pub(crate) size: usize,
}

/// What the beginning of a packet is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Head<'a> {
    /// That of a write request.
    Write(WriteHead<'a>),
    /// One that cannot be told before so many bytes are there.
    Needs(usize),
    /// Of something that is only of use as a whole.
    Other,
}

/// Type, id, and length of the handle.
const BEFORE_HANDLE: usize = 1 + 4 + 4;

/// Offset, and length of the data.
const AFTER_HANDLE: usize = 8 + 4;

/// Handles are at most as long as the draft allows.
const LONGEST_HANDLE: usize = 256;

impl<'a> Head<'a> {
    /// From what is there of a packet, without its length.
    pub(crate) fn of(packet: &'a [u8]) -> Self {
        if packet.first().is_some_and(|kind| *kind != kind::WRITE) {
            return Self::Other;
        }
        let Some(Ok(handle)) = packet.get(5..9).map(<[u8; 4]>::try_from) else {
            return Self::Needs(BEFORE_HANDLE);
        };
        let handle = u32::from_be_bytes(handle) as usize;
        if handle > LONGEST_HANDLE {
            return Self::Other;
        }
        let size = BEFORE_HANDLE + handle + AFTER_HANDLE;
        Self::read(packet, size).map_or(Self::Needs(size), Self::Write)
    }

    fn read(packet: &'a [u8], size: usize) -> Option<WriteHead<'a>> {
        let mut reader = Reader::new(packet.get(1..)?);
        Some(WriteHead {
            id: reader.u32("id").ok()?,
            handle: reader.string("handle").ok()?,
            offset: reader.u64("offset").ok()?,
            length: reader.u32("length of the data").ok()? as usize,
            size,
        })
    }
}
