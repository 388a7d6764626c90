//! The SFTP server: what a channel with the subsystem `sftp` talks to.
//!
//! [`SftpSession`] is the whole protocol as a state machine over bytes, without a stream and without waiting. A server
//! of mock-core drives it in the connection's own task; [`Sftp::serve`] drives it over any other stream.
//!
//! ```text
//! bytes ─► session: frames, what must wait ─► execute: one request ─► files, paths, extensions ─► FileSystem
//! bytes ◄─ replies ◄──────────────────────── outcome, a value
//!            └─ spoil ◄── faults ──────────────┘
//! ```

mod content;
mod copy;
mod describe;
mod execute;
mod extensions;
mod faults;
mod files;
mod handles;
mod listing;
mod outcome;
mod paths;
mod query;
mod record;
#[cfg(feature = "russh-sftp")]
mod russh_sftp;
mod serve;
#[cfg(feature = "server")]
mod service;
mod session;
mod settings;
mod sink;
mod spoil;
mod write;

pub use content::FileContent;
pub use query::{SftpEvents, SftpOps, sftp_op, uploaded};
pub use record::{Cause, SftpOp};
pub use serve::ServeError;
pub use session::{Ending, Progress, SessionError, SftpSession};
pub use settings::Sftp;
pub use sink::ReplySink;
