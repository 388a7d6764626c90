//! `expect` and `expect_in_order`: what is to be true of the journal in the end, as text.
//!
//! The grammar is that of the library. Here is only where in the file the text stands that it refuses.

use std::ops::Range;

use mock_base::{GrammarError, ParsedExpectation, ParsedQuery};

use super::reader::Node;

/// A list of expectations.
pub(super) fn expectations(node: &Node<'_>) -> Vec<ParsedExpectation> {
    node.one_or_more().iter().filter_map(read).collect()
}

/// A list of what is to come in this order, or a list of such lists.
pub(super) fn orders(node: &Node<'_>) -> Vec<ParsedExpectation> {
    let list = node.list().unwrap_or_default();
    if list.iter().any(Node::is_list) {
        return list.iter().filter_map(|steps| order(&steps.one_or_more())).collect();
    }
    order(&list).into_iter().collect()
}

/// The same as one text, which is how it is known in reports.
fn order(steps: &[Node<'_>]) -> Option<ParsedExpectation> {
    // Each is read, so that each is reported.
    let steps: Vec<Option<ParsedQuery>> = steps.iter().map(read).collect();
    let steps: Option<Vec<_>> = steps.into_iter().map(|step| step.map(|step| step.to_string())).collect();
    format!("order: {}", steps?.join(" then ")).parse().ok()
}

fn read<T: std::str::FromStr<Err = GrammarError>>(node: &Node<'_>) -> Option<T> {
    let text = node.text_as("an expectation such as `'exec \"uname *\" x1'`")?;
    let report = |error: &GrammarError| {
        let (problem, hint) = match error.problem().split_once("; ") {
            Some((problem, hint)) => (problem, Some(hint.to_owned())),
            None => (error.problem(), None),
        };
        let span = within(node, text, error.column());
        node.source.report(span, &node.key, problem.to_owned(), hint);
    };
    text.parse().map_err(|error| report(&error)).ok()
}

/// The word at this column of the text; the whole value where the text is not written as it is.
fn within(node: &Node<'_>, text: &str, column: usize) -> Range<usize> {
    let written = node.source.slice(&node.span);
    if written.get(1..written.len().saturating_sub(1)) != Some(text) {
        return node.span.clone();
    }
    let before: usize = text.chars().take(column - 1).map(char::len_utf8).sum();
    let word = text.get(before..).unwrap_or_default();
    let length = word.find(char::is_whitespace).unwrap_or(word.len());
    let start = node.span.start + 1 + before;
    start..start + length.max(1)
}
