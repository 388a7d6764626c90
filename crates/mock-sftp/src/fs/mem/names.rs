//! Making and removing names. The order of the checks is that of Linux, so that what fails in two ways fails in the
//! same one.

use std::sync::Arc;

use bytes::Bytes;

use super::{
    access::{SEARCH, STICKY, WRITE},
    lock::read,
    node::{Body, Directory, Node},
    resolve::{Name, PATH_MAX, target},
    tree::{Session, Tree},
};
use crate::FsError;

impl Tree {
    pub(super) fn create_dir(&self, session: &Session<'_>, path: &[u8], mode: u32) -> Result<(), FsError> {
        let who = &session.who;
        let mode = mode & (0o777 | STICKY) & !who.umask;
        self.change(session, |resolver| {
            let last = resolver.last(path)?;
            let name = self.vacant(who, &last, true)?;
            let directory = Directory { parent: Arc::downgrade(&last.parent), ..Directory::default() };
            self.add(who, &last.parent, name, Body::Directory(directory), mode).map(drop)
        })
    }

    pub(super) fn symlink(&self, session: &Session<'_>, target: &[u8], path: &[u8]) -> Result<(), FsError> {
        match target.len() {
            0 => return Err(FsError::NotFound),
            1..=PATH_MAX => {}
            _ => return Err(FsError::NameTooLong),
        }
        if target.contains(&0) {
            return Err(FsError::Invalid);
        }
        self.change(session, |resolver| {
            let last = resolver.last(path)?;
            let name = self.vacant(&session.who, &last, false)?;
            let body = Body::Symlink(Bytes::copy_from_slice(target));
            self.add(&session.who, &last.parent, name, body, 0o777).map(drop)
        })
    }

    pub(super) fn read_link(&self, session: &Session<'_>, path: &[u8]) -> Result<Bytes, FsError> {
        let node = self.node(session, path, false)?;
        node.lock().access(self.now(), self.access_times);
        target(&node).ok_or(FsError::Invalid)
    }

    pub(super) fn hard_link(
        &self,
        session: &Session<'_>,
        existing: &[u8],
        path: &[u8],
    ) -> Result<(), FsError> {
        self.change(session, |resolver| {
            let node = resolver.node(existing, false)?;
            let last = resolver.last(path)?;
            let name = self.vacant(&session.who, &last, false)?;
            session.who.may(&last.parent.lock(), WRITE | SEARCH)?;
            if node.is_directory() {
                return Err(FsError::NotPermitted);
            }
            let now = self.now();
            {
                let mut inode = node.lock();
                inode.links += 1;
                inode.changed = now;
            }
            let mut parent = last.parent.lock();
            parent.directory_mut()?.entries.insert(Bytes::copy_from_slice(name), node);
            parent.modify(now);
            Ok(())
        })
    }

    pub(super) fn remove_file(&self, session: &Session<'_>, path: &[u8]) -> Result<(), FsError> {
        let removed = self.change(session, |resolver| {
            let last = resolver.last(path)?;
            let Name::Normal(name) = &last.name else { return Err(FsError::IsADirectory) };
            self.writable(&session.who, &last.parent)?;
            let node = last.node()?.ok_or(FsError::NotFound)?;
            self.writable(&session.who, &node)?;
            if last.slash && !node.is_directory() {
                return Err(FsError::NotADirectory);
            }
            session.who.may_remove(&last.parent, &node, false)?;
            self.take_out(&last.parent, name)
        })?;
        drop(removed);
        Ok(())
    }

    pub(super) fn remove_dir(&self, session: &Session<'_>, path: &[u8]) -> Result<(), FsError> {
        let removed = self.change(session, |resolver| {
            let last = resolver.last(path)?;
            let name = match &last.name {
                Name::Normal(name) => name,
                Name::Dot => return Err(FsError::Invalid),
                Name::DotDot => return Err(FsError::NotEmpty),
                Name::Root => return Err(FsError::Busy),
            };
            self.writable(&session.who, &last.parent)?;
            let node = last.node()?.ok_or(FsError::NotFound)?;
            self.writable(&session.who, &node)?;
            session.who.may_remove(&last.parent, &node, true)?;
            if !node.lock().directory()?.entries.is_empty() {
                return Err(FsError::NotEmpty);
            }
            self.take_out(&last.parent, name)
        })?;
        drop(removed);
        Ok(())
    }

    /// Removes a name and what is below it, whatever it is.
    pub(super) fn remove_all(&self, path: &[u8]) -> Result<(), FsError> {
        let removed = self.change(&Session::TEST, |resolver| {
            let last = resolver.last(path)?;
            let node = last.node()?.ok_or(FsError::NotFound)?;
            // The root stays, and so does what was called `.`.
            let mut removed = match &last.name {
                Name::Normal(name) => vec![self.take_out(&last.parent, name)?],
                _ => Vec::new(),
            };
            let mut open = vec![node];
            while let Some(directory) = open.pop() {
                for name in names(&directory) {
                    let child = self.take_out(&directory, &name)?;
                    if child.is_directory() {
                        open.push(Arc::clone(&child));
                    }
                    removed.push(child);
                }
            }
            Ok(removed)
        })?;
        drop(removed);
        Ok(())
    }

    /// Takes a name out of a directory, under the lock of the names.
    pub(super) fn take_out(&self, parent: &Arc<Node>, name: &[u8]) -> Result<Arc<Node>, FsError> {
        let now = self.now();
        let node = {
            let mut inode = parent.lock();
            let node = inode.directory_mut()?.entries.remove(name).ok_or(FsError::NotFound)?;
            // A directory that was removed with all that was in it counts no links any more.
            inode.links = inode.links.saturating_sub(u64::from(node.is_directory()));
            inode.modify(now);
            node
        };
        unlink(&node, now);
        Ok(node)
    }

    pub(super) fn canonicalize(&self, session: &Session<'_>, path: &[u8]) -> Result<Vec<u8>, FsError> {
        let names = read(&self.names);
        session.resolver(&names)?.canonicalize(session.start, path)
    }
}

/// One name fewer for something.
pub(super) fn unlink(node: &Node, now: std::time::SystemTime) {
    let mut inode = node.lock();
    inode.links = if node.is_directory() { 0 } else { inode.links.saturating_sub(1) };
    inode.changed = now;
}

fn names(directory: &Node) -> Vec<Bytes> {
    directory
        .lock()
        .directory()
        .map(|directory| directory.entries.keys().cloned().collect())
        .unwrap_or_default()
}
