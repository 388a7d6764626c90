//! The file system in memory beside a real one, in the memory of Linux. Nobody may be able to tell them apart.

use std::{
    ffi::OsStr,
    fs::{self, File, FileTimes},
    os::unix::{
        ffi::{OsStrExt, OsStringExt},
        fs::{FileExt, MetadataExt, OpenOptionsExt, PermissionsExt, symlink},
    },
    path::{Path, PathBuf},
};

use mock_sftp::{FileKind, FsError, OpenOptions, Rename};
use nix::{
    errno::Errno,
    fcntl::{AT_FDCWD, OFlag, RenameFlags, open, renameat2},
    sys::stat::Mode,
    unistd::truncate,
};
use proptest::{prelude::*, sample::Index};

use crate::fs_ops::{DEPTH, Memory, Op, Outcome, SLOTS, System, compare, ops, stamp};

/// A `tmpfs`, if there is one: what a disk calls a size or a link count of a directory is another matter.
const PLACE: &str = "/dev/shm";

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nobody_can_tell_it_from_linux(ops in ops()) {
        let Some(mut linux) = Linux::new() else { return Ok(()) };
        let mut memory = Memory::new(linux.umask());
        compare(&ops, &mut memory, &mut linux)?;
    }
}

pub(crate) struct Linux {
    root: tempfile::TempDir,
    start: PathBuf,
    open: [Option<File>; SLOTS],
}

impl Linux {
    pub(crate) fn new() -> Option<Self> {
        Self::starting_at(&"w/".repeat(DEPTH))
    }

    pub(crate) fn starting_at(start: &str) -> Option<Self> {
        let root =
            tempfile::Builder::new().permissions(fs::Permissions::from_mode(0o755)).tempdir_in(PLACE).ok()?;
        let start = root.path().join(start);
        fs::create_dir_all(&start).unwrap();
        Some(Self { root, start, open: [None, None] })
    }

    pub(crate) fn root(&self) -> &Path {
        self.root.path()
    }

    /// What is taken away from modes here.
    pub(crate) fn umask(&self) -> u32 {
        let probe = self.root.path().join("probe");
        let file = fs::OpenOptions::new().write(true).create_new(true).mode(0o777).open(&probe).unwrap();
        let mode = file.metadata().unwrap().mode();
        fs::remove_file(probe).unwrap();
        0o777 & !mode
    }

    /// The path as bytes, because `Path::join` would take a slash at the end away.
    fn path(&self, path: &[u8]) -> PathBuf {
        let path = [self.start.as_os_str().as_bytes(), b"/", path].concat();
        PathBuf::from(OsStr::from_bytes(&path))
    }

    fn slot(&mut self, slot: Index) -> Result<&mut File, FsError> {
        self.open[slot.index(SLOTS)].as_mut().ok_or(FsError::BadHandle)
    }

    /// The same path in the other tree.
    fn within(&self, path: &Path) -> String {
        let path = path.strip_prefix(self.root.path()).unwrap();
        format!("/{}", path.as_os_str().as_bytes().escape_ascii())
    }

    fn try_run(&mut self, op: &Op) -> std::io::Result<String> {
        let done = String::new();
        match op {
            Op::Open(slot, path, options) => {
                let mode = Mode::from_bits_truncate(options.mode.unwrap_or(0o666));
                let file = open(&self.path(path), flags(options), mode)?;
                self.open[slot.index(SLOTS)] = Some(file.into());
                return Ok(done);
            }
            Op::CreateDir(path, mode) => {
                nix::unistd::mkdir(&self.path(path), Mode::from_bits_truncate(*mode))?;
            }
            Op::RemoveDir(path) => fs::remove_dir(self.path(path))?,
            Op::RemoveFile(path) => fs::remove_file(self.path(path))?,
            Op::Rename(from, to, existing) => {
                let flags = match existing {
                    Rename::Refuse => RenameFlags::RENAME_NOREPLACE,
                    Rename::Replace => RenameFlags::empty(),
                };
                renameat2(AT_FDCWD, &self.path(from), AT_FDCWD, &self.path(to), flags)?;
            }
            Op::Symlink(target, path) => symlink(OsStr::from_bytes(target), self.path(path))?,
            Op::HardLink(existing, path) => fs::hard_link(self.path(existing), self.path(path))?,
            Op::Truncate(path, size) => truncate(&self.path(path), size.cast_signed())?,
            Op::Chmod(path, mode) => {
                fs::set_permissions(self.path(path), fs::Permissions::from_mode(*mode))?;
            }
            Op::Metadata(path, true) => return Ok(describe(&fs::metadata(self.path(path))?)),
            Op::Metadata(path, false) => return Ok(describe(&fs::symlink_metadata(self.path(path))?)),
            Op::ReadLink(path) => {
                let target = fs::read_link(self.path(path))?.into_os_string().into_vec();
                return Ok(target.escape_ascii().to_string());
            }
            Op::List(path) => {
                let names = fs::read_dir(self.path(path))?.map(|entry| entry.unwrap().file_name());
                let mut names: Vec<_> = names.map(|name| name.into_string().unwrap()).collect();
                names.sort();
                return Ok(names.join(" "));
            }
            Op::Canonicalize(path) => return Ok(self.within(&fs::canonicalize(self.path(path))?)),
            Op::Stamp => each(self.root.path(), &mut |path, metadata| {
                if !metadata.is_symlink() {
                    let times = FileTimes::new().set_modified(stamp());
                    File::open(path).unwrap().set_times(times).unwrap();
                }
            }),
            Op::Write(slot, ..) | Op::Read(slot, ..) | Op::SetSize(slot, _) | Op::FileMetadata(slot) => {
                return on_file(self.open[slot.index(SLOTS)].as_mut().expect("checked"), op);
            }
        }
        Ok(done)
    }
}

fn on_file(file: &mut File, op: &Op) -> std::io::Result<String> {
    match op {
        Op::Write(_, at, data) => file.write_all_at(data, *at).map(|()| String::new()),
        Op::Read(_, at, length) => {
            let mut buffer = vec![0; *length];
            let count = file.read_at(&mut buffer, *at)?;
            Ok(format!("{:?}", &buffer[..count]))
        }
        Op::SetSize(_, size) => file.set_len(*size).map(|()| String::new()),
        _ => file.metadata().map(|metadata| describe(&metadata)),
    }
}

impl System for Linux {
    fn run(&mut self, op: &Op) -> Outcome {
        if let Op::Write(slot, ..) | Op::Read(slot, ..) | Op::SetSize(slot, _) | Op::FileMetadata(slot) = op {
            self.slot(*slot)?;
        }
        self.try_run(op).map_err(|error| FsError::from_errno(error.raw_os_error().unwrap()))
    }

    fn dump(&mut self) -> Vec<String> {
        let mut found = Vec::new();
        each(self.root.path(), &mut |path, metadata| {
            let content = match metadata.file_type() {
                kind if kind.is_file() => fs::read(path).unwrap(),
                kind if kind.is_symlink() => fs::read_link(path).unwrap().into_os_string().into_vec(),
                _ => Vec::new(),
            };
            found.push(format!("{} {} {}", self.within(path), describe(metadata), content.escape_ascii()));
        });
        found
    }
}

/// A directory before what is in it, sorted by name.
fn each(path: &Path, action: &mut impl FnMut(&Path, &fs::Metadata)) {
    let metadata = fs::symlink_metadata(path).unwrap();
    action(path, &metadata);
    if metadata.is_dir() {
        let mut names: Vec<_> = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        for name in names {
            each(&path.join(name), action);
        }
    }
}

fn flags(options: &OpenOptions) -> OFlag {
    let access = match (options.read, options.write || options.append) {
        (true, true) => OFlag::O_RDWR,
        (false, true) => OFlag::O_WRONLY,
        (_, false) => OFlag::O_RDONLY,
    };
    let set = |wanted: bool, flag: OFlag| if wanted { flag } else { OFlag::empty() };
    access
        | set(options.append, OFlag::O_APPEND)
        | set(options.create, OFlag::O_CREAT)
        | set(options.truncate, OFlag::O_TRUNC)
        | set(options.exclusive, OFlag::O_EXCL)
        | OFlag::O_CLOEXEC
}

fn describe(metadata: &fs::Metadata) -> String {
    let kind = match metadata.file_type() {
        kind if kind.is_dir() => FileKind::Directory,
        kind if kind.is_symlink() => FileKind::Symlink,
        _ => FileKind::File,
    };
    let size = if metadata.is_dir() { 0 } else { metadata.len() };
    let stamped = metadata.modified().unwrap() == stamp();
    format!("{kind:?} {:o} {} links {size} {stamped}", metadata.mode() & 0o7777, metadata.nlink())
}

/// The numbers are those of this kernel.
#[test]
fn errors_have_the_numbers_of_linux() {
    for error in FsError::all() {
        assert_eq!(format!("{:?}", Errno::from_raw(error.errno())), error.errno_name());
    }
}
