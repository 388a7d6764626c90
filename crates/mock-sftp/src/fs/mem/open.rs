//! `open(2)`: finding or making the file, and emptying it.

use std::{mem, sync::Arc};

use super::{
    access::{READ, WRITE, Who},
    content::Content,
    file::MemFile,
    lock::read,
    node::{Body, Node},
    resolve::{Last, Name, Resolver, target},
    tree::{Session, Tree},
};
use crate::{FileKind, FsError, OpenOptions};

impl Tree {
    pub(super) fn open(
        self: &Arc<Self>,
        session: &Session<'_>,
        path: &[u8],
        options: &OpenOptions,
    ) -> Result<MemFile, FsError> {
        let who = &session.who;
        let writes = options.write || options.append;
        if !options.read && !writes {
            return Err(FsError::Invalid);
        }
        // What is emptied is freed when others may go on: it can be large.
        let (node, emptied) = if options.create {
            self.change(session, |resolver| {
                let last = resolver.last(path)?;
                self.open_or_create(resolver, who, last, options)
            })?
        } else {
            let names = read(&self.names);
            let node = session.resolver(&names)?.node(path, true)?;
            let emptied = self.admit(who, &node, options)?;
            (node, emptied)
        };
        drop(emptied);
        Ok(MemFile::new(Arc::clone(self), node, who.clone().into_owned(), options))
    }

    fn open_or_create(
        &self,
        resolver: &mut Resolver<'_>,
        who: &Who<'_>,
        mut last: Last<'_>,
        options: &OpenOptions,
    ) -> Result<(Arc<Node>, Content), FsError> {
        loop {
            if last.slash && matches!(last.name, Name::Normal(_)) {
                return Err(FsError::IsADirectory);
            }
            let Some(node) = last.node()? else {
                let name = self.vacant(who, &last, false)?;
                let mode = options.mode.unwrap_or(0o666) & 0o7777 & !who.umask;
                let node = self.add(who, &last.parent, name, Body::File(Content::default()), mode)?;
                return Ok((node, Content::default()));
            };
            if options.exclusive {
                return Err(FsError::Exists);
            }
            if let Some(target) = target(&node) {
                last = resolver.beyond(last, &target)?;
                continue;
            }
            if node.is_directory() {
                return Err(FsError::IsADirectory);
            }
            let emptied = self.admit(who, &node, options)?;
            return Ok((node, emptied));
        }
    }

    /// Checks that what exists may be opened, and empties it where that was asked for. What was in it is returned.
    fn admit(&self, who: &Who<'_>, node: &Node, options: &OpenOptions) -> Result<Content, FsError> {
        let changes = options.write || options.append || options.truncate;
        if changes {
            if node.is_directory() {
                return Err(FsError::IsADirectory);
            }
            self.writable(who, node)?;
        }
        let mut inode = node.lock();
        let wanted = if options.read { READ } else { 0 } | if changes { WRITE } else { 0 };
        who.may(&inode, wanted)?;
        if node.kind == FileKind::File && changes {
            let content = inode.file_mut()?;
            if options.truncate {
                let emptied = mem::take(content);
                node.ledger().give(inode.uid, emptied.kept());
                inode.modify(self.now());
                who.strip_privileges(&mut inode);
                return Ok(emptied);
            }
            if content.is_generated() {
                return Err(FsError::NotPermitted);
            }
        }
        Ok(Content::default())
    }
}
