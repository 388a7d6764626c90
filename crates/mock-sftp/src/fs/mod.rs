//! What a file system is for the SFTP server and for SCP: a small trait, because there are two of them, one in memory
//! and one that is a directory of the host.
//!
//! Paths are bytes, absolute or relative to the caller's start directory, and are resolved here as POSIX says. Every
//! method returns at once, or blocks if [`FileSystem::blocks`] says that it may; none is async.

mod mem;

use std::{fmt, time::SystemTime};

use bytes::Bytes;

pub use mem::{
    AccessTimes, BuildError, Change, Diff, Dir, Entry, File, Found, Id, Limits, MemFs, MemFsBuilder,
    Snapshot, User,
};

use crate::FsError;

/// Who asks. Decides permissions, who owns what is made, and where relative paths begin.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Caller {
    /// Name of the user who is logged in.
    pub user: String,
    /// User id; 0 may do everything.
    pub uid: u32,
    /// Group id of what the caller makes.
    pub gid: u32,
    /// Further groups.
    pub groups: Vec<u32>,
    /// Mode bits that are taken away from what the caller makes.
    pub umask: u32,
    /// Where the caller's `/` is in the tree.
    pub root: Vec<u8>,
    /// Where relative paths begin, within that root. If it is not there, they are not found; absolute paths are.
    pub start: Vec<u8>,
}

/// What a name refers to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the names say it")]
pub enum FileKind {
    File,
    Directory,
    Symlink,
    /// A FIFO, socket or device: only in a directory of the host.
    Other,
}

/// What is known of a file without opening it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Metadata {
    /// What it is.
    pub kind: FileKind,
    /// Permission bits with set-user-id, set-group-id and sticky: `0o7777` at most.
    pub mode: u32,
    /// Hard links; of a directory two and one for each directory in it.
    pub links: u64,
    /// Owner.
    pub uid: u32,
    /// Group.
    pub gid: u32,
    /// Bytes; of a symbolic link the length of its target.
    pub size: u64,
    /// Last read of its content.
    pub accessed: SystemTime,
    /// Last change of its content.
    pub modified: SystemTime,
    /// Last change of its content, attributes or links.
    pub changed: SystemTime,
    /// Number of the inode.
    pub inode: u64,
}

/// Attributes to set; what is `None` stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "as in `Metadata`")]
pub struct SetAttributes {
    pub size: Option<u64>,
    pub mode: Option<u32>,
    pub uid: Option<u32>,
    pub gid: Option<u32>,
    pub accessed: Option<SystemTime>,
    pub modified: Option<SystemTime>,
}

/// How a file is opened, as `open(2)` has it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "the flags of open(2)")]
pub struct OpenOptions {
    /// To read.
    pub read: bool,
    /// To write.
    pub write: bool,
    /// Every write goes to the end.
    pub append: bool,
    /// Made if it is missing.
    pub create: bool,
    /// Emptied if it exists.
    pub truncate: bool,
    /// Must not exist.
    pub exclusive: bool,
    /// Mode of a new file before the umask: `0o666` where `None`.
    pub mode: Option<u32>,
}

/// What becomes of something that has the new name already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rename {
    /// The rename fails with [`FsError::Exists`].
    Refuse,
    /// It is replaced, as `rename(2)` does.
    Replace,
}

/// A name in a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct DirEntry {
    /// The name alone; `.` and `..` are listed as well.
    pub name: Bytes,
    /// What it refers to, symbolic links not followed.
    pub metadata: Metadata,
}

/// How much fits: the fields of `statvfs(3)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the names of statvfs(3) in full")]
pub struct Space {
    pub block_size: u64,
    pub blocks: u64,
    pub blocks_free: u64,
    pub blocks_available: u64,
    pub files: u64,
    pub files_free: u64,
    pub id: u64,
    pub read_only: bool,
    pub name_max: u64,
}

/// An open file. It outlives its name; dropping it closes it.
pub trait OpenFile: Send + fmt::Debug {
    /// Hands the bytes from `offset` on to `out`, at most `length`, in pieces that are not copies where that can be
    /// avoided. Fewer only at the end of the file. Returns how many.
    ///
    /// # Errors
    ///
    /// [`FsError::BadHandle`] when it was not opened to read.
    fn read_at(&mut self, offset: u64, length: usize, out: &mut dyn FnMut(Bytes)) -> Result<usize, FsError>;

    /// Writes all bytes at `offset`, or at the end where it was opened to append.
    ///
    /// # Errors
    ///
    /// [`FsError::BadHandle`] when it was not opened to write, [`FsError::NoSpace`], [`FsError::TooLarge`].
    fn write_at(&mut self, offset: u64, data: &[u8]) -> Result<(), FsError>;

    /// Its metadata as they are now.
    ///
    /// # Errors
    ///
    /// What the backend says.
    fn metadata(&mut self) -> Result<Metadata, FsError>;

    /// Sets attributes.
    ///
    /// # Errors
    ///
    /// As [`FileSystem::set_attributes`].
    fn set_attributes(&mut self, attributes: &SetAttributes) -> Result<(), FsError>;

    /// Forces what was written to where it lasts.
    ///
    /// # Errors
    ///
    /// What the backend says.
    fn sync(&mut self) -> Result<(), FsError>;

    /// The content as it is now, for the journal; `None` where taking it would cost too much.
    fn content(&mut self) -> Option<Vec<Bytes>> {
        None
    }
}

/// An open directory: names in a stable order, each once, whatever changes meanwhile.
pub trait OpenDir: Send + fmt::Debug {
    /// The next entry, or `None` after the last.
    ///
    /// # Errors
    ///
    /// What the backend says.
    fn next(&mut self) -> Result<Option<DirEntry>, FsError>;
}

/// A tree of files.
///
/// Every operation is done on behalf of a [`Caller`]. Which error each gives is what Linux gives, and the same for
/// every implementation.
#[expect(
    clippy::missing_errors_doc,
    reason = "any error of `FsError`, as the operation of Linux with the same name"
)]
pub trait FileSystem: Send + Sync + fmt::Debug {
    /// Who a user is, once logged in.
    fn caller(&self, user: &str) -> Caller;
    /// Whether methods may wait for a disk: then they must not run on the connection's own task.
    fn blocks(&self) -> bool {
        false
    }
    /// What time it is for these files: listings show older times without the hour.
    fn now(&self) -> SystemTime {
        SystemTime::now()
    }
    /// Opens a file, and makes it where the options say so.
    fn open(&self, caller: &Caller, path: &[u8], options: &OpenOptions)
    -> Result<Box<dyn OpenFile>, FsError>;
    /// Opens a directory to list it.
    fn open_dir(&self, caller: &Caller, path: &[u8]) -> Result<Box<dyn OpenDir>, FsError>;
    /// Metadata of what the path leads to, the last symbolic link followed or not.
    fn metadata(&self, caller: &Caller, path: &[u8], follow: bool) -> Result<Metadata, FsError>;
    /// Sets attributes of what the path leads to, the last symbolic link followed or not.
    fn set_attributes(
        &self,
        caller: &Caller,
        path: &[u8],
        attributes: &SetAttributes,
        follow: bool,
    ) -> Result<(), FsError>;
    /// Removes a name that is not a directory's.
    fn remove_file(&self, caller: &Caller, path: &[u8]) -> Result<(), FsError>;
    /// Makes a directory, with this mode before the umask.
    fn create_dir(&self, caller: &Caller, path: &[u8], mode: u32) -> Result<(), FsError>;
    /// Removes an empty directory.
    fn remove_dir(&self, caller: &Caller, path: &[u8]) -> Result<(), FsError>;
    /// Gives something another name.
    fn rename(&self, caller: &Caller, from: &[u8], to: &[u8], existing: Rename) -> Result<(), FsError>;
    /// Where a symbolic link points, as it was written.
    fn read_link(&self, caller: &Caller, path: &[u8]) -> Result<Vec<u8>, FsError>;
    /// Makes a symbolic link at `path` that points to `target`, which need not exist.
    fn symlink(&self, caller: &Caller, target: &[u8], path: &[u8]) -> Result<(), FsError>;
    /// Makes `path` a further name of the file `existing`.
    fn hard_link(&self, caller: &Caller, existing: &[u8], path: &[u8]) -> Result<(), FsError>;
    /// The absolute path without links, `.` and `..`; the last name need not exist.
    fn canonicalize(&self, caller: &Caller, path: &[u8]) -> Result<Vec<u8>, FsError>;
    /// How much fits where the path is.
    fn space(&self, caller: &Caller, path: &[u8]) -> Result<Space, FsError>;
    /// Where a user starts who is known already, for `~user`.
    fn home(&self, user: &str) -> Option<Vec<u8>> {
        let _ = user;
        None
    }
    /// The name of a user id, for listings.
    fn user_name(&self, uid: u32) -> Option<String> {
        let _ = uid;
        None
    }
    /// The name of a group id, for listings.
    fn group_name(&self, gid: u32) -> Option<String> {
        let _ = gid;
        None
    }
}
