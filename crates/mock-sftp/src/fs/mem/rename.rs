//! `rename(2)`, and `renameat2(2)` with `RENAME_NOREPLACE`, check by check in the order of Linux.

use std::sync::Arc;

use bytes::Bytes;

use super::{
    access::{SEARCH, WRITE, Who},
    names::unlink,
    node::{Body, Node},
    resolve::{Last, Name, Resolver},
    tree::{Session, Tree},
};
use crate::{FsError, Rename};

/// What is to be moved where, after all checks.
struct Move<'m> {
    node: Arc<Node>,
    from: (&'m Arc<Node>, &'m [u8]),
    to: (&'m Arc<Node>, &'m [u8]),
}

impl Tree {
    pub(super) fn rename(
        &self,
        session: &Session<'_>,
        from: &[u8],
        to: &[u8],
        existing: Rename,
    ) -> Result<(), FsError> {
        let replaced = self
            .change(session, |resolver| self.rename_within(resolver, &session.who, (from, to), existing))?;
        drop(replaced);
        Ok(())
    }

    fn rename_within(
        &self,
        resolver: &mut Resolver<'_>,
        who: &Who<'_>,
        (from, to): (&[u8], &[u8]),
        existing: Rename,
    ) -> Result<Option<Arc<Node>>, FsError> {
        let old = resolver.last(from)?;
        let new = resolver.last(to)?;
        let Name::Normal(old_name) = &old.name else { return Err(FsError::Busy) };
        let Name::Normal(new_name) = &new.name else {
            return Err(if existing == Rename::Refuse { FsError::Exists } else { FsError::Busy });
        };
        self.writable(who, &old.parent)?;
        self.writable(who, &new.parent)?;
        let node = old.node()?.ok_or(FsError::NotFound)?;
        let target = new.node()?;
        for moved in target.iter().chain([&node]) {
            self.writable(who, moved)?;
        }
        if target.is_some() && existing == Rename::Refuse {
            return Err(FsError::Exists);
        }
        if !node.is_directory() && (old.slash || new.slash) {
            return Err(FsError::NotADirectory);
        }
        if is_within(&new.parent, &node) {
            return Err(FsError::Invalid);
        }
        if target.as_ref().is_some_and(|target| is_within(&old.parent, target)) {
            return Err(FsError::NotEmpty);
        }
        if target.as_ref().is_some_and(|target| Arc::ptr_eq(target, &node)) {
            return Ok(None);
        }
        allowed(who, &old, &new, &node, target.as_ref())?;
        self.perform(Move { node, from: (&old.parent, old_name), to: (&new.parent, new_name) })
    }

    fn perform(&self, Move { node, from, to }: Move<'_>) -> Result<Option<Arc<Node>>, FsError> {
        let now = self.now();
        let directory = u64::from(node.is_directory());
        let name = {
            let mut parent = from.0.lock();
            // The name is the same as often as not, so that its memory is used again.
            let (name, _) = parent.directory_mut()?.entries.remove_entry(from.1).ok_or(FsError::NotFound)?;
            parent.links -= directory;
            parent.modify(now);
            if name == to.1 { name } else { Bytes::copy_from_slice(to.1) }
        };
        let replaced = {
            let mut parent = to.0.lock();
            let replaced = parent.directory_mut()?.entries.insert(name, Arc::clone(&node));
            parent.links += directory;
            parent.links -= u64::from(replaced.as_ref().is_some_and(|node| node.is_directory()));
            parent.modify(now);
            replaced
        };
        if let Some(replaced) = &replaced {
            unlink(replaced, now);
        }
        let mut inode = node.lock();
        inode.changed = now;
        if let Body::Directory(directory) = &mut inode.body {
            directory.parent = Arc::downgrade(to.0);
        }
        Ok(replaced)
    }
}

fn allowed(
    who: &Who<'_>,
    old: &Last<'_>,
    new: &Last<'_>,
    node: &Arc<Node>,
    target: Option<&Arc<Node>>,
) -> Result<(), FsError> {
    who.may_remove(&old.parent, node, node.is_directory())?;
    match target {
        Some(target) => who.may_remove(&new.parent, target, node.is_directory())?,
        None => who.may(&new.parent.lock(), WRITE | SEARCH)?,
    }
    // A directory that moves gets another `..`, so it is written to.
    if node.is_directory() && !Arc::ptr_eq(&old.parent, &new.parent) {
        who.may(&node.lock(), WRITE)?;
    }
    match target.map(|target| target.lock()).as_deref().map(|inode| &inode.body) {
        Some(Body::Directory(directory)) if !directory.entries.is_empty() => Err(FsError::NotEmpty),
        _ => Ok(()),
    }
}

/// Whether `node` is `ancestor` or somewhere below it.
fn is_within(node: &Arc<Node>, ancestor: &Arc<Node>) -> bool {
    let mut node = Arc::clone(node);
    loop {
        if Arc::ptr_eq(&node, ancestor) {
            return true;
        }
        let parent = node.parent();
        if Arc::ptr_eq(&parent, &node) {
            return false;
        }
        node = parent;
    }
}
