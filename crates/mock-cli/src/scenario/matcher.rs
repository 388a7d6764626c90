//! Which requests a rule is for: every matcher that its table has, and all of them must match.

use mock_base::Pattern;
use mock_core::{
    MatchCommand, all_of, any_of, argument, argv, connection, env, flag, option, peer, program, stdin,
    stdin_line, stdin_size, stdin_starts_with, user, with_pty,
};

use super::{
    keys::{MATCH, ON, STDIN},
    pattern,
    reader::{Node, Table},
    times,
};

pub(super) type Matcher = Box<dyn MatchCommand>;

/// A last word that stands for any others.
const MORE: &str = "...";

/// `None` where one of them cannot be read: without it the rule would match too much.
pub(super) fn read(table: &Table<'_>, on: Option<Pattern>) -> Option<Matcher> {
    let mut matchers: Vec<Matcher> = on.into_iter().map(|on| Box::new(on) as Matcher).collect();
    if let Some(node) = table.get("on") {
        matchers.push(any_pattern(&node, |pattern| pattern)?);
    }
    if let Some(node) = table.get("argv") {
        matchers.push(words(&node)?);
    }
    if let Some(node) = table.get("program") {
        matchers.push(any_pattern(&node, program)?);
    }
    for node in table.get("arguments").iter().flat_map(Node::one_or_more) {
        matchers.push(Box::new(argument(pattern::read(&node)?)));
    }
    for node in table.get("flags").iter().flat_map(Node::one_or_more) {
        matchers.push(Box::new(flag(dashed(&node, node.text()?)?)));
    }
    for entry in entries(table, "options")? {
        let name = dashed(&entry.node, entry.name)?;
        matchers.push(Box::new(option(name, pattern::read(&entry.node)?)));
    }
    if let Some(node) = table.get("user") {
        matchers.push(any_pattern(&node, user)?);
    }
    for entry in entries(table, "env")? {
        matchers.push(Box::new(env(entry.name, pattern::read(&entry.node)?)));
    }
    if let Some(node) = table.get("peer") {
        matchers.push(any_pattern(&node, peer)?);
    }
    if let Some(node) = table.get("connection") {
        matchers.push(Box::new(connection(node.number(1, u64::from(u32::MAX))?)));
    }
    if let Some(node) = table.get("pty") {
        matchers.push(if node.flag()? { Box::new(with_pty()) } else { Box::new(with_pty().not()) });
    }
    if let Some(node) = table.get("stdin") {
        matchers.extend(input(&node)?);
    }
    if let Some(node) = table.get("not") {
        matchers.push(Box::new(read(&node.table(&[&ON, &MATCH])?, None)?.not()));
    }
    Some(match (matchers.pop(), matchers.is_empty()) {
        (None, _) => Box::new(mock_core::any()),
        (Some(only), true) => only,
        (Some(last), false) => Box::new(all_of(matchers.into_iter().chain([last]))),
    })
}

/// A pattern, or a list of which one is enough.
fn any_pattern<M: MatchCommand + 'static>(node: &Node<'_>, of: fn(Pattern) -> M) -> Option<Matcher> {
    if !node.is_list() {
        return Some(Box::new(of(pattern::read(node)?)));
    }
    let patterns: Option<Vec<_>> = node.list()?.iter().map(pattern::read).collect();
    Some(Box::new(any_of(patterns?.into_iter().map(of))))
}

/// The entries of a table of patterns, none where it is not there.
fn entries<'a>(table: &Table<'a>, key: &str) -> Option<Vec<super::reader::Entry<'a>>> {
    table.get(key).map_or_else(|| Some(Vec::new()), |node| node.entries())
}

/// All words, or the first where `...` is the last.
fn words(node: &Node<'_>) -> Option<Matcher> {
    let mut words = node.list()?;
    let more = words.last().is_some_and(|last| last.is_text() && last.text() == Some(MORE));
    if more {
        words.pop();
    }
    let patterns: Option<Vec<_>> = words.iter().map(pattern::read).collect();
    let argv = argv(patterns?);
    Some(Box::new(if more { argv.and_more() } else { argv }))
}

fn dashed<'a>(node: &Node<'_>, name: &'a str) -> Option<&'a str> {
    if name.starts_with('-') && !name.trim_start_matches('-').is_empty() {
        return Some(name);
    }
    let hint =
        if name.chars().count() == 1 { format!("write `-{name}`") } else { format!("write `--{name}`") };
    node.report_with(format!("`{name}` has no dashes"), hint);
    None
}

/// A pattern for the whole, or what is known of it.
fn input(node: &Node<'_>) -> Option<Vec<Matcher>> {
    if !node.is_table() {
        return Some(vec![any_pattern(node, stdin)?]);
    }
    let table = node.table(&[&STDIN])?;
    let mut matchers: Vec<Matcher> = Vec::new();
    if let Some(node) = table.get("is") {
        matchers.push(any_pattern(&node, stdin)?);
    }
    if let Some(node) = table.get("line") {
        matchers.push(any_pattern(&node, stdin_line)?);
    }
    if let Some(node) = table.get("starts_with") {
        matchers.push(Box::new(stdin_starts_with(node.text()?)));
    }
    if let Some(node) = table.get("size") {
        matchers.push(Box::new(stdin_size(times::read(&node)?)));
    }
    Some(matchers)
}
