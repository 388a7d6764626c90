//! Matchers for flags and options, by the conventions that most programs keep: `-x`, `-xzf`, `--long`,
//! `--long=value`, `-f value` and `-fvalue`; behind `--` there are none.
//!
//! Only the program itself knows which of its flags take a value, so a cluster of letters is read as flags.

use mock_base::{Mismatch, Pattern};

use super::{
    Match, MatchCommand,
    argv::{captured, differs, shown},
};
use crate::Request;

/// What a flag weighs that is missing.
const MISSING: u32 = 10;

/// Matches a command with this flag, written with its dashes: by itself, with a value (`--long=value`), or, of one
/// letter, among others (`-xzf`).
///
/// ```
/// use mock_core::{MatchCommand as _, Request, Wanted, flag};
///
/// let request = Request::detached("anna", Wanted::Exec("tar -xzf site.tar --verbose=2".into()));
/// assert!(flag("-z").matches(&request).is_hit());
/// assert!(flag("--verbose").matches(&request).is_hit());
/// assert!(!flag("-v").matches(&request).is_hit());
/// ```
pub fn flag(name: impl Into<String>) -> Flag {
    Flag { name: name.into() }
}

/// What [`flag`] makes.
#[derive(Debug, Clone)]
#[must_use = "a matcher does nothing by itself: hand it to `Exec::on`"]
pub struct Flag {
    name: String,
}

impl MatchCommand for Flag {
    fn matches(&self, request: &Request) -> Match {
        let words = request.args();
        let is_it = |word: &&str| {
            *word == self.name
                || attached(word, &self.name).is_some()
                || letter(&self.name)
                    .is_some_and(|letter| cluster(word).is_some_and(|all| all.contains(letter)))
        };
        options(&words).map(|(word, _)| word).any(|word| is_it(&word)).into()
    }

    fn describe(&self) -> String {
        format!("flag {}", self.name)
    }

    fn explain(&self, request: &Request) -> Option<Mismatch> {
        let missing = || Mismatch::new(MISSING, format!("the flag `{}` is missing", self.name));
        (!self.matches(request).is_hit()).then(missing)
    }
}

/// Matches a command with this option, written with its dashes, whose value matches: `--file x`, `--file=x`, and, of one
/// letter, `-f x`, `-fx`, `-xzf x`. Of several, one is enough.
///
/// ```
/// use mock_core::{MatchCommand as _, Request, Wanted, glob, option};
///
/// let request = Request::detached("anna", Wanted::Exec("tar -xzf site.tar --directory=/srv".into()));
/// assert!(option("-f", glob("*.tar")?).matches(&request).is_hit());
/// assert!(option("--directory", "/srv").matches(&request).is_hit());
/// # Ok::<(), mock_core::PatternError>(())
/// ```
pub fn option(name: impl Into<String>, value: impl Into<Pattern>) -> OptionValue {
    OptionValue { name: name.into(), value: value.into() }
}

/// What [`option()`] makes.
#[derive(Debug, Clone)]
#[must_use = "a matcher does nothing by itself: hand it to `Exec::on`"]
pub struct OptionValue {
    name: String,
    value: Pattern,
}

impl OptionValue {
    /// Each value that is given to it.
    fn values(&self, words: &[String]) -> Vec<String> {
        let value = |(word, next): (&str, Option<&String>)| -> Option<String> {
            if word == self.name {
                return next.cloned();
            }
            if let Some(value) = attached(word, &self.name) {
                return Some(value.to_owned());
            }
            let letter = letter(&self.name)?;
            if let Some(value) = word.strip_prefix(&*self.name) {
                return Some(value.to_owned());
            }
            cluster(word)?.ends_with(letter).then(|| next.cloned())?
        };
        options(words).filter_map(value).collect()
    }
}

impl MatchCommand for OptionValue {
    fn matches(&self, request: &Request) -> Match {
        let values = self.values(&request.args());
        let found = values.iter().find(|value| self.value.is_match(value));
        found.map_or(Match::Miss, |value| captured([(&self.value, value)].into_iter()))
    }

    fn describe(&self) -> String {
        format!("option {} {}", self.name, self.value)
    }

    fn explain(&self, request: &Request) -> Option<Mismatch> {
        let values = self.values(&request.args());
        if values.iter().any(|value| self.value.is_match(value)) {
            return None;
        }
        let place = format!("the option `{}`", self.name);
        let nearest = values.iter().filter_map(|value| differs(&self.value, value, &place));
        let missing = || Mismatch::new(MISSING, format!("{place} is missing: {}", shown(&self.value)));
        Some(nearest.min_by_key(|mismatch| mismatch.distance).unwrap_or_else(missing))
    }
}

/// The arguments before `--`, each with the word behind it.
fn options(words: &[String]) -> impl Iterator<Item = (&str, Option<&String>)> {
    let following = words.iter().skip(2).map(Some).chain([None]);
    let pairs = words.iter().skip(1).map(String::as_str).zip(following);
    pairs.take_while(|(word, _)| *word != "--")
}

/// The value in `--long=value`.
fn attached<'a>(word: &'a str, name: &str) -> Option<&'a str> {
    word.strip_prefix(name)?.strip_prefix('=')
}

/// The letter of a flag that has one.
fn letter(name: &str) -> Option<char> {
    let mut chars = name.strip_prefix('-')?.chars();
    chars.next().filter(|letter| *letter != '-' && chars.next().is_none())
}

/// The letters of a cluster of flags.
fn cluster(word: &str) -> Option<&str> {
    let letters = word.strip_prefix('-')?;
    (!letters.is_empty() && letters.chars().all(|char| char.is_ascii_alphanumeric())).then_some(letters)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Wanted;

    fn hits(matcher: &dyn MatchCommand, command: &'static str) -> bool {
        matcher.matches(&Request::detached("anna", Wanted::Exec(command.into()))).is_hit()
    }

    fn differences(matcher: &dyn MatchCommand, command: &'static str) -> Vec<String> {
        let request = Request::detached("anna", Wanted::Exec(command.into()));
        matcher.explain(&request).map_or_else(Vec::new, |found| found.differences)
    }

    #[test]
    fn a_flag_is_found_in_each_of_its_forms() {
        for command in ["tar -x", "tar a -vxf b", "tar -x=1", "tar -x -- -y"] {
            assert!(hits(&flag("-x"), command), "{command}");
        }
        for command in ["tar", "-x", "tar x", "tar --x", "tar --exclude", "tar -- -x", "tar -/x", "tar -"] {
            assert!(!hits(&flag("-x"), command), "{command}");
        }
        assert!(hits(&flag("--long"), "a --long") && hits(&flag("--long"), "a --long=1"));
        assert!(!hits(&flag("--long"), "a --longer") && !hits(&flag("--long"), "a -long"));
        assert!(hits(&flag("-name"), "find . -name x") && !hits(&flag("-name"), "find . -names x"));
        assert_eq!(differences(&flag("-x"), "tar"), ["the flag `-x` is missing"]);
    }

    #[test]
    fn an_option_is_found_in_each_of_its_forms() {
        for command in ["tar -f a", "tar -fa", "tar -xzf a", "tar -f=a", "tar -f b -f a"] {
            assert!(hits(&option("-f", "a"), command), "{command}");
        }
        for command in ["tar -f", "tar -f b", "tar a", "tar -- -f a", "tar -xf"] {
            assert!(!hits(&option("-f", "a"), command), "{command}");
        }
        assert!(hits(&option("--file", "a"), "x --file a") && hits(&option("--file", "a"), "x --file=a"));
        assert!(!hits(&option("--file", "a"), "x --filea"));
        assert!(hits(&option("-name", "a"), "find -name a") && !hits(&option("-name", "a"), "find -namea"));
    }

    #[test]
    fn what_is_wrong_with_an_option_is_told() {
        let rule = option("--file", "a.tar");
        assert_eq!(differences(&rule, "tar --file=a.tra"), ["the option `--file`: `a.tra` is not `a.tar`"]);
        assert_eq!(differences(&rule, "tar"), ["the option `--file` is missing: `a.tar`"]);
        assert_eq!(rule.describe(), "option --file \"a.tar\"");
    }
}
