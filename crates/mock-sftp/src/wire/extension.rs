//! The extensions that are offered: OpenSSH's `PROTOCOL` section 4 and the drafts that it names there.

/// An extension of the protocol, announced in the server's version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Extension {
    /// `posix-rename@openssh.com`: a rename that replaces what has the new name. OpenSSH's `rename`.
    PosixRename,
    /// `statvfs@openssh.com`: how much fits. OpenSSH's `df`.
    StatVfs,
    /// `fstatvfs@openssh.com`: the same for a handle.
    FStatVfs,
    /// `hardlink@openssh.com`: OpenSSH's `ln` without `-s`.
    HardLink,
    /// `fsync@openssh.com`: after an upload with `put -f`.
    FSync,
    /// `lsetstat@openssh.com`: attributes of a symbolic link itself, as `chown -h` sets them.
    LSetStat,
    /// `limits@openssh.com`: how long packets may be; clients then use longer ones.
    Limits,
    /// `expand-path@openssh.com`: `~` and `~user`.
    ExpandPath,
    /// `copy-data` (draft-ietf-secsh-filexfer-extensions-00 section 7): a copy between two handles. OpenSSH's `copy`.
    CopyData,
    /// `home-directory` (the same draft, section 5).
    HomeDirectory,
    /// `users-groups-by-id@openssh.com`: names for ids, for `ls -l`.
    UsersGroupsById,
}

impl Extension {
    /// All, in the order in which OpenSSH announces them.
    pub const ALL: [Self; 11] = [
        Self::PosixRename,
        Self::StatVfs,
        Self::FStatVfs,
        Self::HardLink,
        Self::FSync,
        Self::LSetStat,
        Self::Limits,
        Self::ExpandPath,
        Self::CopyData,
        Self::HomeDirectory,
        Self::UsersGroupsById,
    ];

    /// The name on the wire.
    ///
    /// ```
    /// use mock_sftp::wire::Extension;
    ///
    /// assert_eq!(Extension::CopyData.name(), "copy-data");
    /// assert_eq!(Extension::of(b"copy-data"), Some(Extension::CopyData));
    /// ```
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::PosixRename => "posix-rename@openssh.com",
            Self::StatVfs => "statvfs@openssh.com",
            Self::FStatVfs => "fstatvfs@openssh.com",
            Self::HardLink => "hardlink@openssh.com",
            Self::FSync => "fsync@openssh.com",
            Self::LSetStat => "lsetstat@openssh.com",
            Self::Limits => "limits@openssh.com",
            Self::ExpandPath => "expand-path@openssh.com",
            Self::CopyData => "copy-data",
            Self::HomeDirectory => "home-directory",
            Self::UsersGroupsById => "users-groups-by-id@openssh.com",
        }
    }

    /// The version that is announced with it.
    #[must_use]
    pub fn version(self) -> &'static str {
        match self {
            Self::StatVfs | Self::FStatVfs => "2",
            _ => "1",
        }
    }

    /// The extension with this name on the wire.
    #[must_use]
    pub fn of(name: &[u8]) -> Option<Self> {
        Self::ALL.into_iter().find(|extension| extension.name().as_bytes() == name)
    }

    /// The name without its domain, as tests name it.
    ///
    /// ```
    /// assert_eq!(mock_sftp::wire::Extension::PosixRename.short_name(), "posix-rename");
    /// ```
    #[must_use]
    pub fn short_name(self) -> &'static str {
        self.name().strip_suffix("@openssh.com").unwrap_or(self.name())
    }
}
