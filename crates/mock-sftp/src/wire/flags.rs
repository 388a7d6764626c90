//! How a file is to be opened (draft section 6.3).

use std::fmt;

use crate::OpenOptions;

/// The flags of an open request, as they were sent.
///
/// ```
/// use mock_sftp::wire::OpenFlags;
///
/// let flags = OpenFlags::WRITE | OpenFlags::CREATE | OpenFlags::TRUNCATE;
/// assert!(flags.contains(OpenFlags::WRITE));
/// assert_eq!(flags.to_string(), "write,create,truncate");
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct OpenFlags(pub u32);

impl OpenFlags {
    /// `SSH_FXF_READ`: to read.
    pub const READ: Self = Self(0x01);
    /// `SSH_FXF_WRITE`: to write.
    pub const WRITE: Self = Self(0x02);
    /// `SSH_FXF_APPEND`: every write goes to the end.
    pub const APPEND: Self = Self(0x04);
    /// `SSH_FXF_CREAT`: made if it is missing.
    pub const CREATE: Self = Self(0x08);
    /// `SSH_FXF_TRUNC`: emptied if it exists.
    pub const TRUNCATE: Self = Self(0x10);
    /// `SSH_FXF_EXCL`: must not exist.
    pub const EXCLUSIVE: Self = Self(0x20);

    const NAMED: [(Self, &'static str); 6] = [
        (Self::READ, "read"),
        (Self::WRITE, "write"),
        (Self::APPEND, "append"),
        (Self::CREATE, "create"),
        (Self::TRUNCATE, "truncate"),
        (Self::EXCLUSIVE, "exclusive"),
    ];

    /// Whether all of these flags are set.
    #[must_use]
    pub fn contains(self, flags: Self) -> bool {
        self.0 & flags.0 == flags.0
    }

    /// As a file system has them. Without a direction a file is opened to read, as `open(2)` does with the flags 0.
    pub(crate) fn options(self, mode: Option<u32>) -> OpenOptions {
        let write = self.contains(Self::WRITE);
        OpenOptions {
            read: self.contains(Self::READ) || !write,
            write,
            append: self.contains(Self::APPEND),
            create: self.contains(Self::CREATE),
            truncate: self.contains(Self::TRUNCATE),
            exclusive: self.contains(Self::EXCLUSIVE),
            mode,
        }
    }
}

impl std::ops::BitOr for OpenFlags {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl fmt::Display for OpenFlags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0;
        let mut separator = "";
        for (flag, name) in Self::NAMED {
            if self.contains(flag) {
                write!(f, "{separator}{name}")?;
                separator = ",";
                rest &= !flag.0;
            }
        }
        if rest == 0 { Ok(()) } else { write!(f, "{separator}{rest:#x}") }
    }
}
