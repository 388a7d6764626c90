//! Why a text does not match, word by word: "argument 3: `-now` is not `--now`".
//!
//! Words are aligned so that a missing argument is one difference, not one for each word after it. The distance ranks
//! candidates for "the nearest"; it means nothing by itself.

use crate::{Event, Pattern, pattern::any};

/// How far something is from matching, and in what.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Mismatch {
    /// 0 would be a match. Only good for comparing candidates.
    pub distance: u32,
    /// What differs, a line each.
    pub differences: Vec<String>,
}

impl Mismatch {
    /// One difference.
    #[must_use]
    pub fn new(distance: u32, difference: impl Into<String>) -> Self {
        Self { distance, differences: vec![difference.into()] }
    }

    /// What something weighs that nearly was of the right kind.
    pub(crate) const NEARLY: u32 = 5;

    /// It happened somewhere else.
    pub(crate) fn elsewhere(event: &Event) -> Self {
        let place = match event.connection {
            Some(connection) => format!("it came on connection {connection} of `{}`", event.server),
            None => format!("it came on `{}`", event.server),
        };
        Self::new(20, place)
    }

    /// Both.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.distance = self.distance.saturating_add(other.distance);
        self.differences.extend(other.differences);
        self
    }
}

/// Words that are compared at most: beyond it, only the whole is.
const MOST_WORDS: usize = 64;
/// Bytes of a text that are compared at most.
const MOST_BYTES: usize = 4096;
/// Differences that are told at most.
const MOST_DIFFERENCES: usize = 5;

/// A word too much or too few.
const GAP: u32 = 10;

impl Pattern {
    /// Why this command does not match, in terms of its words; `None` if it does.
    #[must_use]
    pub fn explain_command(&self, command: &[u8]) -> Option<Mismatch> {
        self.explain(command, |position| match position {
            0 => "command".to_owned(),
            _ => format!("argument {position}"),
        })
    }

    /// Why this text does not match, in terms of its words; `None` if it does.
    #[must_use]
    pub fn explain_text(&self, text: &[u8]) -> Option<Mismatch> {
        self.explain_labelled("", text)
    }

    /// As [`explain_text`](Self::explain_text), with the name of the text in each difference, where it has one.
    pub(crate) fn explain_labelled(&self, label: &str, text: &[u8]) -> Option<Mismatch> {
        let mut mismatch = self.explain(text, |position| format!("word {}", position + 1))?;
        if !label.is_empty() {
            for difference in &mut mismatch.differences {
                difference.insert_str(0, &format!("{label}, "));
            }
        }
        Some(mismatch)
    }

    fn explain(&self, text: &[u8], name: impl Fn(usize) -> String) -> Option<Mismatch> {
        if self.is_match(text) {
            return None;
        }
        let text = String::from_utf8_lossy(text);
        let whole = || {
            let literal = self.to_string();
            Mismatch::new(
                GAP * 2 + unlike(&literal, &text),
                format!("`{}` does not match {self}", short(&text)),
            )
        };
        let Some((expected, wildcards)) = self.as_words() else {
            return Some(whole());
        };
        let (expected, found) = (split(expected), split(&text));
        if expected.len().max(found.len()) > MOST_WORDS || text.len() > MOST_BYTES {
            return Some(whole());
        }
        let (expected, found) = match self.as_prefix() {
            // Words beyond the prefix are no difference.
            Some(_) => (&*expected, found.get(..expected.len()).unwrap_or(&found)),
            None => (&*expected, &*found),
        };
        let expected: Vec<_> = expected.iter().map(|word| Word::new(word, wildcards)).collect();
        Some(compare(&expected, found, name).unwrap_or_else(|| {
            Mismatch::new(
                1,
                format!("`{}` has the same words, spaced or quoted in another way", short(&text)),
            )
        }))
    }
}

/// Words as a shell would split them; by white space where quotes do not pair.
fn split(text: &str) -> Vec<String> {
    shell_words::split(text).unwrap_or_else(|_| text.split_whitespace().map(str::to_owned).collect())
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
        if self.pattern.is_match(found) { 0 } else { 2 + unlike(self.text, found) }
    }
}

/// 0 for the same text, 16 for nothing in common: so that a word in place of another costs at most what two gaps do.
fn unlike(expected: &str, found: &str) -> u32 {
    let likeness = strsim::normalized_damerau_levenshtein(expected, &short(found));
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 16")]
    let unlike = ((1.0 - likeness) * 16.0).round() as u32;
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
    let mut differences = Vec::new();
    while let Some((_, step)) = rest.get(i * width + j) {
        let (word, other) = (expected.get(i), found.get(j).map(|word| short(word)));
        match (step, word, other) {
            (Step::Pair, Some(word), Some(other)) => {
                if word.cost(&other) > 0 {
                    differences.push(format!("{}: `{other}` is not `{}`", name(j), word.text));
                }
                (i, j) = (i + 1, j + 1);
            }
            (Step::Missing, Some(word), _) => {
                if !word.gap {
                    differences.push(format!("{}: `{}` is missing", name(j), word.text));
                }
                i += 1;
            }
            (Step::Extra, _, Some(other)) => {
                let within_gap = i.checked_sub(1).and_then(|i| expected.get(i)).is_some_and(|word| word.gap);
                if !within_gap {
                    differences.push(format!("{}: `{other}` is not expected", name(j)));
                }
                j += 1;
            }
            _ => break,
        }
    }
    if differences.is_empty() {
        return None;
    }
    let more = differences.len().saturating_sub(MOST_DIFFERENCES);
    differences.truncate(MOST_DIFFERENCES);
    if more > 0 {
        differences.push(format!("and {more} more"));
    }
    Some(Mismatch { distance: rest.first().map_or(0, |cell| cell.0), differences })
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
