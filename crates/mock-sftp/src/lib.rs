#![doc = include_str!("../README.md")]

#[cfg(unix)]
mod directory;
mod error;
pub mod fault;
mod fs;
mod scp;
mod server;
pub mod wire;

#[cfg(unix)]
pub use directory::Directory;
pub use error::FsError;
pub use fault::Fault;
pub use fs::{
    AccessTimes, BuildError, Caller, Change, Diff, Dir, DirEntry, Entry, File, FileKind, FileSystem, Found,
    Id, Limits, MemFs, MemFsBuilder, Metadata, OpenDir, OpenFile, OpenOptions, Rename, SetAttributes,
    Snapshot, Space, User,
};
pub use mock_base::Profile;
pub use scp::{
    Receipts, Received, Scp, ScpCause, ScpError, ScpEvents, ScpOp, ScpOperation, ScpOps, received, scp_op,
    scp_uploaded,
};
#[cfg(feature = "server")]
pub use scp::{ScpCommand, scp_command};
pub use server::{
    Cause, Ending, FileContent, Progress, ReplySink, ServeError, SessionError, Sftp, SftpEvents, SftpOp,
    SftpOps, SftpSession, sftp_op, uploaded,
};
