//! From a path to a name in an open directory, one component at a time, as `path_resolution(7)` has it after a
//! `chroot(2)`.
//!
//! Directories are opened without following links; a link is read, and walked from here. `..` goes back along the way
//! that was come, never up from where a directory happens to be: so a directory that is moved meanwhile leads nowhere.

use std::{
    collections::VecDeque,
    os::fd::{AsFd as _, BorrowedFd, OwnedFd},
};

use rustix::{
    fs::{AtFlags, FileType, Mode, OFlags, Stat, openat, readlinkat, statat},
    io::Errno,
};

use super::Directory;
use crate::{Caller, FsError};

/// Longest path in bytes; with the NUL of C one more.
const PATH_MAX: usize = 4095;
/// Links on the way before it is taken for a loop.
const LINKS_MAX: u32 = 40;
/// Directories behind us that are kept open. A deeper way back is walked again from the root.
const KEPT: usize = 32;

/// To search a directory it need not be readable.
#[cfg(target_os = "linux")]
const SEARCH: OFlags = OFlags::PATH;
#[cfg(not(target_os = "linux"))]
const SEARCH: OFlags = OFlags::RDONLY;

/// Opens a directory to be searched, through links: for the one that is served.
pub(super) const FOLLOWED: OFlags = SEARCH.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);
/// The same, not through a link.
const STEP: OFlags = FOLLOWED.union(OFlags::NOFOLLOW);

/// Somewhere on the way.
#[derive(Debug)]
pub(super) struct Walk {
    root: OwnedFd,
    /// The names of the directories on the way from the root to here.
    trail: Vec<Vec<u8>>,
    /// The last of them, open. Empty only at the root.
    open: VecDeque<OwnedFd>,
    links: u32,
    /// Whether relative paths have somewhere to begin.
    start: Result<(), FsError>,
}

/// The last part of a path, in the directory in which the walk stands.
#[derive(Debug)]
pub(super) struct Last {
    pub(super) name: Name,
    /// Whether something like `name/` was meant: then it is a directory.
    pub(super) slash: bool,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Name {
    /// A single component that is no dot.
    Normal(Vec<u8>),
    /// The walk stands in what was meant, and for the rest alike.
    Dot,
    DotDot,
    Root,
}

impl Name {
    /// As the kernel gets it: it stays in the directory in which the walk stands.
    pub(super) fn within(&self) -> &[u8] {
        match self {
            Self::Normal(name) => name,
            Self::Dot | Self::DotDot | Self::Root => b".",
        }
    }
}

impl Directory {
    /// Begins where a caller's relative paths begin.
    pub(super) fn walk(&self, caller: &Caller) -> Result<Walk, FsError> {
        let mut walk = Walk::within(self.top.try_clone().map_err(|error| super::refused(&error))?);
        if caller.root != b"/" {
            walk.enter_path(&caller.root)?;
            if let Some(root) = walk.open.pop_back() {
                walk = Walk::within(root);
            }
        }
        if caller.start != b"/" {
            walk.start = walk.enter_path(&caller.start);
            walk.links = 0;
        }
        Ok(walk)
    }
}

impl Walk {
    fn within(root: OwnedFd) -> Self {
        Self { root, trail: Vec::new(), open: VecDeque::new(), links: 0, start: Ok(()) }
    }

    /// The directory in which it stands.
    pub(super) fn dir(&self) -> BorrowedFd<'_> {
        self.open.back().unwrap_or(&self.root).as_fd()
    }

    /// Whether it stands in the root.
    pub(super) fn at_root(&self) -> bool {
        self.trail.is_empty()
    }

    /// Absolute path of where it stands.
    pub(super) fn path(&self) -> Vec<u8> {
        if self.trail.is_empty() {
            return b"/".to_vec();
        }
        self.trail.iter().flat_map(|name| [b"/", &name[..]]).flatten().copied().collect()
    }

    /// Goes to the directory in which the last part of the path is.
    pub(super) fn last(&mut self, path: &[u8]) -> Result<Last, FsError> {
        if path.is_empty() {
            return Err(FsError::NotFound);
        }
        if path.len() > PATH_MAX {
            return Err(FsError::NameTooLong);
        }
        if path.contains(&0) {
            return Err(FsError::Invalid);
        }
        if path.first() != Some(&b'/') {
            self.start?;
        }
        self.go(path.to_vec())
    }

    /// The same for a link that the last part turned out to be.
    pub(super) fn beyond(&mut self, last: &Last, mut target: Vec<u8>) -> Result<Last, FsError> {
        self.count_link()?;
        if last.slash {
            target.push(b'/');
        }
        self.go(target)
    }

    /// Goes to where something is that exists, a link at the end followed or not.
    pub(super) fn node(&mut self, path: &[u8], follow: bool) -> Result<(Last, Stat), FsError> {
        let mut last = self.last(path)?;
        loop {
            let stat = self.stat(&last)?;
            if is(&stat, FileType::Symlink) && (follow || last.slash) {
                let target = self.link(&last)?.ok_or(FsError::NotFound)?;
                last = self.beyond(&last, target)?;
            } else if last.slash && !is(&stat, FileType::Directory) {
                return Err(FsError::NotADirectory);
            } else {
                return Ok((last, stat));
            }
        }
    }

    /// What is there; a link is not followed.
    pub(super) fn stat(&self, last: &Last) -> Result<Stat, FsError> {
        Ok(statat(self.dir(), last.name.within(), AtFlags::SYMLINK_NOFOLLOW)?)
    }

    /// Where it points, if it is a link.
    pub(super) fn link(&self, last: &Last) -> Result<Option<Vec<u8>>, FsError> {
        match &last.name {
            Name::Normal(name) => self.target(name),
            Name::Dot | Name::DotDot | Name::Root => Ok(None),
        }
    }

    /// Goes into a directory that is here. `None` if it is none.
    pub(super) fn enter(&mut self, name: &[u8]) -> Result<Option<()>, FsError> {
        match openat(self.dir(), name, STEP, Mode::empty()) {
            Ok(directory) => {
                self.trail.push(name.to_vec());
                keep(&mut self.open, directory);
                Ok(Some(()))
            }
            // What a link is called differs from system to system.
            Err(Errno::NOTDIR | Errno::LOOP | Errno::MLINK) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Goes to the directory above, which for the root is the root itself.
    pub(super) fn leave(&mut self) -> Result<(), FsError> {
        self.trail.pop();
        self.open.pop_back();
        if self.open.is_empty() {
            for name in &self.trail {
                let directory = self.open.back().unwrap_or(&self.root);
                let directory = openat(directory, &name[..], STEP, Mode::empty())?;
                keep(&mut self.open, directory);
            }
        }
        Ok(())
    }

    fn go(&mut self, mut path: Vec<u8>) -> Result<Last, FsError> {
        let mut position = 0;
        self.restart_if_absolute(&path);
        loop {
            let rest = path.get(position..).unwrap_or_default();
            let begin = position + rest.iter().take_while(|byte| **byte == b'/').count();
            let rest = path.get(begin..).unwrap_or_default();
            if rest.is_empty() {
                return Ok(Last { name: Name::Root, slash: false });
            }
            let length = rest.iter().position(|byte| *byte == b'/').unwrap_or(rest.len());
            let (name, slashes) = rest.split_at_checked(length).unwrap_or((rest, &[]));
            let is_last = slashes.iter().all(|byte| *byte == b'/');
            let dots = matches!(name, b"." | b"..");
            if dots {
                // The kernel is not asked about these, but for the right to search.
                statat(self.dir(), ".", AtFlags::SYMLINK_NOFOLLOW)?;
            }
            if name == b".." {
                self.leave()?;
            }
            if is_last {
                let slash = !slashes.is_empty();
                let name = match name {
                    b"." => Name::Dot,
                    b".." => Name::DotDot,
                    name => Name::Normal(name.to_vec()),
                };
                return Ok(Last { name, slash });
            }
            position = begin + length;
            if !dots && self.enter(name)?.is_none() {
                let target = self.target(name)?.ok_or(FsError::NotADirectory)?;
                self.count_link()?;
                path = [&target[..], slashes].concat();
                position = 0;
                self.restart_if_absolute(&path);
            }
        }
    }

    /// Goes into a directory by its path.
    fn enter_path(&mut self, path: &[u8]) -> Result<(), FsError> {
        let (last, _) = self.node(path, true)?;
        match last.name {
            Name::Normal(name) => self.enter(&name)?.ok_or(FsError::NotADirectory),
            Name::Dot | Name::DotDot | Name::Root => Ok(()),
        }
    }

    fn target(&self, name: &[u8]) -> Result<Option<Vec<u8>>, FsError> {
        match readlinkat(self.dir(), name, Vec::new()) {
            Ok(target) => Ok(Some(target.into_bytes())),
            Err(Errno::INVAL) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn restart_if_absolute(&mut self, path: &[u8]) {
        if path.first() == Some(&b'/') {
            self.trail.clear();
            self.open.clear();
        }
    }

    fn count_link(&mut self) -> Result<(), FsError> {
        self.links += 1;
        if self.links > LINKS_MAX { Err(FsError::Loop) } else { Ok(()) }
    }
}

fn keep(open: &mut VecDeque<OwnedFd>, directory: OwnedFd) {
    open.push_back(directory);
    if open.len() > KEPT {
        open.pop_front();
    }
}

pub(super) fn is(stat: &Stat, kind: FileType) -> bool {
    FileType::from_raw_mode(stat.st_mode) == kind
}
