//! `expect` and `expect_in_order`: what is to be true of the journal in the end, as text.
//!
//! What one says is the library's; here is which of them stand where.

use std::str::FromStr;

use mock_base::{ParsedExpectation, ParsedQuery};

use super::{grammar, reader::Node};

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

fn read<T: FromStr<Err: grammar::Mistake>>(node: &Node<'_>) -> Option<T> {
    grammar::read(node, "an expectation such as `'exec \"uname *\" x1'`")
}
