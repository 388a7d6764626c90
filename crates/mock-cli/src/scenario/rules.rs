//! Rules for commands and for lines of a shell: which is answered how, and when.
//!
//! A table of `[[exec]]` is one rule. `[commands]` has one on each line, its pattern as the key; what stands there is a
//! reply, or a table with all that a rule may have. `[[shell.rule]]` and `[shell.lines]` are the same for a shell.

use mock_base::Pattern;
use mock_core::{Exec, Line, Reply};

use super::{
    keys::{INPUT, Keys, MATCH, OF_LINE, OF_SERVER, ON, REPLY, WHEN},
    matcher::{self, Matcher},
    pattern,
    reader::{Entry, Node, Table},
    reply, times,
};

/// `[[exec]]`, in the order written.
pub(super) fn exec(node: &Node<'_>) -> Vec<Exec> {
    let rule =
        |node: &Node<'_>| command(&node.table(&[&ON, &MATCH, &INPUT, &WHEN, &OF_SERVER, &REPLY])?, None);
    node.one_or_more().iter().filter_map(rule).collect()
}

/// `[commands]`, in the order written.
pub(super) fn commands(node: &Node<'_>) -> Vec<Exec> {
    short(node, &[&MATCH, &INPUT, &WHEN, &OF_SERVER, &REPLY], command, |on, answer| match answer {
        Short::Reply(reply) => Exec::on(on).reply(reply),
        Short::Replies(replies) => Exec::on(on).reply_each(replies),
    })
}

/// `[[shell.rule]]`, in the order written.
pub(super) fn shell(node: &Node<'_>) -> Vec<Line> {
    let rule = |node: &Node<'_>| line(&node.table(&[&ON, &MATCH, &WHEN, &OF_LINE, &REPLY])?, None);
    node.one_or_more().iter().filter_map(rule).collect()
}

/// `[shell.lines]`, in the order written.
pub(super) fn lines(node: &Node<'_>) -> Vec<Line> {
    short(node, &[&MATCH, &WHEN, &OF_LINE, &REPLY], line, |on, answer| match answer {
        Short::Reply(reply) => Line::on(on).reply(reply),
        Short::Replies(replies) => Line::on(on).reply_each(replies),
    })
}

/// What stands behind a pattern, where it is no table.
enum Short {
    Reply(Reply),
    Replies(Vec<Reply>),
}

/// A rule for each entry, whose key is the pattern.
fn short<R>(
    node: &Node<'_>,
    keys: &[&Keys],
    full: fn(&Table<'_>, Option<Pattern>) -> Option<R>,
    make: fn(Pattern, Short) -> R,
) -> Vec<R> {
    let rule = |Entry { name, span, node }: &Entry<'_>| {
        let on = pattern::of_key(name, span, node);
        if node.is_table() {
            let table = node.table(keys)?;
            return full(&table, Some(on?));
        }
        let answer = if node.is_list() {
            Some(Short::Replies(replies(node)))
        } else {
            reply::read(node).map(Short::Reply)
        };
        Some(make(on?, answer?))
    };
    node.entries().unwrap_or_default().iter().filter_map(rule).collect()
}

/// Two types of rules with the same methods.
macro_rules! full {
    ($(#[$doc:meta])* $full:ident: $rule:ident) => {
        $(#[$doc])*
        fn $full(table: &Table<'_>, on: Option<Pattern>) -> Option<$rule> {
            table.excludes("replies", REPLY.keys, "put it into one of `replies`");
            let why = "`nth` picks one call, and there is no other to choose";
            table.excludes("nth", &["up_to", "after", "every"], why);
            let matcher: Option<Matcher> = matcher::read(table, on);
            let answer = match table.get("replies") {
                Some(node) => Short::Replies(replies(&node)),
                None => Short::Reply(reply::in_full(table)),
            };
            let mut rule = $rule::on(matcher?);
            rule = match answer {
                Short::Replies(replies) => rule.reply_each(replies),
                Short::Reply(reply) => rule.reply(reply),
            };
            for (name, value) in states(table, "in_state") {
                rule = rule.in_state(name, value);
            }
            for (name, value) in states(table, "then_state") {
                rule = rule.then_state(name, value);
            }
            let calls: [(&str, fn($rule, u64) -> $rule); 4] =
                [("up_to", $rule::up_to), ("after", $rule::after), ("nth", $rule::nth), ("every", $rule::every)];
            for (key, with) in calls {
                if let Some(number) = table.number(key, 1, u64::from(u32::MAX)) {
                    rule = with(rule, number);
                }
            }
            Some(match table.text("name") {
                Some(name) => rule.named(name),
                None => rule,
            })
        }
    };
}

full!(
    /// What commands and lines have in common.
    full_exec: Exec
);
full!(
    /// What lines and commands have in common.
    full_line: Line
);

/// A rule for commands with whatever its table says.
fn command(table: &Table<'_>, on: Option<Pattern>) -> Option<Exec> {
    let expected = table.get("expect").as_ref().and_then(times::read);
    let mut rule = full_exec(table, on)?;
    if table.is_set("per_connection") {
        rule = rule.per_connection();
    }
    Some(match expected {
        Some(times) => rule.expect(times),
        None => rule,
    })
}

/// A rule for lines with whatever its table says.
fn line(table: &Table<'_>, on: Option<Pattern>) -> Option<Line> {
    let rule = full_line(table, on)?;
    Some(if table.is_set("server_wide") { rule.server_wide() } else { rule })
}

/// One for each call, the last for all that follow.
fn replies(node: &Node<'_>) -> Vec<Reply> {
    let list = node.list().unwrap_or_default();
    if node.is_list() && list.is_empty() {
        node.report("there is no reply in it");
    }
    list.iter().filter_map(reply::read).collect()
}

/// `{ lock = "held" }`.
pub(super) fn states(table: &Table<'_>, key: &str) -> Vec<(String, String)> {
    let entries = table.get(key).and_then(|node| node.entries()).unwrap_or_default();
    let state = |entry: &Entry<'_>| Some((entry.name.to_owned(), entry.node.text()?.to_owned()));
    entries.iter().filter_map(state).collect()
}
