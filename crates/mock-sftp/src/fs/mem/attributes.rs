//! Setting attributes: `truncate`, `chmod`, `utimensat` and `chown` in one, all of them or none.

use super::{
    access::{GROUP_EXECUTE, Rights, SET_GID, SET_UID, WRITE, Who},
    content::LONGEST,
    node::{Body, Inode, Node},
    tree::Tree,
};
use crate::{FsError, SetAttributes};

/// How one got hold of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Via {
    Path,
    ReadOnlyFile,
    WritableFile,
}

impl Tree {
    pub(super) fn set_attributes(
        &self,
        who: &Who<'_>,
        node: &Node,
        attributes: &SetAttributes,
        via: Via,
    ) -> Result<(), FsError> {
        if *attributes == SetAttributes::default() {
            return Ok(());
        }
        self.writable(who, node)?;
        let mut inode = node.lock();
        if let Some(size) = attributes.size {
            self.may_resize(who, &inode, size, via)?;
        }
        if attributes.mode.is_some() {
            if matches!(inode.body, Body::Symlink(_)) {
                return Err(FsError::Unsupported);
            }
            who.must_own(&inode)?;
        }
        if attributes.accessed.is_some() || attributes.modified.is_some() {
            who.must_own(&inode)?;
        }
        may_give(who, &inode, attributes)?;
        if let Some(size) = attributes.size {
            self.resize(who, node, &mut inode, size, via)?;
        }
        self.apply(who, node, &mut inode, attributes);
        Ok(())
    }

    fn may_resize(&self, who: &Who<'_>, inode: &Inode, size: u64, via: Via) -> Result<(), FsError> {
        if via == Via::ReadOnlyFile {
            return Err(FsError::Invalid);
        }
        let content = inode.file()?;
        if via == Via::Path {
            who.may(inode, WRITE)?;
        }
        if size > LONGEST {
            return Err(FsError::Invalid);
        }
        let limit = self.ledger.limits().file_size.unwrap_or(LONGEST);
        if size > limit && size > content.size() && who.rights != Rights::Test {
            return Err(FsError::TooLarge);
        }
        Ok(())
    }

    fn resize(
        &self,
        who: &Who<'_>,
        node: &Node,
        inode: &mut Inode,
        size: u64,
        via: Via,
    ) -> Result<(), FsError> {
        let content = inode.file_mut()?;
        let (before, kept) = (content.size(), content.kept());
        content.set_size(size)?;
        let freed = kept.saturating_sub(content.kept());
        node.ledger().give(inode.uid, freed);
        // `ftruncate` is a change even when the size is the same, `truncate` is none.
        if size != before || via != Via::Path {
            inode.modified = self.now();
        }
        who.strip_privileges(inode);
        Ok(())
    }

    /// What cannot fail. In the order of OpenSSH: mode, times, owner.
    fn apply(&self, who: &Who<'_>, node: &Node, inode: &mut Inode, attributes: &SetAttributes) {
        if let Some(mode) = attributes.mode {
            inode.mode = mode & 0o7777;
            if who.is_bound() && !who.is_in(inode.gid) {
                inode.mode &= !SET_GID;
            }
        }
        inode.accessed = attributes.accessed.unwrap_or(inode.accessed);
        inode.modified = attributes.modified.unwrap_or(inode.modified);
        if attributes.uid.is_some() || attributes.gid.is_some() {
            give(node, inode, attributes);
        }
        inode.changed = self.now();
    }
}

/// Root gives files to anybody, owners to groups that they are in.
fn may_give(who: &Who<'_>, inode: &Inode, attributes: &SetAttributes) -> Result<(), FsError> {
    if attributes.uid.is_none() && attributes.gid.is_none() || !who.is_bound() {
        return Ok(());
    }
    let same_owner = attributes.uid.is_none_or(|uid| uid == inode.uid);
    let own_group = attributes.gid.is_none_or(|gid| gid == inode.gid || who.is_in(gid));
    if inode.uid == who.uid && same_owner && own_group { Ok(()) } else { Err(FsError::NotPermitted) }
}

fn give(node: &Node, inode: &mut Inode, attributes: &SetAttributes) {
    let uid = attributes.uid.unwrap_or(inode.uid);
    if let Body::File(content) = &inode.body {
        node.ledger().transfer(inode.uid, uid, content.kept());
    }
    inode.uid = uid;
    inode.gid = attributes.gid.unwrap_or(inode.gid);
    if !node.is_directory() {
        // Even root's: what runs as somebody else must be told so again.
        inode.mode &= !SET_UID;
        if inode.mode & GROUP_EXECUTE != 0 {
            inode.mode &= !SET_GID;
        }
    }
}
