//! The words of a clause, taken one by one, for whoever reads a small language of their own.

use std::time::Duration;

use super::{GrammarError, Token, did_you_mean};
use crate::{Delay, Pattern};

/// The words of a clause, one after the other. Each way of taking one says what is wrong with it, and where.
///
/// Handed to those who implement a [`Stage`](crate::fault::Stage).
#[derive(Debug)]
pub struct Words<'a> {
    text: &'a str,
    tokens: &'a [Token],
    next: usize,
    /// Where the clause ends, in characters of the text.
    end: usize,
}

impl<'a> Words<'a> {
    pub(crate) fn new(text: &'a str, tokens: &'a [Token], end: usize) -> Self {
        Self { text, tokens, next: 0, end }
    }

    fn peek(&self) -> Option<&'a Token> {
        self.tokens.get(self.next)
    }

    /// Whether nothing is left.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.peek().is_none()
    }

    /// The next word, which is not taken. Of a quoted text, what is in the quotes.
    #[must_use]
    pub fn look(&self) -> Option<&'a str> {
        self.peek().map(|token| token.text.as_str())
    }

    /// Takes this word if it is next, and is not quoted.
    pub fn take(&mut self, word: &str) -> bool {
        let there = self.peek().is_some_and(|token| !token.quoted && token.text == word);
        self.next += usize::from(there);
        there
    }

    /// Takes a quoted text if one is next.
    pub fn take_quoted(&mut self) -> Option<&'a str> {
        let token = self.peek().filter(|token| token.quoted)?;
        self.next += 1;
        Some(&token.text)
    }

    /// Takes the next word, whatever it is; `what` names it where it is missing.
    ///
    /// # Errors
    ///
    /// That `what` is missing.
    pub fn word(&mut self, what: &str) -> Result<&'a str, GrammarError> {
        let Some(token) = self.peek() else {
            return Err(GrammarError::new(self.text, self.end, 1, format!("{what} is missing")));
        };
        self.next += 1;
        Ok(&token.text)
    }

    /// Takes one of the known words; `what` names what they are.
    ///
    /// # Errors
    ///
    /// That it is missing, or none of them, with the one that is nearest.
    pub fn one_of<T: Copy>(&mut self, what: &str, known: &[(&str, T)]) -> Result<T, GrammarError> {
        let word = self.word(what)?;
        if let Some((_, value)) = known.iter().find(|(name, _)| *name == word) {
            return Ok(*value);
        }
        let names = || known.iter().map(|(name, _)| *name);
        let meant = match did_you_mean(word, names()) {
            meant if meant.is_empty() => format!(": one of `{}`", names().collect::<Vec<_>>().join("`, `")),
            meant => meant,
        };
        Err(self.error(format!("`{word}` is no {}{meant}", bare(what))))
    }

    /// Takes a number.
    ///
    /// # Errors
    ///
    /// That it is missing, or no number.
    pub fn number(&mut self, what: &str) -> Result<u64, GrammarError> {
        let word = self.word(what)?;
        word.replace('_', "").parse().map_err(|_| self.error(format!("`{word}` is no {}", bare(what))))
    }

    /// Takes a size in bytes: `4096`, `64KiB`, `1MiB`, `2GiB`.
    ///
    /// # Errors
    ///
    /// That it is missing, or no size.
    pub fn bytes(&mut self, what: &str) -> Result<u64, GrammarError> {
        let word = self.word(what)?;
        parse_size(word).ok_or_else(|| {
            self.error(format!("`{word}` is no number of bytes: write `4096`, `64KiB`, `1MiB` or `2GiB`"))
        })
    }

    /// Takes bytes a second: `64KiB/s`.
    ///
    /// # Errors
    ///
    /// That it is missing, zero, or no rate.
    pub fn rate(&mut self, what: &str) -> Result<u64, GrammarError> {
        let word = self.word(what)?;
        let rate = word.strip_suffix("/s").and_then(parse_size).filter(|rate| *rate > 0);
        rate.ok_or_else(|| {
            self.error(format!("`{word}` is no number of bytes a second: write `512/s` or `64KiB/s`"))
        })
    }

    /// Takes a duration: `250ms`, `10m`.
    ///
    /// # Errors
    ///
    /// That it is missing, or no duration.
    pub fn duration(&mut self, what: &str) -> Result<Duration, GrammarError> {
        let word = self.word(what)?;
        humantime::parse_duration(word)
            .map_err(|_| self.error(format!("`{word}` is no duration: write `250ms`, `3s` or `10m`")))
    }

    /// Takes a delay: `250ms`, `1s..2s`, `~200ms/0.5`.
    ///
    /// # Errors
    ///
    /// That it is missing, or no delay.
    pub fn delay(&mut self, what: &str) -> Result<Delay, GrammarError> {
        let word = self.word(what)?;
        word.parse().map_err(|error| self.error(format!("{error}")))
    }

    /// Takes a pattern, in the form of [`Pattern::parse`].
    ///
    /// # Errors
    ///
    /// That it is missing, or no pattern.
    pub fn pattern(&mut self, what: &str) -> Result<Pattern, GrammarError> {
        let word = self.word(what)?;
        Pattern::parse(word).map_err(|error| self.error(error.to_string()))
    }

    /// That all words were taken.
    ///
    /// # Errors
    ///
    /// That one is left.
    pub fn end(&mut self) -> Result<(), GrammarError> {
        let Some(word) = self.look() else {
            return Ok(());
        };
        self.next += 1;
        Err(self.error(format!("`{word}` is one word too many")))
    }

    /// An error at the word that was taken last.
    #[must_use]
    pub fn error(&self, problem: impl Into<String>) -> GrammarError {
        match self.next.checked_sub(1).and_then(|last| self.tokens.get(last)) {
            Some(token) => GrammarError::new(self.text, token.at, token.width, problem),
            None => GrammarError::new(self.text, self.end, 1, problem),
        }
    }
}

/// Without its article.
fn bare(what: &str) -> &str {
    ["a ", "an ", "the "].into_iter().find_map(|article| what.strip_prefix(article)).unwrap_or(what)
}

const UNITS: [(&str, u64); 3] = [("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30)];

fn parse_size(word: &str) -> Option<u64> {
    let (digits, unit) = UNITS
        .into_iter()
        .find_map(|(name, unit)| Some((word.strip_suffix(name)?, unit)))
        .unwrap_or((word, 1));
    digits.replace('_', "").parse::<u64>().ok()?.checked_mul(unit)
}

/// Bytes as [`Words::bytes`] reads them, with the largest unit that leaves a whole number.
///
/// ```
/// assert_eq!(mock_base::fault::size(65_536).to_string(), "64KiB");
/// assert_eq!(mock_base::fault::size(1000).to_string(), "1000");
/// ```
#[must_use]
pub fn size(bytes: u64) -> impl std::fmt::Display + use<> {
    let unit = UNITS.into_iter().rev().find(|(_, unit)| bytes > 0 && bytes.is_multiple_of(*unit));
    unit.map_or_else(|| bytes.to_string(), |(name, unit)| format!("{}{name}", bytes / unit))
}
