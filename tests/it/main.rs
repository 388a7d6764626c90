//! Our own client against several crates at once. What one crate does by itself is tested there.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod fault_rows;
mod one_journal;
mod stalled_files;
