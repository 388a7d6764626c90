//! Everything but unit tests, in one binary.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "clippy.toml allows these in test functions; this is for what they share"
)]

#[cfg(target_os = "linux")]
mod fs_linux;
mod fs_ops;
