//! Bytes that are kept but not printed.
//!
//! A request may carry 256 KiB of data to sign, or somebody's private key. Tests want the bytes; nobody wants
//! them in an assertion's output, so `Debug` shows how many there are and nothing else.

use std::{fmt, ops::Deref};

use bytes::Bytes;

/// A `string` of the protocol, as its bytes: a key blob, data to be signed, a signature.
///
/// Dereferences to the bytes; cloning shares them.
///
/// ```
/// let blob = mock_agent::Blob::from("secret");
/// assert_eq!(*blob, b"secret"[..]);
/// assert_eq!(format!("{blob:?}"), "Blob(6 bytes)");
/// ```
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Blob(Bytes);

impl Blob {
    /// The bytes, without copying them.
    #[must_use]
    pub fn into_bytes(self) -> Bytes {
        self.0
    }
}

impl<T: Into<Bytes>> From<T> for Blob {
    fn from(bytes: T) -> Self {
        Self(bytes.into())
    }
}

impl Deref for Blob {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Blob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Blob({} bytes)", self.len())
    }
}
