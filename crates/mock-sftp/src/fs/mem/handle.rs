//! The test's own hands in a tree: no caller, no permissions, and reading leaves no trace.

use std::{sync::Arc, time::SystemTime};

use bytes::Bytes;

use super::{
    Entry, Id, MemFs,
    access::Who,
    attributes::Via,
    lock::read,
    node::Node,
    put::{REPLACE, below},
    resolve::target,
    tree::Session,
};
use crate::{FsError, Metadata, OpenFile, OpenOptions, Rename, SetAttributes};

/// Something that [`MemFs::walk`] found.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Found {
    /// Its path from the root of the tree.
    pub path: Bytes,
    /// Its metadata; symbolic links are not followed.
    pub metadata: Metadata,
}

/// A path and what is there.
pub(super) type Placed = (Vec<u8>, Arc<Node>);

/// Every error is the [`FsError`] that Linux gives for the same operation of root.
#[expect(clippy::missing_errors_doc, reason = "they are the same everywhere, and said above")]
impl MemFs {
    /// The whole content of a file.
    ///
    /// ```
    /// use mock_sftp::{FsError, MemFs};
    ///
    /// let fs = MemFs::builder().file("/motd", "hi\n").build()?;
    /// assert_eq!(fs.read("/motd")?, "hi\n");
    /// assert_eq!(fs.read("/missing"), Err(FsError::NotFound));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn read(&self, path: impl AsRef<[u8]>) -> Result<Bytes, FsError> {
        let node = self.node(path.as_ref(), true)?;
        let mut all = Vec::new();
        loop {
            let piece = node.lock().file()?.piece(all.len() as u64, usize::MAX);
            let Some(piece) = piece else { break };
            let piece = piece.into_bytes();
            if all.is_empty() {
                let size = usize::try_from(node.metadata().size).unwrap_or(usize::MAX);
                if piece.len() == size {
                    return Ok(piece);
                }
                all.try_reserve_exact(size).map_err(|_| FsError::TooLarge)?;
            }
            all.extend_from_slice(&piece);
        }
        Ok(all.into())
    }

    /// Replaces the content of a file, or makes the file and the directories above it.
    ///
    /// ```
    /// use mock_sftp::MemFs;
    ///
    /// let fs = MemFs::new();
    /// fs.write("/new/dir/file", "text")?;
    /// fs.write(b"/not utf-8: \xff", [0, 1, 2])?;
    /// assert_eq!(fs.read(b"/not utf-8: \xff")?, [0, 1, 2].as_slice());
    /// # Ok::<(), mock_sftp::FsError>(())
    /// ```
    pub fn write(&self, path: impl AsRef<[u8]>, content: impl AsRef<[u8]>) -> Result<(), FsError> {
        let path = path.as_ref();
        let open = || self.tree.open(&Session::TEST, path, &REPLACE);
        self.tree.with_parents(path, open)?.write_at(0, content.as_ref())
    }

    /// Appends to a file, or makes it.
    ///
    /// ```
    /// let fs = mock_sftp::MemFs::new();
    /// fs.append("/log", "one\n")?;
    /// fs.append("/log", "two\n")?;
    /// assert_eq!(fs.read("/log")?, "one\ntwo\n");
    /// # Ok::<(), mock_sftp::FsError>(())
    /// ```
    pub fn append(&self, path: impl AsRef<[u8]>, content: impl AsRef<[u8]>) -> Result<(), FsError> {
        let path = path.as_ref();
        let options = OpenOptions { append: true, truncate: false, ..REPLACE };
        let open = || self.tree.open(&Session::TEST, path, &options);
        self.tree.with_parents(path, open)?.write_at(0, content.as_ref())
    }

    /// Puts a fixture there, as [`MemFsBuilder::put`](super::MemFsBuilder::put) does.
    ///
    /// ```
    /// use mock_sftp::{Dir, File, MemFs};
    ///
    /// let fs = MemFs::new();
    /// fs.put("/secret", File::new("42").mode(0o600).owner("alice"))?;
    /// fs.put("/srv", Dir::new().file("index.html", "<p>").symlink("index.html", "index.htm"))?;
    /// assert_eq!(fs.read("/srv/index.htm")?, "<p>");
    /// # Ok::<(), mock_sftp::FsError>(())
    /// ```
    pub fn put(&self, path: impl AsRef<[u8]>, entry: impl Into<Entry>) -> Result<(), FsError> {
        self.tree.put(path.as_ref(), entry.into())
    }

    /// Whether the path leads to something. A symbolic link to nothing does not.
    #[must_use]
    pub fn exists(&self, path: impl AsRef<[u8]>) -> bool {
        self.node(path.as_ref(), true).is_ok()
    }

    /// Metadata of what the path leads to.
    pub fn metadata(&self, path: impl AsRef<[u8]>) -> Result<Metadata, FsError> {
        Ok(self.node(path.as_ref(), true)?.metadata())
    }

    /// Metadata of what has this name: a symbolic link is not followed.
    pub fn symlink_metadata(&self, path: impl AsRef<[u8]>) -> Result<Metadata, FsError> {
        Ok(self.node(path.as_ref(), false)?.metadata())
    }

    /// Where a symbolic link points.
    ///
    /// ```
    /// let fs = mock_sftp::MemFs::new();
    /// fs.symlink("/nowhere", "/link")?;
    /// assert_eq!(fs.read_link("/link")?, "/nowhere");
    /// assert!(!fs.exists("/link"));
    /// assert_eq!(fs.symlink_metadata("/link")?.size, 8);
    /// # Ok::<(), mock_sftp::FsError>(())
    /// ```
    pub fn read_link(&self, path: impl AsRef<[u8]>) -> Result<Bytes, FsError> {
        target(&*self.node(path.as_ref(), false)?).ok_or(FsError::Invalid)
    }

    /// Names in a directory, sorted, without `.` and `..`.
    ///
    /// ```
    /// let fs = mock_sftp::MemFs::builder().file("/b", "").file("/a", "").build()?;
    /// assert_eq!(fs.list("/")?, ["a", "b"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn list(&self, path: impl AsRef<[u8]>) -> Result<Vec<Bytes>, FsError> {
        let node = self.node(path.as_ref(), true)?;
        Ok(node.lock().directory()?.entries.keys().cloned().collect())
    }

    /// Everything below a path and what is there itself, each directory before what is in it, sorted by name.
    ///
    /// ```
    /// let fs = mock_sftp::MemFs::builder().file("/a/b", "").dir("/c").build()?;
    /// let paths: Vec<_> = fs.walk("/")?.into_iter().map(|found| found.path).collect();
    /// assert_eq!(paths, ["/", "/a", "/a/b", "/c"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn walk(&self, path: impl AsRef<[u8]>) -> Result<Vec<Found>, FsError> {
        let found = |(path, node): Placed| Found { path: path.into(), metadata: node.metadata() };
        Ok(self.nodes(path.as_ref())?.into_iter().map(found).collect())
    }

    /// Makes a directory and those above it. One that exists is left as it is.
    pub fn create_dir_all(&self, path: impl AsRef<[u8]>) -> Result<(), FsError> {
        self.tree.put_dir(path.as_ref()).map(drop)
    }

    /// Makes a symbolic link at `path`, and the directories above it.
    pub fn symlink(&self, target: impl AsRef<[u8]>, path: impl AsRef<[u8]>) -> Result<(), FsError> {
        self.put(path, Entry::Symlink(target.as_ref().to_vec()))
    }

    /// Makes a further name of a file, and the directories above it.
    pub fn hard_link(&self, existing: impl AsRef<[u8]>, path: impl AsRef<[u8]>) -> Result<(), FsError> {
        let (existing, path) = (existing.as_ref(), path.as_ref());
        self.tree.with_parents(path, || self.tree.hard_link(&Session::TEST, existing, path))
    }

    /// Gives something another name, replacing what has it.
    pub fn rename(&self, from: impl AsRef<[u8]>, to: impl AsRef<[u8]>) -> Result<(), FsError> {
        self.tree.rename(&Session::TEST, from.as_ref(), to.as_ref(), Rename::Replace)
    }

    /// Removes whatever has this name, and what is below it. The root itself stays. Symbolic links are not followed.
    ///
    /// ```
    /// let fs = mock_sftp::MemFs::builder().file("/a/b/c", "").build()?;
    /// fs.remove_all("/a")?;
    /// assert!(fs.list("/")?.is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn remove_all(&self, path: impl AsRef<[u8]>) -> Result<(), FsError> {
        self.tree.remove_all(path.as_ref())
    }

    /// Sets the permission bits.
    pub fn set_mode(&self, path: impl AsRef<[u8]>, mode: u32) -> Result<(), FsError> {
        self.change(path, &SetAttributes { mode: Some(mode), ..SetAttributes::default() })
    }

    /// Sets owner and group, by name or by number. A link itself changes hands, not what it points to.
    ///
    /// ```
    /// use mock_sftp::{FileSystem, MemFs};
    ///
    /// let fs = MemFs::builder().file("/a", "").build()?;
    /// fs.set_owner("/a", "alice", 50)?;
    /// assert_eq!((fs.metadata("/a")?.uid, fs.metadata("/a")?.gid), (fs.caller("alice").uid, 50));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn set_owner(
        &self,
        path: impl AsRef<[u8]>,
        owner: impl Into<Id>,
        group: impl Into<Id>,
    ) -> Result<(), FsError> {
        let (uid, gid) = (self.tree.user_id(&owner.into()), self.tree.group_id(&group.into()));
        let owner = SetAttributes { uid: Some(uid), gid: Some(gid), ..SetAttributes::default() };
        let node = self.node(path.as_ref(), false)?;
        self.tree.set_attributes(&Who::TEST, &node, &owner, Via::Path)
    }

    /// Sets the time of the last change of the content.
    pub fn set_modified(&self, path: impl AsRef<[u8]>, time: SystemTime) -> Result<(), FsError> {
        self.change(path, &SetAttributes { modified: Some(time), ..SetAttributes::default() })
    }

    /// Cuts a file off, or makes it longer by a hole, which takes no memory and reads as zeros.
    ///
    /// ```
    /// let fs = mock_sftp::MemFs::builder().file("/sparse", "").build()?;
    /// fs.set_len("/sparse", 1 << 40)?;
    /// assert_eq!(fs.used_bytes(), 0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn set_len(&self, path: impl AsRef<[u8]>, size: u64) -> Result<(), FsError> {
        self.change(path, &SetAttributes { size: Some(size), ..SetAttributes::default() })
    }

    fn change(&self, path: impl AsRef<[u8]>, attributes: &SetAttributes) -> Result<(), FsError> {
        let node = self.node(path.as_ref(), true)?;
        self.tree.set_attributes(&Who::TEST, &node, attributes, Via::Path)
    }

    pub(super) fn node(&self, path: &[u8], follow: bool) -> Result<Arc<Node>, FsError> {
        self.tree.node(&Session::TEST, path, follow)
    }

    /// What is below a path, in the order of [`MemFs::walk`], at one moment.
    pub(super) fn nodes(&self, path: &[u8]) -> Result<Vec<Placed>, FsError> {
        let names = read(&self.tree.names);
        let session = Session::TEST;
        let top = session.resolver(&names)?.node(path, true)?;
        let path = session.resolver(&names)?.canonicalize(b"/", path)?;
        let mut found = Vec::new();
        let mut open = vec![(path, top)];
        while let Some((path, node)) = open.pop() {
            if let Ok(directory) = node.lock().directory() {
                let children = directory.entries.iter().rev();
                open.extend(children.map(|(name, child)| (below(&path, name), Arc::clone(child))));
            }
            found.push((path, node));
        }
        Ok(found)
    }
}
