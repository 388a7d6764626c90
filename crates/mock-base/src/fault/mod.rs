//! Faults: what goes wrong, where and when, as data.
//!
//! A fault is a rule: a *stage* (where it strikes), an *action* (what goes wrong there) and a *trigger* (which of the
//! occasions). Stages and actions belong to the crate that plays them; everything else is here and the same for all of
//! them: triggers, the list that changes while a server runs, the text form, the journal.

mod occasion;
mod rule;
mod set;
mod text;
mod trigger;

use std::fmt;

pub use crate::grammar::{Words, quoted, size, word};
pub use occasion::Occasion;
pub use rule::FaultRule;
pub use set::{FaultId, FaultInfo, Faults, Struck};
pub use text::{FaultError, first_word};
pub(crate) use trigger::Trigger;

use crate::GrammarError;

/// A place where faults of a crate can strike. `Display` writes what [`read`](Self::read) reads.
///
/// Implemented by the crates that play faults: `mock-core` for connections, logins and channels, `mock-sftp` for operations on
/// files, `mock-agent` for requests to an agent.
///
/// ```
/// use std::fmt;
/// use mock_base::{GrammarError, fault::{FaultRule, Stage, Words}};
///
/// /// A vending machine.
/// #[derive(Debug, Clone)]
/// struct Coin;
///
/// #[derive(Debug, Clone)]
/// struct Jam;
///
/// impl fmt::Display for Coin {
///     fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
///         f.write_str("coin")
///     }
/// }
///
/// impl fmt::Display for Jam {
///     fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
///         f.write_str("jam")
///     }
/// }
///
/// impl Stage for Coin {
///     type Action = Jam;
///     fn read(words: &mut Words<'_>) -> Result<Self, GrammarError> {
///         words.one_of("a stage", &[("coin", ())]).map(|()| Coin)
///     }
///     fn read_action(&self, words: &mut Words<'_>) -> Result<Jam, GrammarError> {
///         words.one_of("an action", &[("jam", ())]).map(|()| Jam)
///     }
///     fn check(&self, _: &Jam) -> Result<(), String> {
///         Ok(())
///     }
/// }
///
/// let fault: FaultRule<Coin> = "coin: jam; every 10".parse()?;
/// assert_eq!(fault.to_string(), "coin: jam; every 10");
/// # Ok::<(), mock_base::fault::FaultError>(())
/// ```
pub trait Stage: Clone + fmt::Debug + fmt::Display + Send + Sync + 'static {
    /// What can go wrong there. `Display` writes what [`read_action`](Self::read_action) reads.
    type Action: Clone + fmt::Debug + fmt::Display + Send + Sync + 'static;

    /// Reads a stage: what stands before the colon. Words that are left are an error of the caller's.
    ///
    /// # Errors
    ///
    /// What is wrong, and the nearest word that is not.
    fn read(words: &mut Words<'_>) -> Result<Self, GrammarError>;

    /// Reads an action at this stage: what stands behind the colon.
    ///
    /// # Errors
    ///
    /// What is wrong, and the nearest word that is not.
    fn read_action(&self, words: &mut Words<'_>) -> Result<Self::Action, GrammarError>;

    /// Whether this action can be had at this stage.
    ///
    /// # Errors
    ///
    /// Why it cannot, as a sentence without a full stop.
    fn check(&self, action: &Self::Action) -> Result<(), String>;
}
