//! Scripted commands: rules that say which command is answered how.
//!
//! A rule is a matcher and an answer, both immutable; the first rule that matches wins, in the order written.

mod matcher;
mod reply;
mod rule;

pub use matcher::{Any, Glob, Match, MatchCommand, PatternError, Prefix, Regex, any, glob, prefix, regex};
pub use reply::{Reply, Respond};
pub use rule::Exec;
