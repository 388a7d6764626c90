//! A tree at one moment, as stable text. Contents are shared with the tree, so taking one costs no memory until
//! something changes.

use std::{fmt, sync::Arc, time::SystemTime};

use bytes::Bytes;
use sha2::{Digest, Sha256};

use super::{
    MemFs,
    lock::read,
    node::{Body, Node},
};
use crate::{FileKind, FsError, Metadata};

/// Pieces of a file that are looked at: what is longer, a large hole, is known by its size alone.
const PIECES_MAX: u64 = 1 << 16;

/// A tree at one moment: what [`MemFs::snapshot`] gives.
///
/// Its text has a line for each name: mode, owner, group, size, the first 16 digits of the SHA-256, and the path. A
/// snapshot test compares that; [`MemFs::diff`] tells what has changed since.
///
/// ```
/// use mock_sftp::{File, MemFs};
///
/// let fs = MemFs::builder().file("/etc/motd", File::new("hi\n").mode(0o600)).symlink("etc/motd", "/link").build()?;
/// assert_eq!(fs.snapshot().to_string(), "\
/// drwxr-xr-x root root - - /
/// drwxr-xr-x root root - - /etc
/// -rw------- root root 3 98ea6e4f216f2fb4 /etc/motd
/// lrwxrwxrwx root root - - /link -> etc/motd
/// ");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Snapshot {
    pub(super) items: Vec<Item>,
    pub(super) times: bool,
}

/// What was at one path.
#[derive(Debug, Clone)]
pub(super) struct Item {
    pub(super) path: Bytes,
    pub(super) metadata: Metadata,
    pub(super) owner: String,
    pub(super) group: String,
    pub(super) content: Seen,
}

/// What was in it.
#[derive(Debug, Clone)]
pub(super) enum Seen {
    Directory,
    Symlink(Bytes),
    Pieces(Vec<Bytes>),
    Generated,
    /// Too much of it to be looked at.
    Size,
}

impl MemFs {
    /// The tree as it is now.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        let nodes = self.nodes(b"/").unwrap_or_default();
        let users = read(&self.tree.users);
        let item = |(path, node): (Vec<u8>, Arc<Node>)| {
            let content = node.seen();
            let metadata = node.metadata();
            let owner = users.user_name(metadata.uid).unwrap_or_else(|| metadata.uid.to_string());
            let group = users.group_name(metadata.gid).unwrap_or_else(|| metadata.gid.to_string());
            Item { path: path.into(), metadata, owner, group, content }
        };
        Snapshot { items: nodes.into_iter().map(item).collect(), times: false }
    }
}

impl Node {
    fn seen(&self) -> Seen {
        match &self.lock().body {
            Body::Directory(_) => return Seen::Directory,
            Body::Symlink(target) => return Seen::Symlink(target.clone()),
            Body::File(content) if content.is_generated() => return Seen::Generated,
            Body::File(_) => {}
        }
        self.pieces(PIECES_MAX).map_or(Seen::Size, Seen::Pieces)
    }
}

impl Snapshot {
    /// Takes the times of the last change of content into the text and into comparisons.
    #[must_use]
    pub fn with_times(mut self) -> Self {
        self.times = true;
        self
    }

    /// The content of a file at that moment, in one piece.
    ///
    /// # Errors
    ///
    /// [`FsError::NotFound`], [`FsError::Invalid`] for what is no ordinary file, [`FsError::TooLarge`] for one that
    /// has too large holes.
    pub fn read(&self, path: impl AsRef<[u8]>) -> Result<Bytes, FsError> {
        let path = path.as_ref();
        let item = self.items.iter().find(|item| item.path == path).ok_or(FsError::NotFound)?;
        match &item.content {
            Seen::Pieces(pieces) => Ok(pieces.concat().into()),
            Seen::Size => Err(FsError::TooLarge),
            Seen::Directory | Seen::Symlink(_) | Seen::Generated => Err(FsError::Invalid),
        }
    }
}

impl fmt::Display for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for item in &self.items {
            let Metadata { kind, mode, size, modified, .. } = item.metadata;
            let (owner, group) = (&item.owner, &item.group);
            write!(f, "{} {owner} {group} ", Mode { kind, mode })?;
            match &item.content {
                Seen::Directory | Seen::Symlink(_) => f.write_str("- - ")?,
                Seen::Pieces(pieces) => write!(f, "{size} {} ", hash(pieces))?,
                Seen::Generated => write!(f, "{size} generated ")?,
                Seen::Size => write!(f, "{size} - ")?,
            }
            if self.times {
                write!(f, "{} ", Time(modified))?;
            }
            write!(f, "{}", Text(&item.path))?;
            if let Seen::Symlink(target) = &item.content {
                write!(f, " -> {}", Text(target))?;
            }
            f.write_str("\n")?;
        }
        Ok(())
    }
}

fn hash(pieces: &[Bytes]) -> String {
    let mut hasher = Sha256::new();
    for piece in pieces {
        hasher.update(piece);
    }
    let number = hasher.finalize().iter().take(8).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    format!("{number:016x}")
}

/// As `ls -l` shows it.
pub(super) struct Mode {
    pub(super) kind: FileKind,
    pub(super) mode: u32,
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            FileKind::Directory => "d",
            FileKind::Symlink => "l",
            FileKind::File => "-",
            FileKind::Other => "?",
        })?;
        // Read, write, execute for owner, group and others; the special bits take the place of execute.
        for (shift, special, with, without) in
            [(6, 0o4000, "s", "S"), (3, 0o2000, "s", "S"), (0, 0o1000, "t", "T")]
        {
            let bits = self.mode >> shift;
            let execute = match (self.mode & special != 0, bits & 1 != 0) {
                (true, true) => with,
                (true, false) => without,
                (false, true) => "x",
                (false, false) => "-",
            };
            let read = if bits & 4 != 0 { "r" } else { "-" };
            let write = if bits & 2 != 0 { "w" } else { "-" };
            write!(f, "{read}{write}{execute}")?;
        }
        Ok(())
    }
}

/// In UTC, with as many digits as it needs; seconds where the calendar ends.
pub(super) struct Time(pub(super) SystemTime);

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const CALENDAR_ENDS: u64 = 253_402_300_800;
        match self.0.duration_since(SystemTime::UNIX_EPOCH) {
            Ok(since) if since.as_secs() < CALENDAR_ENDS => {
                write!(f, "{}", humantime::format_rfc3339(self.0))
            }
            Ok(since) => write!(f, "{}s", since.as_secs_f64()),
            Err(before) => write!(f, "-{}s", before.duration().as_secs_f64()),
        }
    }
}

/// Bytes on one line: text where they are text.
pub(super) struct Text<'a>(pub(super) &'a [u8]);

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for chunk in self.0.utf8_chunks() {
            for char in chunk.valid().chars() {
                if char.is_control() || char == '\\' {
                    write!(f, "{}", char.escape_default())?;
                } else {
                    write!(f, "{char}")?;
                }
            }
            write!(f, "{}", chunk.invalid().escape_ascii())?;
        }
        Ok(())
    }
}
