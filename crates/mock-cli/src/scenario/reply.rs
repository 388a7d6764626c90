//! What a command prints and how it ends: as text, as a status, or in full as a table.
//!
//! Only the short form adds line ends. In full, text is what the client gets to the byte, because that is what a test of
//! a parser needs.

use mock_base::Delay;
use mock_core::{Exit, Reply, Template};

use super::{
    keys::{Keys, PIECE, REPLY, SIGNAL},
    reader::{Node, Table},
};

/// RFC 4254 section 6.10.
const SIGNALS: [&str; 13] =
    ["ABRT", "ALRM", "FPE", "HUP", "ILL", "INT", "KILL", "PIPE", "QUIT", "SEGV", "TERM", "USR1", "USR2"];

/// Keys that `pieces` stand in place of.
const INSTEAD_OF_PIECES: &[&str] = &["stdout", "stderr", "file", "echo_stdin", "read_stdin", "delay"];

/// A reply in short form or in full.
pub(super) fn read(node: &Node<'_>) -> Option<Reply> {
    if node.is_text() {
        return node.text().map(|text| Reply::from(line(text)));
    }
    if node.is_number() {
        return status(node).map(Reply::fail);
    }
    if node.is_table() {
        return node.table(&[&REPLY]).map(|table| in_full(&table));
    }
    node.report_with(
        "this is no reply",
        "expected text that is printed, a number for the exit status, or a table with `stdout`, `exit` and the like",
    );
    None
}

/// What subsystems answer, by their names.
pub(super) fn subsystems(node: &Node<'_>) -> Vec<(String, Reply)> {
    let entries = node.entries().unwrap_or_default();
    entries.iter().filter_map(|entry| Some((entry.name.to_owned(), read(&entry.node)?))).collect()
}

/// Text in short form is a line, or lines: the last ends as well. Nothing prints nothing.
fn line(text: &str) -> String {
    let end = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
    format!("{text}{end}")
}

/// A reply in the table of a rule, or alone.
pub(super) fn in_full(table: &Table<'_>) -> Reply {
    table.excludes("pieces", INSTEAD_OF_PIECES, "put it into `pieces`, in its order");
    table.excludes("signal", &["exit"], "a program ends with a status or by a signal");
    let template = table.is_set("template");
    let mut reply = Reply::ok();
    if let Some(pieces) = table.get("pieces") {
        let piece = |reply, node: Node<'_>| match node.table(&[&PIECE]) {
            Some(table) => played(reply, &table, &PIECE, template),
            None => reply,
        };
        reply = pieces.list().unwrap_or_default().into_iter().fold(reply, piece);
    } else {
        reply = played(reply, table, &REPLY, template);
    }
    if let Some(bandwidth) = table.number("bandwidth", 1, u64::from(u32::MAX)) {
        reply = reply.bandwidth(bandwidth);
    }
    if let Some(status) = table.get("exit").as_ref().and_then(status) {
        reply = reply.exit(status);
    }
    match table.get("signal").as_ref().and_then(signal) {
        Some(exit) => reply.exit(exit),
        None => reply,
    }
}

/// What is done in which order, where it stands in one table: input is read, time passes, then it prints.
fn played(reply: Reply, table: &Table<'_>, keys: &Keys, template: bool) -> Reply {
    let mut reply = reply;
    if table.is_set("read_stdin") {
        reply = reply.read_stdin();
    }
    if let Some(node) = table.get("read_until") {
        reply = match node.text_as("the text that ends a message") {
            Some("") => {
                node.report("nothing ends with an empty text");
                reply
            }
            Some(text) => reply.read_until(text.to_owned()),
            None => reply,
        };
    }
    let pause = if keys.keys.contains(&"pause") { "pause" } else { "delay" };
    if let Some(delay) = table.get(pause).and_then(|node| delay(&node)) {
        reply = reply.pause(delay);
    }
    if table.is_set("echo_stdin") {
        reply = reply.echo_stdin();
    }
    if let Some(node) = table.get("stdout") {
        reply = printed(reply, &node, template, Reply::stdout, Reply::stdout_template);
    }
    if let Some(node) = table.get("file") {
        reply = match (template, node.file()) {
            (_, None) => reply,
            (false, Some(path)) => reply.stdout_file(path),
            (true, Some(_)) => match node.contents().and_then(|text| filled(&node, &text)) {
                Some(template) => reply.stdout_template(template),
                None => reply,
            },
        };
    }
    if let Some(node) = table.get("stderr") {
        reply = printed(reply, &node, template, Reply::stderr, Reply::stderr_template);
    }
    reply
}

fn printed(
    reply: Reply,
    node: &Node<'_>,
    template: bool,
    text: fn(Reply, String) -> Reply,
    filling: fn(Reply, Template) -> Reply,
) -> Reply {
    let Some(written) = node.text() else {
        return reply;
    };
    match template.then(|| filled(node, written)) {
        Some(Some(template)) => filling(reply, template),
        Some(None) => reply,
        None => text(reply, written.to_owned()),
    }
}

fn filled(node: &Node<'_>, text: &str) -> Option<Template> {
    let template = Template::new(text);
    let hint = "write `{{ user }}`, `{{ args[1] }}` or `{{ NAME }}` for a capture";
    template.map_err(|error| node.report_with(error.to_string(), hint)).ok()
}

pub(super) fn delay(node: &Node<'_>) -> Option<Delay> {
    let example = "a time such as `\"250ms\"`, or `\"1s..2s\"` or `\"~200ms/0.5\"` for one that varies";
    node.parsed("delay", example)
}

fn status(node: &Node<'_>) -> Option<u32> {
    node.number(0, u64::from(u32::MAX)).and_then(|status| u32::try_from(status).ok())
}

fn signal(node: &Node<'_>) -> Option<Exit> {
    if node.is_text() {
        return Some(Exit::signal(signal_name(node)?));
    }
    let table = node.table(&[&SIGNAL])?;
    Some(Exit::Signal {
        name: signal_name(&table.require("name", "\"TERM\"")?)?,
        core_dumped: table.is_set("core_dumped"),
        message: table.text("message").unwrap_or_default().to_owned(),
    })
}

fn signal_name(node: &Node<'_>) -> Option<String> {
    let name = node.text()?;
    // Names of one's own have a domain (RFC 4254 section 6.10).
    if SIGNALS.contains(&name) || name.contains('@') {
        return Some(name.to_owned());
    }
    let short = name.to_uppercase();
    let short = short.strip_prefix("SIG").unwrap_or(&short);
    let hint = match SIGNALS.iter().find(|known| **known == short) {
        Some(known) => format!("write `{known}`"),
        None => format!("expected one of {}", SIGNALS.join(", ")),
    };
    node.report_with(format!("`{name}` is no signal"), hint);
    None
}
