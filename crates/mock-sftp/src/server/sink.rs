//! Where replies go, and how they get there.
//!
//! Small replies are gathered for as long as requests are worked on, because each piece that is sent costs its reader.
//! The data of a read are sent in the pieces of the file system, without a copy.

use std::time::Duration;

use bytes::{Bytes, BytesMut};

use super::outcome::Outcome;

/// Bytes for small replies to begin with: a dozen statuses, or the headers of two dozen reads.
const SMALL: usize = 512;

/// Where a session puts its replies, in order. Something else sends them.
pub trait ReplySink {
    /// How many bytes may be sent now. Requests whose replies do not fit are held back until the session is resumed.
    /// A sink that has nothing to send must have room for 256 KiB and some, or nothing goes on.
    fn room(&self) -> usize;

    /// Sends bytes after all that were sent before.
    fn send(&mut self, bytes: Bytes);

    /// Asks to resume the session as soon as others have had their turn.
    fn wake(&mut self);

    /// Asks to resume the session after this time, on tokio's clock. Of several requests the last one counts.
    fn wake_after(&mut self, delay: Duration);
}

/// Replies that are being written. What was gathered is sent when this is dropped.
pub(super) struct Replies<'a> {
    small: BytesMut,
    sink: &'a mut dyn ReplySink,
    version: u32,
}

impl<'a> Replies<'a> {
    pub(super) fn new(sink: &'a mut dyn ReplySink, version: u32) -> Self {
        Self { small: BytesMut::new(), sink, version }
    }

    pub(super) fn room(&self) -> usize {
        self.sink.room().saturating_sub(self.small.len())
    }

    pub(super) fn wake(&mut self) {
        self.sink.wake();
    }

    pub(super) fn wake_after(&mut self, delay: Duration) {
        self.sink.wake_after(delay);
    }

    /// The reply as one piece of bytes, not sent.
    pub(super) fn encoded(&self, id: u32, outcome: Outcome) -> BytesMut {
        let mut packet = BytesMut::new();
        outcome.encode(id, self.version, &mut packet);
        if let Outcome::Data(pieces) = outcome {
            packet.extend(pieces);
        }
        packet
    }

    /// Sends bytes as they are.
    pub(super) fn send_bytes(&mut self, bytes: impl Into<Bytes>) {
        self.flush();
        let bytes = bytes.into();
        if !bytes.is_empty() {
            self.sink.send(bytes);
        }
    }

    pub(super) fn send(&mut self, id: u32, outcome: Outcome) {
        if self.small.capacity() == 0 {
            self.small.reserve(SMALL);
        }
        outcome.encode(id, self.version, &mut self.small);
        if let Outcome::Data(pieces) = outcome {
            self.flush();
            for piece in pieces {
                self.sink.send(piece);
            }
        }
    }

    /// Writes what is no reply to a request.
    pub(super) fn greet(&mut self, version: u32, greeting: &[u8]) {
        self.version = version;
        self.small.extend_from_slice(greeting);
    }

    fn flush(&mut self) {
        if !self.small.is_empty() {
            self.sink.send(self.small.split().freeze());
        }
    }
}

impl Drop for Replies<'_> {
    fn drop(&mut self) {
        self.flush();
    }
}
