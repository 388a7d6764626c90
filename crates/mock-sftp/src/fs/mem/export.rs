//! A tree written to a directory of the host, or into an archive: to look at what a test left behind.

use std::{
    collections::HashMap,
    fs,
    io::{self, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    sync::Arc,
    time::SystemTime,
};

use bytes::{Buf, Bytes};

use super::{MemFs, content::Piece, lock::read, node::Node, resolve::target};
use crate::{FileKind, FsError};

impl MemFs {
    /// Writes the whole tree into a directory of the host, which is made if it is missing: files, directories,
    /// links, holes, modes and times, but not owners. What is there already is replaced file by file.
    ///
    /// ```
    /// let fs = mock_sftp::MemFs::builder().file("/upload/report.csv", "a,b\n").build()?;
    /// # let temporary = tempfile::tempdir()?;
    /// # let host = temporary.path();
    /// fs.to_dir(host)?;
    /// assert_eq!(std::fs::read_to_string(host.join("upload/report.csv"))?, "a,b\n");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// What the host says, for names and links that it cannot have too.
    pub fn to_dir(&self, path: impl AsRef<Path>) -> io::Result<()> {
        let top = path.as_ref();
        let mut first_names = HashMap::new();
        let mut directories = Vec::new();
        for (path, node) in self.nodes(b"/").map_err(failed)? {
            let place = top.join(host_path(path.strip_prefix(b"/").unwrap_or(&path))?);
            if node.is_directory() {
                fs::create_dir_all(&place)?;
                directories.push((place, node));
                continue;
            }
            match fs::remove_file(&place) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
            if let Some(first) = first_names.insert(node.number, place.clone()) {
                fs::hard_link(first, &place)?;
            } else if let Some(target) = target(&node) {
                symlink(&host_path(&target)?, &place)?;
            } else {
                write_file(&node, &place)?;
            }
        }
        // Whatever is put into a directory changes its time, and its mode may forbid it.
        directories.into_iter().rev().try_for_each(|(place, node)| set_attributes(&node, &place))
    }

    /// Writes the whole tree as a tar archive, owners by number and name. Holes are written out as zeros.
    ///
    /// ```
    /// let fs = mock_sftp::MemFs::builder().file("/upload/report.csv", "a,b\n").build()?;
    /// let mut archive = Vec::new();
    /// fs.to_tar(&mut archive)?;
    /// # assert_eq!(mock_sftp::MemFs::builder()
    /// #     .put("/", mock_sftp::Dir::from_tar(archive.as_slice())?).build()?.snapshot().to_string(),
    /// #     fs.snapshot().to_string());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// What the writer says.
    pub fn to_tar(&self, writer: impl Write) -> io::Result<()> {
        let mut archive = tar::Builder::new(writer);
        let mut first_names = HashMap::new();
        for (path, node) in self.nodes(b"/").map_err(failed)? {
            let name = path.strip_prefix(b"/").unwrap_or(&path);
            let name = host_path(if name.is_empty() { b"./" } else { name })?;
            let mut header = self.header(&node)?;
            let first =
                if node.is_directory() { None } else { first_names.insert(node.number, name.clone()) };
            if let Some(first) = first {
                header.set_entry_type(tar::EntryType::Link);
                archive.append_link(&mut header, name, first)?;
            } else if let Some(target) = target(&node) {
                header.set_entry_type(tar::EntryType::Symlink);
                archive.append_link(&mut header, name, host_path(&target)?)?;
            } else if node.is_directory() {
                header.set_entry_type(tar::EntryType::Directory);
                archive.append_data(&mut header, name, io::empty())?;
            } else {
                let reader = Reader::new(node);
                header.set_size(reader.size);
                archive.append_data(&mut header, name, reader)?;
            }
        }
        archive.into_inner()?.flush()
    }

    fn header(&self, node: &Node) -> io::Result<tar::Header> {
        let metadata = node.metadata();
        let mut header = tar::Header::new_gnu();
        header.set_size(0);
        header.set_mode(metadata.mode);
        header.set_uid(metadata.uid.into());
        header.set_gid(metadata.gid.into());
        let since = metadata.modified.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        header.set_mtime(since.as_secs());
        let users = read(&self.tree.users);
        if let Some(name) = users.user_name(metadata.uid) {
            header.set_username(&name)?;
        }
        if let Some(name) = users.group_name(metadata.gid) {
            header.set_groupname(&name)?;
        }
        Ok(header)
    }
}

fn write_file(node: &Arc<Node>, place: &Path) -> io::Result<()> {
    let mut file = fs::File::create(place)?;
    let mut reader = Reader::new(Arc::clone(node));
    while let Some(piece) = reader.piece().map_err(failed)? {
        if let Piece::Hole(length) = piece {
            reader.offset += length;
            file.seek(SeekFrom::Start(reader.offset))?;
        } else {
            let bytes = piece.into_bytes();
            reader.offset += bytes.len() as u64;
            file.write_all(&bytes)?;
        }
    }
    file.set_len(reader.offset)?;
    drop(file);
    set_attributes(node, place)
}

fn set_attributes(node: &Node, place: &Path) -> io::Result<()> {
    let metadata = node.metadata();
    let times = fs::FileTimes::new().set_accessed(metadata.accessed).set_modified(metadata.modified);
    if cfg!(unix) || metadata.kind == FileKind::File {
        fs::File::open(place)?.set_times(times)?;
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(place, fs::Permissions::from_mode(metadata.mode))?;
    }
    Ok(())
}

/// The content of a file from the beginning, as it was long at first.
struct Reader {
    node: Arc<Node>,
    size: u64,
    offset: u64,
    rest: Bytes,
}

impl Reader {
    fn new(node: Arc<Node>) -> Self {
        let size = node.metadata().size;
        Self { node, size, offset: 0, rest: Bytes::new() }
    }

    fn piece(&self) -> Result<Option<Piece>, FsError> {
        let left = usize::try_from(self.size.saturating_sub(self.offset)).unwrap_or(usize::MAX);
        Ok(self.node.lock().file()?.piece(self.offset, left))
    }
}

impl Read for Reader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.rest.is_empty()
            && let Some(piece) = self.piece().map_err(failed)?
        {
            self.rest = piece.into_bytes();
            self.offset += self.rest.len() as u64;
        }
        (&mut self.rest).reader().read(buffer)
    }
}

#[cfg(unix)]
#[expect(clippy::unnecessary_wraps, reason = "not every path exists elsewhere")]
fn host_path(path: &[u8]) -> io::Result<PathBuf> {
    use std::os::unix::ffi::OsStrExt as _;
    Ok(PathBuf::from(std::ffi::OsStr::from_bytes(path)))
}

#[cfg(not(unix))]
fn host_path(path: &[u8]) -> io::Result<PathBuf> {
    std::str::from_utf8(path)
        .map(PathBuf::from)
        .map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))
}

#[cfg(unix)]
fn symlink(target: &Path, place: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(target, place)
}

#[cfg(not(unix))]
fn symlink(_: &Path, _: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

fn failed(error: FsError) -> io::Error {
    io::Error::other(error)
}
