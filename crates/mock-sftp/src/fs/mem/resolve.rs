//! From a path to what it leads to, as `path_resolution(7)` has it.
//!
//! A caller's root is a wall: neither `..` nor an absolute link leads out of it.

use std::{borrow::Cow, sync::Arc};

use bytes::Bytes;

use super::{
    access::{SEARCH, Who},
    node::{Body, Node},
};
use crate::{FileKind, FsError};

/// Longest name of a file in bytes.
pub(super) const NAME_MAX: usize = 255;
/// Longest path in bytes; with the NUL of C one more.
pub(super) const PATH_MAX: usize = 4095;
/// Symbolic links on the way before it is taken for a loop.
const LINKS_MAX: u32 = 40;

/// One resolution.
pub(super) struct Resolver<'a> {
    who: &'a Who<'a>,
    root: Arc<Node>,
    /// Where relative paths begin, if it is there.
    start: Result<Arc<Node>, FsError>,
    links: u32,
    /// Path so far, without links and dots; kept only for [`Resolver::canonicalize`].
    trail: Option<Vec<u8>>,
}

/// Last part of a path.
pub(super) struct Last<'p> {
    /// Where it is.
    pub(super) parent: Arc<Node>,
    pub(super) name: Name<'p>,
    /// Whether something like `name/` was meant: then it is a directory.
    pub(super) slash: bool,
}

pub(super) enum Name<'p> {
    /// A name that can be given to something.
    Normal(Cow<'p, [u8]>),
    Dot,
    DotDot,
    Root,
}

impl<'a> Resolver<'a> {
    /// For paths from `start` within `root`, which is where the caller lives below `top`.
    pub(super) fn new(top: &Arc<Node>, who: &'a Who<'a>, root: &[u8], start: &[u8]) -> Result<Self, FsError> {
        let (top, links) = (Arc::clone(top), 0);
        let mut resolver =
            Self { who: &Who::TEST, start: Ok(Arc::clone(&top)), root: top, links, trail: None };
        if root != b"/" {
            resolver.root = resolver.node(root, true)?;
            resolver.start = Ok(Arc::clone(&resolver.root));
        }
        if start != b"/" {
            resolver.start = resolver.node(start, true);
        }
        Ok(Self { who, links: 0, ..resolver })
    }

    /// What the path leads to, a symbolic link at its end followed or not.
    pub(super) fn node(&mut self, path: &[u8], follow: bool) -> Result<Arc<Node>, FsError> {
        let mut last = self.last(path)?;
        loop {
            let node = last.node()?.ok_or(FsError::NotFound)?;
            match target(&node) {
                Some(target) if follow || last.slash => last = self.beyond(last, &target)?,
                _ if last.slash && !node.is_directory() => return Err(FsError::NotADirectory),
                _ => return Ok(node),
            }
        }
    }

    /// The directory that the path leads to, and the name in it.
    pub(super) fn last<'p>(&mut self, path: &'p [u8]) -> Result<Last<'p>, FsError> {
        if path.is_empty() {
            return Err(FsError::NotFound);
        }
        if path.len() > PATH_MAX {
            return Err(FsError::NameTooLong);
        }
        if path.contains(&0) {
            return Err(FsError::Invalid);
        }
        let from = if path.first() == Some(&b'/') { Arc::clone(&self.root) } else { self.start.clone()? };
        self.walk(from, Cow::Borrowed(path))
    }

    /// The same for a symbolic link that the last name turned out to be.
    pub(super) fn beyond(&mut self, last: Last<'_>, target: &[u8]) -> Result<Last<'static>, FsError> {
        self.count_link()?;
        let mut path = target.to_vec();
        if last.slash {
            path.push(b'/');
        }
        self.walk(last.parent, Cow::Owned(path))
    }

    /// Absolute path without links and dots within the caller's root; the last name need not exist.
    pub(super) fn canonicalize(mut self, start: &[u8], path: &[u8]) -> Result<Vec<u8>, FsError> {
        if path.first() == Some(&b'/') || start == b"/" {
            self.trail = Some(Vec::new());
        } else {
            // Where a relative path begins has a name of its own to find out.
            let from_root = Self { start: Ok(Arc::clone(&self.root)), root: Arc::clone(&self.root), ..self };
            let trail = from_root.canonicalize(b"/", start)?;
            self = Self { links: 0, trail: Some(trail), ..self };
        }
        let mut last = self.last(path)?;
        loop {
            let node = last.node()?;
            if let Some(target) = node.as_deref().and_then(target) {
                last = self.beyond(last, &target)?;
                continue;
            }
            match &last.name {
                Name::Normal(name) => self.enter(name),
                Name::DotDot => self.leave(),
                Name::Dot | Name::Root => {}
            }
            let trail = self.trail.unwrap_or_default();
            return Ok(if trail.is_empty() { b"/".to_vec() } else { trail });
        }
    }

    fn walk<'p>(&mut self, from: Arc<Node>, mut path: Cow<'p, [u8]>) -> Result<Last<'p>, FsError> {
        let mut at = from;
        let mut position = 0;
        if path.first() == Some(&b'/') {
            at = self.to_root();
        }
        loop {
            let rest = path.get(position..).unwrap_or_default();
            let begin = position + rest.iter().take_while(|byte| **byte == b'/').count();
            let rest = path.get(begin..).unwrap_or_default();
            if rest.is_empty() {
                return Ok(Last { parent: at, name: Name::Root, slash: false });
            }
            let end = begin + rest.iter().position(|byte| *byte == b'/').unwrap_or(rest.len());
            let slashes = path.get(end..).unwrap_or_default();
            let is_last = slashes.iter().all(|byte| *byte == b'/');
            let slash = is_last && !slashes.is_empty();
            let name = path.get(begin..end).unwrap_or_default();
            self.may_search(&at)?;
            if name.len() > NAME_MAX {
                return Err(FsError::NameTooLong);
            }
            if is_last {
                let name = match name {
                    b"." => Name::Dot,
                    b".." => Name::DotDot,
                    _ => Name::Normal(part(path, begin, end)),
                };
                return Ok(Last { parent: self.within(at, &name), name, slash });
            }
            position = end;
            if name == b"." {
                continue;
            }
            if name == b".." {
                at = self.up(&at);
                self.leave();
                continue;
            }
            let child = at.child(name)?.ok_or(FsError::NotFound)?;
            if let Some(target) = target(&child) {
                self.count_link()?;
                path = Cow::Owned([&*target, slashes].concat());
                position = 0;
                if target.first() == Some(&b'/') {
                    at = self.to_root();
                }
            } else if child.is_directory() {
                self.enter(name);
                at = child;
            } else {
                return Err(FsError::NotADirectory);
            }
        }
    }

    fn may_search(&self, directory: &Node) -> Result<(), FsError> {
        if self.who.is_bound() { self.who.may(&directory.lock(), SEARCH) } else { Ok(()) }
    }

    /// The directory above, which for the root is the root itself.
    fn up(&self, node: &Arc<Node>) -> Arc<Node> {
        if Arc::ptr_eq(node, &self.root) { Arc::clone(node) } else { node.parent() }
    }

    /// For `..` at the end the directory above, so that [`Last::node`] need not know the root.
    fn within(&self, at: Arc<Node>, name: &Name<'_>) -> Arc<Node> {
        if matches!(name, Name::DotDot) { self.up(&at) } else { at }
    }

    #[expect(clippy::wrong_self_convention, reason = "it goes to the root; nothing is converted")]
    fn to_root(&mut self) -> Arc<Node> {
        if let Some(trail) = &mut self.trail {
            trail.clear();
        }
        Arc::clone(&self.root)
    }

    fn enter(&mut self, name: &[u8]) {
        if let Some(trail) = &mut self.trail {
            trail.push(b'/');
            trail.extend_from_slice(name);
        }
    }

    fn leave(&mut self) {
        if let Some(trail) = &mut self.trail {
            trail.truncate(trail.iter().rposition(|byte| *byte == b'/').unwrap_or(0));
        }
    }

    fn count_link(&mut self) -> Result<(), FsError> {
        self.links += 1;
        if self.links > LINKS_MAX { Err(FsError::Loop) } else { Ok(()) }
    }
}

impl Last<'_> {
    /// What is there; a symbolic link is not followed.
    pub(super) fn node(&self) -> Result<Option<Arc<Node>>, FsError> {
        match &self.name {
            Name::Normal(name) => self.parent.child(name),
            Name::Dot | Name::DotDot | Name::Root => Ok(Some(Arc::clone(&self.parent))),
        }
    }
}

/// Where a symbolic link points.
pub(super) fn target(node: &Node) -> Option<Bytes> {
    if node.kind != FileKind::Symlink {
        return None;
    }
    match &node.lock().body {
        Body::Symlink(target) => Some(target.clone()),
        _ => None,
    }
}

fn part(path: Cow<'_, [u8]>, begin: usize, end: usize) -> Cow<'_, [u8]> {
    match path {
        Cow::Borrowed(path) => Cow::Borrowed(path.get(begin..end).unwrap_or_default()),
        Cow::Owned(path) => Cow::Owned(path.get(begin..end).unwrap_or_default().to_vec()),
    }
}
