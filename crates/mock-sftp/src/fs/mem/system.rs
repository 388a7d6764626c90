//! The tree as the servers see it.

use std::time::SystemTime;

use super::{
    MemFs,
    attributes::Via,
    lock::{read, write},
    resolve::NAME_MAX,
};
use crate::{
    Caller, FileSystem, FsError, Metadata, OpenDir, OpenFile, OpenOptions, Rename, SetAttributes, Space,
};

/// Unit of `statvfs`.
const BLOCK: u64 = 4096;
/// What is free where nothing is limited: a tebibyte, and a file for each 4 KiB of it.
const ENDLESS: u64 = 1 << 40;

impl FileSystem for MemFs {
    fn caller(&self, user: &str) -> Caller {
        write(&self.tree.users).caller(user)
    }

    fn now(&self) -> SystemTime {
        self.tree.now()
    }

    fn open(
        &self,
        caller: &Caller,
        path: &[u8],
        options: &OpenOptions,
    ) -> Result<Box<dyn OpenFile>, FsError> {
        Ok(Box::new(self.tree.open(&self.tree.session(caller), path, options)?))
    }

    fn open_dir(&self, caller: &Caller, path: &[u8]) -> Result<Box<dyn OpenDir>, FsError> {
        Ok(Box::new(self.tree.open_dir(&self.tree.session(caller), path)?))
    }

    fn metadata(&self, caller: &Caller, path: &[u8], follow: bool) -> Result<Metadata, FsError> {
        Ok(self.tree.node(&self.tree.session(caller), path, follow)?.metadata())
    }

    fn set_attributes(
        &self,
        caller: &Caller,
        path: &[u8],
        attributes: &SetAttributes,
        follow: bool,
    ) -> Result<(), FsError> {
        let session = self.tree.session(caller);
        let node = self.tree.node(&session, path, follow)?;
        self.tree.set_attributes(&session.who, &node, attributes, Via::Path)
    }

    fn remove_file(&self, caller: &Caller, path: &[u8]) -> Result<(), FsError> {
        self.tree.remove_file(&self.tree.session(caller), path)
    }

    fn create_dir(&self, caller: &Caller, path: &[u8], mode: u32) -> Result<(), FsError> {
        self.tree.create_dir(&self.tree.session(caller), path, mode)
    }

    fn remove_dir(&self, caller: &Caller, path: &[u8]) -> Result<(), FsError> {
        self.tree.remove_dir(&self.tree.session(caller), path)
    }

    fn rename(&self, caller: &Caller, from: &[u8], to: &[u8], existing: Rename) -> Result<(), FsError> {
        self.tree.rename(&self.tree.session(caller), from, to, existing)
    }

    fn read_link(&self, caller: &Caller, path: &[u8]) -> Result<Vec<u8>, FsError> {
        self.tree.read_link(&self.tree.session(caller), path).map(Into::into)
    }

    fn symlink(&self, caller: &Caller, target: &[u8], path: &[u8]) -> Result<(), FsError> {
        self.tree.symlink(&self.tree.session(caller), target, path)
    }

    fn hard_link(&self, caller: &Caller, existing: &[u8], path: &[u8]) -> Result<(), FsError> {
        self.tree.hard_link(&self.tree.session(caller), existing, path)
    }

    fn canonicalize(&self, caller: &Caller, path: &[u8]) -> Result<Vec<u8>, FsError> {
        self.tree.canonicalize(&self.tree.session(caller), path)
    }

    fn space(&self, caller: &Caller, path: &[u8]) -> Result<Space, FsError> {
        let session = self.tree.session(caller);
        let node = self.tree.node(&session, path, true)?;
        let (limits, ledger) = (self.tree.ledger.limits(), &self.tree.ledger);
        let (bytes, inodes) = (ledger.bytes(), ledger.inodes());
        let total = limits.bytes.unwrap_or(ENDLESS.saturating_add(bytes));
        let files = limits.inodes.unwrap_or((ENDLESS / BLOCK).saturating_add(inodes));
        let free = total.saturating_sub(bytes) / BLOCK;
        Ok(Space {
            block_size: BLOCK,
            blocks: total.div_ceil(BLOCK),
            blocks_free: free,
            blocks_available: free,
            files,
            files_free: files.saturating_sub(inodes),
            id: 0,
            read_only: self.tree.writable(&session.who, &node).is_err(),
            name_max: NAME_MAX as u64,
        })
    }

    fn home(&self, user: &str) -> Option<Vec<u8>> {
        read(&self.tree.users).home(user)
    }

    fn user_name(&self, uid: u32) -> Option<String> {
        read(&self.tree.users).user_name(uid)
    }

    fn group_name(&self, gid: u32) -> Option<String> {
        read(&self.tree.users).group_name(gid)
    }
}
