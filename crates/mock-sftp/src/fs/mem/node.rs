//! An inode: attributes, and a content, entries or a target. Directories own what is in them, open files own what
//! they have open, so an unlinked file lives as long as somebody uses it.

use std::{
    collections::BTreeMap,
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::{Duration, SystemTime},
};

use bytes::Bytes;

use super::{content::Content, ledger::Ledger, lock::lock};
use crate::{FileKind, FsError, Metadata};

/// What `stat` says about the size of a directory, as ext4 does.
pub(super) const DIRECTORY_SIZE: u64 = 4096;

/// How old a time of access may be before reading renews it: the rule `relatime`.
const STALE: Duration = Duration::from_secs(24 * 60 * 60);

#[derive(Debug)]
pub(super) struct Node {
    pub(super) number: u64,
    pub(super) kind: FileKind,
    ledger: Arc<Ledger>,
    inode: Mutex<Inode>,
}

/// What changes of an inode.
#[derive(Debug)]
pub(super) struct Inode {
    pub(super) mode: u32,
    pub(super) uid: u32,
    pub(super) gid: u32,
    pub(super) links: u64,
    pub(super) accessed: SystemTime,
    pub(super) modified: SystemTime,
    pub(super) changed: SystemTime,
    /// Whether no session may change it, because it is in a part of the tree that is read-only.
    pub(super) read_only: bool,
    pub(super) body: Body,
}

#[derive(Debug)]
pub(super) enum Body {
    File(Content),
    Directory(Directory),
    Symlink(Bytes),
}

#[derive(Debug, Default)]
pub(super) struct Directory {
    /// Sorted, so that a listing is stable and can go on after any name while others come and go.
    pub(super) entries: BTreeMap<Bytes, Arc<Node>>,
    /// Nothing for the root.
    pub(super) parent: Weak<Node>,
}

/// When reading sets the time of access.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum AccessTimes {
    /// When it is not later than the last change, or is a day old: the default of Linux, `relatime`.
    #[default]
    Relative,
    /// Always: `strictatime`.
    Always,
    /// Never: `noatime`.
    Never,
}

impl Node {
    pub(super) fn new(number: u64, inode: Inode, ledger: Arc<Ledger>) -> Arc<Self> {
        let kind = match inode.body {
            Body::File(_) => FileKind::File,
            Body::Directory(_) => FileKind::Directory,
            Body::Symlink(_) => FileKind::Symlink,
        };
        Arc::new(Self { number, kind, ledger, inode: Mutex::new(inode) })
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Inode> {
        lock(&self.inode)
    }

    pub(super) fn is_directory(&self) -> bool {
        self.kind == FileKind::Directory
    }

    pub(super) fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    pub(super) fn metadata(&self) -> Metadata {
        let inode = self.lock();
        Metadata {
            kind: self.kind,
            mode: inode.mode,
            links: inode.links,
            uid: inode.uid,
            gid: inode.gid,
            size: inode.body.size(),
            accessed: inode.accessed,
            modified: inode.modified,
            changed: inode.changed,
            inode: self.number,
        }
    }

    /// The directory that it is in. The root is in itself, and so is a directory that was removed.
    pub(super) fn parent(self: &Arc<Self>) -> Arc<Self> {
        let parent = match &self.lock().body {
            Body::Directory(directory) => directory.parent.upgrade(),
            _ => None,
        };
        parent.unwrap_or_else(|| Arc::clone(self))
    }

    /// What a directory has by this name.
    pub(super) fn child(&self, name: &[u8]) -> Result<Option<Arc<Self>>, FsError> {
        Ok(self.lock().directory()?.entries.get(name).cloned())
    }
}

impl Inode {
    pub(super) fn new(body: Body, mode: u32, (uid, gid): (u32, u32), now: SystemTime) -> Self {
        let links = if matches!(body, Body::Directory(_)) { 2 } else { 1 };
        Self { mode, uid, gid, links, accessed: now, modified: now, changed: now, read_only: false, body }
    }

    pub(super) fn directory(&self) -> Result<&Directory, FsError> {
        match &self.body {
            Body::Directory(directory) => Ok(directory),
            _ => Err(FsError::NotADirectory),
        }
    }

    pub(super) fn directory_mut(&mut self) -> Result<&mut Directory, FsError> {
        match &mut self.body {
            Body::Directory(directory) => Ok(directory),
            _ => Err(FsError::NotADirectory),
        }
    }

    pub(super) fn file(&self) -> Result<&Content, FsError> {
        match &self.body {
            Body::File(content) => Ok(content),
            Body::Directory(_) => Err(FsError::IsADirectory),
            Body::Symlink(_) => Err(FsError::Invalid),
        }
    }

    pub(super) fn file_mut(&mut self) -> Result<&mut Content, FsError> {
        match &mut self.body {
            Body::File(content) => Ok(content),
            Body::Directory(_) => Err(FsError::IsADirectory),
            Body::Symlink(_) => Err(FsError::Invalid),
        }
    }

    /// Its content or entries were changed.
    pub(super) fn modify(&mut self, now: SystemTime) {
        self.modified = now;
        self.changed = now;
    }

    /// It was read.
    pub(super) fn access(&mut self, now: SystemTime, rule: AccessTimes) {
        let due = match rule {
            AccessTimes::Always => true,
            AccessTimes::Never => false,
            AccessTimes::Relative => {
                self.accessed <= self.modified
                    || self.accessed <= self.changed
                    || now.duration_since(self.accessed).is_ok_and(|age| age >= STALE)
            }
        };
        if due {
            self.accessed = now;
        }
    }
}

impl Body {
    fn size(&self) -> u64 {
        match self {
            Self::File(content) => content.size(),
            Self::Directory(_) => DIRECTORY_SIZE,
            Self::Symlink(target) => target.len() as u64,
        }
    }

    fn take_entries(&mut self) -> BTreeMap<Bytes, Arc<Node>> {
        match self {
            Self::Directory(directory) => mem::take(&mut directory.entries),
            _ => BTreeMap::new(),
        }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let inode = self.inode.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Body::File(content) = &inode.body {
            self.ledger.give(inode.uid, content.kept());
        }
        self.ledger.give_inode();
        // One after the other: trees can be deeper than the stack.
        let mut below: Vec<_> = inode.body.take_entries().into_values().collect();
        while let Some(node) = below.pop() {
            if let Some(mut node) = Arc::into_inner(node) {
                let inode = node.inode.get_mut().unwrap_or_else(PoisonError::into_inner);
                below.extend(inode.body.take_entries().into_values());
            }
        }
    }
}
