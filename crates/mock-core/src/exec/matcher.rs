//! Which commands a rule is for.

use std::{error::Error, sync::Arc};

use crate::Request;

/// Whether a matcher matched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Match {
    /// It did not.
    Miss,
    /// It did.
    Hit,
}

impl From<bool> for Match {
    fn from(hit: bool) -> Self {
        if hit { Self::Hit } else { Self::Miss }
    }
}

/// Decides whether a rule is for a command. Pure: it may be asked more than once.
///
/// Implemented by strings, which match the whole command exactly, by what [`prefix`], [`glob`], [`regex()`] and
/// [`any`] make, and by closures over a [`Request`].
///
/// ```
/// use mock_core::{Exec, Request, any, glob, prefix, regex};
///
/// # fn main() -> Result<(), mock_core::PatternError> {
/// let rules = [
///     Exec::on("uptime").reply("up 3 days\n"),
///     Exec::on(prefix("echo ")).reply("echoed\n"),
///     Exec::on(glob("systemctl * nginx")?).reply(""),
///     Exec::on(regex(r"^rm\b")?).reply("denied\n"),
///     Exec::on(|request: &Request| request.user == "root").reply("yes, master\n"),
///     Exec::on(any()).reply("what?\n"),
/// ];
/// # let _ = rules;
/// # Ok(())
/// # }
/// ```
pub trait MatchCommand: Send + Sync {
    /// Whether the rule is for this request.
    fn matches(&self, request: &Request) -> Match;

    /// How the matcher reads in the journal and in reports.
    fn describe(&self) -> String {
        "a closure".to_owned()
    }
}

impl<F, M> MatchCommand for F
where
    F: Fn(&Request) -> M + Send + Sync,
    M: Into<Match>,
{
    fn matches(&self, request: &Request) -> Match {
        self(request).into()
    }
}

impl MatchCommand for &'static str {
    fn matches(&self, request: &Request) -> Match {
        (request.command() == self.as_bytes()).into()
    }

    fn describe(&self) -> String {
        (*self).to_owned()
    }
}

impl MatchCommand for String {
    fn matches(&self, request: &Request) -> Match {
        (request.command() == self.as_bytes()).into()
    }

    fn describe(&self) -> String {
        self.clone()
    }
}

macro_rules! delegate {
    ($($pointer:ty),*) => {$(
        impl MatchCommand for $pointer {
            fn matches(&self, request: &Request) -> Match {
                (**self).matches(request)
            }

            fn describe(&self) -> String {
                (**self).describe()
            }
        }
    )*};
}

delegate!(Arc<dyn MatchCommand>, Box<dyn MatchCommand>);

/// Matches every command.
#[must_use]
pub fn any() -> Any {
    Any
}

/// What [`any`] makes.
#[derive(Debug, Clone, Copy)]
pub struct Any;

impl MatchCommand for Any {
    fn matches(&self, _: &Request) -> Match {
        Match::Hit
    }

    fn describe(&self) -> String {
        "any command".to_owned()
    }
}

/// Matches commands that begin with this text.
#[must_use]
pub fn prefix(text: impl Into<String>) -> Prefix {
    Prefix(text.into())
}

/// What [`prefix`] makes.
#[derive(Debug, Clone)]
pub struct Prefix(String);

impl MatchCommand for Prefix {
    fn matches(&self, request: &Request) -> Match {
        request.command().starts_with(self.0.as_bytes()).into()
    }

    fn describe(&self) -> String {
        format!("{}…", self.0)
    }
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

/// Matches the whole command against a glob: `*` is any text, `?` any character, `[ab]` one of these, `{a,b}`
/// either. A slash is a character like any other.
///
/// # Errors
///
/// [`PatternError::Glob`] for a pattern that is not a glob.
pub fn glob(pattern: &str) -> Result<Glob, PatternError> {
    match globset::GlobBuilder::new(pattern).literal_separator(false).backslash_escape(true).build() {
        Ok(glob) => Ok(Glob(glob.compile_matcher())),
        Err(source) => Err(PatternError::Glob { pattern: pattern.to_owned(), source: source.into() }),
    }
}

/// What [`glob`] makes.
#[derive(Debug, Clone)]
pub struct Glob(globset::GlobMatcher);

impl MatchCommand for Glob {
    fn matches(&self, request: &Request) -> Match {
        self.0.is_match(&*request.command_text()).into()
    }

    fn describe(&self) -> String {
        self.0.glob().glob().to_owned()
    }
}

/// Matches commands in which a regular expression is found anywhere: anchor it with `^` and `$` for the whole.
///
/// # Errors
///
/// [`PatternError::Regex`] for a pattern that is not a regular expression.
pub fn regex(pattern: &str) -> Result<Regex, PatternError> {
    match regex::bytes::Regex::new(pattern) {
        Ok(regex) => Ok(Regex(regex)),
        Err(source) => Err(PatternError::Regex { pattern: pattern.to_owned(), source: source.into() }),
    }
}

/// What [`regex()`] makes.
#[derive(Debug, Clone)]
pub struct Regex(regex::bytes::Regex);

impl MatchCommand for Regex {
    fn matches(&self, request: &Request) -> Match {
        self.0.is_match(request.command()).into()
    }

    fn describe(&self) -> String {
        format!("/{}/", self.0.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Wanted;

    fn hit(matcher: &dyn MatchCommand, command: &'static str) -> bool {
        matcher.matches(&Request::detached("anna", Wanted::Exec(command.into()))) == Match::Hit
    }

    #[test]
    fn a_string_matches_the_whole_command_only() {
        assert!(hit(&"uname", "uname"));
        assert!(!hit(&"uname", "uname -r"));
        assert!(!hit(&String::from("uname"), "Uname"));
    }

    #[test]
    fn a_prefix_matches_from_the_begin() {
        assert!(hit(&prefix("rm "), "rm -rf /"));
        assert!(!hit(&prefix("rm "), "sudo rm -rf /"));
    }

    #[test]
    fn a_glob_matches_the_whole_command_across_slashes() {
        let glob = glob("tar -C /srv/* -xf ?.tar").unwrap();
        assert!(hit(&glob, "tar -C /srv/a/b -xf x.tar"));
        assert!(!hit(&glob, "tar -C /srv/a/b -xf x.tar.gz"));
    }

    #[test]
    fn a_regular_expression_is_found_anywhere() {
        let regex = regex(r"\brm\b").unwrap();
        assert!(hit(&regex, "sudo rm -rf /"));
        assert!(!hit(&regex, "charm"));
    }

    #[test]
    fn a_bad_pattern_is_named() {
        assert_eq!(glob("[a").unwrap_err().to_string(), "invalid glob `[a`");
        assert_eq!(regex("(").unwrap_err().to_string(), "invalid regular expression `(`");
    }
}
