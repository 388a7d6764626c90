//! What OpenSSH's extensions put into their replies (`PROTOCOL` section 4).

use bytes::{BufMut as _, BytesMut};

use super::{DecodeError, Reader, put_string};

/// The answer of `limits@openssh.com` (OpenSSH's `PROTOCOL` section 4.8). 0 means that nobody says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields of `PROTOCOL`")]
pub struct Limits {
    pub max_packet_length: u64,
    pub max_read_length: u64,
    pub max_write_length: u64,
    pub max_open_handles: u64,
}

/// The answer of `statvfs@openssh.com` (`PROTOCOL` section 4.4): the fields of `statvfs(3)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields of `PROTOCOL`")]
pub struct StatVfs {
    pub block_size: u64,
    pub fragment_size: u64,
    pub blocks: u64,
    pub blocks_free: u64,
    pub blocks_available: u64,
    pub files: u64,
    pub files_free: u64,
    pub files_available: u64,
    pub id: u64,
    /// 1 for a file system that is read-only, 2 for one that ignores set-user-id bits.
    pub flags: u64,
    pub name_max: u64,
}

/// The answer of `users-groups-by-id@openssh.com` (`PROTOCOL` section 4.12): names in the order of the ids, empty
/// where there is none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "users and groups")]
pub struct NamesById {
    pub users: Vec<String>,
    pub groups: Vec<String>,
}

/// An answer that is a row of numbers.
macro_rules! numbers {
    ($type:ident: $($field:ident)*) => {
        impl $type {
            /// From what follows the id in an extended reply.
            ///
            /// # Errors
            ///
            /// It ends too early.
            pub fn decode(data: &[u8]) -> Result<Self, DecodeError> {
                let mut reader = Reader::new(data);
                Ok(Self { $($field: reader.u64(stringify!($field))?),* })
            }

            /// Appends what follows the id in an extended reply.
            pub fn encode(&self, out: &mut BytesMut) {
                $(out.put_u64(self.$field);)*
            }
        }
    };
}

numbers!(Limits: max_packet_length max_read_length max_write_length max_open_handles);
numbers!(StatVfs: block_size fragment_size blocks blocks_free blocks_available files files_free files_available
    id flags name_max);

impl NamesById {
    /// From what follows the id in an extended reply.
    ///
    /// # Errors
    ///
    /// It ends too early.
    pub fn decode(data: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(data);
        let mut names = |field| {
            let mut row = Reader::new(reader.string(field)?);
            let mut names = Vec::new();
            while !row.is_empty() {
                names.push(String::from_utf8_lossy(row.string(field)?).into_owned());
            }
            Ok(names)
        };
        Ok(Self { users: names("user names")?, groups: names("group names")? })
    }

    /// Appends what follows the id in an extended reply.
    pub fn encode(&self, out: &mut BytesMut) {
        for names in [&self.users, &self.groups] {
            let mut row = BytesMut::new();
            for name in names {
                put_string(&mut row, name.as_bytes());
            }
            put_string(out, &row);
        }
    }
}
