//! A tree as simple as can be: a list of inodes, searched from the root for each path, nothing shared, sorted or
//! counted. What is done to it is in `fs_model`.

use mock_sftp::{FsError, OpenOptions};

use crate::fs_ops::{DEPTH, SLOTS};

pub(crate) type Id = usize;

#[derive(Debug, Clone)]
pub(crate) enum Kind {
    File(Vec<u8>),
    Directory(Vec<(String, Id)>, Id),
    Symlink(String),
}

pub(crate) struct Inode {
    pub(crate) kind: Kind,
    pub(crate) mode: u32,
    pub(crate) stamped: bool,
}

/// Inodes are never removed; what no name leads to is found no more.
pub(crate) struct Model {
    pub(crate) inodes: Vec<Inode>,
    pub(crate) start: Id,
    pub(crate) open: [Option<(Id, OpenOptions)>; SLOTS],
}

/// A place in the tree: the directory, the name in it unless it is a dot, and what is there.
pub(crate) struct Place {
    pub(crate) parent: Id,
    pub(crate) name: Option<String>,
    pub(crate) found: Option<Id>,
    pub(crate) slash: bool,
    pub(crate) dots: bool,
}

impl Model {
    pub(crate) fn new() -> Self {
        let mut model = Self { inodes: Vec::new(), start: 0, open: [None, None] };
        model.add(Kind::Directory(Vec::new(), 0), 0o755);
        for _ in 0..DEPTH {
            let parent = model.start;
            model.start = model.add(Kind::Directory(Vec::new(), parent), 0o755);
            let start = model.start;
            model.entries(parent).push(("w".to_owned(), start));
        }
        model
    }

    pub(crate) fn add(&mut self, kind: Kind, mode: u32) -> Id {
        self.inodes.push(Inode { kind, mode, stamped: false });
        self.inodes.len() - 1
    }

    pub(crate) fn is_directory(&self, id: Id) -> bool {
        matches!(self.inodes[id].kind, Kind::Directory(..))
    }

    /// The entries of a directory, which are about to be changed.
    pub(crate) fn entries(&mut self, id: Id) -> &mut Vec<(String, Id)> {
        self.inodes[id].stamped = false;
        match &mut self.inodes[id].kind {
            Kind::Directory(entries, _) => entries,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn parent(&self, id: Id) -> Id {
        match self.inodes[id].kind {
            Kind::Directory(_, parent) => parent,
            _ => id,
        }
    }

    pub(crate) fn child(&self, id: Id, name: &str) -> Result<Option<Id>, FsError> {
        match &self.inodes[id].kind {
            Kind::Directory(entries, _) => {
                Ok(entries.iter().find(|(known, _)| known == name).map(|(_, id)| *id))
            }
            _ => Err(FsError::NotADirectory),
        }
    }

    pub(crate) fn find(&self, path: &[u8], follow: bool) -> Result<Place, FsError> {
        self.find_from(self.start, std::str::from_utf8(path).unwrap(), follow, &mut 0)
    }

    pub(crate) fn find_from(
        &self,
        mut at: Id,
        path: &str,
        follow: bool,
        links: &mut u32,
    ) -> Result<Place, FsError> {
        let slash = path.ends_with('/');
        let parts: Vec<_> = path.split('/').filter(|part| !part.is_empty()).collect();
        let (last, above) = parts.split_last().unwrap();
        for part in above {
            let place = self.part(at, part, true, links)?;
            at = place.found.ok_or(FsError::NotFound)?;
            if !self.is_directory(at) {
                return Err(FsError::NotADirectory);
            }
        }
        if !self.is_directory(at) {
            return Err(FsError::NotADirectory);
        }
        let mut place = self.part(at, last, follow, links)?;
        place.slash |= slash;
        Ok(place)
    }

    pub(crate) fn part(&self, at: Id, part: &str, follow: bool, links: &mut u32) -> Result<Place, FsError> {
        let dots =
            |found| Place { parent: at, name: None, found: Some(found), slash: false, dots: part == ".." };
        match part {
            "." => return Ok(dots(at)),
            ".." => return Ok(dots(self.parent(at))),
            _ => {}
        }
        let found = self.child(at, part)?;
        if let Some(Kind::Symlink(target)) = found.map(|id| &self.inodes[id].kind)
            && follow
        {
            *links += 1;
            if *links > 40 {
                return Err(FsError::Loop);
            }
            return self.find_from(at, target, true, links);
        }
        Ok(Place { parent: at, name: Some(part.to_owned()), found, slash: false, dots: false })
    }

    /// What a path leads to.
    pub(crate) fn get(&self, path: &[u8], follow: bool) -> Result<Id, FsError> {
        let place = self.find(path, follow || path.ends_with(b"/"))?;
        let id = place.found.ok_or(FsError::NotFound)?;
        if place.slash && !self.is_directory(id) { Err(FsError::NotADirectory) } else { Ok(id) }
    }

    /// A free name.
    pub(crate) fn free(&self, path: &[u8], directory: bool) -> Result<(Id, String), FsError> {
        let place = self.find(path, false)?;
        match place {
            Place { name: Some(name), found: None, parent, slash, .. } => {
                if slash && !directory {
                    Err(FsError::NotFound)
                } else {
                    Ok((parent, name))
                }
            }
            _ => Err(FsError::Exists),
        }
    }

    pub(crate) fn insert(&mut self, (parent, name): (Id, String), kind: Kind, mode: u32) -> Id {
        let id = self.add(kind, mode);
        self.entries(parent).push((name, id));
        id
    }

    pub(crate) fn remove(&mut self, parent: Id, name: &str) {
        self.entries(parent).retain(|(known, _)| known != name);
    }

    pub(crate) fn is_empty(&self, id: Id) -> bool {
        matches!(&self.inodes[id].kind, Kind::Directory(entries, _) if entries.is_empty())
    }

    pub(crate) fn is_within(&self, mut id: Id, ancestor: Id) -> bool {
        while id != ancestor && id != self.parent(id) {
            id = self.parent(id);
        }
        id == ancestor
    }

    /// Names that lead to it; of a directory also those of its children's `..` and its own `.`.
    pub(crate) fn links(&self, id: Id) -> usize {
        let names = self.tree().into_iter().filter(|(_, found)| *found == id).count();
        match &self.inodes[id].kind {
            Kind::Directory(..) if names == 0 => 0,
            Kind::Directory(entries, _) => {
                2 + entries.iter().filter(|(_, id)| self.is_directory(*id)).count()
            }
            _ => names,
        }
    }

    pub(crate) fn describe(&self, id: Id) -> String {
        let Inode { kind, mode, stamped } = &self.inodes[id];
        let (kind, size) = match kind {
            Kind::File(content) => ("File", content.len()),
            Kind::Directory(..) => ("Directory", 0),
            Kind::Symlink(target) => ("Symlink", target.len()),
        };
        format!("{kind} {mode:o} {} links {size} {stamped}", self.links(id))
    }

    /// Every path, a directory before what is in it, sorted by name.
    pub(crate) fn tree(&self) -> Vec<(String, Id)> {
        let mut found = Vec::new();
        let mut open = vec![(String::new(), 0)];
        while let Some((path, id)) = open.pop() {
            if let Kind::Directory(entries, _) = &self.inodes[id].kind {
                let mut entries = entries.clone();
                entries.sort();
                open.extend(entries.into_iter().rev().map(|(name, id)| (format!("{path}/{name}"), id)));
            }
            found.push((if path.is_empty() { "/".to_owned() } else { path }, id));
        }
        found
    }
}
