//! Texts in the small languages of the library, such as `exec "rm *" none` and `kex: stall; first 2`.
//!
//! What they mean is known there. Here is only where in the file the word stands that is wrong.

use std::{ops::Range, str::FromStr};

use mock_base::{GrammarError, fault::FaultError};

use super::reader::Node;
use crate::fault::Fault;

/// A list of faults.
pub(super) fn faults(node: &Node<'_>) -> Vec<Fault> {
    let example = "a fault such as `\"kex: stall; first 2\"`";
    node.one_or_more().iter().filter_map(|node| read(node, example)).collect()
}

/// Why a text cannot be read.
pub(super) trait Mistake {
    fn problem(&self) -> &str;

    /// Where it is, if that is known.
    fn grammar(&self) -> Option<&GrammarError>;
}

impl Mistake for GrammarError {
    fn problem(&self) -> &str {
        self.problem()
    }

    fn grammar(&self) -> Option<&GrammarError> {
        Some(self)
    }
}

impl Mistake for FaultError {
    fn problem(&self) -> &str {
        self.problem()
    }

    fn grammar(&self) -> Option<&GrammarError> {
        self.grammar()
    }
}

/// A text; `example` says what text.
pub(super) fn read<T: FromStr<Err: Mistake>>(node: &Node<'_>, example: &str) -> Option<T> {
    let text = node.text_as(example)?;
    let report = |error: &T::Err| {
        let (problem, hint) = match error.problem().split_once("; ") {
            Some((problem, hint)) => (problem, Some(hint.to_owned())),
            None => (error.problem(), None),
        };
        let span = error.grammar().map_or_else(|| node.span.clone(), |error| within(node, text, error));
        node.source.report(span, &node.key, problem.to_owned(), hint);
    };
    text.parse().map_err(|error| report(&error)).ok()
}

/// Where the mistake is in the text; the whole value where the text is not written as it is.
fn within(node: &Node<'_>, text: &str, error: &GrammarError) -> Range<usize> {
    let written = node.source.slice(&node.span);
    if written.get(1..written.len().saturating_sub(1)) != Some(text) {
        return node.span.clone();
    }
    let bytes = |text: &str, count: usize| text.chars().take(count).map(char::len_utf8).sum::<usize>();
    let before = bytes(text, error.column() - 1);
    let length = bytes(text.get(before..).unwrap_or_default(), error.width());
    let start = node.span.start + 1 + before;
    start..start + length.max(1)
}
