//! Patterns for text that a peer sent: commands, lines, names. One type, so that a rule, a query and an expectation
//! read and behave alike, whether they were written in Rust, in a scenario file or on a command line.

use std::{error::Error, fmt};

use regex::bytes::{Regex, RegexBuilder};

/// What text is compared with.
///
/// A plain string is the whole text, exactly. [`prefix`], [`glob`], [`regex()`] and [`any`] make the others.
///
/// ```
/// use mock_base::{Pattern, glob, prefix, regex};
///
/// # fn main() -> Result<(), mock_base::PatternError> {
/// assert!(Pattern::from("uname -r").is_match("uname -r"));
/// assert!(prefix("rm ").is_match("rm -rf /"));
/// assert!(glob("systemctl * nginx")?.is_match("systemctl restart nginx"));
/// assert!(regex(r"^ls (?<dir>.+)$")?.is_match("ls /srv"));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct Pattern(Form);

#[derive(Debug, Clone)]
enum Form {
    Any,
    Exact(String),
    Prefix(String),
    Glob { text: String, matcher: Regex },
    Regex(Regex),
}

/// A pattern that cannot be understood.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PatternError {
    /// Not a glob.
    #[error("invalid glob `{pattern}`")]
    Glob {
        /// The pattern.
        pattern: String,
        /// What is wrong with it.
        source: Box<dyn Error + Send + Sync>,
    },
    /// Not a regular expression.
    #[error("invalid regular expression `{pattern}`")]
    Regex {
        /// The pattern.
        pattern: String,
        /// What is wrong with it.
        source: Box<dyn Error + Send + Sync>,
    },
}

/// Matches everything.
pub fn any() -> Pattern {
    Pattern(Form::Any)
}

/// Matches what begins with this text.
pub fn prefix(text: impl Into<String>) -> Pattern {
    Pattern(Form::Prefix(text.into()))
}

/// Matches the whole text against a glob: `*` is any text, `?` any character, `[ab]` one of these, `{a,b}` either,
/// and `\` takes the next character as it is. A slash is a character like any other.
///
/// # Errors
///
/// [`PatternError::Glob`] for what is not a glob.
pub fn glob(pattern: &str) -> Result<Pattern, PatternError> {
    let failed = |source| PatternError::Glob { pattern: pattern.to_owned(), source };
    let glob = globset::GlobBuilder::new(pattern)
        .literal_separator(false)
        .backslash_escape(true)
        .build()
        .map_err(|error| failed(error.kind().to_string().into()))?;
    // As a regular expression it runs over bytes that need not be a path.
    let matcher = RegexBuilder::new(glob.regex()).dot_matches_new_line(true).build();
    let matcher = matcher.map_err(|error| failed(error.into()))?;
    Ok(Pattern(Form::Glob { text: pattern.to_owned(), matcher }))
}

/// Matches text in which a regular expression is found anywhere: anchor it with `^` and `$` for the whole.
///
/// # Errors
///
/// [`PatternError::Regex`] for what is not a regular expression.
pub fn regex(pattern: &str) -> Result<Pattern, PatternError> {
    match Regex::new(pattern) {
        Ok(regex) => Ok(Pattern(Form::Regex(regex))),
        Err(source) => Err(PatternError::Regex { pattern: pattern.to_owned(), source: source.into() }),
    }
}

impl Pattern {
    /// The pattern in the form of scenario files and command lines: `~` begins a regular expression, `=` the exact
    /// text; otherwise `*` is any text, `?` any character, and every other character itself. So a text that is no
    /// pattern matches itself.
    ///
    /// ```
    /// use mock_base::Pattern;
    ///
    /// assert!(Pattern::parse("awk '{print $1}' *")?.is_match("awk '{print $1}' /etc/passwd"));
    /// assert!(Pattern::parse(r"~^rm\b")?.is_match("rm -rf /"));
    /// assert!(!Pattern::parse("=ls *")?.is_match("ls -l"));
    /// # Ok::<(), mock_base::PatternError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`PatternError::Regex`] for a bad regular expression.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        if let Some(expression) = text.strip_prefix('~') {
            return regex(expression);
        }
        if let Some(exact) = text.strip_prefix('=') {
            return Ok(Self::from(exact));
        }
        if !text.contains(['*', '?']) {
            return Ok(Self::from(text));
        }
        let mut expression = String::from("(?s-u)^");
        for char in text.chars() {
            match char {
                '*' => expression.push_str(".*"),
                '?' => expression.push_str("(?u:.)"),
                _ => expression.push_str(&regex::escape(char.encode_utf8(&mut [0; 4]))),
            }
        }
        expression.push('$');
        match Regex::new(&expression) {
            Ok(matcher) => Ok(Self(Form::Glob { text: text.to_owned(), matcher })),
            Err(source) => Err(PatternError::Glob { pattern: text.to_owned(), source: source.into() }),
        }
    }

    /// The text that [`parse`](Self::parse) reads as this pattern.
    ///
    /// ```
    /// use mock_base::{Pattern, glob, prefix};
    ///
    /// assert_eq!(Pattern::parse("*.gz")?.to_text(), "*.gz");
    /// assert_eq!(prefix("/srv/").to_text(), "/srv/*");
    /// assert_eq!(Pattern::from("~anna").to_text(), "=~anna");
    /// # Ok::<(), mock_base::PatternError>(())
    /// ```
    #[must_use]
    pub fn to_text(&self) -> String {
        let is_plain = |text: &str| !text.contains(['*', '?']) && !text.starts_with(['~', '=']);
        match &self.0 {
            Form::Any => "*".to_owned(),
            Form::Exact(text) if is_plain(text) => text.clone(),
            Form::Exact(text) => format!("={text}"),
            Form::Prefix(text) if is_plain(text) => format!("{text}*"),
            Form::Prefix(text) => format!("~^{}", regex::escape(text)),
            Form::Glob { text, .. }
                if !text.contains(['[', ']', '{', '}', '\\']) && !text.starts_with(['~', '=']) =>
            {
                text.clone()
            }
            // Across lines, as a builder was told.
            Form::Glob { matcher, .. } => format!("~(?s){matcher}"),
            Form::Regex(regex) => format!("~{regex}"),
        }
    }

    /// Whether this text matches.
    #[must_use]
    pub fn is_match(&self, text: impl AsRef<[u8]>) -> bool {
        let text = text.as_ref();
        match &self.0 {
            Form::Any => true,
            Form::Exact(exact) => text == exact.as_bytes(),
            Form::Prefix(prefix) => text.starts_with(prefix.as_bytes()),
            Form::Glob { matcher, .. } | Form::Regex(matcher) => matcher.is_match(text),
        }
    }

    /// What a regular expression captured in this text, by name and by number (`"0"` is all that it found); nothing
    /// for another pattern, and for text that does not match. Bytes that are not UTF-8 become U+FFFD.
    #[must_use]
    pub fn captures(&self, text: &[u8]) -> Vec<(String, String)> {
        let Form::Regex(regex) = &self.0 else {
            return Vec::new();
        };
        let Some(found) = regex.captures(text) else {
            return Vec::new();
        };
        let value =
            |capture: regex::bytes::Match<'_>| String::from_utf8_lossy(capture.as_bytes()).into_owned();
        let names = regex.capture_names().enumerate();
        let mut captures = Vec::new();
        for (number, name) in names {
            if let Some(capture) = found.get(number) {
                captures.push((number.to_string(), value(capture)));
                captures.extend(name.map(|name| (name.to_owned(), value(capture))));
            }
        }
        captures
    }

    /// The text that is matched exactly, where it is that kind of pattern.
    #[must_use]
    pub fn as_exact(&self) -> Option<&str> {
        match &self.0 {
            Form::Exact(text) => Some(text),
            _ => None,
        }
    }

    /// The text that is matched as a prefix, where it is that kind of pattern.
    #[must_use]
    pub fn as_prefix(&self) -> Option<&str> {
        match &self.0 {
            Form::Prefix(text) => Some(text),
            _ => None,
        }
    }

    /// How every text begins that matches, as far as that is plain to see: what stands before the first wildcard of a
    /// glob, or behind the `^` of a regular expression. For looking up patterns among thousands.
    #[must_use]
    pub fn literal_prefix(&self) -> Option<&str> {
        let literal = match &self.0 {
            Form::Any => None,
            Form::Exact(text) | Form::Prefix(text) => Some(text.as_str()),
            Form::Glob { text, .. } => text.split(['*', '?', '[', '{', '\\']).next(),
            Form::Regex(regex) => literal_begin(regex.as_str()),
        };
        literal.filter(|literal| !literal.is_empty())
    }

    /// The pattern as words that can be compared one by one; `None` where only the whole can be told.
    pub(crate) fn as_words(&self) -> Option<(&str, bool)> {
        match &self.0 {
            Form::Exact(text) | Form::Prefix(text) => Some((text, false)),
            Form::Glob { text, .. } => Some((text, true)),
            Form::Any | Form::Regex(_) => None,
        }
    }
}

/// The characters behind the anchor of a regular expression that stand for themselves, and once.
fn literal_begin(expression: &str) -> Option<&str> {
    let anchored = expression.strip_prefix('^')?;
    if anchored.contains('|') {
        return None;
    }
    let plain = |char: char| char.is_alphanumeric() || " /-_=:,;@%\"'<>!~&".contains(char);
    let end = anchored.find(|char| !plain(char)).unwrap_or(anchored.len());
    let (literal, rest) = anchored.split_at(end);
    if !rest.starts_with(['*', '+', '?', '{']) {
        return Some(literal);
    }
    // What is repeated, or need not be there, is the last character.
    let (last, _) = literal.char_indices().next_back()?;
    literal.get(..last)
}

impl From<&str> for Pattern {
    fn from(text: &str) -> Self {
        Self(Form::Exact(text.to_owned()))
    }
}

impl From<String> for Pattern {
    fn from(text: String) -> Self {
        Self(Form::Exact(text))
    }
}

/// As reports show it: `"uname -r"`, `"rm …"`, `"systemctl *"`, `/^ls /`.
impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Form::Any => f.write_str("anything"),
            Form::Exact(text) | Form::Glob { text, .. } => write!(f, "{text:?}"),
            Form::Prefix(text) => write!(f, "{:?}", format!("{text}…")),
            Form::Regex(regex) => write!(f, "/{regex}/"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_string_matches_the_whole_text_only() {
        let exact = Pattern::from("uname");
        assert!(exact.is_match("uname"));
        assert!(!exact.is_match("uname -r"));
        assert!(!exact.is_match("Uname"));
    }

    #[test]
    fn a_prefix_matches_from_the_begin() {
        assert!(prefix("rm ").is_match("rm -rf /"));
        assert!(!prefix("rm ").is_match("sudo rm -rf /"));
    }

    #[test]
    fn a_glob_matches_the_whole_text_across_slashes_and_lines() {
        let tar = glob("tar -C /srv/* -xf ?.tar").unwrap();
        assert!(tar.is_match("tar -C /srv/a/b -xf x.tar"));
        assert!(!tar.is_match("tar -C /srv/a/b -xf x.tar.gz"));
        assert!(glob("sh -c *").unwrap().is_match("sh -c 'a\nb'"));
    }

    #[test]
    fn a_regular_expression_is_found_anywhere_and_captures() {
        let ls = regex(r"ls (?<dir>\S+)( -l)?").unwrap();
        assert!(ls.is_match("sudo ls /srv"));
        let captures = ls.captures(b"sudo ls /srv");
        let captures: Vec<_> = captures.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(captures, [("0", "ls /srv"), ("1", "/srv"), ("dir", "/srv")]);
    }

    #[test]
    fn a_parsed_text_always_matches_itself() {
        for text in ["ls *.txt", "awk '{print $1}'", "test [ -f x? ]", r"a\b", "a{b,c}", "", "échо ü?"] {
            assert!(Pattern::parse(text).unwrap().is_match(text), "{text}");
        }
        assert!(Pattern::parse("ls ?").unwrap().is_match("ls ü"));
        assert!(!Pattern::parse("ls ?").unwrap().is_match("ls ab"));
    }

    #[test]
    fn the_begin_that_all_matches_share_is_known_where_it_is_plain() {
        let of = |pattern: Pattern| pattern.literal_prefix().map(str::to_owned);
        assert_eq!(of(glob("systemctl * app").unwrap()).as_deref(), Some("systemctl "));
        assert_eq!(of(Pattern::parse("ls [x]*").unwrap()).as_deref(), Some("ls "));
        assert_eq!(of(glob("*x").unwrap()), None);
        let of_regex = |text: &str| of(regex(text).unwrap());
        assert_eq!(of_regex(r"^ls (?<dir>.+)$").as_deref(), Some("ls "));
        assert_eq!(of_regex("^rm$").as_deref(), Some("rm"));
        assert_eq!(of_regex("^rms?").as_deref(), Some("rm"));
        assert_eq!(of_regex("^ab{0}c").as_deref(), Some("a"));
        for text in ["rm", "^rm|^ls", r"^\w", "(?i)^rm", "^(?i)rm", "^.x", "^a*"] {
            assert_eq!(of_regex(text), None, "{text}");
        }
    }

    #[test]
    fn every_pattern_has_a_text_that_is_read_as_it() {
        let patterns = [
            any(),
            "a".into(),
            "a*".into(),
            "~a".into(),
            prefix("a"),
            prefix("a*"),
            glob("a*").unwrap(),
            glob("a[*]?").unwrap(),
            Pattern::parse("a[*").unwrap(),
            regex("^a.$").unwrap(),
        ];
        for pattern in patterns {
            let again = Pattern::parse(&pattern.to_text()).unwrap();
            assert_eq!(again.to_text(), pattern.to_text());
            for text in ["", "a", "ab", "a*", "a*x", "a[*", "a[b", "~a", "ba", "a\n", "a*\n"] {
                assert_eq!(again.is_match(text), pattern.is_match(text), "{pattern} {again} {text:?}");
            }
        }
    }

    #[test]
    fn a_bad_pattern_is_named() {
        assert_eq!(glob("[a").unwrap_err().to_string(), "invalid glob `[a`");
        assert_eq!(regex("(").unwrap_err().to_string(), "invalid regular expression `(`");
        assert_eq!(Pattern::parse("~(").unwrap_err().to_string(), "invalid regular expression `(`");
    }

    #[test]
    fn patterns_show_what_they_are() {
        let shown: Vec<_> = [any(), "a\n".into(), prefix("b "), glob("c *").unwrap(), regex("^d").unwrap()]
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(shown, ["anything", r#""a\n""#, "\"b …\"", "\"c *\"", "/^d/"]);
    }
}
