//! What is in a file: chunks where something was written, nothing where nothing was, or a function.
//!
//! A chunk that somebody still reads is replaced rather than changed, so that reading needs no copy and what was
//! read stays as it was.

use std::{collections::BTreeMap, fmt, sync::Arc};

use bytes::Bytes;

use super::pool::{CHUNK, Chunk, zeros};
use crate::FsError;

/// Produces the bytes of a generated file: those from the offset on that fill the buffer.
pub(super) type Produce = dyn Fn(u64, &mut [u8]) + Send + Sync;

/// The longest file there can be, as on Linux.
pub(super) const LONGEST: u64 = i64::MAX.unsigned_abs();

/// The content of a file.
#[derive(Default)]
pub(super) struct Content {
    size: u64,
    /// Bytes in all chunks.
    kept: u64,
    stored: BTreeMap<u64, Arc<Chunk>>,
    produce: Option<Arc<Produce>>,
}

/// A piece of a file, or how to get it. Producing is the user's code, so it happens after the file is unlocked.
pub(super) enum Piece {
    Stored(Bytes),
    /// So many zeros.
    Hole(u64),
    Produced(Arc<Produce>, u64, usize),
}

impl Content {
    pub(super) fn generated(size: u64, produce: Arc<Produce>) -> Self {
        Self { size: size.min(LONGEST), produce: Some(produce), ..Self::default() }
    }

    pub(super) fn size(&self) -> u64 {
        self.size
    }

    pub(super) fn is_generated(&self) -> bool {
        self.produce.is_some()
    }

    /// How many bytes it keeps in memory.
    pub(super) fn kept(&self) -> u64 {
        self.kept
    }

    /// Bytes from `offset` on: at least one unless the file ends there, at most `length`.
    pub(super) fn piece(&self, offset: u64, length: usize) -> Option<Piece> {
        let left = self.size.checked_sub(offset)?.min(length as u64);
        if left == 0 {
            return None;
        }
        let (index, start) = place(offset);
        let length = usize::try_from(left).unwrap_or(CHUNK).min(CHUNK - start);
        if let Some(produce) = &self.produce {
            return Some(Piece::Produced(Arc::clone(produce), offset, length));
        }
        Some(match self.stored.get(&index) {
            Some(chunk) if start < chunk.len() => {
                Piece::Stored(Arc::clone(chunk).slice(start..chunk.len().min(start + length)))
            }
            _ => {
                let next =
                    self.stored.range(index + 1..).next().map_or(u64::MAX, |(next, _)| next * CHUNK as u64);
                Piece::Hole(left.min(next - offset))
            }
        })
    }

    /// Writes all of `data`, which must end before [`LONGEST`]. `take` is asked for the memory that it needs and says
    /// how much there is.
    pub(super) fn write(
        &mut self,
        mut offset: u64,
        mut data: &[u8],
        take: &mut dyn FnMut(u64) -> Result<u64, FsError>,
    ) -> Result<(), FsError> {
        if self.is_generated() {
            return Err(FsError::NotPermitted);
        }
        while !data.is_empty() {
            let (index, start) = place(offset);
            let (piece, rest) = data.split_at(data.len().min(CHUNK - start));
            let old = self.stored.get(&index).map_or(0, |chunk| chunk.len());
            let wanted = (start + piece.len()).saturating_sub(old);
            let got = if wanted == 0 { 0 } else { take(wanted as u64)? };
            let got = usize::try_from(got).unwrap_or(wanted).min(wanted);
            let fits = piece.len().saturating_sub(wanted - got);
            if fits > 0 {
                self.write_chunk(index, start, piece.get(..fits).unwrap_or(piece));
                self.kept += got as u64;
                self.size = self.size.max(offset + fits as u64);
            }
            if got < wanted {
                return Err(FsError::NoSpace);
            }
            offset += piece.len() as u64;
            data = rest;
        }
        Ok(())
    }

    fn write_chunk(&mut self, index: u64, start: usize, data: &[u8]) {
        let end = start + data.len();
        let Some(shared) = self.stored.get_mut(&index) else {
            // After a chunk that is there this is the next of many; anywhere else it may be all there is.
            let goes_on = index.checked_sub(1).is_some_and(|before| self.stored.contains_key(&before));
            let mut chunk = if goes_on { Chunk::whole() } else { Chunk::default() };
            chunk.reserve(end);
            chunk.write(start, data);
            self.stored.insert(index, Arc::new(chunk));
            return;
        };
        if let Some(chunk) = Arc::get_mut(shared) {
            chunk.reserve(end);
            chunk.write(start, data);
            return;
        }
        let old = shared.bytes();
        let mut chunk = Chunk::default();
        chunk.reserve(end.max(old.len()));
        chunk.write(0, old.get(..start).unwrap_or(old));
        chunk.write(start, data);
        if let Some(rest) = old.get(end..) {
            chunk.write(end, rest);
        }
        *shared = Arc::new(chunk);
    }

    /// Cuts it off or makes it longer by a hole.
    pub(super) fn set_size(&mut self, size: u64) -> Result<(), FsError> {
        if self.is_generated() && size > 0 && size != self.size {
            return Err(FsError::NotPermitted);
        }
        if size < self.size {
            self.cut(size);
        }
        self.size = size;
        Ok(())
    }

    fn cut(&mut self, size: u64) {
        if size == 0 {
            *self = Self::default();
            return;
        }
        let (index, length) = place(size);
        // Nothing but the first part of the chunk at `index` stays.
        drop(self.stored.split_off(&(if length == 0 { index } else { index + 1 })));
        if let Some(shared) = self.stored.get_mut(&index).filter(|chunk| chunk.len() > length) {
            if let Some(chunk) = Arc::get_mut(shared) {
                chunk.truncate(length);
            } else {
                let mut chunk = Chunk::default();
                chunk.reserve(length);
                chunk.write(0, shared.bytes().get(..length).unwrap_or_default());
                *shared = Arc::new(chunk);
            }
        }
        self.kept = self.stored.values().map(|chunk| chunk.len() as u64).sum();
    }
}

impl Piece {
    /// The bytes themselves; of a hole as many as are at hand.
    pub(super) fn into_bytes(self) -> Bytes {
        match self {
            Self::Stored(bytes) => bytes,
            Self::Hole(length) => zeros(usize::try_from(length).unwrap_or(usize::MAX)),
            Self::Produced(produce, offset, length) => {
                let chunk = Chunk::produced(length, |buffer| produce(offset, buffer));
                Arc::new(chunk).slice(0..length)
            }
        }
    }
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Content").field("size", &self.size).field("kept", &self.kept).finish_non_exhaustive()
    }
}

/// Number of the chunk, and where in it.
fn place(offset: u64) -> (u64, usize) {
    let start = usize::try_from(offset % CHUNK as u64).unwrap_or(0);
    (offset / CHUNK as u64, start)
}
