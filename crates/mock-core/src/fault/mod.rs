//! What goes wrong with a connection, its login and its channels: where, what, and when.
//!
//! A [`Fault`] is a [`Stage`] at which it strikes, an [`Action`] that it takes there, and triggers that pick the occasions. It
//! is a value, and it is a text: the same in Rust, in scenario files, on a command line.
//!
//! ```
//! use mock_core::{MockSshServer, fault::{Action, Fault, Stage}};
//!
//! let server = MockSshServer::builder()
//!     .fault(Fault::new(Stage::Kex, Action::Stall).first(2).named("cold start"))
//!     .fault("stdout 4KiB: reset; user backup".parse()?)
//!     .start_blocking()?;
//! {
//!     let _outage = server.faults().scoped("accept: reset".parse()?)?;
//!     assert_eq!(server.faults().list().len(), 3);
//! }
//! assert_eq!(server.faults().list()[0].fault, "kex: stall; first 2; named \"cold start\"");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! What a stage or an action does on the wire, and what clients say when they meet it, stands in `docs/faults.md`.

mod action;
mod plan;
mod scene;
mod stage;
mod text;

pub use action::Action;
pub use mock_base::fault::{FaultError, FaultId, FaultInfo, Faults, Occasion};
pub(crate) use plan::{Plan, begin};
pub(crate) use scene::{Ending, How, Scene, Shaping};
pub use stage::{Amount, ChannelType, RequestType, Stage};

/// A fault of a connection, a login or a channel.
pub type Fault = mock_base::fault::FaultRule<Stage>;
