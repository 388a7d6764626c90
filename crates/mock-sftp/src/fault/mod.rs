//! What goes wrong with files: at which operation of SFTP or copy of SCP, what, and when.
//!
//! A [`Fault`] is a [`Stage`] at which it strikes, an [`Action`] that it takes there, and triggers that pick the occasions. It is
//! a value, and it is a text: the same in Rust, in scenario files, on a command line.
//!
//! ```
//! use mock_sftp::{Fault, MemFs, Sftp, fault::{Action, Stage}, wire::Operation};
//!
//! let sftp = Sftp::new(MemFs::new())
//!     .fault(Fault::new(Stage::sftp(Operation::Write), Action::NoSpace(1 << 20)).once())?
//!     .fault("sftp open \"*.gz\": status permission-denied; nth 2".parse()?)?;
//! {
//!     let _slow = sftp.faults().scoped("sftp any: delay 200ms".parse()?)?;
//!     assert_eq!(sftp.faults().list().len(), 3);
//! }
//! assert_eq!(sftp.faults().list()[0].fault, "sftp write: no-space after 1MiB; once");
//! # Ok::<(), mock_sftp::fault::FaultError>(())
//! ```
//!
//! An occasion is a request, or a file that is copied. For what counts bytes (`after 1MiB`), for `no-space` and for `endless` it is
//! an open file or directory: the first request at the stage that comes with its handle.
//!
//! What clients say when they meet a fault stands in `docs/faults.md`.

mod action;
mod kind;
mod stage;
mod text;
mod who;

pub use action::Action;
pub use mock_base::fault::{FaultError, FaultId, FaultInfo, Faults, Struck};
pub use stage::Stage;
pub(crate) use who::Who;

/// A fault of SFTP or SCP.
pub type Fault = mock_base::fault::FaultRule<Stage>;
