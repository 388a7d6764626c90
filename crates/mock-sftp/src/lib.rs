#![doc = include_str!("../README.md")]

mod error;
mod fs;
pub mod wire;

pub use error::FsError;
pub use fs::{
    Caller, DirEntry, FileKind, FileSystem, Metadata, OpenDir, OpenFile, OpenOptions, Rename, SetAttributes,
    Space,
};
