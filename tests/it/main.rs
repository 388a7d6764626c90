//! Our own client against several crates at once. What one crate does by itself is tested there.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod channel;
mod fault_rows;
mod hostile_files;
mod one_journal;
mod stalled_files;
