//! The directory as the servers see it.

use rustix::fs::{FileType, StatVfsMountFlags, fstatvfs};

use super::{
    Directory,
    attributes::{metadata, set_by_name},
    walk::{Name, is},
};
use crate::{
    Caller, FileSystem, FsError, Metadata, OpenDir, OpenFile, OpenOptions, Rename, SetAttributes, Space,
};

impl FileSystem for Directory {
    fn caller(&self, user: &str) -> Caller {
        self.caller_of(user)
    }

    fn blocks(&self) -> bool {
        true
    }

    fn open(
        &self,
        caller: &Caller,
        path: &[u8],
        options: &OpenOptions,
    ) -> Result<Box<dyn OpenFile>, FsError> {
        Ok(Box::new(self.open_file(caller, path, options)?))
    }

    fn open_dir(&self, caller: &Caller, path: &[u8]) -> Result<Box<dyn OpenDir>, FsError> {
        Ok(Box::new(self.list(caller, path)?))
    }

    fn metadata(&self, caller: &Caller, path: &[u8], follow: bool) -> Result<Metadata, FsError> {
        let (_, stat) = self.walk(caller)?.node(path, follow)?;
        Ok(metadata(&stat))
    }

    fn set_attributes(
        &self,
        caller: &Caller,
        path: &[u8],
        attributes: &SetAttributes,
        follow: bool,
    ) -> Result<(), FsError> {
        let mut walk = self.walk(caller)?;
        let (last, stat) = walk.node(path, follow)?;
        if *attributes == SetAttributes::default() {
            return Ok(());
        }
        self.writable()?;
        set_by_name(&walk, &last, &stat, attributes)
    }

    fn remove_file(&self, caller: &Caller, path: &[u8]) -> Result<(), FsError> {
        self.unlink(caller, path)
    }

    fn create_dir(&self, caller: &Caller, path: &[u8], mode: u32) -> Result<(), FsError> {
        self.make_dir(caller, path, mode)
    }

    fn remove_dir(&self, caller: &Caller, path: &[u8]) -> Result<(), FsError> {
        self.unlink_dir(caller, path)
    }

    fn rename(&self, caller: &Caller, from: &[u8], to: &[u8], existing: Rename) -> Result<(), FsError> {
        self.move_name(caller, from, to, existing)
    }

    fn read_link(&self, caller: &Caller, path: &[u8]) -> Result<Vec<u8>, FsError> {
        let mut walk = self.walk(caller)?;
        let (last, _) = walk.node(path, false)?;
        walk.link(&last)?.ok_or(FsError::Invalid)
    }

    fn symlink(&self, caller: &Caller, target: &[u8], path: &[u8]) -> Result<(), FsError> {
        self.make_link(caller, target, path)
    }

    fn hard_link(&self, caller: &Caller, existing: &[u8], path: &[u8]) -> Result<(), FsError> {
        self.make_name(caller, existing, path)
    }

    fn canonicalize(&self, caller: &Caller, path: &[u8]) -> Result<Vec<u8>, FsError> {
        let mut walk = self.walk(caller)?;
        let mut last = walk.last(path)?;
        loop {
            match walk.stat(&last) {
                Ok(stat) if is(&stat, FileType::Symlink) => {
                    let target = walk.link(&last)?.ok_or(FsError::NotFound)?;
                    last = walk.beyond(&last, target)?;
                }
                Ok(_) | Err(FsError::NotFound) => break,
                Err(error) => return Err(error),
            }
        }
        let directory = walk.path();
        Ok(match last.name {
            Name::Normal(name) if walk.at_root() => [b"/", &name[..]].concat(),
            Name::Normal(name) => [&directory[..], b"/", &name].concat(),
            Name::Dot | Name::DotDot | Name::Root => directory,
        })
    }

    fn space(&self, caller: &Caller, path: &[u8]) -> Result<Space, FsError> {
        let mut walk = self.walk(caller)?;
        let (last, stat) = walk.node(path, true)?;
        if let (Name::Normal(name), true) = (&last.name, is(&stat, FileType::Directory)) {
            // It may be where something is mounted.
            walk.enter(name)?;
        }
        let found = fstatvfs(walk.dir())?;
        Ok(Space {
            block_size: found.f_frsize,
            blocks: found.f_blocks,
            blocks_free: found.f_bfree,
            blocks_available: found.f_bavail,
            files: found.f_files,
            files_free: found.f_ffree,
            id: found.f_fsid,
            read_only: self.read_only || found.f_flag.contains(StatVfsMountFlags::RDONLY),
            name_max: found.f_namemax,
        })
    }
}
