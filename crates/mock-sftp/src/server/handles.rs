//! The handles of one channel (draft section 6.2): what clients call the files that they have open.
//!
//! A handle is eight bytes: four that differ from channel to channel, so that one of another channel is not taken for
//! one of ours, and a number that counts up, so that a handle is not used again after it was closed.

use std::{
    collections::BTreeMap,
    hash::{BuildHasher as _, RandomState},
};

use bytes::Bytes;

use super::record::Cause;
use crate::{DirEntry, OpenDir, OpenFile, wire::OpenFlags};

/// What is open.
#[derive(Debug)]
pub(super) struct Handles {
    tag: u32,
    last: u32,
    limit: usize,
    open: BTreeMap<u32, Handle>,
}

/// An open file or directory, and what was done with it.
#[derive(Debug)]
pub(super) struct Handle {
    pub(super) path: Bytes,
    pub(super) target: Target,
    pub(super) read: u64,
    pub(super) written: u64,
    pub(super) listed: u64,
}

#[derive(Debug)]
pub(super) enum Target {
    File(Box<dyn OpenFile>, OpenFlags),
    /// With an entry that did not fit the last reply.
    Directory(Box<dyn OpenDir>, Option<DirEntry>),
}

impl Handles {
    pub(super) fn new(limit: usize) -> Self {
        let tag = RandomState::new().hash_one(0_u8) & u64::from(u32::MAX);
        Self { tag: u32::try_from(tag).unwrap_or_default(), last: 0, limit, open: BTreeMap::new() }
    }

    pub(super) fn are_all_taken(&self) -> bool {
        self.open.len() >= self.limit
    }

    /// Returns the new handle's number.
    pub(super) fn insert(&mut self, path: &[u8], target: Target) -> u32 {
        loop {
            self.last = self.last.wrapping_add(1);
            // After four thousand million handles the numbers begin again.
            if self.last != 0 && !self.open.contains_key(&self.last) {
                break;
            }
        }
        let path = Bytes::copy_from_slice(path);
        self.open.insert(self.last, Handle { path, target, read: 0, written: 0, listed: 0 });
        self.last
    }

    /// What the client is to call this handle.
    pub(super) fn name(&self, number: u32) -> [u8; 8] {
        ((u64::from(self.tag) << 32) | u64::from(number)).to_be_bytes()
    }

    /// The number of what the client calls so.
    pub(super) fn number(&self, name: &[u8]) -> Result<u32, Cause> {
        let name = <[u8; 8]>::try_from(name).map_err(|_| Cause::Handle)?;
        let name = u64::from_be_bytes(name);
        let number = u32::try_from(name & u64::from(u32::MAX)).unwrap_or_default();
        let ours = name >> 32 == u64::from(self.tag) && self.open.contains_key(&number);
        if ours { Ok(number) } else { Err(Cause::Handle) }
    }

    pub(super) fn of(&self, name: &[u8]) -> Option<(u32, &Handle)> {
        let number = self.number(name).ok()?;
        Some((number, self.open.get(&number)?))
    }

    pub(super) fn get(&self, number: u32) -> Option<&Handle> {
        self.open.get(&number)
    }

    pub(super) fn get_mut(&mut self, number: u32) -> Result<&mut Handle, Cause> {
        self.open.get_mut(&number).ok_or(Cause::Handle)
    }

    /// The file that is called so, with its sums.
    pub(super) fn file(&mut self, name: &[u8]) -> Result<&mut Handle, Cause> {
        let number = self.number(name)?;
        let handle = self.get_mut(number)?;
        if matches!(handle.target, Target::File(..)) { Ok(handle) } else { Err(Cause::Handle) }
    }

    pub(super) fn remove(&mut self, number: u32) -> Option<Handle> {
        self.open.remove(&number)
    }

    /// Takes one that is still open, the oldest first.
    pub(super) fn pop(&mut self) -> Option<(u32, Handle)> {
        self.open.pop_first()
    }
}

impl Handle {
    /// The open file. A directory is none.
    pub(super) fn open_file(&mut self) -> Result<&mut dyn OpenFile, Cause> {
        match &mut self.target {
            Target::File(file, _) => Ok(&mut **file),
            Target::Directory(..) => Err(Cause::Handle),
        }
    }

    pub(super) fn flags(&self) -> Option<OpenFlags> {
        match self.target {
            Target::File(_, flags) => Some(flags),
            Target::Directory(..) => None,
        }
    }
}
