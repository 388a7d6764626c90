//! The content of a file as it was at one moment, for the journal.
//!
//! It shares its memory with the file, so keeping it costs next to nothing until the file changes.

use std::{fmt, sync::Arc};

use bytes::Bytes;

/// Bytes of a file, in the pieces in which the file system keeps them. Cheap to clone; compares with bytes and text.
///
/// ```
/// use mock_sftp::FileContent;
///
/// let content = FileContent::from(vec!["hello ".into(), "world".into()]);
/// assert_eq!(content, "hello world");
/// assert_eq!(content.len(), 11);
/// ```
#[derive(Clone, Default)]
pub struct FileContent {
    pieces: Arc<[Bytes]>,
}

impl FileContent {
    /// Its pieces, in order.
    #[must_use]
    pub fn pieces(&self) -> &[Bytes] {
        &self.pieces
    }

    /// Bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.pieces.iter().map(Bytes::len).sum()
    }

    /// Whether the file was empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A copy in one piece.
    #[must_use]
    pub fn to_vec(&self) -> Vec<u8> {
        self.pieces.concat()
    }

    /// A copy as text, with U+FFFD where it is not UTF-8.
    #[must_use]
    pub fn to_text(&self) -> String {
        String::from_utf8_lossy(&self.to_vec()).into_owned()
    }
}

impl From<Vec<Bytes>> for FileContent {
    fn from(pieces: Vec<Bytes>) -> Self {
        Self { pieces: pieces.into() }
    }
}

impl fmt::Debug for FileContent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FileContent({} bytes)", self.len())
    }
}

impl PartialEq for FileContent {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.pieces.iter().flatten().eq(other.pieces.iter().flatten())
    }
}

impl Eq for FileContent {}

impl PartialEq<[u8]> for FileContent {
    fn eq(&self, bytes: &[u8]) -> bool {
        let rest = self.pieces.iter().try_fold(bytes, |rest, piece| rest.strip_prefix(&piece[..]));
        rest.is_some_and(<[u8]>::is_empty)
    }
}

impl PartialEq<&[u8]> for FileContent {
    fn eq(&self, bytes: &&[u8]) -> bool {
        *self == **bytes
    }
}

impl<const N: usize> PartialEq<&[u8; N]> for FileContent {
    fn eq(&self, bytes: &&[u8; N]) -> bool {
        *self == bytes[..]
    }
}

impl PartialEq<Vec<u8>> for FileContent {
    fn eq(&self, bytes: &Vec<u8>) -> bool {
        *self == bytes[..]
    }
}

impl PartialEq<&str> for FileContent {
    fn eq(&self, text: &&str) -> bool {
        *self == *text.as_bytes()
    }
}
