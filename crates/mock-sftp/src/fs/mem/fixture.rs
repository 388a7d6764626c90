//! What a test puts into a tree: files, directories and symbolic links as values.

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    sync::Arc,
    time::SystemTime,
};

use bytes::Bytes;

use super::content::Produce;

/// A user or group: by name, which makes it known to the tree, or by number.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Id {
    Name(String),
    Number(u32),
}

impl From<&str> for Id {
    fn from(name: &str) -> Self {
        Self::Name(name.to_owned())
    }
}

impl From<String> for Id {
    fn from(name: String) -> Self {
        Self::Name(name)
    }
}

impl From<u32> for Id {
    fn from(id: u32) -> Self {
        Self::Number(id)
    }
}

/// Attributes that a fixture asks for; what is missing is the default, or stays as it is.
#[derive(Debug, Clone, Default)]
pub(super) struct Wanted {
    pub(super) mode: Option<u32>,
    pub(super) owner: Option<Id>,
    pub(super) group: Option<Id>,
    pub(super) modified: Option<SystemTime>,
}

/// A file to be put into a tree, made of anything that is bytes.
///
/// ```
/// use std::time::{Duration, UNIX_EPOCH};
///
/// use mock_sftp::{File, MemFs};
///
/// let key = File::new("secret").mode(0o600).owner("deploy").modified(UNIX_EPOCH + Duration::from_secs(1_000_000_000));
/// let fs = MemFs::builder().file("/srv/key", key).file("/etc/motd", "hi\n").build()?;
/// assert_eq!(fs.metadata("/srv/key")?.mode, 0o600);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
#[must_use = "a file is given to a builder or to `MemFs::put`"]
pub struct File {
    pub(super) data: Data,
    pub(super) wanted: Wanted,
}

#[derive(Clone)]
pub(super) enum Data {
    Bytes(Bytes),
    Produced(u64, Arc<Produce>),
}

/// A directory to be put into a tree, with what is in it.
///
/// It is made of nested maps or arrays as well; their values are [`Entry`] where files and directories are mixed.
///
/// ```
/// use mock_sftp::{Dir, Entry, MemFs};
///
/// let site = Dir::new().mode(0o2775).group("www").file("index.html", "<p>").dir("assets");
/// let fs = MemFs::builder()
///     .put("/srv/site", site)
///     .put("/etc", [("motd", Entry::from("hi\n")), ("ssh", Entry::from([("banner", "Go away")]))])
///     .build()?;
/// assert_eq!(fs.read("/etc/ssh/banner")?, "Go away");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default)]
#[must_use = "a directory is given to a builder or to `MemFs::put`"]
pub struct Dir {
    pub(super) entries: Vec<(Vec<u8>, Entry)>,
    /// Further names: the file's and the new one.
    pub(super) links: Vec<(Vec<u8>, Vec<u8>)>,
    pub(super) wanted: Wanted,
}

/// Anything to be put into a tree.
#[derive(Debug, Clone)]
pub enum Entry {
    /// A file.
    File(File),
    /// A directory and what is in it.
    Dir(Dir),
    /// A symbolic link to this path, which need not exist.
    Symlink(Vec<u8>),
}

macro_rules! attributes {
    ($default:literal) => {
        #[doc = concat!("Sets the mode. Default: `", $default, "`.")]
        pub fn mode(mut self, mode: u32) -> Self {
            self.wanted.mode = Some(mode);
            self
        }

        /// Sets the owner, and the group to the owner's own unless one is set. Default: `root`.
        pub fn owner(mut self, owner: impl Into<Id>) -> Self {
            self.wanted.owner = Some(owner.into());
            self
        }

        /// Sets the group. Default: the owner's.
        pub fn group(mut self, group: impl Into<Id>) -> Self {
            self.wanted.group = Some(group.into());
            self
        }

        /// Sets the time of the last change of its content. Default: when the tree is built.
        pub fn modified(mut self, time: SystemTime) -> Self {
            self.wanted.modified = Some(time);
            self
        }
    };
}

impl File {
    /// A file with this content.
    pub fn new(content: impl Into<Bytes>) -> Self {
        Self { data: Data::Bytes(content.into()), wanted: Wanted::default() }
    }

    /// A file of `size` bytes that are made when they are read: `produce` fills its buffer with those from the
    /// offset on. It needs no memory, however large it is. Clients can remove, rename and replace it, but writing
    /// into it is refused with [`NotPermitted`](crate::FsError::NotPermitted).
    ///
    /// ```
    /// use mock_sftp::{File, MemFs};
    ///
    /// let fs = MemFs::builder().file("/huge", File::generated(100 << 30, |_, buffer| buffer.fill(b'x'))).build()?;
    /// assert_eq!(fs.metadata("/huge")?.size, 107_374_182_400);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn generated(size: u64, produce: impl Fn(u64, &mut [u8]) + Send + Sync + 'static) -> Self {
        Self { data: Data::Produced(size, Arc::new(produce)), wanted: Wanted::default() }
    }

    attributes!("644");
}

impl Dir {
    /// An empty directory.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a file by its name, or by a path below this directory.
    pub fn file(self, name: impl AsRef<[u8]>, file: impl Into<File>) -> Self {
        self.put(name, file.into())
    }

    /// Adds an empty directory by its name, or by a path below this directory.
    pub fn dir(self, name: impl AsRef<[u8]>) -> Self {
        self.put(name, Self::new())
    }

    /// Adds a symbolic link to `target`.
    pub fn symlink(self, target: impl AsRef<[u8]>, name: impl AsRef<[u8]>) -> Self {
        self.put(name, Entry::Symlink(target.as_ref().to_vec()))
    }

    /// Adds a further name of a file. Both are paths below this directory.
    pub fn hard_link(mut self, existing: impl AsRef<[u8]>, name: impl AsRef<[u8]>) -> Self {
        self.links.push((existing.as_ref().to_vec(), name.as_ref().to_vec()));
        self
    }

    /// Adds anything.
    pub fn put(mut self, name: impl AsRef<[u8]>, entry: impl Into<Entry>) -> Self {
        self.entries.push((name.as_ref().to_vec(), entry.into()));
        self
    }

    attributes!("755");
}

macro_rules! from_bytes {
    ($($type:ty => $convert:expr),* $(,)?) => {$(
        impl From<$type> for File {
            fn from(content: $type) -> Self {
                Self::new($convert(content))
            }
        }

        impl From<$type> for Entry {
            fn from(content: $type) -> Self {
                Self::File(content.into())
            }
        }
    )*};
}

from_bytes! {
    &str => |text: &str| Bytes::copy_from_slice(text.as_bytes()),
    &[u8] => Bytes::copy_from_slice,
    String => Bytes::from,
    Vec<u8> => Bytes::from,
    Bytes => Bytes::from,
}

impl<const N: usize> From<&[u8; N]> for File {
    fn from(content: &[u8; N]) -> Self {
        Self::from(content.as_slice())
    }
}

impl From<File> for Entry {
    fn from(file: File) -> Self {
        Self::File(file)
    }
}

impl From<Dir> for Entry {
    fn from(dir: Dir) -> Self {
        Self::Dir(dir)
    }
}

macro_rules! from_map {
    ($(($($generics:tt)*) $type:ty),* $(,)?) => {$(
        impl<K: AsRef<[u8]>, V: Into<Entry>, $($generics)*> From<$type> for Dir {
            fn from(entries: $type) -> Self {
                entries.into_iter().fold(Self::new(), |dir, (name, entry)| dir.put(name, entry))
            }
        }

        impl<K: AsRef<[u8]>, V: Into<Entry>, $($generics)*> From<$type> for Entry {
            fn from(entries: $type) -> Self {
                Self::Dir(entries.into())
            }
        }
    )*};
}

from_map!((const N: usize) [(K, V); N], () Vec<(K, V)>, () BTreeMap<K, V>, (S) HashMap<K, V, S>);

impl fmt::Debug for Data {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bytes(bytes) => write!(f, "{} bytes", bytes.len()),
            Self::Produced(size, _) => write!(f, "{size} generated bytes"),
        }
    }
}
