//! What is wrong with a scenario: a sentence, its place, and what a person may do about it.
//!
//! One struct and no enum: nobody acts on it but the person who wrote the file. Programs get the same as JSON.

use std::{error::Error, fmt, io, path::PathBuf};

use serde::{Serialize, Serializer, ser::SerializeMap as _};

use crate::error::fragment;

/// Characters of a line that are shown before the place and after it.
const AROUND: usize = 60;

/// Something that is wrong with a scenario. `Display` shows the line with the place marked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    pub(super) file: String,
    pub(super) place: Option<Place>,
    pub(super) key: String,
    pub(super) message: String,
    pub(super) hint: Option<String>,
}

/// Where in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) line: usize,
    /// In characters, from 1.
    pub(super) column: usize,
    pub(super) width: usize,
    /// The whole line.
    pub(super) text: String,
}

impl Problem {
    /// The file, as it was named: for an included file, by its own name.
    #[must_use]
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The line, from 1; `None` where it is the file as a whole.
    #[must_use]
    pub fn line(&self) -> Option<usize> {
        self.place.as_ref().map(|place| place.line)
    }

    /// The character of the line, from 1.
    #[must_use]
    pub fn column(&self) -> Option<usize> {
        self.place.as_ref().map(|place| place.column)
    }

    /// The key whose value is wrong, as a path: `users.anna.password`, `exec[0].on`. Empty where there is none.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// What is wrong, as one line.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What a person may do about it, where that is not plain.
    #[must_use]
    pub fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hint = self.hint.as_deref().unwrap_or_default();
        writeln!(f, "error: {}", self.message)?;
        let Some(Place { line, column, width, text }) = &self.place else {
            write!(f, " --> {}", self.file)?;
            return if hint.is_empty() { Ok(()) } else { write!(f, "\n  = {hint}") };
        };
        let at = column - 1;
        let begin = at.saturating_sub(AROUND);
        let width = (*width).min(AROUND);
        let mut rest = text.chars().skip(begin);
        // Each character is one column, so that the mark stands below what it marks.
        let shown: String = rest.by_ref().take(at - begin + width + AROUND).map(visible).collect();
        let (before, after) =
            (if begin > 0 { "…" } else { "" }, if rest.next().is_some() { "…" } else { "" });
        let number = line.to_string();
        let margin = " ".repeat(number.len());
        let indent = " ".repeat(before.chars().count() + at - begin);
        writeln!(f, "{margin}--> {}:{line}:{column}", self.file)?;
        writeln!(f, "{margin} |")?;
        writeln!(f, "{}", format!("{number} | {before}{shown}{after}").trim_end())?;
        write!(f, "{}", format!("{margin} | {indent}{} {hint}", "^".repeat(width)).trim_end())
    }
}

fn visible(char: char) -> char {
    match char {
        '\t' => ' ',
        char if char.is_control() => '␣',
        char => char,
    }
}

/// `{"file": …, "line": …, "column": …, "key": …, "message": …, "hint": …}`, without what there is none of.
impl Serialize for Problem {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("file", &self.file)?;
        if let Some(place) = &self.place {
            map.serialize_entry("line", &place.line)?;
            map.serialize_entry("column", &place.column)?;
            map.serialize_entry("length", &place.width)?;
        }
        if !self.key.is_empty() {
            map.serialize_entry("key", &self.key)?;
        }
        map.serialize_entry("message", &self.message)?;
        if let Some(hint) = &self.hint {
            map.serialize_entry("hint", hint)?;
        }
        map.end()
    }
}

/// A scenario that cannot be used.
///
/// `Debug` is the same text as `Display`: it is what `unwrap` prints.
#[non_exhaustive]
pub enum ScenarioError {
    /// The file cannot be read.
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// What is written is wrong.
    Invalid {
        /// All that is wrong, file by file, from top to bottom.
        problems: Vec<Problem>,
    },
}

impl ScenarioError {
    /// What is wrong with the file as a whole, in one line.
    pub(crate) fn in_short(&self) -> String {
        match self {
            Self::Read { source, .. } => format!("{self}: {}", fragment(source)),
            Self::Invalid { problems } if problems.len() == 1 => {
                "there is a problem with the scenario".to_owned()
            }
            Self::Invalid { problems } => format!("there are {} problems with the scenario", problems.len()),
        }
    }

    /// The same, and then everything that is wrong.
    pub(crate) fn in_full(&self) -> String {
        match self {
            Self::Read { .. } => self.in_short(),
            Self::Invalid { .. } => format!("{}\n\n{self}", self.in_short()),
        }
    }
}

impl fmt::Display for ScenarioError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read { path, .. } => write!(f, "cannot read the scenario `{}`", path.display()),
            Self::Invalid { problems } => {
                for (index, problem) in problems.iter().enumerate() {
                    write!(f, "{}{problem}", if index > 0 { "\n\n" } else { "" })?;
                }
                Ok(())
            }
        }
    }
}

impl fmt::Debug for ScenarioError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read { source, .. } => write!(f, "{self}: {source}"),
            Self::Invalid { .. } => write!(f, "\n{self}"),
        }
    }
}

impl Error for ScenarioError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Read { source, .. } => Some(source),
            Self::Invalid { .. } => None,
        }
    }
}
