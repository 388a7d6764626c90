//! The window that a client is granted for what it sends, which is what bounds the queue of unread data.
//!
//! The engine tops a channel's window up by itself as soon as it is half used, whether or not anybody reads. It asks
//! only for the size to top up to, and has one such size for all channels of a connection. So a channel whose
//! program does not read is answered with the smallest size that can still be raised again: its window runs dry,
//! and then goes on two bytes at a time until the program has read. `docs/engine.md` has the details.

/// Window of a channel whose program does not: with 1 the engine would never ask again.
pub(super) const DRY_WINDOW: u32 = 2;

/// Unread data from which on a program does not keep up.
pub(super) const UNREAD: usize = 1 << 20;

/// Unread data at which the channel is closed: only a client that ignores its window gets there, or one with other
/// busy channels on the same connection.
pub(super) const UNREAD_LIMIT: usize = 64 << 20;

/// The size to top up to: `full` for a channel whose program keeps up.
pub(super) fn size_for(unread: usize, full: u32) -> u32 {
    if unread < UNREAD { full } else { DRY_WINDOW }
}
