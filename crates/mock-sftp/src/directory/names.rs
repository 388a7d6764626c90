//! Making, moving and removing names. What the kernel says of dots and of slashes at the end is said here, because it
//! gets neither; the order of the checks is that of Linux.

use rustix::fs::{
    AtFlags, FileType, RenameFlags, linkat, mkdirat, renameat, renameat_with, symlinkat, unlinkat,
};

use super::{
    Directory,
    attributes::bits,
    walk::{Last, Name, Walk, is},
};
use crate::{Caller, FsError, Rename};

impl Directory {
    pub(super) fn make_dir(&self, caller: &Caller, path: &[u8], mode: u32) -> Result<(), FsError> {
        let mut walk = self.walk(caller)?;
        let name = self.vacant(&mut walk, path, true)?;
        Ok(mkdirat(walk.dir(), &name[..], bits(mode & 0o1777 & !caller.umask))?)
    }

    pub(super) fn make_link(&self, caller: &Caller, target: &[u8], path: &[u8]) -> Result<(), FsError> {
        if target.is_empty() {
            return Err(FsError::NotFound);
        }
        let mut walk = self.walk(caller)?;
        let name = self.vacant(&mut walk, path, false)?;
        Ok(symlinkat(target, walk.dir(), &name[..])?)
    }

    pub(super) fn make_name(&self, caller: &Caller, existing: &[u8], path: &[u8]) -> Result<(), FsError> {
        let mut from = self.walk(caller)?;
        let (last, stat) = from.node(existing, false)?;
        let mut to = self.walk(caller)?;
        let name = self.vacant(&mut to, path, false)?;
        if is(&stat, FileType::Directory) {
            return Err(FsError::NotPermitted);
        }
        Ok(linkat(from.dir(), last.name.within(), to.dir(), &name[..], AtFlags::empty())?)
    }

    pub(super) fn unlink(&self, caller: &Caller, path: &[u8]) -> Result<(), FsError> {
        let mut walk = self.walk(caller)?;
        let last = walk.last(path)?;
        let Name::Normal(name) = &last.name else { return Err(FsError::IsADirectory) };
        self.writable()?;
        if last.slash && !is(&walk.stat(&last)?, FileType::Directory) {
            return Err(FsError::NotADirectory);
        }
        Ok(unlinkat(walk.dir(), &name[..], AtFlags::empty())?)
    }

    pub(super) fn unlink_dir(&self, caller: &Caller, path: &[u8]) -> Result<(), FsError> {
        let mut walk = self.walk(caller)?;
        let last = walk.last(path)?;
        let name = match &last.name {
            Name::Normal(name) => name,
            Name::Dot => return Err(FsError::Invalid),
            Name::DotDot => return Err(FsError::NotEmpty),
            Name::Root => return Err(FsError::Busy),
        };
        self.writable()?;
        Ok(unlinkat(walk.dir(), &name[..], AtFlags::REMOVEDIR)?)
    }

    pub(super) fn move_name(
        &self,
        caller: &Caller,
        from: &[u8],
        to: &[u8],
        existing: Rename,
    ) -> Result<(), FsError> {
        let (mut old_walk, mut new_walk) = (self.walk(caller)?, self.walk(caller)?);
        let old = old_walk.last(from)?;
        let new = new_walk.last(to)?;
        let Name::Normal(old_name) = &old.name else { return Err(FsError::Busy) };
        let Name::Normal(new_name) = &new.name else {
            return Err(if existing == Rename::Refuse { FsError::Exists } else { FsError::Busy });
        };
        self.writable()?;
        if old.slash || new.slash {
            let stat = old_walk.stat(&old)?;
            if existing == Rename::Refuse && exists(&new_walk, &new)? {
                return Err(FsError::Exists);
            }
            if !is(&stat, FileType::Directory) {
                return Err(FsError::NotADirectory);
            }
        }
        let (old_dir, new_dir) = (old_walk.dir(), new_walk.dir());
        match existing {
            Rename::Replace => renameat(old_dir, &old_name[..], new_dir, &new_name[..])?,
            Rename::Refuse => {
                let flags = RenameFlags::NOREPLACE;
                renameat_with(old_dir, &old_name[..], new_dir, &new_name[..], flags)?;
            }
        }
        Ok(())
    }

    /// Goes to where something new is to be, and returns its name.
    fn vacant(&self, walk: &mut Walk, path: &[u8], directory: bool) -> Result<Vec<u8>, FsError> {
        let last = walk.last(path)?;
        if exists(walk, &last)? {
            return Err(FsError::Exists);
        }
        match last.name {
            Name::Normal(_) if last.slash && !directory => Err(FsError::NotFound),
            Name::Normal(name) => self.writable().map(|()| name),
            Name::Dot | Name::DotDot | Name::Root => Err(FsError::Exists),
        }
    }
}

fn exists(walk: &Walk, last: &Last) -> Result<bool, FsError> {
    match walk.stat(last) {
        Ok(_) => Ok(true),
        Err(FsError::NotFound) => Ok(false),
        Err(error) => Err(error),
    }
}
