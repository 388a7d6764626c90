//! Opening files of the directory, and reading and writing them.

use std::{
    fs::File,
    io::{ErrorKind, Write as _},
    os::unix::fs::FileExt as _,
};

use bytes::Bytes;
use rustix::{
    fs::{FileType, Mode, OFlags, Stat, fstat, openat},
    io::Errno,
};

use super::{
    Directory,
    attributes::{bits, metadata, set_by_file},
    refused,
    walk::{Last, Name, Walk, is},
};
use crate::{Caller, FsError, Metadata, OpenFile, OpenOptions, SetAttributes};

/// Most that is read in one piece.
const PIECE: usize = 256 * 1024;

#[derive(Debug)]
pub(super) struct DirectoryFile {
    file: File,
    append: bool,
    read_only: bool,
}

impl Directory {
    pub(super) fn open_file(
        &self,
        caller: &Caller,
        path: &[u8],
        options: &OpenOptions,
    ) -> Result<DirectoryFile, FsError> {
        let mut options = *options;
        if !options.read && !options.write && !options.append {
            return Err(FsError::Invalid);
        }
        if self.read_only {
            self.check_read_only(caller, path, &mut options)?;
        }
        let mut walk = self.walk(caller)?;
        let mut last = walk.last(path)?;
        loop {
            if options.create && last.slash && matches!(last.name, Name::Normal(_)) {
                return Err(FsError::IsADirectory);
            }
            // To open something else is to do something: a writer goes on that waits at a FIFO, a device begins to work.
            let is_new = options.create && options.exclusive;
            if let Ok(stat) = walk.stat(&last)
                && !is(&stat, FileType::Symlink)
                && !is_new
            {
                check_kind(&stat)?;
            }
            match open_here(&walk, &last, &options, caller.umask) {
                // It is a link, or what is no directory was called one.
                Err(error @ (Errno::LOOP | Errno::MLINK | Errno::NOTDIR)) => match walk.link(&last)? {
                    Some(target) => last = walk.beyond(&last, target)?,
                    None if error == Errno::NOTDIR => return Err(error.into()),
                    // It was one a moment ago.
                    None => last = walk.beyond(&last, last.name.within().to_vec())?,
                },
                Err(error) => return Err(error.into()),
                Ok(file) => {
                    // It may have become something else meanwhile; then it was not waited for.
                    check_kind(&fstat(&file)?)?;
                    let (append, read_only) = (options.append, self.read_only);
                    return Ok(DirectoryFile { file, append, read_only });
                }
            }
        }
    }

    /// What a read-only tree refuses, in the order of Linux. What is left is no change.
    fn check_read_only(
        &self,
        caller: &Caller,
        path: &[u8],
        options: &mut OpenOptions,
    ) -> Result<(), FsError> {
        let writes = options.write || options.append;
        if !writes && !options.create && !options.truncate {
            return Ok(());
        }
        match self.walk(caller)?.node(path, true) {
            Err(FsError::NotFound) if options.create => Err(FsError::ReadOnly),
            Err(error) => Err(error),
            Ok(_) if options.create && options.exclusive => Err(FsError::Exists),
            Ok((_, stat)) if is(&stat, FileType::Directory) => Err(FsError::IsADirectory),
            Ok(_) if writes || options.truncate => Err(FsError::ReadOnly),
            Ok(_) => {
                options.create = false;
                Ok(())
            }
        }
    }
}

/// Whether it is what can be opened.
fn check_kind(stat: &Stat) -> Result<(), FsError> {
    if is(stat, FileType::RegularFile) || is(stat, FileType::Directory) {
        Ok(())
    } else {
        Err(FsError::Unsupported)
    }
}

fn open_here(walk: &Walk, last: &Last, options: &OpenOptions, umask: u32) -> Result<File, Errno> {
    let set = |wanted: bool, flag: OFlags| if wanted { flag } else { OFlags::empty() };
    let access = match (options.read, options.write || options.append) {
        (true, true) => OFlags::RDWR,
        (false, true) => OFlags::WRONLY,
        (_, false) => OFlags::RDONLY,
    };
    let flags = access
        | set(options.append, OFlags::APPEND)
        | set(options.create, OFlags::CREATE)
        | set(options.truncate, OFlags::TRUNC)
        | set(options.exclusive && options.create, OFlags::EXCL)
        | set(last.slash && !options.create, OFlags::DIRECTORY)
        // A FIFO must not be waited for, and a terminal not become ours.
        | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let mode = if options.create { bits(options.mode.unwrap_or(0o666) & !umask) } else { Mode::empty() };
    openat(walk.dir(), last.name.within(), flags, mode).map(File::from)
}

impl OpenFile for DirectoryFile {
    fn read_at(&mut self, offset: u64, length: usize, out: &mut dyn FnMut(Bytes)) -> Result<usize, FsError> {
        let mut done = 0;
        loop {
            let mut piece = vec![0; PIECE.min(length - done)];
            let at = offset.saturating_add(done as u64);
            let count = match self.file.read_at(&mut piece, at) {
                Ok(count) => count,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                // What was read is not lost; the error comes again.
                Err(_) if done > 0 => return Ok(done),
                Err(error) => return Err(refused(&error)),
            };
            piece.truncate(count);
            done += count;
            if count > 0 {
                out(piece.into());
            }
            if count == 0 || done == length {
                return Ok(done);
            }
        }
    }

    fn write_at(&mut self, offset: u64, data: &[u8]) -> Result<(), FsError> {
        let written =
            if self.append { self.file.write_all(data) } else { self.file.write_all_at(data, offset) };
        written.map_err(|error| refused(&error))
    }

    fn metadata(&mut self) -> Result<Metadata, FsError> {
        Ok(metadata(&fstat(&self.file)?))
    }

    fn set_attributes(&mut self, attributes: &SetAttributes) -> Result<(), FsError> {
        if *attributes == SetAttributes::default() {
            return Ok(());
        }
        if self.read_only {
            return Err(FsError::ReadOnly);
        }
        set_by_file(&self.file, attributes)
    }

    fn sync(&mut self) -> Result<(), FsError> {
        self.file.sync_all().map_err(|error| refused(&error))
    }
}
