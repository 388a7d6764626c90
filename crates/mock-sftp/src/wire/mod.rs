//! The messages of SFTP version 3, as bytes and as values: `draft-ietf-secsh-filexfer-02` and OpenSSH's `PROTOCOL`.
//!
//! Nothing here does anything: no files, no streams, no order of requests. Values borrow from the bytes that they were
//! decoded from, because a request lives no longer than its packet. Names are bytes, as they are on Unix.

mod arguments;
mod attributes;
mod codec;
mod extended;
mod extended_reply;
mod extension;
mod flags;
mod name;
mod operation;
mod reply;
mod request;
mod status;
mod version;
mod write_head;

pub use attributes::{Attributes, Owner, Times};
pub use codec::DecodeError;
pub(crate) use codec::{Reader, put_string};
pub use extended::ExtendedCall;
pub use extended_reply::{Limits, NamesById, StatVfs};
pub use extension::Extension;
pub use flags::OpenFlags;
pub use name::Name;
pub use operation::Operation;
pub use reply::{Answer, Explanation, Reply};
pub(crate) use reply::{data_header, names_header};
pub use request::{Call, Request};
pub use status::StatusCode;
pub use version::{Init, Version};
pub(crate) use write_head::Head;

/// The version of the protocol that is spoken.
pub const VERSION: u32 = 3;

/// Longest packet without its four bytes of length: OpenSSH's 256 KiB, which leaves 1 KiB beside the longest payload.
pub const MAX_PACKET: usize = 256 * 1024;

/// Most bytes in one read or write, as OpenSSH has it. A longer read is answered with so many.
pub const MAX_PAYLOAD: usize = MAX_PACKET - 1024;

/// The bytes that say which message a packet is (draft section 3).
pub(crate) mod kind {
    pub(crate) const INIT: u8 = 1;
    pub(crate) const VERSION: u8 = 2;
    pub(crate) const OPEN: u8 = 3;
    pub(crate) const CLOSE: u8 = 4;
    pub(crate) const READ: u8 = 5;
    pub(crate) const WRITE: u8 = 6;
    pub(crate) const LSTAT: u8 = 7;
    pub(crate) const FSTAT: u8 = 8;
    pub(crate) const SETSTAT: u8 = 9;
    pub(crate) const FSETSTAT: u8 = 10;
    pub(crate) const OPENDIR: u8 = 11;
    pub(crate) const READDIR: u8 = 12;
    pub(crate) const REMOVE: u8 = 13;
    pub(crate) const MKDIR: u8 = 14;
    pub(crate) const RMDIR: u8 = 15;
    pub(crate) const REALPATH: u8 = 16;
    pub(crate) const STAT: u8 = 17;
    pub(crate) const RENAME: u8 = 18;
    pub(crate) const READLINK: u8 = 19;
    pub(crate) const SYMLINK: u8 = 20;
    pub(crate) const STATUS: u8 = 101;
    pub(crate) const HANDLE: u8 = 102;
    pub(crate) const DATA: u8 = 103;
    pub(crate) const NAME: u8 = 104;
    pub(crate) const ATTRS: u8 = 105;
    pub(crate) const EXTENDED: u8 = 200;
    pub(crate) const EXTENDED_REPLY: u8 = 201;
}
