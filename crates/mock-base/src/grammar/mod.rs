//! What the small languages of this crate share: words with their places, and errors that show them.

mod error;
mod lex;
mod quote;
mod words;

pub use error::GrammarError;
pub(crate) use error::did_you_mean;
pub(crate) use lex::{Token, tokens};
pub use quote::{quoted, word};
pub use words::{Words, size};
