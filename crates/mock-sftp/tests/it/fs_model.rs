//! The file system in memory beside the simplest one that could be right. It runs where there is no Linux to compare
//! with, too.

use mock_sftp::{FsError, OpenOptions, Rename};
use proptest::prelude::*;

use crate::{
    fs_model_tree::{Id, Kind, Model},
    fs_ops::{Memory, Op, Outcome, SLOTS, System, compare, ops},
};

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn it_does_what_the_simplest_one_does(ops in ops()) {
        compare(&ops, &mut Memory::new(0o022), &mut Model::new())?;
    }
}

impl Model {
    fn open(&mut self, path: &[u8], options: &OpenOptions) -> Result<Id, FsError> {
        let mut place = self.find(path, !options.create)?;
        let mut links = 0;
        // What is made is made at the end of all links, and each of them is looked at on the way.
        loop {
            if !options.create {
                break;
            }
            if place.slash && place.name.is_some() {
                return Err(FsError::IsADirectory);
            }
            if place.found.is_some() && options.exclusive {
                return Err(FsError::Exists);
            }
            let Some(Kind::Symlink(target)) = place.found.map(|id| &self.inodes[id].kind) else { break };
            links += 1;
            if links > 40 {
                return Err(FsError::Loop);
            }
            place = self.find_from(place.parent, target, false, &mut links)?;
        }
        let Some(id) = place.found else {
            let name = place.name.filter(|_| options.create).ok_or(FsError::NotFound)?;
            let mode = options.mode.unwrap_or(0o666) & !0o022;
            return Ok(self.insert((place.parent, name), Kind::File(Vec::new()), mode));
        };
        if place.slash && !self.is_directory(id) {
            return Err(FsError::NotADirectory);
        }
        let changes = options.write || options.append || options.truncate;
        if self.is_directory(id) && (options.create || changes) {
            return Err(FsError::IsADirectory);
        }
        if options.truncate {
            self.inodes[id].stamped = false;
            self.inodes[id].kind = Kind::File(Vec::new());
        }
        Ok(id)
    }

    fn rename(&mut self, from: &[u8], to: &[u8], existing: Rename) -> Result<(), FsError> {
        let (old, new) = (self.find(from, false)?, self.find(to, false)?);
        let old_name = old.name.ok_or(FsError::Busy)?;
        let refused = if existing == Rename::Refuse { FsError::Exists } else { FsError::Busy };
        let new_name = new.name.ok_or(refused)?;
        let id = old.found.ok_or(FsError::NotFound)?;
        if new.found.is_some() && existing == Rename::Refuse {
            return Err(FsError::Exists);
        }
        if !self.is_directory(id) && (old.slash || new.slash) {
            return Err(FsError::NotADirectory);
        }
        if self.is_within(new.parent, id) {
            return Err(FsError::Invalid);
        }
        if let Some(target) = new.found {
            if self.is_within(old.parent, target) {
                return Err(FsError::NotEmpty);
            }
            if target == id {
                return Ok(());
            }
            match (self.is_directory(id), self.is_directory(target)) {
                (false, true) => return Err(FsError::IsADirectory),
                (true, false) => return Err(FsError::NotADirectory),
                (true, true) if !self.is_empty(target) => return Err(FsError::NotEmpty),
                _ => {}
            }
            self.remove(new.parent, &new_name);
        }
        self.remove(old.parent, &old_name);
        self.entries(new.parent).push((new_name, id));
        if let Kind::Directory(_, parent) = &mut self.inodes[id].kind {
            *parent = new.parent;
        }
        Ok(())
    }

    fn resize(&mut self, id: Id, size: u64, always: bool) -> Result<(), FsError> {
        let inode = &mut self.inodes[id];
        let Kind::File(content) = &mut inode.kind else { return Err(FsError::IsADirectory) };
        let size = usize::try_from(size).unwrap();
        inode.stamped &= !always && content.len() == size;
        content.resize(size, 0);
        Ok(())
    }

    fn slot(&self, slot: usize) -> Result<(Id, OpenOptions), FsError> {
        self.open[slot].ok_or(FsError::BadHandle)
    }

    fn write(&mut self, slot: usize, at: u64, data: &[u8]) -> Result<(), FsError> {
        let (id, options) = self.slot(slot)?;
        if !options.write && !options.append {
            return Err(FsError::BadHandle);
        }
        let inode = &mut self.inodes[id];
        inode.stamped = false;
        let Kind::File(content) = &mut inode.kind else { return Err(FsError::IsADirectory) };
        let at = if options.append { content.len() } else { usize::try_from(at).unwrap() };
        content.resize(content.len().max(at + data.len()), 0);
        content[at..at + data.len()].copy_from_slice(data);
        Ok(())
    }

    fn read(&self, slot: usize, at: u64, length: usize) -> Outcome {
        let (id, options) = self.slot(slot)?;
        if !options.read {
            return Err(FsError::BadHandle);
        }
        let Kind::File(content) = &self.inodes[id].kind else { return Err(FsError::IsADirectory) };
        let rest = content.iter().skip(usize::try_from(at).unwrap()).take(length);
        Ok(format!("{:?}", rest.collect::<Vec<_>>()))
    }
}

impl System for Model {
    fn run(&mut self, op: &Op) -> Outcome {
        match op {
            Op::Open(slot, path, options) => {
                let id = self.open(path, options)?;
                self.open[slot.index(SLOTS)] = Some((id, *options));
            }
            Op::Write(slot, at, data) => self.write(slot.index(SLOTS), *at, data)?,
            Op::Read(slot, at, length) => return self.read(slot.index(SLOTS), *at, *length),
            Op::SetSize(slot, size) => {
                let (id, options) = self.slot(slot.index(SLOTS))?;
                if !options.write && !options.append {
                    return Err(FsError::Invalid);
                }
                self.resize(id, *size, true)?;
            }
            Op::FileMetadata(slot) => return Ok(self.describe(self.slot(slot.index(SLOTS))?.0)),
            Op::Truncate(path, size) => self.resize(self.get(path, true)?, *size, false)?,
            Op::CreateDir(path, mode) => {
                let (parent, name) = self.free(path, true)?;
                self.insert((parent, name), Kind::Directory(Vec::new(), parent), mode & 0o1777 & !0o022);
            }
            Op::RemoveDir(path) => {
                let place = self.find(path, false)?;
                let name = place.name.ok_or(if place.dots { FsError::NotEmpty } else { FsError::Invalid })?;
                let id = place.found.ok_or(FsError::NotFound)?;
                if !self.is_directory(id) {
                    return Err(FsError::NotADirectory);
                }
                if !self.is_empty(id) {
                    return Err(FsError::NotEmpty);
                }
                self.remove(place.parent, &name);
            }
            Op::RemoveFile(path) => {
                let place = self.find(path, false)?;
                let name = place.name.ok_or(FsError::IsADirectory)?;
                let id = place.found.ok_or(FsError::NotFound)?;
                if self.is_directory(id) {
                    return Err(FsError::IsADirectory);
                }
                if place.slash {
                    return Err(FsError::NotADirectory);
                }
                self.remove(place.parent, &name);
            }
            Op::Rename(from, to, existing) => self.rename(from, to, *existing)?,
            Op::Symlink(target, path) => {
                let place = self.free(path, false)?;
                let target = String::from_utf8(target.clone()).unwrap();
                self.insert(place, Kind::Symlink(target), 0o777);
            }
            Op::HardLink(existing, path) => {
                let id = self.get(existing, false)?;
                let (parent, name) = self.free(path, false)?;
                if self.is_directory(id) {
                    return Err(FsError::NotPermitted);
                }
                self.entries(parent).push((name, id));
            }
            Op::Chmod(path, mode) => {
                let id = self.get(path, true)?;
                self.inodes[id].mode = *mode;
            }
            Op::Metadata(path, follow) => return Ok(self.describe(self.get(path, *follow)?)),
            Op::ReadLink(path) => match &self.inodes[self.get(path, false)?].kind {
                Kind::Symlink(target) => return Ok(target.clone()),
                _ => return Err(FsError::Invalid),
            },
            Op::List(path) => match &self.inodes[self.get(path, true)?].kind {
                Kind::Directory(entries, _) => {
                    let mut names: Vec<_> = entries.iter().map(|(name, _)| name.clone()).collect();
                    names.sort();
                    return Ok(names.join(" "));
                }
                _ => return Err(FsError::NotADirectory),
            },
            Op::Canonicalize(path) => {
                let place = self.find(path, true)?;
                let id = self.get(path, true)?;
                let tree = self.tree();
                let name = |id: Id| {
                    tree.iter().find(|(_, found)| *found == id).map(|(path, _)| path.clone()).unwrap()
                };
                return Ok(match place.name {
                    Some(file) if !self.is_directory(id) => format!("{}/{file}", name(place.parent)),
                    _ => name(id),
                });
            }
            Op::Stamp => {
                for (_, id) in self.tree() {
                    self.inodes[id].stamped |= !matches!(self.inodes[id].kind, Kind::Symlink(_));
                }
            }
        }
        Ok(String::new())
    }

    fn dump(&mut self) -> Vec<String> {
        let lines = self.tree().into_iter().map(|(path, id)| {
            let content = match &self.inodes[id].kind {
                Kind::File(content) => content.escape_ascii().to_string(),
                Kind::Directory(..) => String::new(),
                Kind::Symlink(target) => target.clone(),
            };
            format!("{path} {} {content}", self.describe(id))
        });
        lines.collect()
    }
}
