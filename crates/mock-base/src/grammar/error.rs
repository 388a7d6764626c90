//! What is wrong with an expectation or a fault that somebody typed: a sentence, the place, and the word that was meant.
//!
//! One struct and no enum: nobody acts on it but the person who typed, and everybody who shows it shows the same.

use std::{error::Error, fmt};

/// An expectation, a query or a fault that cannot be understood. `Display` shows the text with the place marked.
///
/// ```
/// use mock_base::ParsedExpectation;
///
/// let error = "exce \"rm *\" none".parse::<ParsedExpectation>().unwrap_err();
/// assert_eq!(error.problem(), "`exce` is no kind of event; did you mean `exec`?");
/// assert_eq!(
///     error.to_string(),
///     "`exce` is no kind of event; did you mean `exec`?\n  exce \"rm *\" none\n  ^^^^ column 1",
/// );
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct GrammarError {
    problem: String,
    text: String,
    column: usize,
    width: usize,
}

impl GrammarError {
    /// `at` and `width` in characters.
    pub(crate) fn new(text: &str, at: usize, width: usize, problem: impl Into<String>) -> Self {
        Self { problem: problem.into(), text: text.to_owned(), column: at + 1, width }
    }

    /// What is wrong, as one line.
    #[must_use]
    pub fn problem(&self) -> &str {
        &self.problem
    }

    /// The character that it begins at, counted from 1.
    #[must_use]
    pub fn column(&self) -> usize {
        self.column
    }

    /// How many characters are wrong, at least one.
    #[must_use]
    pub fn width(&self) -> usize {
        self.width.max(1)
    }
}

impl Error for GrammarError {}

/// The same text as `Display`: it is what `unwrap` prints.
impl fmt::Debug for GrammarError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Characters of the text that are shown before and after the place.
const AROUND: usize = 40;

impl fmt::Display for GrammarError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.text.trim().is_empty() {
            return f.write_str(&self.problem);
        }
        let at = self.column - 1;
        let begin = at.saturating_sub(AROUND);
        let width = self.width.clamp(1, AROUND);
        let mut rest = self.text.chars().skip(begin);
        // Each character is one column, so that the mark stands below what it marks.
        let shown = rest.by_ref().take(at - begin + width + AROUND);
        let shown: String = shown.map(|char| if char.is_control() { '␣' } else { char }).collect();
        let (before, after) =
            (if begin > 0 { "…" } else { "" }, if rest.next().is_some() { "…" } else { "" });
        let indent = " ".repeat(before.chars().count() + at - begin);
        writeln!(f, "{}", self.problem)?;
        writeln!(f, "  {before}{shown}{after}")?;
        write!(f, "  {indent}{} column {}", "^".repeat(width), self.column)
    }
}

/// `; did you mean …?` where one of these is near, nothing otherwise.
pub(crate) fn did_you_mean<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let word = word.to_lowercase();
    let near = known.into_iter().map(|known| (strsim::damerau_levenshtein(&word, known), known)).min();
    match near {
        Some((distance, known)) if distance <= 1 + known.len() / 4 => format!("; did you mean `{known}`?"),
        _ => String::new(),
    }
}
