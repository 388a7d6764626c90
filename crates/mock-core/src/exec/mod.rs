//! Scripted commands: rules that say which command is answered how.
//!
//! A rule is a matcher and an answer, both immutable; the first rule that matches wins, in the order written. What is
//! counted belongs to the server on which a rule is mounted.

mod argv;
mod circumstances;
mod combine;
mod deciding;
mod expected;
mod index;
mod line;
mod list;
mod matcher;
mod mounted;
mod option;
mod player;
mod reply;
mod rule;
mod rules;
mod stdin;
mod template;

pub use argv::{ArgumentsInOrder, Argv, Word, argument, arguments_in_order, argv, program};
pub use circumstances::{
    Circumstance, InState, OnConnection, WithPty, connection, env, in_state, peer, user, with_pty,
};
pub use combine::{And, Not, Or};
pub use list::{AllOf, AnyOf, all_of, any_of};
pub use matcher::{IndexKey, Match, MatchCommand};
pub use option::{Flag, OptionValue, flag, option};
pub(crate) use player::{on_terminal, play_line};
pub use reply::{Reply, Respond};
pub use rule::Exec;
pub use rules::{RuleId, RuleInfo, Rules};
pub use stdin::{OnStdin, stdin, stdin_line, stdin_size, stdin_starts_with};
pub use template::{Template, TemplateError};
