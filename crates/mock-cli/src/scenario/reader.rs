//! Values of a file, with where they stand: each is asked for as what it should be, and reports what it is instead.
//!
//! An answer of `None` has been reported. So whoever reads a table need not know why a part of it is missing.

use std::{ops::Range, path::PathBuf, str::FromStr, time::SystemTime};

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{
    keys::{ALL, Keys},
    source::Source,
};

/// A value.
#[derive(Clone)]
pub(super) struct Node<'a> {
    pub(super) source: &'a Source<'a>,
    /// Its path: `users.anna.password`.
    pub(super) key: String,
    pub(super) span: Range<usize>,
    value: &'a DeValue<'a>,
}

/// A table whose keys are known.
pub(super) struct Table<'a> {
    pub(super) node: Node<'a>,
    entries: Vec<Entry<'a>>,
}

/// A key and its value.
#[derive(Clone)]
pub(super) struct Entry<'a> {
    pub(super) name: &'a str,
    /// Where the key stands.
    pub(super) span: Range<usize>,
    pub(super) node: Node<'a>,
}

impl<'a> Node<'a> {
    fn new(source: &'a Source<'a>, key: String, value: &'a Spanned<DeValue<'a>>) -> Self {
        Self { source, key, span: value.span(), value: value.get_ref() }
    }

    /// The table that a file is.
    pub(super) fn document(source: &'a Source<'a>, table: &'a Spanned<DeValue<'a>>) -> Self {
        Self::new(source, String::new(), table)
    }

    /// Says what is wrong with it.
    pub(super) fn report(&self, message: impl Into<String>) {
        self.source.report(self.span.clone(), &self.key, message.into(), None);
    }

    /// Says what is wrong with it, and what to do.
    pub(super) fn report_with(&self, message: impl Into<String>, hint: impl Into<String>) {
        self.source.report(self.span.clone(), &self.key, message.into(), Some(hint.into()));
    }

    fn expected(&self, wanted: &str) {
        let name = self.key.rsplit('.').next().unwrap_or_default();
        let found = match self.value {
            DeValue::String(_) => "text",
            DeValue::Integer(_) => "a number",
            DeValue::Float(_) => "a fraction",
            DeValue::Boolean(_) => "`true` or `false`",
            DeValue::Datetime(_) => "a date",
            DeValue::Array(_) => "a list",
            DeValue::Table(_) => "a table",
        };
        self.report_with(format!("`{name}` is {found}"), format!("expected {wanted}"));
    }

    pub(super) fn is_text(&self) -> bool {
        matches!(self.value, DeValue::String(_))
    }

    pub(super) fn is_number(&self) -> bool {
        matches!(self.value, DeValue::Integer(_))
    }

    pub(super) fn is_list(&self) -> bool {
        matches!(self.value, DeValue::Array(_))
    }

    pub(super) fn is_table(&self) -> bool {
        matches!(self.value, DeValue::Table(_))
    }

    /// As text; `example` says what text.
    pub(super) fn text_as(&self, example: &str) -> Option<&'a str> {
        let DeValue::String(text) = self.value else {
            self.expected(example);
            return None;
        };
        Some(text)
    }

    pub(super) fn text(&self) -> Option<&'a str> {
        self.text_as("text in quotes")
    }

    pub(super) fn flag(&self) -> Option<bool> {
        let DeValue::Boolean(flag) = self.value else {
            self.expected("`true` or `false`");
            return None;
        };
        Some(*flag)
    }

    /// As a whole number that is not below `least` nor above `most`.
    pub(super) fn number(&self, least: u64, most: u64) -> Option<u64> {
        let range = match most {
            u64::MAX => format!("a whole number from {least}"),
            _ => format!("a whole number from {least} to {most}"),
        };
        let DeValue::Integer(integer) = self.value else {
            self.expected(&range);
            return None;
        };
        let number = u64::from_str_radix(integer.as_str(), integer.radix()).ok();
        let number = number.filter(|number| (least..=most).contains(number));
        if number.is_none() {
            self.report_with(
                format!("`{}` is out of range", self.source.slice(&self.span)),
                format!("expected {range}"),
            );
        }
        number
    }

    /// As text that is read as `T`, called `what` where it cannot be.
    pub(super) fn parsed<T: FromStr>(&self, what: &str, example: &str) -> Option<T> {
        let text = self.text_as(example)?;
        let parsed = text.parse().ok();
        if parsed.is_none() {
            self.report_with(format!("`{text}` is no {what}"), format!("expected {example}"));
        }
        parsed
    }

    /// As a moment: a date and a time in UTC, with quotes or without.
    pub(super) fn moment(&self) -> Option<SystemTime> {
        const EXAMPLE: &str = "a time in UTC such as `2026-01-31T12:00:00Z`";
        let text = match self.value {
            DeValue::Datetime(moment) => moment.to_string(),
            DeValue::String(text) => text.to_string(),
            _ => {
                self.expected(EXAMPLE);
                return None;
            }
        };
        let moment = humantime::parse_rfc3339(&text).ok();
        if moment.is_none() {
            self.report_with(format!("`{text}` is no time"), format!("expected {EXAMPLE}"));
        }
        moment
    }

    /// As one of these words.
    pub(super) fn choice<T: Copy>(&self, choices: &[(&'static str, T)]) -> Option<T> {
        let words: Vec<_> = choices.iter().map(|(word, _)| *word).collect();
        let expected = or_list(&words);
        let text = self.text_as(&expected)?;
        let choice = choices.iter().find(|(word, _)| *word == text);
        if choice.is_none() {
            let hint = nearest(text, words).map_or_else(|| format!("expected {expected}"), did_you_mean);
            self.report_with(format!("`{text}` is not known here"), hint);
        }
        choice.map(|(_, value)| *value)
    }

    /// As the path of a file that is there.
    pub(super) fn file(&self) -> Option<PathBuf> {
        let path = self.source.resolve(self.text_as("the path of a file")?);
        match std::fs::metadata(&path) {
            Ok(metadata) if metadata.is_file() => return Some(path),
            Ok(_) => self.report(format!("`{}` is not a file", path.display())),
            Err(error) => self.report_with(
                format!("cannot find the file `{}`", path.display()),
                match error.kind() {
                    std::io::ErrorKind::NotFound => "paths are relative to the file they stand in".to_owned(),
                    _ => crate::error::fragment(&error),
                },
            ),
        }
        None
    }

    /// What is in the file that it names.
    pub(super) fn contents(&self) -> Option<String> {
        let path = self.file()?;
        let failed = |error| {
            let hint = crate::error::fragment(&error);
            self.report_with(format!("cannot read the file `{}`", path.display()), hint);
        };
        std::fs::read_to_string(&path).map_err(failed).ok()
    }

    /// What is in the file that it names, whatever that is.
    pub(super) fn bytes(&self) -> Option<Vec<u8>> {
        let failed =
            |error: std::io::Error| self.report_with("cannot read the file", crate::error::fragment(&error));
        std::fs::read(self.file()?).map_err(failed).ok()
    }

    /// As a list.
    pub(super) fn list(&self) -> Option<Vec<Self>> {
        let DeValue::Array(array) = self.value else {
            self.expected("a list in `[` and `]`");
            return None;
        };
        let element = |(index, value)| Self::new(self.source, format!("{}[{index}]", self.key), value);
        Some(array.iter().enumerate().map(element).collect())
    }

    /// As a list, or as the only element of one.
    pub(super) fn one_or_more(&self) -> Vec<Self> {
        if self.is_list() { self.list().unwrap_or_default() } else { vec![self.clone()] }
    }

    /// As texts, or as one.
    pub(super) fn texts(&self) -> Vec<String> {
        self.one_or_more().iter().filter_map(|node| node.text().map(str::to_owned)).collect()
    }

    /// As a table with whatever keys, in the order written.
    pub(super) fn entries(&self) -> Option<Vec<Entry<'a>>> {
        let DeValue::Table(table) = self.value else {
            self.expected("a table, such as `{ … }`");
            return None;
        };
        Some(entries(self.source, &self.key, table))
    }

    /// As a table with these keys. Others are reported.
    pub(super) fn table(&self, known: &[&Keys]) -> Option<Table<'a>> {
        let entries = self.entries()?;
        Some(Table::new(self.clone(), entries, known))
    }
}

fn entries<'a>(source: &'a Source<'a>, path: &str, table: &'a DeTable<'a>) -> Vec<Entry<'a>> {
    let entry = |(key, value): (&'a Spanned<_>, &'a Spanned<_>)| {
        let name: &'a std::borrow::Cow<'a, str> = key.get_ref();
        let path = if path.is_empty() { quoted(name) } else { format!("{path}.{}", quoted(name)) };
        Entry { name, span: key.span(), node: Node::new(source, path, value) }
    };
    table.iter().map(entry).collect()
}

/// A key as it is written.
fn quoted(key: &str) -> String {
    let bare = |char: char| char.is_ascii_alphanumeric() || "-_".contains(char);
    if !key.is_empty() && key.chars().all(bare) { key.to_owned() } else { format!("{key:?}") }
}

impl<'a> Table<'a> {
    fn new(node: Node<'a>, entries: Vec<Entry<'a>>, known: &[&Keys]) -> Self {
        let is_known = |name: &str| known.iter().any(|keys| keys.keys.contains(&name));
        for entry in entries.iter().filter(|entry| !is_known(entry.name)) {
            let hint = hint_for_unknown(entry.name, known);
            let message = format!("unknown key `{}`", entry.name);
            entry.node.source.report(entry.span.clone(), &entry.node.key, message, Some(hint));
        }
        Self { node, entries }
    }

    /// The value with this key, if there is one.
    pub(super) fn get(&self, key: &str) -> Option<Node<'a>> {
        self.entry(key).map(|entry| entry.node.clone())
    }

    pub(super) fn entry(&self, key: &str) -> Option<&Entry<'a>> {
        self.entries.iter().find(|entry| entry.name == key)
    }

    /// The value with this key, which has to be there.
    pub(super) fn require(&self, key: &str, example: &str) -> Option<Node<'a>> {
        let node = self.get(key);
        if node.is_none() {
            self.node.report_with(format!("`{key}` is missing"), format!("add `{key} = {example}`"));
        }
        node
    }

    /// The keys that are there, known or not.
    pub(super) fn names(&self) -> impl Iterator<Item = &'a str> {
        self.entries.iter().map(|entry| entry.name)
    }

    pub(super) fn text(&self, key: &str) -> Option<&'a str> {
        self.get(key)?.text()
    }

    pub(super) fn flag(&self, key: &str) -> Option<bool> {
        self.get(key)?.flag()
    }

    pub(super) fn is_set(&self, key: &str) -> bool {
        self.flag(key) == Some(true)
    }

    pub(super) fn number(&self, key: &str, least: u64, most: u64) -> Option<u64> {
        self.get(key)?.number(least, most)
    }

    /// Reports each of `others` that stands beside `key`, and why it must not.
    pub(super) fn excludes(&self, key: &str, others: &[&str], why: &str) {
        if self.entry(key).is_none() {
            return;
        }
        for other in others.iter().filter_map(|other| self.entry(other)) {
            let message = format!("`{}` beside `{key}`", other.name);
            let (span, path) = (other.span.clone(), &other.node.key);
            other.node.source.report(span, path, message, Some(why.to_owned()));
        }
    }
}

/// Keys that are listed where none of them is near: more than these, nobody reads.
const LISTED: usize = 15;

fn hint_for_unknown(name: &str, known: &[&Keys]) -> String {
    let keys: Vec<_> = known.iter().flat_map(|keys| keys.keys.iter().copied()).collect();
    if let Some(near) = nearest(name, keys.iter().copied()) {
        return did_you_mean(near);
    }
    let elsewhere = ALL.iter().find(|keys| keys.keys.contains(&name));
    match elsewhere {
        Some(elsewhere) => format!("it belongs {}", elsewhere.place),
        None if keys.len() <= LISTED => format!("expected {}", or_list(&keys)),
        None => format!("docs/scenario.md has the {} keys that can stand here", keys.len()),
    }
}

fn did_you_mean(word: &str) -> String {
    format!("did you mean `{word}`?")
}

/// The one of these that was meant most likely: a letter in three may be wrong.
fn nearest<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let word = word.to_lowercase().replace('-', "_");
    let far = (word.chars().count() / 3).max(1);
    let near = known.into_iter().map(|known| (strsim::damerau_levenshtein(&word, known), known)).min();
    near.filter(|(distance, _)| *distance <= far).map(|(_, known)| known)
}

fn or_list(words: &[&str]) -> String {
    let words: Vec<_> = words.iter().map(|word| format!("`{word}`")).collect();
    match words.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => words.concat(),
    }
}
