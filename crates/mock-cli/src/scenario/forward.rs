//! `[[forward]]` and `[[remote_forward]]`: where connections through a server lead, and where clients have it listen.

use mock_base::{Delay, Pattern};
use mock_core::{Forward, Network, OpenFailure, RemoteForward};

use super::{
    files::{self, Parts},
    keys::{FORWARD, REMOTE_FORWARD},
    pattern,
    problem::{Problem, ScenarioError},
    reader::{Node, Table},
};

/// A rule, of which the servers are not there yet.
#[derive(Debug, Clone)]
pub(crate) struct ForwardRule {
    to: Pattern,
    end: End,
    after: Option<Delay>,
}

#[derive(Debug, Clone)]
enum End {
    /// The server of the file with this name.
    Server(String),
    /// The server that has the name of the host asked for.
    Network,
    Rule(Forward),
}

impl ForwardRule {
    /// The server of the file that it leads to, by its name.
    pub(crate) fn server(&self) -> Option<&str> {
        match &self.end {
            End::Server(name) => Some(name),
            End::Network | End::Rule(_) => None,
        }
    }

    pub(crate) fn build(&self, network: &Network) -> Forward {
        let to = || Forward::to(self.to.clone());
        let rule = match &self.end {
            End::Server(name) => to().connect(network.named(name)),
            End::Network => to().network(network),
            End::Rule(rule) => rule.clone(),
        };
        match self.after {
            Some(delay) => rule.after(delay),
            None => rule,
        }
    }
}

/// Of these keys a rule has one.
const ENDS: [&str; 10] =
    ["server", "network", "reply", "file", "echo", "refuse", "silence", "host", "host_port", "host_socket"];

/// The rules, which may name these servers.
pub(super) fn rules(node: &Node<'_>, servers: Option<&[String]>) -> Vec<ForwardRule> {
    node.one_or_more().iter().filter_map(|node| rule(node, servers)).collect()
}

fn rule(node: &Node<'_>, servers: Option<&[String]>) -> Option<ForwardRule> {
    let table = node.table(&[&FORWARD])?;
    let to = table.require("to", "\"db01:22\"").and_then(|node| pattern::read(&node))?;
    for (index, end) in ENDS.iter().enumerate() {
        let others = ENDS.get(index + 1..).unwrap_or_default();
        table.excludes(end, others, "a connection leads to one place");
    }
    if let Some(code) = table.get("code").filter(|_| table.get("refuse").is_none()) {
        code.report_with(
            "`code` is the reason of a refusal",
            "write `refuse = \"Connection refused\"` beside it",
        );
    }
    table.excludes("silence", &["delay"], "what is never answered is not answered later");
    let after = table
        .get("delay")
        .and_then(|node| node.parsed("delay", "a time such as `\"250ms\"` or `\"100ms..2s\"`"));
    Some(ForwardRule { end: end(&table, &to, servers)?, to, after })
}

fn end(table: &Table<'_>, to: &Pattern, servers: Option<&[String]>) -> Option<End> {
    let rule = Forward::to(to.clone());
    if let Some(node) = table.get("server") {
        let name = node.text()?;
        if servers.is_some_and(|servers| !servers.iter().any(|server| server == name)) {
            let known: Vec<_> = servers.into_iter().flatten().map(|server| format!("`{server}`")).collect();
            node.report_with(
                format!("there is no [[server]] `{name}`"),
                format!("there is {}", known.join(", ")),
            );
            return None;
        }
        return Some(End::Server(name.to_owned()));
    }
    if table.is_set("network") {
        return Some(End::Network);
    }
    Some(End::Rule(if let Some(node) = table.get("reply") {
        rule.reply(node.text()?.to_owned())
    } else if let Some(node) = table.get("file") {
        rule.reply(node.bytes()?)
    } else if let Some(node) = table.get("refuse") {
        rule.refuse(code(table)?, node.text()?)
    } else if let Some(node) = table.get("host_port") {
        rule.host_port(u16::try_from(node.number(1, u64::from(u16::MAX))?).ok()?)
    } else if let Some(node) = table.get("host_socket") {
        rule.host_socket(node.source.resolve(node.text()?))
    } else if table.is_set("echo") {
        rule.echo()
    } else if table.is_set("silence") {
        rule.silence()
    } else if table.is_set("host") {
        rule.host()
    } else {
        rule
    }))
}

fn code(table: &Table<'_>) -> Option<OpenFailure> {
    let Some(node) = table.get("code") else {
        return Some(OpenFailure::ConnectFailed);
    };
    node.choice(&[
        ("administratively_prohibited", OpenFailure::AdministrativelyProhibited),
        ("connect_failed", OpenFailure::ConnectFailed),
        ("unknown_channel_type", OpenFailure::UnknownChannelType),
        ("resource_shortage", OpenFailure::ResourceShortage),
    ])
}

pub(super) fn remote_rules(node: &Node<'_>) -> Vec<RemoteForward> {
    node.one_or_more().iter().filter_map(remote_rule).collect()
}

fn remote_rule(node: &Node<'_>) -> Option<RemoteForward> {
    let table = node.table(&[&REMOTE_FORWARD])?;
    let at = table.require("at", "\"localhost:*\"").and_then(|node| pattern::read(&node))?;
    table.excludes("refuse", &["host", "port"], "what is refused has no place");
    table.excludes("host", &["port"], "the machine chooses the port itself");
    let rule = RemoteForward::at(at);
    Some(if table.is_set("refuse") {
        rule.refuse()
    } else if table.is_set("host") {
        rule.host()
    } else {
        match table.number("port", 1, u64::from(u16::MAX)).and_then(|port| u16::try_from(port).ok()) {
            Some(port) => rule.accept_as(port),
            None => rule,
        }
    })
}

/// A rule for forwards as a flag has it: the keys of `[[forward]]` on one line.
pub(crate) fn forward_of_flag(text: &str) -> Result<ForwardRule, String> {
    forward_of_keys(text, "flag").map_err(|error| on_one_line(&error))
}

/// The same for `[[remote_forward]]`.
pub(crate) fn remote_forward_of_flag(text: &str) -> Result<RemoteForward, String> {
    remote_forward_of_keys(text, "flag").map_err(|error| on_one_line(&error))
}

/// A rule of these keys, which stand in `whose`.
pub(crate) fn forward_of_keys(keys: &str, whose: &str) -> Result<ForwardRule, ScenarioError> {
    of_keys("forward", keys, whose, |parts| parts.forwards)
}

/// The same for `[[remote_forward]]`.
pub(crate) fn remote_forward_of_keys(keys: &str, whose: &str) -> Result<RemoteForward, ScenarioError> {
    of_keys("remote_forward", keys, whose, |parts| parts.remote_forwards)
}

/// The first of the `rules` that stand in `table` in a scenario of nothing but these keys.
pub(super) fn of_keys<T>(
    table: &str,
    keys: &str,
    whose: &str,
    rules: impl Fn(Parts) -> Vec<T>,
) -> Result<T, ScenarioError> {
    let (parts, _lender) = files::parse(&format!("{table} = {{ {keys} }}"), whose)?;
    let nothing = || ScenarioError::Invalid { problems: Vec::new() };
    rules(parts).into_iter().next().ok_or_else(nothing)
}

/// What is wrong with a flag.
pub(super) fn on_one_line(error: &ScenarioError) -> String {
    let ScenarioError::Invalid { problems } = error else {
        return error.to_string();
    };
    let told = |problem: &Problem| match problem.hint() {
        Some(hint) => format!("{}: {hint}", problem.message()),
        None => problem.message().to_owned(),
    };
    problems.iter().map(told).collect::<Vec<_>>().join("; ")
}
