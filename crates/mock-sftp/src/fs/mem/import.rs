//! Directories that are made of one of the host or of an archive. Both are read when they are asked for, once, and
//! nothing is ever written back.

use std::{
    borrow::Cow,
    fs,
    io::{self, Read},
    path::Path,
    time::{Duration, SystemTime},
};

use bytes::Bytes;

use super::{
    Dir, Entry, File,
    fixture::{Id, Wanted},
};

impl Dir {
    /// A copy of a directory of the host, with the modes and times of what is in it. Owners are not taken over,
    /// because they differ from machine to machine; symbolic links are copied as links; sockets and devices are left
    /// out.
    ///
    /// ```
    /// use mock_sftp::{Dir, MemFs};
    ///
    /// # let host = tempfile::tempdir()?;
    /// # std::fs::write(host.path().join("motd"), "hi\n")?;
    /// # let fixtures = host.path();
    /// let fs = MemFs::builder().put("/etc", Dir::from_dir(fixtures)?).build()?;
    /// assert_eq!(fs.read("/etc/motd")?, "hi\n");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// What the host says when something cannot be read.
    pub fn from_dir(path: impl AsRef<Path>) -> io::Result<Self> {
        let path = path.as_ref();
        let mut root = Self { wanted: wanted(&fs::metadata(path)?), ..Self::default() };
        let mut open = vec![(Vec::new(), path.to_owned())];
        while let Some((below, path)) = open.pop() {
            for entry in fs::read_dir(path)? {
                let entry = entry?;
                let name = [&*below, entry.file_name().as_encoded_bytes()].concat();
                let metadata = entry.metadata()?;
                let wanted = wanted(&metadata);
                if metadata.is_dir() {
                    open.push(([&*name, b"/"].concat(), entry.path()));
                    root = root.put(name, Self { wanted, ..Self::default() });
                } else if metadata.is_symlink() {
                    let target = fs::read_link(entry.path())?.into_os_string().into_encoded_bytes();
                    root = root.put(name, Entry::Symlink(target));
                } else if metadata.is_file() {
                    let content = fs::read(entry.path())?;
                    root = root.put(name, File { wanted, ..File::new(content) });
                }
            }
        }
        Ok(root)
    }

    /// What is in a tar archive, with modes, times and owners: by name where the archive has names.
    ///
    /// ```
    /// use mock_sftp::{Dir, MemFs};
    ///
    /// let source = MemFs::builder().file("/etc/motd", "hi\n").build()?;
    /// let mut archive = Vec::new();
    /// source.to_tar(&mut archive)?;
    ///
    /// let fs = MemFs::builder().put("/copy", Dir::from_tar(archive.as_slice())?).build()?;
    /// assert_eq!(fs.read("/copy/etc/motd")?, "hi\n");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// What the reader says, and [`InvalidData`](io::ErrorKind::InvalidData) and the like for what is no archive.
    pub fn from_tar(archive: impl Read) -> io::Result<Self> {
        let mut root = Self::new();
        let mut archive = tar::Archive::new(archive);
        for entry in archive.entries()? {
            let mut entry = entry?;
            let path = entry.path_bytes().into_owned();
            let target = entry.link_name_bytes().map(Cow::into_owned).unwrap_or_default();
            let wanted = archived(entry.header())?;
            match entry.header().entry_type() {
                tar::EntryType::Directory => root = root.put(path, Self { wanted, ..Self::default() }),
                tar::EntryType::Symlink => root = root.put(path, Entry::Symlink(target)),
                tar::EntryType::Link => root = root.hard_link(target, path),
                kind if kind.is_file() || kind.is_gnu_sparse() || kind.is_contiguous() => {
                    let mut content = Vec::new();
                    entry.read_to_end(&mut content)?;
                    root = root.put(path, File { wanted, ..File::new(Bytes::from(content)) });
                }
                _ => {}
            }
        }
        Ok(root)
    }
}

fn wanted(metadata: &fs::Metadata) -> Wanted {
    Wanted { mode: mode(metadata), modified: metadata.modified().ok(), ..Wanted::default() }
}

#[cfg(unix)]
#[expect(clippy::unnecessary_wraps, reason = "elsewhere there is none")]
fn mode(metadata: &fs::Metadata) -> Option<u32> {
    use std::os::unix::fs::MetadataExt as _;
    Some(metadata.mode() & 0o7777)
}

#[cfg(not(unix))]
fn mode(_: &fs::Metadata) -> Option<u32> {
    None
}

fn archived(header: &tar::Header) -> io::Result<Wanted> {
    let name = |name: Option<&[u8]>| {
        let name = String::from_utf8_lossy(name.unwrap_or_default()).into_owned();
        (!name.is_empty()).then_some(Id::Name(name))
    };
    let number = |id: u64| Id::Number(u32::try_from(id).unwrap_or(u32::MAX));
    Ok(Wanted {
        mode: Some(header.mode()? & 0o7777),
        owner: Some(name(header.username_bytes()).map_or_else(|| header.uid().map(number), Ok)?),
        group: Some(name(header.groupname_bytes()).map_or_else(|| header.gid().map(number), Ok)?),
        modified: SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(header.mtime()?)),
    })
}
