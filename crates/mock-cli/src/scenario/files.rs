//! Reading a scenario, file by file: syntax first, then each table, then what is included.
//!
//! A file goes before what it includes, which goes in the order written; who speaks first is heard. Each file counts
//! once, however often it is included.

use std::{
    collections::HashSet,
    fs, io,
    path::{Path, PathBuf},
};

use mock_base::ParsedExpectation;
use mock_core::{Exec, RemoteForward, Reply, Shell};
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{
    expected,
    forward::{self, ForwardRule},
    grammar,
    keys::{OF_ONE, SERVER, TOP},
    login::Lender,
    problem::{Problem, ScenarioError},
    reader::{Node, Table},
    reply, rules,
    server::ServerOptions,
    sftp::{self, SftpTable},
    shell,
    source::Source,
    users::{self, ScenarioUser},
};
use crate::fault::Fault;

/// What becomes of commands for which there is no rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rest {
    Echo,
    Deny,
    Unknown,
}

/// What files say, in the order in which it counts.
#[derive(Debug, Clone, Default)]
pub(super) struct Parts {
    pub(super) server: ServerOptions,
    pub(super) users: Vec<ScenarioUser>,
    pub(super) rules: Vec<Exec>,
    pub(super) rest: Option<Rest>,
    pub(super) shell: Option<Shell>,
    pub(super) subsystems: Vec<(String, Reply)>,
    pub(super) files: SftpTable,
    pub(super) states: Vec<(String, String)>,
    pub(super) expectations: Vec<ParsedExpectation>,
    pub(super) faults: Vec<Fault>,
    pub(super) forwards: Vec<ForwardRule>,
    pub(super) remote_forwards: Vec<RemoteForward>,
    /// The other servers of the file: those behind the first.
    pub(super) hosts: Vec<Self>,
}

impl Parts {
    /// What there is, in few words.
    pub(super) fn summary(&self) -> String {
        let counted = |count: usize, what: &str| match count {
            1 => format!("1 {what}"),
            count => format!("{count} {what}s"),
        };
        let Self { users, rules, expectations, faults, .. } = self;
        let parts = [(users.len(), "user"), (rules.len(), "rule"), (expectations.len(), "expectation")];
        let mut parts: Vec<_> = parts.into_iter().map(|(count, what)| counted(count, what)).collect();
        parts.extend(Some(faults.len()).filter(|count| *count > 0).map(|count| counted(count, "fault")));
        parts.join(", ")
    }

    /// Adds what another file says, behind.
    fn extend(&mut self, other: Self) {
        self.server = std::mem::take(&mut self.server).or(other.server);
        let is_new = |user: &ScenarioUser| !self.users.iter().any(|known| known.name == user.name);
        let users: Vec<_> = other.users.into_iter().filter(is_new).collect();
        self.users.extend(users);
        self.rules.extend(other.rules);
        self.rest = self.rest.or(other.rest);
        self.shell = self.shell.take().or(other.shell);
        // The first of a name is heard.
        self.subsystems.extend(other.subsystems);
        self.files = std::mem::take(&mut self.files).or(other.files);
        self.states.extend(other.states);
        self.expectations.extend(other.expectations);
        self.faults.extend(other.faults);
        self.forwards.extend(other.forwards);
        self.remote_forwards.extend(other.remote_forwards);
        self.hosts.extend(other.hosts);
    }
}

/// All that a scenario says, from its file.
pub(super) fn load(path: &Path) -> Result<(Parts, Lender), ScenarioError> {
    let failed = |source| ScenarioError::Read { path: path.to_owned(), source };
    let text = read(path).map_err(failed)?;
    let identity = path.canonicalize().map_err(failed)?;
    let mut files = Files { open: vec![(identity.clone(), path.display().to_string())], ..Files::default() };
    files.seen.insert(identity);
    let parts = files.file(&path.display().to_string(), &text);
    files.end(parts)
}

/// All that a scenario says, from its text.
pub(super) fn parse(text: &str, name: &str) -> Result<(Parts, Lender), ScenarioError> {
    let mut files = Files::default();
    let parts = files.file(name, text);
    files.end(parts)
}

/// The text of a file. What is not a file, such as a pipe, might never end.
fn read(path: &Path) -> io::Result<String> {
    if fs::metadata(path)?.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    fs::read_to_string(path)
}

#[derive(Default)]
struct Files {
    problems: Vec<Problem>,
    /// Those that are being read, each included by the one before: what is the same file, and its name.
    open: Vec<(PathBuf, String)>,
    seen: HashSet<PathBuf>,
    lender: Lender,
}

impl Files {
    fn end(self, parts: Parts) -> Result<(Parts, Lender), ScenarioError> {
        if let Some(time) = parts.server.clock {
            self.lender.clock.set(time);
        }
        if self.problems.is_empty() {
            Ok((parts, self.lender))
        } else {
            Err(ScenarioError::Invalid { problems: self.problems })
        }
    }

    fn file(&mut self, name: &str, text: &str) -> Parts {
        let source = Source::new(name, text);
        let (document, errors) = DeTable::parse_recoverable(text);
        for error in &errors {
            let span = error.span().unwrap_or(text.len()..text.len());
            let nothing = source.slice(&span).trim().is_empty();
            source.report(span, "", sentence(error.message(), nothing), None);
        }
        // What the parser made up in place of what it could not read is no problem of its own.
        let (count, lines) = (errors.len(), source.lines());
        let document = Spanned::new(0..0, DeValue::Table(document.into_inner()));
        let (mut parts, included) = match Node::document(&source, &document).table(&[&TOP]) {
            Some(table) => (tables(&table, &self.lender), self.included(&table)),
            None => (Parts::default(), Vec::new()),
        };
        source.forget_consequences(count, &lines);
        self.problems.extend(source.into_problems());
        for (identity, name, text) in included {
            self.open.push((identity, name.clone()));
            parts.extend(self.file(&name, &text));
            self.open.pop();
        }
        parts
    }

    /// The files that this one includes: which each is, its name and its text.
    fn included(&mut self, table: &Table<'_>) -> Vec<(PathBuf, String, String)> {
        let nodes = table.get("include").map(|node| node.one_or_more()).unwrap_or_default();
        nodes.iter().filter_map(|node| self.include(node)).collect()
    }

    fn include(&mut self, node: &Node<'_>) -> Option<(PathBuf, String, String)> {
        let path = node.file()?;
        let name = path.display().to_string();
        let identity = path.canonicalize().unwrap_or_else(|_| path.clone());
        if let Some(begin) = self.open.iter().position(|(open, _)| *open == identity) {
            let circle = self.open.iter().skip(begin).map(|(_, name)| format!("`{name}`"));
            let circle: Vec<_> = circle.chain([format!("`{name}`")]).collect();
            node.report_with("a file includes itself", circle.join(" includes "));
            return None;
        }
        if !self.seen.insert(identity.clone()) {
            return None;
        }
        Some((identity, name, node.contents()?))
    }
}

/// An error of the parser as others read.
fn sentence(message: &str, nothing: bool) -> String {
    // What it says of text that it takes for a word.
    if nothing && message.starts_with("string values must be quoted") {
        return "a value is missing".to_owned();
    }
    message.replace('\n', ", ")
}

/// What a file says. Of several servers the first is the one that clients reach; what stands outside of them is every
/// one's, behind its own.
fn tables(table: &Table<'_>, lender: &Lender) -> Parts {
    let Some(servers) = table.get("server").filter(Node::is_list) else {
        let server = table.get("server").map(|node| ServerOptions::read(&node, lender)).unwrap_or_default();
        return of_server(table, server, None, lender);
    };
    let servers = servers.list().unwrap_or_default();
    let servers: Vec<_> = servers.iter().filter_map(|node| node.table(&[&SERVER, &OF_ONE])).collect();
    let names = names(&servers);
    // A file that includes others may mean theirs.
    let known = table.get("include").is_none().then_some(&*names);
    let common = of_server(table, ServerOptions::default(), known, lender);
    let own = |(index, table): (usize, &Table<'_>)| {
        let mut parts = of_server(table, ServerOptions::read_table(table, lender), known, lender);
        if let (Some(node), true) =
            (table.get("faults"), parts.faults.iter().any(|fault| fault.agent().is_some()))
        {
            node.report_with("the agent is not one server's", "write its faults above the first [[server]]");
        }
        let mut common = common.clone();
        if index > 0 {
            // What is expected of all together is expected of the first.
            common.expectations.clear();
        }
        parts.extend(common);
        parts
    };
    let mut all = servers.iter().enumerate().map(own);
    let mut first = all.next().unwrap_or_default();
    first.hosts.extend(all);
    first
}

/// The names of several servers, of which each has one of its own.
fn names(servers: &[Table<'_>]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for table in servers {
        let Some(node) = table.require("name", "\"db01\"") else {
            continue;
        };
        let Some(name) = node.text() else {
            continue;
        };
        if names.iter().any(|known| known == name) {
            node.report(format!("there are two servers called `{name}`"));
        }
        names.push(name.to_owned());
    }
    names
}

fn of_server(table: &Table<'_>, server: ServerOptions, servers: Option<&[String]>, lender: &Lender) -> Parts {
    let rests = [("echo", Rest::Echo), ("deny", Rest::Deny), ("unknown", Rest::Unknown)];
    let rest = table.get("default");
    let mut rules = table.get("exec").map(|node| rules::exec(&node)).unwrap_or_default();
    rules.extend(table.get("commands").map(|node| rules::commands(&node)).unwrap_or_default());
    let mut expectations = table.get("expect").map(|node| expected::expectations(&node)).unwrap_or_default();
    expectations.extend(table.get("expect_in_order").map(|node| expected::orders(&node)).unwrap_or_default());
    let parts = Parts {
        server,
        users: table.get("users").map(|node| users::read(&node, lender)).unwrap_or_default(),
        rules,
        rest: rest.as_ref().and_then(|node| node.choice(&rests)),
        shell: table.get("shell").and_then(|node| shell::read(&node)),
        subsystems: table.get("subsystems").map(|node| reply::subsystems(&node)).unwrap_or_default(),
        files: table.get("sftp").map(|node| sftp::read(&node)).unwrap_or_default(),
        states: rules::states(table, "state"),
        expectations,
        faults: table.get("faults").map(|node| grammar::faults(&node)).unwrap_or_default(),
        forwards: table.get("forward").map(|node| forward::rules(&node, servers)).unwrap_or_default(),
        remote_forwards: table
            .get("remote_forward")
            .map(|node| forward::remote_rules(&node))
            .unwrap_or_default(),
        hosts: Vec::new(),
    };
    if let (Some(true), Some(Rest::Echo), Some(node)) = (parts.server.strict, parts.rest, rest) {
        let hint = "use \"unknown\" or \"deny\", or leave `strict` out";
        node.report_with("every command is answered, so `server.strict` finds nothing", hint);
    }
    parts
}
