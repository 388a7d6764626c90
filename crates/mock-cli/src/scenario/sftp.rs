//! `[sftp]`: the files of a server, which are served over SFTP and SCP.
//!
//! A tree in memory is made here, when the file is read: whatever does not go together is known before anything runs.

use std::path::PathBuf;

use mock_sftp::{
    BuildError, Dir, Entry, File, Id, Limits, MemFs, MemFsBuilder, User,
    wire::{Extension, MAX_PAYLOAD, VERSION},
};

use super::{
    keys::{FILE, FILE_USER, LIMITS, SFTP},
    reader::{Entry as Pair, Node, Table},
};
use crate::{
    args::HostDirectory,
    files::{Files, Spoken},
};

/// Bytes that a read can return at most.
const MOST_READ: u64 = MAX_PAYLOAD as u64;

/// What a file says of files.
#[derive(Debug, Clone, Default)]
pub(super) enum SftpTable {
    #[default]
    Absent,
    Off,
    On(Box<Files>),
}

impl SftpTable {
    /// This, and where it is absent the other.
    pub(super) fn or(self, other: Self) -> Self {
        if matches!(self, Self::Absent) { other } else { self }
    }

    /// What is served.
    pub(super) fn served(&self) -> Option<&Files> {
        match self {
            Self::On(files) => Some(files),
            Self::Absent | Self::Off => None,
        }
    }
}

impl From<Option<Files>> for SftpTable {
    fn from(files: Option<Files>) -> Self {
        files.map_or(Self::Off, |files| Self::On(Box::new(files)))
    }
}

pub(super) fn read(node: &Node<'_>) -> SftpTable {
    let Some(table) = node.table(&[&SFTP]) else {
        return SftpTable::Absent;
    };
    let in_memory = ["root", "check_permissions", "files", "limits", "users"];
    table.excludes("dir", &in_memory, "`dir` serves a directory of this machine as it is; `root` copies one");
    let files = match table.get("dir") {
        Some(dir) => of_host(&dir, table.is_set("read_only")),
        None => in_memory_of(&table),
    };
    let files = files.map(|files| files.speaking(spoken(&table)));
    files.filter(|_| table.flag("enabled") != Some(false)).into()
}

/// How much of the protocol is spoken.
fn spoken(table: &Table<'_>) -> Spoken {
    let number =
        |key, least, most| table.number(key, least, most).and_then(|number| u32::try_from(number).ok());
    let names = |node: &Node<'_>| node.list().unwrap_or_default().iter().filter_map(extension).collect();
    let mut spoken = Spoken {
        extensions: table.get("extensions").map(|node| names(&node)),
        without: Vec::new(),
        max_version: number("max_version", 0, VERSION.into()),
        max_read_length: number("max_read_length", 1, MOST_READ),
    };
    match table.get("without_extensions") {
        Some(node) if node.is_list() => spoken.without = names(&node),
        Some(node) if node.flag() == Some(true) => spoken.extensions = Some(Vec::new()),
        _ => {}
    }
    spoken
}

fn extension(node: &Node<'_>) -> Option<Extension> {
    let name = node.text()?;
    let found = Extension::ALL
        .into_iter()
        .find(|extension| [extension.short_name(), extension.name()].contains(&name));
    if found.is_none() {
        let known = Extension::ALL.map(Extension::short_name).join("`, `");
        node.report_with(format!("`{name}` is no extension"), format!("they are `{known}`"));
    }
    found
}

fn of_host(node: &Node<'_>, read_only: bool) -> Option<Files> {
    let directory = HostDirectory { path: directory(node)?, read_only };
    Files::of_host(&directory).map_err(|error| node.report(error.chain())).ok()
}

/// A directory that is there.
fn directory(node: &Node<'_>) -> Option<PathBuf> {
    let path = node.source.resolve(node.text_as("the path of a directory")?);
    if path.is_dir() {
        return Some(path);
    }
    let hint = "paths are relative to the file they stand in";
    node.report_with(format!("there is no directory `{}`", path.display()), hint);
    None
}

fn in_memory_of(table: &Table<'_>) -> Option<Files> {
    let mut builder = MemFs::builder();
    if let Some(root) = table.get("root") {
        let path = directory(&root)?;
        let copied = Dir::from_dir(path).map_err(|error| root.report(crate::error::fragment(&error))).ok();
        builder = builder.put("/", copied?);
    }
    if table.is_set("check_permissions") {
        builder = builder.check_permissions();
    }
    let read_only = table.get("read_only");
    let (whole, parts) = match &read_only {
        Some(node) if node.is_list() => (false, node.list().unwrap_or_default()),
        node => (node.as_ref().and_then(Node::flag) == Some(true), Vec::new()),
    };
    if whole {
        builder = builder.read_only();
    }
    if let Some(node) = table.get("limits") {
        builder = builder.limits(limits(&node)?);
    }
    let users = table.get("users").and_then(|node| node.entries()).unwrap_or_default();
    builder = users.iter().fold(builder, user);
    let files = table.get("files").and_then(|node| node.entries()).unwrap_or_default();
    builder = files.iter().filter_map(file).fold(builder, |builder, (path, entry)| builder.put(path, entry));
    let told = |error: BuildError| {
        let made = files.iter().find(|pair| pair.name.trim_end_matches('/').as_bytes() == error.path);
        let node = made.map_or(&table.node, |pair| &pair.node);
        node.report_with(error.to_string(), crate::error::fragment(&error.source));
    };
    let fs = builder.build().map_err(told).ok()?;
    for part in &parts {
        let Some(path) = absolute(part) else { continue };
        if let Err(error) = fs.set_read_only_below(path, true) {
            part.report_with(format!("cannot make `{path}` read-only"), error.to_string());
        }
    }
    Some(Files::in_memory(fs))
}

fn limits(node: &Node<'_>) -> Option<Limits> {
    let table = node.table(&[&LIMITS])?;
    let number = |key| table.number(key, 0, u64::MAX);
    Some(Limits { bytes: number("bytes"), inodes: number("inodes"), file_size: number("file_size") })
}

/// Adds a user and where the user starts.
fn user(builder: MemFsBuilder, pair: &Pair<'_>) -> MemFsBuilder {
    let Some(table) = pair.node.table(&[&FILE_USER]) else {
        return builder;
    };
    let mut user = User::new(pair.name);
    let path = |key| Some(table.get(key).and_then(|node| absolute(&node))?.trim_end_matches('/'));
    let (root, start) = (path("root"), path("start"));
    if let Some(root) = root {
        user = user.root(if root.is_empty() { "/" } else { root });
    }
    if let Some(start) = start {
        user = user.start(if start.is_empty() { "/" } else { start });
    }
    for node in table.get("groups").iter().flat_map(Node::one_or_more) {
        user = user.groups(node.text());
    }
    if let Some(umask) = table.get("umask").and_then(|node| mode(&node)) {
        user = user.umask(umask);
    }
    if let Some(quota) = table.number("quota", 0, u64::MAX) {
        user = user.quota(quota);
    }
    let builder = builder.user(user);
    let home = [root, start].map(Option::unwrap_or_default).concat();
    if home.is_empty() { builder } else { builder.put(home, Dir::new().owner(pair.name)) }
}

fn absolute<'a>(node: &Node<'a>) -> Option<&'a str> {
    let path = node.text()?;
    if !path.starts_with('/') {
        node.report_with(format!("`{path}` is no absolute path"), format!("write `\"/{path}\"`"));
    }
    Some(path)
}

/// A file, or with a `/` behind its name a directory.
fn file<'a>(pair: &Pair<'a>) -> Option<(&'a str, Entry)> {
    let Pair { name, span, node } = pair;
    if !name.starts_with('/') {
        let hint = Some(format!("write `\"/{name}\"`"));
        node.source.report(span.clone(), &node.key, format!("`{name}` is no absolute path"), hint);
    }
    if node.is_text() {
        return Some((name, Entry::File(File::new(node.text()?.to_owned()))));
    }
    let table = node.table(&[&FILE])?;
    table.excludes("link", &["text", "file", "mode", "owner", "group", "mtime"], "a link has only a target");
    table.excludes("text", &["file"], "either says what is in it");
    if let Some(target) = table.text("link") {
        return Some((name, Entry::Symlink(target.into())));
    }
    macro_rules! with_attributes {
        ($entry:expr) => {{
            let mut entry = $entry;
            if let Some(mode) = table.get("mode").and_then(|node| mode(&node)) {
                entry = entry.mode(mode);
            }
            if let Some(owner) = table.get("owner").and_then(|node| id(&node)) {
                entry = entry.owner(owner);
            }
            if let Some(group) = table.get("group").and_then(|node| id(&node)) {
                entry = entry.group(group);
            }
            if let Some(moment) = table.get("mtime").and_then(|node| node.moment()) {
                entry = entry.modified(moment);
            }
            entry
        }};
    }
    if let Some(path) = name.strip_suffix('/') {
        for content in ["text", "file"].iter().filter_map(|key| table.get(key)) {
            content.report_with("a directory with content", "leave out the `/` behind the name of a file");
        }
        let path = if path.is_empty() { "/" } else { path };
        return Some((path, Entry::Dir(with_attributes!(Dir::new()))));
    }
    let content = match table.get("file") {
        Some(file) => file.bytes()?,
        None => table.text("text").unwrap_or_default().into(),
    };
    Some((name, Entry::File(with_attributes!(File::new(content)))))
}

/// A name or a number.
fn id(node: &Node<'_>) -> Option<Id> {
    if node.is_number() {
        return u32::try_from(node.number(0, u64::from(u32::MAX))?).map(Id::Number).ok();
    }
    node.text_as("a name or a number").map(Id::from)
}

/// Permission bits: digits as `chmod` takes them.
fn mode(node: &Node<'_>) -> Option<u32> {
    const EXAMPLE: &str = "digits as for `chmod`, such as `\"640\"` or `0o640`";
    let written = node.source.slice(&node.span);
    // A number without the prefix is decimal, and means something else than `chmod` with it.
    let digits = if node.is_number() { written.strip_prefix("0o") } else { Some(node.text_as(EXAMPLE)?) };
    let mode = digits.and_then(|digits| u32::from_str_radix(digits, 8).ok()).filter(|mode| *mode <= 0o7777);
    if mode.is_none() {
        node.report_with(
            format!("`{}` is no mode", written.trim_matches('"')),
            format!("expected {EXAMPLE}"),
        );
    }
    mode
}
