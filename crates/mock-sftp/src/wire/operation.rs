//! What a request asks for, without its arguments.

use super::{Extension, Reader, kind};

/// The kind of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the names of the draft, sections 4 and 6")]
pub enum Operation {
    Init,
    Open,
    Close,
    Read,
    Write,
    LStat,
    FStat,
    SetStat,
    FSetStat,
    OpenDir,
    ReadDir,
    Remove,
    MkDir,
    RmDir,
    RealPath,
    Stat,
    Rename,
    ReadLink,
    SymLink,
    /// One of the extensions that can be offered.
    Extended(Extension),
    /// Another extension.
    UnknownExtension,
    /// A type of message that the draft does not have.
    Unknown(u8),
}

/// Those of the draft, with their types and their names in the journal.
const DRAFT: [(Operation, u8, &str); 19] = [
    (Operation::Init, kind::INIT, "init"),
    (Operation::Open, kind::OPEN, "open"),
    (Operation::Close, kind::CLOSE, "close"),
    (Operation::Read, kind::READ, "read"),
    (Operation::Write, kind::WRITE, "write"),
    (Operation::LStat, kind::LSTAT, "lstat"),
    (Operation::FStat, kind::FSTAT, "fstat"),
    (Operation::SetStat, kind::SETSTAT, "setstat"),
    (Operation::FSetStat, kind::FSETSTAT, "fsetstat"),
    (Operation::OpenDir, kind::OPENDIR, "opendir"),
    (Operation::ReadDir, kind::READDIR, "readdir"),
    (Operation::Remove, kind::REMOVE, "remove"),
    (Operation::MkDir, kind::MKDIR, "mkdir"),
    (Operation::RmDir, kind::RMDIR, "rmdir"),
    (Operation::RealPath, kind::REALPATH, "realpath"),
    (Operation::Stat, kind::STAT, "stat"),
    (Operation::Rename, kind::RENAME, "rename"),
    (Operation::ReadLink, kind::READLINK, "readlink"),
    (Operation::SymLink, kind::SYMLINK, "symlink"),
];

impl Operation {
    /// The type of message that asks for it.
    #[must_use]
    pub fn message_type(self) -> u8 {
        match self {
            Self::Extended(_) | Self::UnknownExtension => kind::EXTENDED,
            Self::Unknown(kind) => kind,
            _ => self.of_the_draft().map_or(0, |(_, kind, _)| kind),
        }
    }

    /// Its name in the journal: the draft's in lower case, an extension's without its domain.
    ///
    /// ```
    /// use mock_sftp::wire::{Extension, Operation};
    ///
    /// assert_eq!(Operation::FSetStat.name(), "fsetstat");
    /// assert_eq!(Operation::Extended(Extension::PosixRename).name(), "posix-rename");
    /// ```
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Extended(extension) => extension.short_name(),
            Self::UnknownExtension => "unknown-extension",
            _ => self.of_the_draft().map_or("unknown", |(_, _, name)| name),
        }
    }

    /// Those of the draft, and the extensions that can be offered.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        let extensions = Extension::ALL.into_iter().map(Self::Extended);
        DRAFT.into_iter().map(|(operation, ..)| operation).chain(extensions)
    }

    fn of_the_draft(self) -> Option<(Self, u8, &'static str)> {
        DRAFT.into_iter().find(|(operation, ..)| *operation == self)
    }

    /// What a packet without its length asks for, even if the rest of it makes no sense.
    pub(crate) fn of(packet: &[u8]) -> Self {
        match packet.split_first() {
            None => Self::Unknown(0),
            Some((&kind::EXTENDED, body)) => {
                let mut reader = Reader::new(body);
                let name = reader.u32("id").and_then(|_| reader.string("name of the extension"));
                name.ok().and_then(Extension::of).map_or(Self::UnknownExtension, Self::Extended)
            }
            Some((kind, _)) => {
                let known = DRAFT.into_iter().find(|(_, known, _)| known == kind);
                known.map_or(Self::Unknown(*kind), |(operation, ..)| operation)
            }
        }
    }
}
