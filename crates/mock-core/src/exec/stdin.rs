//! Matchers over standard input. Each waits only while it cannot tell: what can no longer become a match is a miss
//! at once, so that a rule behind it need not wait for a client that sends no end.

use bytes::Bytes;
use mock_base::{Mismatch, Pattern, Times};

use super::{Match, MatchCommand, circumstances::OTHER};
use crate::{Request, StdinSoFar};

/// Longest first line that is looked for.
const LONGEST_LINE: usize = 1 << 20;

/// Matches a command whose whole standard input matches. A rule waits for its end, at most 16 MiB; with a text, and
/// with a [`prefix`](crate::prefix), only as long as the input begins so.
///
/// ```
/// use mock_core::{Exec, MatchCommand as _, Request, Template, Wanted, regex, stdin};
///
/// let request = Request::detached("anna", Wanted::Exec("psql".into())).with_stdin("select 1;\n");
/// assert!(stdin(regex("^select")?).matches(&request).is_hit());
///
/// let import = Exec::on("import".and(stdin(regex(r"^id (?<id>\d+)$")?))).reply(Template::new("got {{ id }}\n")?);
/// # let _ = import;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn stdin(pattern: impl Into<Pattern>) -> OnStdin {
    OnStdin(What::All(pattern.into()))
}

/// Matches a command whose standard input begins with these bytes, as soon as they are there.
///
/// ```
/// use mock_core::{Match, MatchCommand as _, Request, Wanted, stdin_starts_with};
///
/// let request = Request::detached("anna", Wanted::Exec("tar -xz".into()));
/// let gzip = stdin_starts_with([0x1f, 0x8b]);
/// assert_eq!(gzip.matches(&request), Match::NeedsStdin);
/// assert_eq!(gzip.matches(&request.clone().with_stdin("PK")), Match::Miss);
/// ```
pub fn stdin_starts_with(bytes: impl AsRef<[u8]>) -> OnStdin {
    OnStdin(What::Begin(Bytes::copy_from_slice(bytes.as_ref())))
}

/// Matches a command whose first line of standard input matches, as soon as it is there: without its end, CR LF or LF.
/// No input at all is an empty line; a line of more than 1 MiB is none.
///
/// ```
/// use mock_core::{MatchCommand as _, Request, Wanted, stdin_line};
///
/// let request = Request::detached("anna", Wanted::Exec("sudo -S id".into())).with_stdin("secret\nmore");
/// assert!(stdin_line("secret").matches(&request).is_hit());
/// ```
pub fn stdin_line(pattern: impl Into<Pattern>) -> OnStdin {
    OnStdin(What::Line(pattern.into()))
}

/// Matches a command whose standard input has so many bytes: a number or a range. `1..` matches with the first byte, and
/// what exceeds the range is a miss at once; otherwise a rule waits for the end.
///
/// ```
/// use mock_core::{MatchCommand as _, Request, Wanted, stdin_size};
///
/// let request = Request::detached("anna", Wanted::Exec("upload".into())).with_stdin("12345");
/// assert!(stdin_size(5).matches(&request).is_hit());
/// assert!(stdin_size(..=4).not().matches(&request).is_hit());
/// ```
pub fn stdin_size(bytes: impl Into<Times>) -> OnStdin {
    OnStdin(What::Size(bytes.into()))
}

/// What [`stdin`], [`stdin_starts_with`], [`stdin_line`] and [`stdin_size`] make.
#[derive(Debug, Clone)]
#[must_use = "a matcher does nothing by itself: hand it to `Exec::on`"]
pub struct OnStdin(What);

#[derive(Debug, Clone)]
enum What {
    All(Pattern),
    Begin(Bytes),
    Line(Pattern),
    Size(Times),
}

impl Request {
    /// The same with this standard input, and no more to come: for testing a rule by itself.
    #[must_use]
    pub fn with_stdin(mut self, data: impl Into<Bytes>) -> Self {
        self.stdin = Some(StdinSoFar { data: data.into(), ended: true });
        self
    }
}

/// What has come: nothing, where nobody has looked yet.
fn so_far(request: &Request) -> (&[u8], bool) {
    request.stdin.as_ref().map_or((b"", false), |stdin| (&stdin.data, stdin.ended))
}

impl MatchCommand for OnStdin {
    fn matches(&self, request: &Request) -> Match {
        let (data, ended) = so_far(request);
        match &self.0 {
            What::All(pattern) if ended => judge(pattern, data),
            What::All(pattern) => still(could_become(pattern, data)),
            What::Begin(begin) if data.starts_with(begin) => Match::Hit,
            What::Begin(begin) => still(!ended && begin.starts_with(data)),
            What::Line(pattern) => match first_line(data, ended) {
                Line::Is(line) => judge(pattern, line),
                Line::Begins(begin) => still(could_become(pattern, begin)),
                Line::TooLong => Match::Miss,
            },
            What::Size(size) => {
                let count = data.len() as u64;
                let settled = ended || size.most().is_none();
                match (size.is_exceeded(count), settled && size.holds(count)) {
                    (true, _) => Match::Miss,
                    (false, true) => Match::Hit,
                    (false, false) => still(!ended),
                }
            }
        }
    }

    fn describe(&self) -> String {
        match &self.0 {
            What::All(pattern) => format!("stdin {pattern}"),
            What::Begin(begin) => format!("stdin \"{}…\"", begin.escape_ascii()),
            What::Line(pattern) => format!("stdin line {pattern}"),
            What::Size(size) => format!("stdin of {} bytes", range(*size)),
        }
    }

    /// Nothing as long as it could match.
    fn explain(&self, request: &Request) -> Option<Mismatch> {
        request.stdin.as_ref()?;
        if self.matches(request) != Match::Miss {
            return None;
        }
        let (data, ended) = so_far(request);
        match &self.0 {
            What::All(pattern) => told("standard input", pattern, data),
            What::Line(pattern) => {
                let (Line::Is(line) | Line::Begins(line)) = first_line(data, ended) else {
                    return Some(Mismatch::new(OTHER, "standard input has no line within 1 MiB"));
                };
                told("the first line of standard input", pattern, line)
            }
            What::Begin(begin) => {
                let begins = data.get(..begin.len()).unwrap_or(data);
                Some(Mismatch::new(
                    OTHER,
                    format!(
                        "standard input begins with \"{}\", not \"{}\"",
                        begins.escape_ascii(),
                        begin.escape_ascii()
                    ),
                ))
            }
            What::Size(size) => {
                let count = data.len();
                let more = if ended { "" } else { " or more" };
                Some(Mismatch::new(
                    OTHER,
                    format!("standard input has {count} bytes{more}, not {}", range(*size)),
                ))
            }
        }
    }
}

fn judge(pattern: &Pattern, text: &[u8]) -> Match {
    if !pattern.is_match(text) {
        return Match::Miss;
    }
    match pattern.captures(text) {
        captures if captures.is_empty() => Match::Hit,
        captures => Match::Captured(captures),
    }
}

/// More input can make it a match, or cannot.
fn still(possible: bool) -> Match {
    if possible { Match::NeedsStdin } else { Match::Miss }
}

/// Whether text that begins so can match once the rest is there.
fn could_become(pattern: &Pattern, begin: &[u8]) -> bool {
    match (pattern.as_exact(), pattern.as_prefix()) {
        (Some(text), _) => text.as_bytes().starts_with(begin),
        (_, Some(text)) => text.as_bytes().iter().zip(begin).all(|(wanted, found)| wanted == found),
        // Of a regular expression it cannot be told.
        (None, None) => true,
    }
}

enum Line<'a> {
    Is(&'a [u8]),
    Begins(&'a [u8]),
    TooLong,
}

fn first_line(data: &[u8], ended: bool) -> Line<'_> {
    let within = data.get(..LONGEST_LINE).unwrap_or(data);
    let end = within.iter().position(|byte| *byte == b'\n');
    let without_cr = |line: &'_ [u8]| line.strip_suffix(b"\r").map_or(line.len(), <[u8]>::len);
    match end.and_then(|end| data.get(..end)) {
        Some(line) => Line::Is(line.get(..without_cr(line)).unwrap_or(line)),
        None if within.len() < data.len() => Line::TooLong,
        None if ended => Line::Is(data),
        // A CR may belong to the end of the line.
        None => Line::Begins(data.get(..without_cr(data)).unwrap_or(data)),
    }
}

fn told(place: &str, pattern: &Pattern, text: &[u8]) -> Option<Mismatch> {
    let mut mismatch = pattern.explain_text(text)?;
    mismatch.distance = OTHER;
    for difference in &mut mismatch.differences {
        difference.insert_str(0, &format!("{place}, "));
    }
    Some(mismatch)
}

/// `5`, `at least 5`, `at most 5`, `2 to 5`.
fn range(size: Times) -> String {
    match (size.least(), size.most()) {
        (least, None) => format!("at least {least}"),
        (least, Some(most)) if least == most => least.to_string(),
        (0, Some(most)) => format!("at most {most}"),
        (least, Some(most)) => format!("{least} to {most}"),
    }
}

#[cfg(test)]
mod tests {
    use mock_base::{any, prefix, regex};

    use super::*;
    use crate::Wanted;

    fn sent(data: &'static str, ended: bool) -> Request {
        let mut request = Request::detached("anna", Wanted::Exec("import".into()));
        request.stdin = Some(StdinSoFar { data: data.into(), ended });
        request
    }

    /// What it says to what has come, and to the same when no more will.
    fn says(matcher: &OnStdin, data: &'static str) -> (Match, Match) {
        (matcher.matches(&sent(data, false)), matcher.matches(&sent(data, true)))
    }

    const MISS: (Match, Match) = (Match::Miss, Match::Miss);
    const TOO_FEW: (Match, Match) = (Match::NeedsStdin, Match::Miss);
    const AT_THE_END: (Match, Match) = (Match::NeedsStdin, Match::Hit);
    const HIT: (Match, Match) = (Match::Hit, Match::Hit);

    #[test]
    fn the_whole_is_judged_at_its_end_and_refused_before() {
        let exact = stdin("abc");
        assert_eq!(says(&exact, "abc"), AT_THE_END);
        assert_eq!((says(&exact, "ab"), says(&exact, "")), (TOO_FEW, TOO_FEW));
        assert_eq!((says(&exact, "abcd"), says(&exact, "x")), (MISS, MISS));
        assert_eq!((says(&stdin(prefix("ab")), "abc"), says(&stdin(prefix("ab")), "ax")), (AT_THE_END, MISS));
        assert_eq!(says(&stdin(any()), ""), AT_THE_END);
        assert_eq!(says(&stdin(regex("b$").unwrap()), "abc"), TOO_FEW);
        let none = Request::detached("anna", Wanted::Exec("import".into()));
        assert_eq!(exact.matches(&none), Match::NeedsStdin);
        assert_eq!(exact.explain(&none), None);
    }

    #[test]
    fn a_begin_is_told_as_soon_as_it_can_be() {
        let begin = stdin_starts_with("ab");
        assert_eq!((says(&begin, "ab"), says(&begin, "abc")), (HIT, HIT));
        assert_eq!((says(&begin, ""), says(&begin, "a"), says(&begin, "ax")), (TOO_FEW, TOO_FEW, MISS));
    }

    #[test]
    fn a_line_is_told_as_soon_as_it_can_be() {
        let line = stdin_line("yes");
        assert_eq!((says(&line, "yes\n"), says(&line, "yes\r\nno")), (HIT, HIT));
        assert_eq!((says(&line, "yes"), says(&line, "y")), (AT_THE_END, TOO_FEW));
        assert_eq!((says(&line, "yes\r").0, says(&line, "no")), (Match::NeedsStdin, MISS));
        assert_eq!((says(&line, "yes!\n"), says(&line, "\nyes\n")), (MISS, MISS));
        assert_eq!(says(&stdin_line(""), ""), AT_THE_END);
        let long = "x".repeat(LONGEST_LINE + 1);
        let long = Request::detached("anna", Wanted::Exec("import".into())).with_stdin(long);
        assert_eq!(stdin_line(any()).matches(&long), Match::Miss);
    }

    #[test]
    fn a_size_is_told_as_soon_as_it_can_be() {
        assert_eq!((says(&stdin_size(2), "ab"), says(&stdin_size(2), "a")), (AT_THE_END, TOO_FEW));
        assert_eq!(says(&stdin_size(2), "abc"), MISS);
        assert_eq!((says(&stdin_size(1..), "a"), says(&stdin_size(1..), "")), (HIT, TOO_FEW));
        assert_eq!((says(&stdin_size(..=2), ""), says(&stdin_size(..=2), "abc")), (AT_THE_END, MISS));
    }

    #[test]
    fn what_differs_is_told() {
        let told = |matcher: &OnStdin, data: &'static str| {
            let found = matcher.explain(&sent(data, true));
            found.map_or_else(Vec::new, |found| found.differences)
        };
        assert_eq!(told(&stdin("go on"), "go off"), ["standard input, word 2: `off` is not `on`"]);
        assert_eq!(
            told(&stdin_line("yes please"), "no please\nyes"),
            ["the first line of standard input, word 1: `no` is not `yes`"]
        );
        assert_eq!(
            told(&stdin_starts_with([0x1f, 0x8b]), "PK.."),
            [r#"standard input begins with "PK", not "\x1f\x8b""#]
        );
        assert_eq!(told(&stdin_size(2..=3), "a"), ["standard input has 1 bytes, not 2 to 3"]);
        assert_eq!(told(&stdin("a"), "a"), [""; 0]);
        assert_eq!(stdin_starts_with([0x1f, 0x8b]).describe(), r#"stdin "\x1f\x8b…""#);
        assert_eq!(stdin_size(..=3).describe(), "stdin of at most 3 bytes");
    }
}
