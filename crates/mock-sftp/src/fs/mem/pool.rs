//! Memory for file contents, shared by all trees of the process.
//!
//! Touching memory for the first time costs more than copying into it, because the kernel has to find and clear the
//! pages. So what one file gives back is what the next one gets.

use std::{
    mem,
    ops::Range,
    sync::{Arc, Mutex},
};

use bytes::Bytes;

use super::lock::lock;

/// Bytes of a file that are stored together.
///
/// Larger ones are no faster to copy, and from 128 KiB on the allocator of Linux asks the kernel for each and gives
/// it back at once: writing a GiB for the second time took three times as long.
pub(super) const CHUNK: usize = 64 * 1024;

/// How many chunks are kept for later: 256 MiB of them.
const KEPT: usize = (256 << 20) / CHUNK;

static POOL: Mutex<Vec<Vec<u8>>> = Mutex::new(Vec::new());

/// What a hole reads as.
static ZEROS: [u8; CHUNK] = [0; CHUNK];

/// A part of a file. It ends where the last byte was written; what follows reads as zeros.
#[derive(Debug, Default)]
pub(super) struct Chunk(Vec<u8>);

impl Chunk {
    /// Room for a whole chunk, from the pool.
    pub(super) fn whole() -> Self {
        Self(lock(&POOL).pop().unwrap_or_else(|| Vec::with_capacity(CHUNK)))
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn truncate(&mut self, length: usize) {
        self.0.truncate(length);
    }

    /// Makes room for so many bytes. Short chunks grow as a `Vec` does, so that a small file is not charged for a
    /// whole one; what grows beyond a quarter is likely to grow on.
    pub(super) fn reserve(&mut self, length: usize) {
        if length <= self.0.capacity() {
            return;
        }
        if length > CHUNK / 4 {
            let mut whole = Self::whole();
            whole.0.extend_from_slice(&self.0);
            *self = whole;
        } else if self.0.is_empty() {
            self.0.reserve_exact(length);
        } else {
            self.0.reserve(length - self.0.len());
        }
    }

    /// Replaces what is there from `start` and appends the rest. A gap before `start` is filled with zeros.
    pub(super) fn write(&mut self, start: usize, data: &[u8]) {
        if start > self.0.len() {
            self.0.resize(start, 0);
        }
        let (_, tail) = self.0.split_at_mut(start);
        let (over, beyond) = data.split_at(tail.len().min(data.len()));
        if let Some(tail) = tail.get_mut(..over.len()) {
            tail.copy_from_slice(over);
        }
        self.0.extend_from_slice(beyond);
    }

    /// Lets a function produce so many bytes.
    pub(super) fn produced(length: usize, produce: impl FnOnce(&mut [u8])) -> Self {
        let mut chunk = Self::default();
        chunk.reserve(length);
        chunk.0.resize(length, 0);
        produce(&mut chunk.0);
        chunk
    }

    /// A part of the chunk that shares its memory.
    pub(super) fn slice(self: Arc<Self>, range: Range<usize>) -> Bytes {
        Bytes::from_owner(Slice { chunk: self, range })
    }
}

impl Drop for Chunk {
    fn drop(&mut self) {
        if self.0.capacity() < CHUNK {
            return;
        }
        let mut buffer = mem::take(&mut self.0);
        buffer.clear();
        let mut pool = lock(&POOL);
        if pool.len() < KEPT {
            pool.push(buffer);
        }
    }
}

/// At most so many zeros.
pub(super) fn zeros(length: usize) -> Bytes {
    Bytes::from_static(ZEROS.get(..length).unwrap_or(&ZEROS))
}

struct Slice {
    chunk: Arc<Chunk>,
    range: Range<usize>,
}

impl AsRef<[u8]> for Slice {
    fn as_ref(&self) -> &[u8] {
        self.chunk.bytes().get(self.range.clone()).unwrap_or_default()
    }
}
