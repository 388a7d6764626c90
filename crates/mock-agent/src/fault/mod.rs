//! What goes wrong with an agent: at which request, about which key, what, and when.
//!
//! A [`Fault`] is a [`Stage`] at which it strikes, an [`Action`] that it takes there, and triggers that pick the occasions. It is
//! a value, and it is a text: the same in Rust, in scenario files, on a command line. What code has to decide is a
//! [`Policy`](crate::Policy); faults have the last word.
//!
//! ```
//! use mock_agent::{Fault, MockAgent, Operation, fault::{Action, Stage}};
//!
//! let agent = MockAgent::builder()
//!     .fault(Fault::new(Stage::on(Operation::Sign), Action::Refuse).once())
//!     .fault("agent sign \"deploy*\": wrong-signature; nth 2".parse()?)
//!     .start_blocking()?;
//! {
//!     let _locked_up = agent.faults().scoped("agent any: silence".parse()?)?;
//!     assert_eq!(agent.faults().list().len(), 3);
//! }
//! assert_eq!(agent.faults().list()[0].fault, "agent sign: refuse; once");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! What clients say when they meet a fault stands in `docs/faults.md`.

mod play;
mod text;

use mock_base::{Delay, Pattern};

pub use mock_base::fault::{FaultError, FaultId, FaultInfo, Faults};
pub(crate) use play::{Trouble, trouble};

use crate::Operation;

/// A fault of an agent.
pub type Fault = mock_base::fault::FaultRule<Stage>;

/// A request, about any key or some. Each is an occasion.
#[derive(Debug, Clone)]
pub struct Stage {
    operation: Option<Operation>,
    key: Option<Pattern>,
}

impl Stage {
    /// A request of this kind. `agent sign`
    #[must_use]
    pub fn on(operation: Operation) -> Self {
        Self { operation: Some(operation), key: None }
    }

    /// Any request. `agent any`
    #[must_use]
    pub fn any() -> Self {
        Self { operation: None, key: None }
    }

    /// Only about a key whose comment or fingerprint (`SHA256:…`) matches: one that is to sign, to be added or to be removed.
    ///
    /// ```
    /// use mock_agent::{Operation, fault::Stage};
    /// use mock_base::Pattern;
    ///
    /// let stage = Stage::on(Operation::Sign).key(Pattern::parse("deploy*")?);
    /// assert_eq!(stage.to_string(), "agent sign deploy*");
    /// # Ok::<(), mock_base::PatternError>(())
    /// ```
    #[must_use]
    pub fn key(self, key: impl Into<Pattern>) -> Self {
        Self { key: Some(key.into()), ..self }
    }
}

/// What goes wrong with a request. All but `delay` come instead of what policies say; delays add up, with those of policies.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Action {
    /// Answers with a failure, and does nothing. `refuse`
    Refuse,
    /// Goes on after this time. `delay 3s`
    Delay(Delay),
    /// Does nothing and never answers. `silence`
    Silence,
    /// Closes the connection without an answer. `close`
    Close,
    /// Sends the first half of the answer and closes the connection. `truncate`
    Truncate,
    /// Sends the answer with a length that is one too many. `wrong-length`
    WrongLength,
    /// Sends a well-formed message of an unknown type. `garbage`
    Garbage,
    /// Flips a bit of the signature. `wrong-signature`, at `agent sign`
    WrongSignature,
}

impl Action {
    /// Takes this long.
    #[must_use]
    pub fn delay(delay: impl Into<Delay>) -> Self {
        Self::Delay(delay.into())
    }
}
