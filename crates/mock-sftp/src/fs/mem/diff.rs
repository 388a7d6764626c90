//! What became of a tree since a snapshot, by name, for assertions and for people who read why they failed.

use std::{collections::HashMap, fmt};

use bytes::Bytes;

use super::{
    MemFs, Snapshot,
    snapshot::{Item, Mode, Seen, Text, Time},
};
use crate::FileKind;

/// Longest content that is shown in full.
const SHOWN: usize = 64;

/// What [`MemFs::diff`] found, sorted by path. Its text has a line for each change.
///
/// ```
/// use mock_sftp::{Change, MemFs};
///
/// let fs = MemFs::builder().file("/motd", "hi\n").file("/old", "").file("/tmp/a", "1").build()?;
/// let before = fs.snapshot();
/// fs.write("/motd", "hello\n")?;
/// fs.set_mode("/motd", 0o600)?;
/// fs.remove_all("/old")?;
/// fs.rename("/tmp/a", "/a")?;
/// fs.write("/new", "x")?;
///
/// let diff = fs.diff(&before);
/// assert_eq!(diff.to_string(), r#"> /tmp/a -> /a
/// ~ /motd: mode 644 -> 600, content "hi\n" -> "hello\n"
/// + /new: file "x"
/// - /old: file ""
/// "#);
/// assert_eq!(diff.changes()[3], Change::Removed("/old".into()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Diff {
    changes: Vec<(Change, String)>,
}

/// One change of a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A name that was not there before.
    Added(Bytes),
    /// A name that is there no more.
    Removed(Bytes),
    /// Mode, owner, content, kind or, where asked for, time are not what they were.
    Changed(Bytes),
    /// The same file or directory has another name, changed or not.
    #[expect(missing_docs, reason = "the names say it")]
    Moved { from: Bytes, to: Bytes },
}

impl MemFs {
    /// What has changed since `before`. Times count if the snapshot was taken
    /// [`with_times`](Snapshot::with_times).
    #[must_use]
    pub fn diff(&self, before: &Snapshot) -> Diff {
        Diff::between(before, &self.snapshot())
    }
}

impl Diff {
    /// What has changed from one snapshot to another.
    #[must_use]
    pub fn between(before: &Snapshot, after: &Snapshot) -> Self {
        let times = before.times || after.times;
        let old: HashMap<_, _> = before.items.iter().map(|item| (&item.path, item)).collect();
        let new: HashMap<_, _> = after.items.iter().map(|item| (&item.path, item)).collect();
        let gone = before.items.iter().filter(|item| !new.contains_key(&item.path));
        let mut gone: HashMap<_, _> = gone.map(|item| (item.metadata.inode, item)).collect();
        let mut changes = Vec::new();
        for item in &after.items {
            let path = item.path.clone();
            if let Some(old) = old.get(&path) {
                let how = item.changes_since(old, times);
                if !how.is_empty() {
                    changes.push((Change::Changed(path), how.join(", ")));
                }
            } else if let Some(old) = gone.remove(&item.metadata.inode) {
                let how = item.changes_since(old, times).join(", ");
                changes.push((Change::Moved { from: old.path.clone(), to: path }, how));
            } else {
                changes.push((Change::Added(path), item.to_string()));
            }
        }
        let moved: Vec<_> = changes.iter().filter_map(|(change, _)| change.moved_from().cloned()).collect();
        let removed =
            before.items.iter().filter(|item| !new.contains_key(&item.path) && !moved.contains(&item.path));
        changes.extend(removed.map(|item| (Change::Removed(item.path.clone()), item.to_string())));
        changes.sort_by(|(a, _), (b, _)| a.path().cmp(b.path()));
        Self { changes }
    }

    /// Whether nothing has changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// The changes, sorted by path.
    #[must_use]
    pub fn changes(&self) -> Vec<Change> {
        self.changes.iter().map(|(change, _)| change.clone()).collect()
    }
}

impl Change {
    /// The path as it is now, or as it was when the name is gone.
    #[must_use]
    pub fn path(&self) -> &Bytes {
        match self {
            Self::Added(path) | Self::Removed(path) | Self::Changed(path) | Self::Moved { to: path, .. } => {
                path
            }
        }
    }

    fn moved_from(&self) -> Option<&Bytes> {
        match self {
            Self::Moved { from, .. } => Some(from),
            _ => None,
        }
    }
}

impl fmt::Display for Diff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return f.write_str("no change\n");
        }
        for (change, how) in &self.changes {
            let path = Text(change.path());
            match change {
                Change::Added(_) => write!(f, "+ {path}")?,
                Change::Removed(_) => write!(f, "- {path}")?,
                Change::Changed(_) => write!(f, "~ {path}")?,
                Change::Moved { from, .. } => write!(f, "> {} -> {path}", Text(from))?,
            }
            writeln!(f, "{}{how}", if how.is_empty() { "" } else { ": " })?;
        }
        Ok(())
    }
}

impl Item {
    fn changes_since(&self, old: &Self, times: bool) -> Vec<String> {
        let mut changes = Vec::new();
        if old.metadata.kind != self.metadata.kind {
            return vec![format!("{old} -> {self}")];
        }
        let (was, is) = (old.metadata.mode, self.metadata.mode);
        if was != is {
            changes.push(format!("mode {was:o} -> {is:o}"));
        }
        let owners = |item: &Self| format!("{}:{}", item.owner, item.group);
        if owners(old) != owners(self) {
            changes.push(format!("owner {} -> {}", owners(old), owners(self)));
        }
        changes.extend(self.content.change_since(&old.content, (old.metadata.size, self.metadata.size)));
        let (was, is) = (old.metadata.modified, self.metadata.modified);
        if times && was != is {
            changes.push(format!("modified {} -> {}", Time(was), Time(is)));
        }
        changes
    }
}

/// What it is, without its name.
impl fmt::Display for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { metadata, content, .. } = self;
        match content {
            Seen::Directory => f.write_str("directory"),
            Seen::Symlink(target) => write!(f, "link to {}", Text(target)),
            _ if metadata.kind == FileKind::File => write!(f, "file {}", content.shown(metadata.size)),
            _ => write!(f, "{}", Mode { kind: metadata.kind, mode: metadata.mode }),
        }
    }
}

impl Seen {
    fn change_since(&self, old: &Self, (was, is): (u64, u64)) -> Option<String> {
        match (old, self) {
            (Self::Symlink(old), Self::Symlink(new)) => {
                (old != new).then(|| format!("target {} -> {}", Text(old), Text(new)))
            }
            (Self::Pieces(old_pieces), Self::Pieces(new)) => {
                let at = first_difference(old_pieces, new)?;
                let place =
                    if was.max(is) > SHOWN as u64 { format!(" from byte {at} on") } else { String::new() };
                Some(format!("content {} -> {}{place}", old.shown(was), self.shown(is)))
            }
            (Self::Directory, Self::Directory) => None,
            (Self::Generated, Self::Generated) | (Self::Size, Self::Size) if was == is => None,
            _ => Some(format!("content {} -> {}", old.shown(was), self.shown(is))),
        }
    }

    fn shown(&self, size: u64) -> String {
        if let Self::Pieces(pieces) = self
            && size <= SHOWN as u64
            && let Ok(text) = String::from_utf8(pieces.concat())
        {
            return format!("{text:?}");
        }
        let generated = if matches!(self, Self::Generated) { " generated" } else { "" };
        format!("of {size}{generated} bytes")
    }
}

/// Where two contents differ, whatever pieces they are made of.
fn first_difference(old: &[Bytes], new: &[Bytes]) -> Option<u64> {
    let (mut old, mut new) = (old.iter(), new.iter());
    let (mut left, mut right): (&[u8], &[u8]) = (&[], &[]);
    let mut at = 0;
    loop {
        if left.is_empty() {
            left = old.next().map_or(&[], |piece| piece);
        }
        if right.is_empty() {
            right = new.next().map_or(&[], |piece| piece);
        }
        let length = left.len().min(right.len());
        if length == 0 {
            return (left.len() != right.len()).then_some(at);
        }
        let ((a, left_rest), (b, right_rest)) = (left.split_at(length), right.split_at(length));
        // The same memory in both needs no look.
        if a.as_ptr() != b.as_ptr() && a != b {
            return a.iter().zip(b).position(|(a, b)| a != b).map(|differs| at + differs as u64);
        }
        (left, right) = (left_rest, right_rest);
        at += length as u64;
    }
}
