//! Matchers over the words of a command, as a shell splits them: so that quotes and spaces do not matter, and flags
//! are found wherever a client puts them.

use mock_base::{Mismatch, Pattern};

use super::{Match, MatchCommand};
use crate::Request;

/// What a word too much or too few weighs.
const GAP: u32 = 10;

/// Matches a command that has exactly these words, the program first.
///
/// ```
/// use mock_core::{MatchCommand as _, Pattern, Request, Wanted, any, argv};
///
/// let request = Request::detached("anna", Wanted::Exec("systemctl  restart 'nginx'".into()));
/// assert!(argv(["systemctl", "restart", "nginx"]).matches(&request).is_hit());
/// assert!(argv([Pattern::from("systemctl"), any(), any()]).matches(&request).is_hit());
/// assert!(argv(["systemctl", "restart"]).and_more().matches(&request).is_hit());
/// ```
pub fn argv<P: Into<Pattern>>(words: impl IntoIterator<Item = P>) -> Argv {
    Argv { words: words.into_iter().map(Into::into).collect(), more: false }
}

/// What [`argv`] makes.
#[derive(Debug, Clone)]
#[must_use = "a matcher does nothing by itself: hand it to `Exec::on`"]
pub struct Argv {
    words: Vec<Pattern>,
    more: bool,
}

impl Argv {
    /// Further words may follow.
    pub fn and_more(mut self) -> Self {
        self.more = true;
        self
    }
}

impl MatchCommand for Argv {
    fn matches(&self, request: &Request) -> Match {
        let found = request.args();
        let counts =
            if self.more { found.len() >= self.words.len() } else { found.len() == self.words.len() };
        let pairs = || self.words.iter().zip(&found);
        if !counts || !pairs().all(|(word, found)| word.is_match(found)) {
            return Match::Miss;
        }
        captured(pairs())
    }

    fn describe(&self) -> String {
        let more = if self.more { ", …" } else { "" };
        format!("argv [{}{more}]", listed(&self.words))
    }

    fn explain(&self, request: &Request) -> Option<Mismatch> {
        // Texts alone can be aligned, so that a missing word is one difference.
        let texts: Option<Vec<_>> = self.words.iter().map(Pattern::as_exact).collect();
        if let (Some(texts), false) = (texts, self.more) {
            return Pattern::from(shell_words::join(texts)).explain_command(request.command());
        }
        let found = request.args();
        let longest = if self.more { self.words.len() } else { self.words.len().max(found.len()) };
        let differences = (0..longest).filter_map(|position| {
            let place = place(position);
            match (self.words.get(position), found.get(position)) {
                (Some(word), Some(found)) => differs(word, found, &place),
                (Some(word), None) => {
                    Some(Mismatch::new(GAP, format!("{place}: {} is missing", shown(word))))
                }
                (None, Some(found)) => {
                    Some(Mismatch::new(GAP, format!("{place}: `{found}` is not expected")))
                }
                (None, None) => None,
            }
        });
        differences.reduce(Mismatch::and)
    }
}

/// Matches a command whose first word matches: the program, with its directory where the client wrote one.
///
/// ```
/// use mock_core::{MatchCommand as _, Request, Wanted, program};
///
/// let request = Request::detached("anna", Wanted::Exec("systemctl status".into()));
/// assert!(program("systemctl").matches(&request).is_hit());
/// ```
pub fn program(pattern: impl Into<Pattern>) -> Word {
    Word { pattern: pattern.into(), of: Of::Program }
}

/// Matches a command with an argument that matches, wherever it stands.
///
/// ```
/// use mock_core::{MatchCommand as _, Request, Wanted, argument};
///
/// let request = Request::detached("anna", Wanted::Exec("systemctl enable nginx --now".into()));
/// assert!(argument("--now").matches(&request).is_hit());
/// assert!(!argument("systemctl").matches(&request).is_hit(), "that is the program");
/// ```
pub fn argument(pattern: impl Into<Pattern>) -> Word {
    Word { pattern: pattern.into(), of: Of::Arguments }
}

/// What [`program`] and [`argument`] make.
#[derive(Debug, Clone)]
#[must_use = "a matcher does nothing by itself: hand it to `Exec::on`"]
pub struct Word {
    pattern: Pattern,
    of: Of,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Of {
    Program,
    Arguments,
}

impl Word {
    fn among<'a>(&self, words: &'a [String]) -> &'a [String] {
        let (program, arguments) = words.split_at(words.len().min(1));
        if self.of == Of::Program { program } else { arguments }
    }
}

impl MatchCommand for Word {
    fn matches(&self, request: &Request) -> Match {
        let words = request.args();
        let found = self.among(&words).iter().find(|word| self.pattern.is_match(word));
        found.map_or(Match::Miss, |word| captured([(&self.pattern, word)].into_iter()))
    }

    fn describe(&self) -> String {
        let name = if self.of == Of::Program { "program" } else { "argument" };
        format!("{name} {}", self.pattern)
    }

    fn explain(&self, request: &Request) -> Option<Mismatch> {
        let words = request.args();
        match (self.of, self.among(&words)) {
            (Of::Program, [program, ..]) => differs(&self.pattern, program, "command"),
            (Of::Program, []) => Some(Mismatch::new(GAP, "there is no command")),
            (Of::Arguments, arguments) => {
                let nearest = arguments.iter().enumerate().filter_map(|(position, argument)| {
                    differs(&self.pattern, argument, &place(position + 1))
                });
                let missing = Mismatch::new(GAP, format!("no argument is {}", shown(&self.pattern)));
                let nearest = nearest.min_by_key(|mismatch| mismatch.distance);
                Some(nearest.filter(|nearest| nearest.distance < GAP).unwrap_or(missing))
            }
        }
    }
}

/// Matches a command with arguments that match these in this order, with anything between them.
///
/// ```
/// use mock_core::{MatchCommand as _, Request, Wanted, arguments_in_order};
///
/// let request = Request::detached("anna", Wanted::Exec("rsync -a --delete /src /dst".into()));
/// assert!(arguments_in_order(["/src", "/dst"]).matches(&request).is_hit());
/// assert!(!arguments_in_order(["/dst", "/src"]).matches(&request).is_hit());
/// ```
pub fn arguments_in_order<P: Into<Pattern>>(arguments: impl IntoIterator<Item = P>) -> ArgumentsInOrder {
    ArgumentsInOrder { arguments: arguments.into_iter().map(Into::into).collect() }
}

/// What [`arguments_in_order`] makes.
#[derive(Debug, Clone)]
#[must_use = "a matcher does nothing by itself: hand it to `Exec::on`"]
pub struct ArgumentsInOrder {
    arguments: Vec<Pattern>,
}

impl ArgumentsInOrder {
    /// The words that the first of the arguments match, in order: as many as there are.
    fn found(&self, words: Vec<String>) -> Vec<String> {
        let mut words = words.into_iter().skip(1);
        let find = |wanted: &Pattern| words.find(|word| wanted.is_match(word));
        self.arguments.iter().map_while(find).collect()
    }
}

impl MatchCommand for ArgumentsInOrder {
    fn matches(&self, request: &Request) -> Match {
        let found = self.found(request.args());
        if found.len() < self.arguments.len() {
            return Match::Miss;
        }
        captured(self.arguments.iter().zip(&found))
    }

    fn describe(&self) -> String {
        format!("arguments in order [{}]", listed(&self.arguments))
    }

    fn explain(&self, request: &Request) -> Option<Mismatch> {
        let found = self.found(request.args());
        let wanted = shown(self.arguments.get(found.len())?);
        let after = found.last().map(|last| format!(" after `{last}`")).unwrap_or_default();
        Some(Mismatch::new(GAP, format!("no argument{after} is {wanted}")))
    }
}

/// How a pattern reads among words: a text as the client would write it.
pub(super) fn shown(pattern: &Pattern) -> String {
    pattern.as_exact().map_or_else(|| pattern.to_string(), |text| format!("`{text}`"))
}

/// Why a word does not match, with its place; `None` if it does.
pub(super) fn differs(pattern: &Pattern, found: &str, place: &str) -> Option<Mismatch> {
    let mut mismatch = pattern.explain_text(found.as_bytes())?;
    mismatch.differences = vec![format!("{place}: `{found}` is not {}", shown(pattern))];
    Some(mismatch)
}

/// A hit, with what the patterns captured in their words.
pub(super) fn captured<'a>(pairs: impl Iterator<Item = (&'a Pattern, &'a String)>) -> Match {
    let captures: Vec<_> = pairs.flat_map(|(pattern, word)| pattern.captures(word.as_bytes())).collect();
    if captures.is_empty() { Match::Hit } else { Match::Captured(captures) }
}

fn place(position: usize) -> String {
    if position == 0 { "command".to_owned() } else { format!("argument {position}") }
}

fn listed(patterns: &[Pattern]) -> String {
    patterns.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use mock_base::{any, glob, regex};

    use super::*;
    use crate::Wanted;

    fn request(command: &'static str) -> Request {
        Request::detached("anna", Wanted::Exec(command.into()))
    }

    fn hits(matcher: &dyn MatchCommand, command: &'static str) -> bool {
        matcher.matches(&request(command)).is_hit()
    }

    fn differences(matcher: &dyn MatchCommand, command: &'static str) -> Vec<String> {
        matcher.explain(&request(command)).map_or_else(Vec::new, |found| found.differences)
    }

    #[test]
    fn words_are_those_of_a_shell_and_their_number_counts() {
        let rule = argv(["echo", "two words"]);
        assert!(hits(&rule, "echo 'two words'") && hits(&rule, " echo   two\\ words "));
        assert!(!hits(&rule, "echo two words") && !hits(&rule, "echo") && !hits(&rule, ""));
        assert!(hits(&argv(["echo"]).and_more(), "echo a b"));
        assert!(hits(&argv::<&str>([]), ""));
    }

    #[test]
    fn what_differs_is_told_by_its_place() {
        let rule = argv(["rm", "-r", "-f", "/tmp/x"]);
        assert_eq!(differences(&rule, "rm -r /tmp/x"), ["argument 2: `-f` is missing"]);
        let rule = argv([Pattern::from("tar"), any(), glob("*.tar").unwrap()]);
        assert_eq!(
            differences(&rule, "tra -x a.zip -v"),
            [
                "command: `tra` is not `tar`",
                "argument 2: `a.zip` is not \"*.tar\"",
                "argument 3: `-v` is not expected"
            ]
        );
        assert_eq!(differences(&rule, "tar -x"), ["argument 2: \"*.tar\" is missing"]);
    }

    #[test]
    fn the_program_is_no_argument() {
        assert!(hits(&program("ls"), "ls -l") && !hits(&program("-l"), "ls -l"));
        assert!(hits(&argument("-l"), "ls -l") && !hits(&argument("ls"), "ls -l"));
        assert_eq!(differences(&program("ls"), ""), ["there is no command"]);
        assert_eq!(differences(&argument("--now"), "x a -now"), ["argument 2: `-now` is not `--now`"]);
        assert_eq!(differences(&argument("--now"), "x a"), ["no argument is `--now`"]);
    }

    #[test]
    fn order_counts_and_gaps_do_not() {
        let rule = arguments_in_order(["a", "b"]);
        assert!(hits(&rule, "x a -v b c") && !hits(&rule, "x b a"));
        assert_eq!(differences(&rule, "x b a"), ["no argument after `a` is `b`"]);
        assert_eq!(differences(&rule, "x"), ["no argument is `a`"]);
    }

    #[test]
    fn words_can_be_captured() {
        let rule = argv(["ls".into(), regex("^/srv/(?<name>.+)$").unwrap()]);
        let Match::Captured(captures) = rule.matches(&request("ls '/srv/a b'")) else {
            panic!("it matches");
        };
        assert!(captures.contains(&("name".to_owned(), "a b".to_owned())));
    }

    #[test]
    fn they_read_as_they_are_written() {
        assert_eq!(argv(["a".into(), any()]).and_more().describe(), r#"argv ["a", anything, …]"#);
        assert_eq!(program("a").describe(), r#"program "a""#);
        assert_eq!(argument("a").describe(), r#"argument "a""#);
        assert_eq!(arguments_in_order(["a", "b"]).describe(), r#"arguments in order ["a", "b"]"#);
    }
}
