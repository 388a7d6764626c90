//! Why a text does not match, word by word: "argument 3: `-now` is not `--now`".
//!
//! Words are aligned so that a missing argument is one difference, not one for each word after it.

use std::fmt::Write as _;

use super::Mismatch;
use crate::{Pattern, pattern::any};

/// Words that are compared at most: beyond it, only the whole is.
const MOST_WORDS: usize = 64;
/// Bytes of a text that are compared at most.
const MOST_BYTES: usize = 4096;
/// Differences that are told at most.
const MOST_DIFFERENCES: usize = 5;

/// A word too much or too few.
const GAP: u32 = 10;
/// Two words with nothing in common, without what any difference weighs.
const MOST: u32 = 16;
const DIFFERENT: u32 = 2;
/// Two words of which one may be the other, mistyped.
const ALIKE: u32 = DIFFERENT + MOST / 2;

impl Pattern {
    /// Why this command does not match, in terms of its words; `None` if it does.
    #[must_use]
    pub fn explain_command(&self, command: &[u8]) -> Option<Mismatch> {
        self.explain(command, |position, _| match position {
            0 => "command: ".to_owned(),
            _ => format!("argument {position}: "),
        })
    }

    /// Why this text does not match, in terms of its words; `None` if it does.
    #[must_use]
    pub fn explain_text(&self, text: &[u8]) -> Option<Mismatch> {
        self.explain_labelled("", text)
    }

    /// As [`explain_text`](Self::explain_text), with the name of the text, where it has one.
    pub(crate) fn explain_labelled(&self, label: &str, text: &[u8]) -> Option<Mismatch> {
        self.explain(text, |position, single| match (label, single) {
            ("", true) => String::new(),
            (label, true) => format!("{label}: "),
            ("", false) => format!("word {}: ", position + 1),
            (label, false) => format!("{label}, word {}: ", position + 1),
        })
    }

    /// `name` says which word is meant, told its position and whether the text is one word and is to be one.
    fn explain(&self, bytes: &[u8], name: impl Fn(usize, bool) -> String) -> Option<Mismatch> {
        if self.is_match(bytes) {
            return None;
        }
        let text = readable(bytes);
        let whole = || {
            let unlike = unlike(&self.to_string(), &text);
            let difference = format!("`{}` does not match {self}", short(&text));
            Mismatch::new(GAP * 2 + unlike, difference).unlike_if(unlike > MOST / 2)
        };
        let Some((expected, wildcards)) = self.as_words() else {
            return Some(whole());
        };
        if expected.len().max(text.len()) > MOST_BYTES {
            return Some(if wildcards { whole() } else { first_difference(expected, &text) });
        }
        let is_text = std::str::from_utf8(bytes).is_ok();
        let (expected, found) = (split(expected), if is_text { split(&text) } else { words(&text) });
        if expected.len().max(found.len()) > MOST_WORDS {
            return Some(whole());
        }
        let (expected, found) = match self.as_prefix() {
            // Words beyond the prefix are no difference.
            Some(_) => (&*expected, found.get(..expected.len()).unwrap_or(&found)),
            None => (&*expected, &*found),
        };
        let single = expected.len() == 1 && found.len() == 1;
        let expected: Vec<_> = expected.iter().map(|word| Word::new(word, wildcards)).collect();
        Some(compare(&expected, found, |position| name(position, single)).unwrap_or_else(|| {
            Mismatch::new(
                1,
                format!("`{}` has the same words, spaced or quoted in another way", short(&text)),
            )
        }))
    }
}

/// The text, with bytes that are none as timelines show them.
fn readable(bytes: &[u8]) -> String {
    let mut text = String::new();
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            let _infallible = write!(text, "\\x{byte:02x}");
        }
    }
    text
}

/// Words as a shell would split them; by white space where quotes do not pair.
fn split(text: &str) -> Vec<String> {
    shell_words::split(text).unwrap_or_else(|_| words(text))
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

/// Of texts that are too long for anything else: where they part.
fn first_difference(expected: &str, found: &str) -> Mismatch {
    let same = expected.bytes().zip(found.bytes()).take_while(|(a, b)| a == b).count();
    let rest = |text: &str| {
        let rest = text.as_bytes().get(same..).unwrap_or_default();
        short(&String::from_utf8_lossy(rest))
    };
    let difference = match (rest(found).as_str(), rest(expected).as_str()) {
        ("", missing) => format!("it ends at byte {same}, where `{missing}` is missing"),
        (more, "") => format!("it goes on at byte {same}, where it should end: `{more}`"),
        (other, wanted) => format!("from byte {same} on: `{other}` is not `{wanted}`"),
    };
    let unlike = same * 2 < expected.len().max(found.len());
    Mismatch::new(if unlike { MOST + GAP } else { GAP }, difference).unlike_if(unlike)
}

struct Word<'a> {
    text: &'a str,
    pattern: Pattern,
    /// Stands for any number of words.
    gap: bool,
}

impl<'a> Word<'a> {
    fn new(text: &'a str, wildcards: bool) -> Self {
        let pattern = match (wildcards, text) {
            (true, "*") => any(),
            (true, _) => Pattern::parse(text).unwrap_or_else(|_| text.into()),
            (false, _) => text.into(),
        };
        Self { text, pattern, gap: wildcards && text == "*" }
    }

    fn cost(&self, found: &str) -> u32 {
        if self.pattern.is_match(found) { 0 } else { DIFFERENT + unlike(self.text, found) }
    }
}

/// 0 for the same text, `MOST` for nothing in common: so that a word in place of another costs at most what two gaps do.
fn unlike(expected: &str, found: &str) -> u32 {
    let likeness = strsim::normalized_damerau_levenshtein(expected, &short(found));
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and MOST")]
    let unlike = ((1.0 - likeness) * f64::from(MOST)).round() as u32;
    unlike
}

/// Aligns the words at the least cost (Needleman and Wunsch); `None` if every word matches.
fn compare(expected: &[Word<'_>], found: &[String], name: impl Fn(usize) -> String) -> Option<Mismatch> {
    // `rest[i][j]` is the cost of aligning what follows the first `i` and `j` words, and how it begins.
    let width = found.len() + 1;
    let mut rest = vec![(0_u32, Step::End); (expected.len() + 1) * width];
    let at = |rest: &[(u32, Step)], i: usize, j: usize| {
        rest.get(i * width + j).map_or(u32::MAX / 2, |cell| cell.0)
    };
    for i in (0..=expected.len()).rev() {
        for j in (0..=found.len()).rev() {
            let (word, other) = (expected.get(i), found.get(j));
            let mut best = (u32::MAX, Step::End);
            let mut offer = |cost: u32, step| best = best.min((cost, step));
            if let (Some(word), Some(other)) = (word, other) {
                offer(at(&rest, i + 1, j + 1) + word.cost(other), Step::Pair);
            }
            if let Some(word) = word {
                offer(at(&rest, i + 1, j) + if word.gap { 1 } else { GAP }, Step::Missing);
            }
            if other.is_some() {
                let within_gap = i.checked_sub(1).and_then(|i| expected.get(i)).is_some_and(|word| word.gap);
                offer(at(&rest, i, j + 1) + if within_gap { 0 } else { GAP }, Step::Extra);
            }
            if let (Some(cell), true) = (rest.get_mut(i * width + j), word.is_some() || other.is_some()) {
                *cell = best;
            }
        }
    }
    describe(expected, found, &rest, name)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Pair,
    Missing,
    Extra,
    End,
}

fn describe(
    expected: &[Word<'_>],
    found: &[String],
    rest: &[(u32, Step)],
    name: impl Fn(usize) -> String,
) -> Option<Mismatch> {
    let width = found.len() + 1;
    let (mut i, mut j) = (0, 0);
    let mut alike = 0;
    let mut differences = Vec::new();
    while let Some((_, step)) = rest.get(i * width + j) {
        let (word, other) = (expected.get(i), found.get(j).map(|word| short(word)));
        match (step, word, other) {
            (Step::Pair, Some(word), Some(other)) => {
                alike += usize::from(word.cost(&other) <= ALIKE);
                if word.cost(&other) > 0 {
                    differences.push(format!("{}`{other}` is not `{}`", name(j), short(word.text)));
                }
                (i, j) = (i + 1, j + 1);
            }
            (Step::Missing, Some(word), _) => {
                if !word.gap {
                    differences.push(format!("{}`{}` is missing", name(j), short(word.text)));
                }
                i += 1;
            }
            (Step::Extra, _, Some(other)) => {
                let within_gap = i.checked_sub(1).and_then(|i| expected.get(i)).is_some_and(|word| word.gap);
                if !within_gap {
                    differences.push(format!("{}`{other}` is not expected", name(j)));
                }
                j += 1;
            }
            _ => break,
        }
    }
    if differences.is_empty() {
        return None;
    }
    let distance = rest.first().map_or(0, |cell| cell.0);
    if is_shuffled(expected, found) {
        return Some(Mismatch::new(distance.min(GAP), "the same words in another order"));
    }
    let more = differences.len().saturating_sub(MOST_DIFFERENCES);
    differences.truncate(MOST_DIFFERENCES);
    if more > 0 {
        differences.push(format!("and {more} more"));
    }
    // Where not even a third of the words is there, it is something else.
    let unlike = alike * 3 < expected.iter().filter(|word| !word.gap).count();
    Some(Mismatch::of_several(distance, differences).unlike_if(unlike))
}

fn is_shuffled(expected: &[Word<'_>], found: &[String]) -> bool {
    let mut expected: Vec<_> = expected.iter().map(|word| word.text).collect();
    let mut found: Vec<_> = found.iter().map(String::as_str).collect();
    expected.sort_unstable();
    found.sort_unstable();
    expected == found
}

/// Enough of a text to recognise it, in one line.
pub(super) fn short(text: &str) -> String {
    const LONGEST: usize = 60;
    let mut short = String::new();
    for (number, char) in text.chars().enumerate() {
        if number == LONGEST {
            short.push('…');
            break;
        }
        if char.is_control() {
            short.extend(char.escape_debug());
        } else {
            short.push(char);
        }
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{glob, prefix, regex};

    fn differences(pattern: impl Into<Pattern>, command: &str) -> Vec<String> {
        pattern.into().explain_command(command.as_bytes()).map_or_else(Vec::new, |found| found.differences)
    }

    #[test]
    fn a_wrong_word_is_named_by_its_place() {
        let found = differences("systemctl enable nginx --now", "systemctl enable nginx -now");
        assert_eq!(found, ["argument 3: `-now` is not `--now`"]);
        assert_eq!(differences("uname -r", "unmae -r"), ["command: `unmae` is not `uname`"]);
    }

    #[test]
    fn a_missing_or_further_word_is_one_difference() {
        assert_eq!(differences("rm -r -f /tmp/x", "rm -r /tmp/x"), ["argument 2: `-f` is missing"]);
        assert_eq!(differences("rm /tmp/x", "rm -f /tmp/x"), ["argument 1: `-f` is not expected"]);
    }

    #[test]
    fn words_are_compared_as_a_shell_splits_them() {
        let found = differences("echo 'a b' c", "echo 'a  b' c");
        assert_eq!(found, ["argument 1: `a  b` is not `a b`"]);
        let found = differences("echo a b", "echo  a 'b'");
        assert_eq!(found, ["`echo  a 'b'` has the same words, spaced or quoted in another way"]);
    }

    #[test]
    fn wildcards_stand_for_words_and_within_them() {
        let found = differences(glob("tar -C * -xf *.tar").unwrap(), "tar -C /srv -xf x.zip");
        assert_eq!(found, ["argument 4: `x.zip` is not `*.tar`"]);
        let found = differences(glob("git * push").unwrap(), "git -C /srv -c a=b pull");
        assert_eq!(found, ["argument 5: `pull` is not `push`"]);
    }

    #[test]
    fn words_beyond_a_prefix_are_no_difference() {
        assert_eq!(
            differences(prefix("apt install "), "apt remove a b c"),
            ["argument 1: `remove` is not `install`"]
        );
    }

    #[test]
    fn of_a_regular_expression_only_the_whole_can_be_told() {
        assert_eq!(differences(regex("^ls$").unwrap(), "ls -l"), ["`ls -l` does not match /^ls$/"]);
    }

    #[test]
    fn likeness_ranks() {
        let distance = |command: &str| {
            Pattern::from("systemctl restart nginx").explain_command(command.as_bytes()).unwrap().distance
        };
        let ranked = ["systemctl restart ngnix", "systemctl start nginx", "systemctl restart", "ls -l /srv"];
        let distances: Vec<_> = ranked.iter().map(|command| distance(command)).collect();
        assert!(distances.is_sorted() && distances[0] < distances[3], "{distances:?}");
    }

    #[test]
    fn long_and_odd_texts_are_bounded() {
        let long = "x ".repeat(10_000);
        let found = Pattern::from("ls").explain_command(long.as_bytes()).unwrap();
        assert!(found.differences[0].len() < 200);
        assert_eq!(
            differences("ls", "echo 'open"),
            ["command: `echo` is not `ls`", "argument 1: `'open` is not expected"]
        );
    }
}
