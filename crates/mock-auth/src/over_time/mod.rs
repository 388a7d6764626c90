//! Strategies that answer differently the next time: flaky ones, locks, keys in a row, methods that go away.
//!
//! Each wraps another strategy. What has to outlive a login is in the memory of the server, so that the same value can
//! be given to several servers and a reset forgets it.

mod attempts;
mod connections;
mod delayed;
mod lock;
mod withdrawn;

pub use attempts::{DisconnectAfter, FailFirst, NthKey};
pub use connections::{ByConnection, by_connection};
pub use delayed::Delayed;
pub use lock::LockAfter;
use mock_core::{Answer, Credential, Verdict};
pub use withdrawn::Withdrawn;

/// Whether a credential is a real try: nothing, an offered key and the begin of a dialogue are questions.
fn is_try(credential: &Credential<'_>) -> bool {
    !matches!(credential, Credential::None | Credential::KeyOffered { .. } | Credential::KbdintStart { .. })
}

/// Whether a verdict says no.
fn is_refusal(verdict: &Verdict) -> bool {
    matches!(verdict.answer, Answer::Reject { .. } | Answer::Disconnect { .. })
}

#[cfg(test)]
mod tests;
