//! Putting fixtures into a tree, with the directories that they need.

use std::{sync::Arc, time::SystemTime};

use super::{
    attributes::Via,
    content::Content,
    fixture::{Data, Dir, Entry, File, Id, Wanted},
    lock::write,
    node::{Body, Node},
    tree::{Session, Tree},
};
use crate::{FsError, OpenFile, OpenOptions, SetAttributes};

/// Makes a file or empties it.
pub(super) const REPLACE: OpenOptions = OpenOptions {
    read: false,
    write: true,
    append: false,
    create: true,
    truncate: true,
    exclusive: false,
    mode: Some(0o644),
};

/// Times that directories are to have, once nothing is put into them any more.
pub(super) type Late = Vec<(Arc<Node>, SystemTime)>;

/// What is still to be done.
enum Work {
    Put(Vec<u8>, Entry),
    Link(Vec<u8>, Vec<u8>),
}

impl Tree {
    /// Puts something there and sets the times of directories at the end.
    pub(super) fn put(self: &Arc<Self>, path: &[u8], entry: Entry) -> Result<(), FsError> {
        let mut late = Late::new();
        self.put_below(path.to_vec(), entry, &mut late)?;
        self.settle(late)
    }

    /// Sets the times of directories.
    pub(super) fn settle(&self, late: Late) -> Result<(), FsError> {
        late.into_iter().try_for_each(|(node, time)| {
            let attributes = SetAttributes { modified: Some(time), ..SetAttributes::default() };
            self.set_attributes(&Session::TEST.who, &node, &attributes, Via::Path)
        })
    }

    pub(super) fn put_below(
        self: &Arc<Self>,
        path: Vec<u8>,
        entry: Entry,
        late: &mut Late,
    ) -> Result<(), FsError> {
        let mut open = vec![Work::Put(path, entry)];
        while let Some(work) = open.pop() {
            match work {
                Work::Put(path, Entry::File(file)) => self.put_file(&path, file)?,
                Work::Put(path, Entry::Symlink(target)) => {
                    self.with_parents(&path, || self.symlink(&Session::TEST, &target, &path))?;
                }
                Work::Put(path, Entry::Dir(Dir { entries, links, wanted })) => {
                    let node = self.put_dir(&path)?;
                    self.want(&node, &wanted)?;
                    late.extend(wanted.modified.map(|time| (node, time)));
                    // What is last here is done first.
                    let links = links.into_iter().rev();
                    open.extend(links.map(|(old, new)| Work::Link(below(&path, &old), below(&path, &new))));
                    let entries = entries.into_iter().rev();
                    open.extend(entries.map(|(name, entry)| Work::Put(below(&path, &name), entry)));
                }
                Work::Link(existing, path) => {
                    self.with_parents(&path, || self.hard_link(&Session::TEST, &existing, &path))?;
                }
            }
        }
        Ok(())
    }

    fn put_file(self: &Arc<Self>, path: &[u8], File { data, wanted }: File) -> Result<(), FsError> {
        let mut file = self.with_parents(path, || self.open(&Session::TEST, path, &REPLACE))?;
        match data {
            Data::Bytes(bytes) => file.write_at(0, &bytes)?,
            Data::Produced(size, produce) => {
                file.node().lock().body = Body::File(Content::generated(size, produce));
            }
        }
        self.want(file.node(), &wanted)
    }

    /// The directory of this path, made where it is missing.
    pub(super) fn put_dir(&self, path: &[u8]) -> Result<Arc<Node>, FsError> {
        match self.with_parents(path, || self.create_dir(&Session::TEST, path, 0o755)) {
            Ok(()) | Err(FsError::Exists) => {}
            Err(error) => return Err(error),
        }
        let node = self.node(&Session::TEST, path, true)?;
        if node.is_directory() { Ok(node) } else { Err(FsError::NotADirectory) }
    }

    /// Does something, if need be again after the directories above were made.
    pub(super) fn with_parents<T>(
        &self,
        path: &[u8],
        action: impl Fn() -> Result<T, FsError>,
    ) -> Result<T, FsError> {
        match action() {
            Err(FsError::NotFound) => {}
            result => return result,
        }
        let ends = path.iter().enumerate().filter(|(at, byte)| **byte == b'/' && *at > 0);
        for (end, _) in ends {
            let above = path.get(..end).unwrap_or_default();
            match self.create_dir(&Session::TEST, above, 0o755) {
                Ok(()) | Err(FsError::Exists) => {}
                Err(error) => return Err(error),
            }
        }
        action()
    }

    fn want(&self, node: &Node, wanted: &Wanted) -> Result<(), FsError> {
        let uid = wanted.owner.as_ref().map(|id| self.user_id(id));
        let gid = wanted.group.as_ref().map(|id| self.group_id(id)).or(uid);
        // A new owner takes the set-user-id bit away, so the mode comes after it.
        let owner = SetAttributes { uid, gid, ..SetAttributes::default() };
        self.set_attributes(&Session::TEST.who, node, &owner, Via::Path)?;
        let modified = wanted.modified.filter(|_| !node.is_directory());
        let rest = SetAttributes { mode: wanted.mode, modified, ..SetAttributes::default() };
        self.set_attributes(&Session::TEST.who, node, &rest, Via::Path)
    }

    pub(super) fn user_id(&self, id: &Id) -> u32 {
        match id {
            Id::Number(uid) => *uid,
            Id::Name(name) => write(&self.users).uid(name),
        }
    }

    pub(super) fn group_id(&self, id: &Id) -> u32 {
        match id {
            Id::Number(gid) => *gid,
            Id::Name(name) => write(&self.users).gid(name),
        }
    }
}

/// The path of something in a directory.
pub(super) fn below(directory: &[u8], name: &[u8]) -> Vec<u8> {
    let name = name.strip_prefix(b"/").unwrap_or(name);
    let slash: &[u8] = if directory.ends_with(b"/") { b"" } else { b"/" };
    [directory, slash, name].concat()
}
