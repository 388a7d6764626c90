//! An open directory of the tree. It goes on after the last name that it gave, so it holds no more than a handful
//! of entries, and a name that stays is listed once, whatever comes and goes around it.

use std::{
    collections::VecDeque,
    fmt,
    ops::Bound::{Excluded, Unbounded},
    sync::Arc,
};

use bytes::Bytes;

use super::{access::READ, lock::read, node::Node, tree::Session, tree::Tree};
use crate::{DirEntry, FsError, OpenDir};

/// Entries that are looked up at once. One lock and one search in the directory are shared by so many.
const BATCH: usize = 128;

pub(super) struct MemDir {
    node: Arc<Node>,
    ready: VecDeque<DirEntry>,
    /// The last name that was looked up.
    after: Option<Bytes>,
    found: Vec<(Bytes, Arc<Node>)>,
}

impl Tree {
    pub(super) fn open_dir(&self, session: &Session<'_>, path: &[u8]) -> Result<MemDir, FsError> {
        let names = read(&self.names);
        let node = session.resolver(&names)?.node(path, true)?;
        {
            let mut inode = node.lock();
            inode.directory()?;
            session.who.may(&inode, READ)?;
            inode.access(self.now(), self.access_times);
        }
        // Nothing is above a session's own root.
        let top = session.resolver(&names)?.node(b"/", true)?;
        let parent = if Arc::ptr_eq(&node, &top) { top } else { node.parent() };
        let dots = [
            DirEntry { name: Bytes::from_static(b"."), metadata: node.metadata() },
            DirEntry { name: Bytes::from_static(b".."), metadata: parent.metadata() },
        ];
        Ok(MemDir { node, ready: dots.into(), after: None, found: Vec::new() })
    }
}

impl MemDir {
    fn look_up(&mut self) -> Result<(), FsError> {
        {
            let inode = self.node.lock();
            let entries = &inode.directory()?.entries;
            let after = self.after.as_deref().map_or(Unbounded, Excluded);
            let found = entries.range::<[u8], _>((after, Unbounded)).take(BATCH);
            self.found.extend(found.map(|(name, node)| (name.clone(), Arc::clone(node))));
        }
        // One inode at a time, so not before the directory is unlocked.
        for (name, node) in self.found.drain(..) {
            self.ready.push_back(DirEntry { name, metadata: node.metadata() });
        }
        if let Some(last) = self.ready.back() {
            self.after = Some(last.name.clone());
        }
        Ok(())
    }
}

impl OpenDir for MemDir {
    fn next(&mut self) -> Result<Option<DirEntry>, FsError> {
        if self.ready.is_empty() {
            self.look_up()?;
        }
        Ok(self.ready.pop_front())
    }
}

impl fmt::Debug for MemDir {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemDir").field("inode", &self.node.number).finish_non_exhaustive()
    }
}
