//! Patterns as a scenario writes them: `~` a regular expression, `=` exact text, `*` and `?` wild, else the text itself.
//!
//! The forms are those of the library. A pattern may be a value or a key, and a problem is reported where it stands.

use std::{error::Error as _, ops::Range};

use mock_base::{Pattern, PatternError};

use super::reader::Node;

/// A pattern as a value.
pub(super) fn read(node: &Node<'_>) -> Option<Pattern> {
    let parsed = Pattern::parse(node.text()?);
    parsed.map_err(|error| node.report_with(error.to_string(), why(&error))).ok()
}

/// A pattern as the key of this value.
pub(super) fn of_key(name: &str, span: &Range<usize>, node: &Node<'_>) -> Option<Pattern> {
    let report = |error: &PatternError| {
        node.source.report(span.clone(), &node.key, error.to_string(), Some(why(error)));
    };
    Pattern::parse(name).map_err(|error| report(&error)).ok()
}

/// The last line of what the library says: the others draw the pattern once more.
fn why(error: &PatternError) -> String {
    let text = error.source().map(ToString::to_string).unwrap_or_default();
    let last = text.lines().last().unwrap_or_default().trim();
    last.strip_prefix("error: ").unwrap_or(last).to_owned()
}
