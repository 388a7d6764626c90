//! Who may do what, as the mode bits say.

use std::borrow::Cow;

use super::node::{Inode, Node};
use crate::{Caller, FsError};

pub(super) const READ: u32 = 4;
pub(super) const WRITE: u32 = 2;
pub(super) const SEARCH: u32 = 1;

pub(super) const SET_UID: u32 = 0o4000;
pub(super) const SET_GID: u32 = 0o2000;
pub(super) const STICKY: u32 = 0o1000;
pub(super) const GROUP_EXECUTE: u32 = 0o010;

/// How far somebody is bound by the rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rights {
    /// By everything.
    User,
    /// Not by owners and modes.
    Root,
    /// By nothing, read-only trees and limits included: the test itself.
    Test,
}

/// Somebody who does something.
#[derive(Debug, Clone)]
pub(super) struct Who<'a> {
    pub(super) uid: u32,
    pub(super) gid: u32,
    groups: Cow<'a, [u32]>,
    pub(super) umask: u32,
    pub(super) rights: Rights,
}

impl Who<'static> {
    /// The test itself, which owns all that it makes as root.
    pub(super) const TEST: Self =
        Self { uid: 0, gid: 0, groups: Cow::Borrowed(&[]), umask: 0, rights: Rights::Test };
}

impl<'a> Who<'a> {
    /// A caller, whose permissions are checked or not.
    pub(super) fn caller(caller: &'a Caller, checked: bool) -> Self {
        let rights = if checked && caller.uid != 0 { Rights::User } else { Rights::Root };
        let groups = Cow::Borrowed(caller.groups.as_slice());
        Self { uid: caller.uid, gid: caller.gid, groups, umask: caller.umask, rights }
    }

    pub(super) fn into_owned(self) -> Who<'static> {
        Who { groups: Cow::Owned(self.groups.into_owned()), ..self }
    }

    pub(super) fn is_bound(&self) -> bool {
        self.rights == Rights::User
    }

    /// `EACCES` unless the mode gives all of `wanted`.
    pub(super) fn may(&self, inode: &Inode, wanted: u32) -> Result<(), FsError> {
        let shift = match inode {
            _ if !self.is_bound() => return Ok(()),
            inode if inode.uid == self.uid => 6,
            inode if self.is_in(inode.gid) => 3,
            _ => 0,
        };
        if (inode.mode >> shift) & wanted == wanted { Ok(()) } else { Err(FsError::PermissionDenied) }
    }

    pub(super) fn is_in(&self, gid: u32) -> bool {
        self.gid == gid || self.groups.contains(&gid)
    }

    /// `EPERM` unless it is theirs.
    pub(super) fn must_own(&self, inode: &Inode) -> Result<(), FsError> {
        if self.is_bound() && inode.uid != self.uid { Err(FsError::NotPermitted) } else { Ok(()) }
    }

    /// Whether they may take this child out of a directory, and it is one or is none.
    pub(super) fn may_remove(&self, parent: &Node, child: &Node, directory: bool) -> Result<(), FsError> {
        let owner = child.lock().uid;
        let parent = parent.lock();
        self.may(&parent, WRITE | SEARCH)?;
        if parent.mode & STICKY != 0 && owner != self.uid {
            self.must_own(&parent)?;
        }
        match (directory, child.is_directory()) {
            (true, false) => Err(FsError::NotADirectory),
            (false, true) => Err(FsError::IsADirectory),
            _ => Ok(()),
        }
    }

    /// The set-user-id and set-group-id bits do not survive a change by somebody else than root.
    pub(super) fn strip_privileges(&self, inode: &mut Inode) {
        if self.is_bound() {
            inode.mode &= !SET_UID;
            if inode.mode & GROUP_EXECUTE != 0 {
                inode.mode &= !SET_GID;
            }
        }
    }
}
