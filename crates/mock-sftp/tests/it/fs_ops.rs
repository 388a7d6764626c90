//! Random operations on a file system, and what each of them gives. Whatever runs them must give the same.

use mock_sftp::{
    Caller, FileKind, FileSystem, FsError, MemFs, Metadata, OpenDir, OpenFile, OpenOptions, Rename,
    SetAttributes,
};
use proptest::{
    collection::vec,
    prelude::*,
    sample::{Index, select},
};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Files that are open at once.
pub(crate) const SLOTS: usize = 2;

/// Where relative paths begin. Links can lead up some forty directories; that must not lead out of a real one.
pub(crate) const DEPTH: usize = 48;

pub(crate) type Path = Vec<u8>;
pub(crate) type Outcome = Result<String, FsError>;

#[derive(Debug, Clone)]
pub(crate) enum Op {
    Open(Index, Path, OpenOptions),
    Write(Index, u64, Vec<u8>),
    Read(Index, u64, usize),
    SetSize(Index, u64),
    FileMetadata(Index),
    Truncate(Path, u64),
    CreateDir(Path, u32),
    RemoveDir(Path),
    RemoveFile(Path),
    Rename(Path, Path, Rename),
    Symlink(Path, Path),
    HardLink(Path, Path),
    Chmod(Path, u32),
    Metadata(Path, bool),
    ReadLink(Path),
    List(Path),
    Canonicalize(Path),
    /// Everything was last modified long ago.
    Stamp,
}

/// Something that the operations can be run on.
pub(crate) trait System {
    fn run(&mut self, op: &Op) -> Outcome;
    /// Every name, and what is there.
    fn dump(&mut self) -> Vec<String>;
}

/// Runs the operations on both and fails where they differ.
pub(crate) fn compare(
    ops: &[Op],
    left: &mut dyn System,
    right: &mut dyn System,
) -> Result<(), TestCaseError> {
    for op in ops {
        prop_assert_eq!(left.run(op), right.run(op), "{:?}", op);
    }
    let (left, right) = (left.dump(), right.dump());
    let without = |all: &[String], others: &[String]| -> Vec<String> {
        all.iter().filter(|line| !others.contains(line)).cloned().collect()
    };
    prop_assert_eq!(without(&left, &right), without(&right, &left));
    Ok(())
}

pub(crate) fn stamp() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_000_000_000)
}

pub(crate) fn describe(metadata: &Metadata) -> String {
    let size = if metadata.kind == FileKind::Directory { 0 } else { metadata.size };
    let stamped = metadata.modified == stamp();
    format!("{:?} {:o} {} links {size} {stamped}", metadata.kind, metadata.mode, metadata.links)
}

pub(crate) fn ops() -> impl Strategy<Value = Vec<Op>> {
    let slot = any::<Index>;
    let op = prop_oneof![
        4 => (slot(), path(), options()).prop_map(|(slot, path, options)| Op::Open(slot, path, options)),
        4 => (slot(), 0..40u64, vec(any::<u8>(), 1..20)).prop_map(|(slot, at, data)| Op::Write(slot, at, data)),
        2 => (slot(), 0..40u64, 0..50usize).prop_map(|(slot, at, length)| Op::Read(slot, at, length)),
        1 => (slot(), 0..40u64).prop_map(|(slot, size)| Op::SetSize(slot, size)),
        1 => slot().prop_map(Op::FileMetadata),
        1 => (path(), 0..40u64).prop_map(|(path, size)| Op::Truncate(path, size)),
        6 => (path(), 0o700..0o2000u32).prop_map(|(path, mode)| Op::CreateDir(path, mode | 0o700)),
        2 => path().prop_map(Op::RemoveDir),
        2 => path().prop_map(Op::RemoveFile),
        6 => (path(), path(), existing()).prop_map(|(from, to, existing)| Op::Rename(from, to, existing)),
        4 => (target(), path()).prop_map(|(target, path)| Op::Symlink(target, path)),
        3 => (path(), path()).prop_map(|(from, to)| Op::HardLink(from, to)),
        1 => (path(), 0..0o1000u32).prop_map(|(path, mode)| Op::Chmod(path, mode | 0o700)),
        2 => (path(), any::<bool>()).prop_map(|(path, follow)| Op::Metadata(path, follow)),
        1 => path().prop_map(Op::ReadLink),
        2 => path().prop_map(Op::List),
        1 => path().prop_map(Op::Canonicalize),
        1 => Just(Op::Stamp),
    ];
    vec(op, 1..100)
}

fn existing() -> impl Strategy<Value = Rename> {
    select([Rename::Refuse, Rename::Replace, Rename::Replace].as_slice())
}

fn options() -> impl Strategy<Value = OpenOptions> {
    let bools = any::<[bool; 6]>();
    (bools, proptest::option::of(0..0o1000u32)).prop_map(
        |([read, write, append, create, truncate, exclusive], mode)| {
            let mode = mode.map(|mode| mode | 0o600);
            // Linux has no third way to open a file.
            let read = read || !write && !append;
            OpenOptions { read, write, append, create, truncate, exclusive, mode }
        },
    )
}

/// Short ones, so that they meet; now and then with dots, more slashes than needed, or one at the end.
fn path() -> impl Strategy<Value = Path> {
    let part =
        prop_oneof![12 => select(["a", "b", "c"].as_slice()), 1 => Just("."), 1 => Just(".."), 1 => Just("")];
    let depth = prop_oneof![8 => Just(1), 6 => Just(2), 1 => Just(3)];
    let parts = depth.prop_flat_map(move |depth| vec(part.clone(), depth));
    (parts, proptest::bool::weighted(0.1)).prop_map(|(parts, slash)| {
        let path = parts.join("/") + if slash { "/" } else { "" };
        // Relative all of them: absolute ones would lead out of a real directory.
        let path = path.trim_start_matches('/');
        if path.is_empty() { b".".to_vec() } else { path.into() }
    })
}

fn target() -> impl Strategy<Value = Path> {
    const TARGETS: &[&str] = &["a", "b", "c", ".", "..", "a/b", "../a", "b/", "a/../c", "./c", "c//a"];
    select(TARGETS).prop_map(Path::from)
}

/// Files that are open, by slot.
pub(crate) type Open = [Option<Box<dyn OpenFile>>; SLOTS];

/// The file system in memory.
pub(crate) struct Memory {
    fs: MemFs,
    caller: Caller,
    open: Open,
}

impl Memory {
    /// A tree with the start directory at its depth.
    pub(crate) fn new(umask: u32) -> Self {
        Self::starting_at(&"/w".repeat(DEPTH), umask)
    }

    pub(crate) fn starting_at(start: &str, umask: u32) -> Self {
        let fs = MemFs::builder().dir(start).build().unwrap();
        let mut caller = fs.caller("root");
        caller.start = start.into();
        caller.umask = umask;
        Self { fs, caller, open: [None, None] }
    }
}

fn file(open: &mut Open, slot: Index) -> Result<&mut Box<dyn OpenFile>, FsError> {
    open[slot.index(SLOTS)].as_mut().ok_or(FsError::BadHandle)
}

/// Runs an operation as the servers do it. A stamp is for the system itself.
pub(crate) fn run_on(fs: &dyn FileSystem, caller: &Caller, open: &mut Open, op: &Op) -> Outcome {
    let done = String::new();
    match op {
        Op::Open(slot, path, options) => {
            let file = fs.open(caller, path, options)?;
            open[slot.index(SLOTS)] = Some(file);
            Ok(done)
        }
        Op::Write(slot, at, data) => file(open, *slot)?.write_at(*at, data).map(|()| done),
        Op::Read(slot, at, length) => {
            let mut read = Vec::new();
            let count =
                file(open, *slot)?.read_at(*at, *length, &mut |bytes| read.extend_from_slice(&bytes))?;
            assert_eq!(count, read.len());
            Ok(format!("{read:?}"))
        }
        Op::SetSize(slot, size) => {
            let attributes = SetAttributes { size: Some(*size), ..SetAttributes::default() };
            file(open, *slot)?.set_attributes(&attributes).map(|()| done)
        }
        Op::FileMetadata(slot) => file(open, *slot)?.metadata().map(|metadata| describe(&metadata)),
        Op::Truncate(path, size) => {
            let attributes = SetAttributes { size: Some(*size), ..SetAttributes::default() };
            fs.set_attributes(caller, path, &attributes, true).map(|()| done)
        }
        Op::CreateDir(path, mode) => fs.create_dir(caller, path, *mode).map(|()| done),
        Op::RemoveDir(path) => fs.remove_dir(caller, path).map(|()| done),
        Op::RemoveFile(path) => fs.remove_file(caller, path).map(|()| done),
        Op::Rename(from, to, existing) => fs.rename(caller, from, to, *existing).map(|()| done),
        Op::Symlink(target, path) => fs.symlink(caller, target, path).map(|()| done),
        Op::HardLink(existing, path) => fs.hard_link(caller, existing, path).map(|()| done),
        Op::Chmod(path, mode) => {
            let attributes = SetAttributes { mode: Some(*mode), ..SetAttributes::default() };
            fs.set_attributes(caller, path, &attributes, true).map(|()| done)
        }
        Op::Metadata(path, follow) => fs.metadata(caller, path, *follow).map(|metadata| describe(&metadata)),
        Op::ReadLink(path) => Ok(fs.read_link(caller, path)?.escape_ascii().to_string()),
        Op::List(path) => names(&mut *fs.open_dir(caller, path)?).map(|names| names.join(" ")),
        Op::Canonicalize(path) => {
            // `realpath(3)` wants it to exist.
            fs.metadata(caller, path, true)?;
            Ok(fs.canonicalize(caller, path)?.escape_ascii().to_string())
        }
        Op::Stamp => Ok(done),
    }
}

impl System for Memory {
    fn run(&mut self, op: &Op) -> Outcome {
        if let Op::Stamp = op {
            for found in self.fs.walk("/").unwrap() {
                if found.metadata.kind != FileKind::Symlink {
                    self.fs.set_modified(&found.path, stamp()).unwrap();
                }
            }
        }
        run_on(&self.fs, &self.caller, &mut self.open, op)
    }

    fn dump(&mut self) -> Vec<String> {
        let found = self.fs.walk("/").unwrap().into_iter().map(|found| {
            let content = match found.metadata.kind {
                FileKind::File => self.fs.read(&found.path).unwrap().escape_ascii().to_string(),
                FileKind::Symlink => self.fs.read_link(&found.path).unwrap().escape_ascii().to_string(),
                _ => String::new(),
            };
            format!("{} {} {content}", found.path.escape_ascii(), describe(&found.metadata))
        });
        found.collect()
    }
}

/// What a directory lists, without the dots.
pub(crate) fn names(directory: &mut dyn OpenDir) -> Result<Vec<String>, FsError> {
    let mut names = Vec::new();
    while let Some(entry) = directory.next()? {
        names.push(entry.name.escape_ascii().to_string());
    }
    assert_eq!(names[..2], [".", ".."]);
    Ok(names.split_off(2))
}
