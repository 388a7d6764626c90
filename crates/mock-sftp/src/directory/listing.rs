//! Listing a directory: its names are read at once and sorted, so that the order is the same every time and each name
//! is given once; what is known of each is looked up when its turn comes.

use std::os::fd::OwnedFd;

use bytes::Bytes;
use rustix::{
    fs::{AtFlags, Dir, Mode, OFlags, openat, statat},
    io::Errno,
};

use super::{Directory, attributes::metadata, walk::Walk};
use crate::{Caller, DirEntry, FsError, OpenDir};

#[derive(Debug)]
pub(super) struct DirectoryListing {
    directory: OwnedFd,
    /// The dots, which come first; what is above the root is the root itself.
    dots: Vec<DirEntry>,
    names: std::vec::IntoIter<Bytes>,
}

impl Directory {
    pub(super) fn list(&self, caller: &Caller, path: &[u8]) -> Result<DirectoryListing, FsError> {
        let mut walk = self.walk(caller)?;
        let directory = enter(&mut walk, path)?;
        let itself = metadata(&statat(&directory, ".", AtFlags::empty())?);
        let above = if walk.at_root() {
            itself.clone()
        } else {
            walk.leave()?;
            metadata(&statat(walk.dir(), ".", AtFlags::empty())?)
        };
        let mut names = Vec::new();
        for entry in Dir::read_from(&directory)? {
            let entry = entry?;
            let name = entry.file_name().to_bytes();
            if !matches!(name, b"." | b"..") {
                names.push(Bytes::copy_from_slice(name));
            }
        }
        names.sort();
        let dot = |name, metadata| DirEntry { name: Bytes::from_static(name), metadata };
        Ok(DirectoryListing {
            directory,
            dots: vec![dot(b"..", above), dot(b".", itself)],
            names: names.into_iter(),
        })
    }
}

/// Goes into the directory, and opens it to be read.
fn enter(walk: &mut Walk, path: &[u8]) -> Result<OwnedFd, FsError> {
    let (last, _) = walk.node(path, true)?;
    if last.name.within() != b"." && walk.enter(last.name.within())?.is_none() {
        return Err(FsError::NotADirectory);
    }
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    Ok(openat(walk.dir(), ".", flags, Mode::empty())?)
}

impl OpenDir for DirectoryListing {
    fn next(&mut self) -> Result<Option<DirEntry>, FsError> {
        if let Some(dot) = self.dots.pop() {
            return Ok(Some(dot));
        }
        for name in self.names.by_ref() {
            match statat(&self.directory, &name[..], AtFlags::SYMLINK_NOFOLLOW) {
                Ok(stat) => return Ok(Some(DirEntry { name, metadata: metadata(&stat) })),
                // It was removed meanwhile.
                Err(Errno::NOENT) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(None)
    }
}
