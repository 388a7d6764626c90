//! An open file of the tree.

use std::{fmt, sync::Arc};

use bytes::Bytes;

use super::{
    access::{Rights, Who},
    attributes::Via,
    content::LONGEST,
    node::Node,
    tree::Tree,
};
use crate::{FsError, Metadata, OpenFile, OpenOptions, SetAttributes};

/// More pieces than this are too many to be remembered by anybody.
const PIECES_MAX: u64 = 1 << 16;

pub(super) struct MemFile {
    tree: Arc<Tree>,
    node: Arc<Node>,
    who: Who<'static>,
    readable: bool,
    writable: bool,
    append: bool,
}

impl MemFile {
    pub(super) fn new(tree: Arc<Tree>, node: Arc<Node>, who: Who<'static>, options: &OpenOptions) -> Self {
        let writable = options.write || options.append;
        Self { tree, node, who, readable: options.read, writable, append: options.append }
    }

    pub(super) fn node(&self) -> &Node {
        &self.node
    }
}

impl OpenFile for MemFile {
    fn read_at(&mut self, offset: u64, length: usize, out: &mut dyn FnMut(Bytes)) -> Result<usize, FsError> {
        if !self.readable {
            return Err(FsError::BadHandle);
        }
        if offset > LONGEST {
            return Err(FsError::Invalid);
        }
        let mut done = 0;
        loop {
            // The lock is not held while others use what they get.
            let piece = {
                let mut inode = self.node.lock();
                let piece = inode.file()?.piece(offset.saturating_add(done as u64), length - done);
                if done == 0 {
                    inode.access(self.tree.now(), self.tree.access_times);
                }
                piece
            };
            let Some(piece) = piece else { return Ok(done) };
            let bytes = piece.into_bytes();
            done += bytes.len();
            out(bytes);
        }
    }

    fn write_at(&mut self, offset: u64, data: &[u8]) -> Result<(), FsError> {
        if !self.writable {
            return Err(FsError::BadHandle);
        }
        if offset > LONGEST {
            return Err(FsError::Invalid);
        }
        self.tree.write(&self.who, &self.node, if self.append { None } else { Some(offset) }, data)
    }

    fn metadata(&mut self) -> Result<Metadata, FsError> {
        Ok(self.node.metadata())
    }

    fn set_attributes(&mut self, attributes: &SetAttributes) -> Result<(), FsError> {
        let via = if self.writable { Via::WritableFile } else { Via::ReadOnlyFile };
        self.tree.set_attributes(&self.who, &self.node, attributes, via)
    }

    fn sync(&mut self) -> Result<(), FsError> {
        Ok(())
    }

    fn content(&mut self) -> Option<Vec<Bytes>> {
        self.node.pieces(PIECES_MAX)
    }
}

impl Tree {
    /// Writes at an offset, or at the end where there is none. What fits before an error is written.
    pub(super) fn write(
        &self,
        who: &Who<'_>,
        node: &Node,
        offset: Option<u64>,
        data: &[u8],
    ) -> Result<(), FsError> {
        let forced = who.rights == Rights::Test;
        let limit = if forced { None } else { self.ledger.limits().file_size };
        let mut inode = node.lock();
        let uid = inode.uid;
        let content = inode.file_mut()?;
        if data.is_empty() {
            return Ok(());
        }
        let offset = offset.unwrap_or(content.size());
        let room = limit.unwrap_or(LONGEST).min(LONGEST).saturating_sub(offset);
        let fits = data.get(..usize::try_from(room).unwrap_or(usize::MAX));
        let mut take = |wanted| {
            if forced {
                self.ledger.force(uid, wanted);
                Ok(wanted)
            } else {
                self.ledger.take(uid, wanted)
            }
        };
        let before = content.size();
        let result = content.write(offset, fits.unwrap_or(data), &mut take);
        if result.is_ok() || content.size() != before {
            inode.modify(self.now());
            who.strip_privileges(&mut inode);
        }
        match fits {
            Some(fits) if fits.len() < data.len() => result.and(Err(FsError::TooLarge)),
            _ => result,
        }
    }
}

impl Node {
    /// All of a file without copying it, unless that would be more pieces than this.
    pub(super) fn pieces(&self, most: u64) -> Option<Vec<Bytes>> {
        let inode = self.lock();
        let content = inode.file().ok()?;
        if content.is_generated() {
            return None;
        }
        let mut pieces = Vec::new();
        let mut offset = 0;
        while let Some(piece) = content.piece(offset, usize::MAX) {
            if pieces.len() as u64 >= most {
                return None;
            }
            let bytes = piece.into_bytes();
            offset += bytes.len() as u64;
            pieces.push(bytes);
        }
        Some(pieces)
    }
}

impl fmt::Debug for MemFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemFile")
            .field("inode", &self.node.number)
            .field("readable", &self.readable)
            .field("writable", &self.writable)
            .field("append", &self.append)
            .finish_non_exhaustive()
    }
}
