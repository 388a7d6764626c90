//! What requests are about, whatever their kind: paths, handles, attributes.

use super::{Attributes, Call, ExtendedCall};

impl<'a> Call<'a> {
    /// The path that it is about; of two the existing one, of a symbolic link its own.
    #[must_use]
    pub fn path(&self) -> Option<&'a [u8]> {
        match self {
            Self::Open { path, .. }
            | Self::LStat { path }
            | Self::SetStat { path, .. }
            | Self::OpenDir { path }
            | Self::Remove { path }
            | Self::MkDir { path, .. }
            | Self::RmDir { path }
            | Self::RealPath { path }
            | Self::Stat { path }
            | Self::Rename { from: path, .. }
            | Self::ReadLink { path }
            | Self::SymLink { path, .. }
            | Self::Extended(
                ExtendedCall::PosixRename { from: path, .. }
                | ExtendedCall::StatVfs { path }
                | ExtendedCall::HardLink { existing: path, .. }
                | ExtendedCall::LSetStat { path, .. }
                | ExtendedCall::ExpandPath { path },
            ) => Some(path),
            _ => None,
        }
    }

    /// The second path: a new name, or what a symbolic link points to.
    #[must_use]
    pub fn second_path(&self) -> Option<&'a [u8]> {
        match self {
            Self::Rename { to, .. }
            | Self::SymLink { target: to, .. }
            | Self::Extended(
                ExtendedCall::PosixRename { to, .. } | ExtendedCall::HardLink { path: to, .. },
            ) => Some(to),
            _ => None,
        }
    }

    /// The handle that it is about; of two the one that is read from.
    #[must_use]
    pub fn handle(&self) -> Option<&'a [u8]> {
        match self {
            Self::Close { handle }
            | Self::Read { handle, .. }
            | Self::Write { handle, .. }
            | Self::FStat { handle }
            | Self::FSetStat { handle, .. }
            | Self::ReadDir { handle }
            | Self::Extended(
                ExtendedCall::FStatVfs { handle }
                | ExtendedCall::FSync { handle }
                | ExtendedCall::CopyData { from: handle, .. },
            ) => Some(handle),
            _ => None,
        }
    }

    /// The attributes that are to be set.
    #[must_use]
    pub fn attributes(&self) -> Option<&Attributes> {
        match self {
            Self::Open { attributes, .. }
            | Self::SetStat { attributes, .. }
            | Self::FSetStat { attributes, .. }
            | Self::MkDir { attributes, .. }
            | Self::Extended(ExtendedCall::LSetStat { attributes, .. }) => Some(attributes),
            _ => None,
        }
    }

    /// The version of the protocol that it came with (draft section 10).
    pub(crate) fn since(&self) -> u32 {
        match self {
            Self::ReadLink { .. } | Self::SymLink { .. } | Self::Extended(_) => 3,
            Self::Rename { .. } => 2,
            _ => 0,
        }
    }
}
