//! Scripted commands: rules that say which command is answered how.
//!
//! A rule is a matcher and an answer, both immutable; the first rule that matches wins, in the order written. What is
//! counted belongs to the server on which a rule is mounted.

mod combine;
mod deciding;
mod index;
mod matcher;
mod mounted;
mod player;
mod reply;
mod rule;
mod rules;
mod template;

pub use combine::{And, Not, Or};
pub use matcher::{IndexKey, Match, MatchCommand};
pub(crate) use player::{on_terminal, play};
pub use reply::{Reply, Respond};
pub use rule::Exec;
pub use rules::{RuleId, RuleInfo, Rules};
pub use template::{Template, TemplateError};
