//! `[shell]`: what those meet who ask for a shell.
//!
//! Its lines are rules, and read where those of commands are. Here is what a shell has besides.

use mock_core::{Request, Shell};

use super::{
    keys::SHELL,
    reader::{Entry, Node},
    rules,
};

/// The prompt, where the file does not say.
const PROMPT: &str = "$ ";

pub(super) fn read(node: &Node<'_>) -> Option<Shell> {
    let table = node.table(&[&SHELL])?;
    if table.is_set("silent") {
        table.excludes("silent", &["lines", "rule", "echo"], "a silent shell answers nothing");
    }
    let prompt = table.text("prompt").unwrap_or(PROMPT).to_owned();
    let mut shell = if table.is_set("silent") { Shell::silent(prompt) } else { Shell::new(prompt) };
    if let Some(greeting) = table.text("greeting") {
        shell = shell.greeting(greeting.to_owned());
    }
    for Entry { name, node, .. } in table.get("prompts").and_then(|node| node.entries()).unwrap_or_default() {
        for Entry { name: value, node, .. } in node.entries().unwrap_or_default() {
            if let Some(prompt) = node.text() {
                shell = shell.prompt_in(name, value, prompt.to_owned());
            }
        }
    }
    let mut lines = table.get("rule").map(|node| rules::shell(&node)).unwrap_or_default();
    lines.extend(table.get("lines").map(|node| rules::lines(&node)).unwrap_or_default());
    let shell = lines.into_iter().fold(shell, Shell::rule);
    Some(if table.is_set("echo") { shell.on(mock_core::any(), echoed) } else { shell })
}

/// As [`Shell::echo`] does.
fn echoed(request: &Request) -> String {
    format!("REMOTE_OK:{}\n", request.command_text())
}
