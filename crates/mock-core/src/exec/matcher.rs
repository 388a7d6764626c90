//! Which requests a rule is for: the seam, and what implements it out of the box.
//!
//! A matcher is pure. It may be asked more than once, and it may say that it cannot tell before more standard input
//! has come; then it is asked again.

use std::sync::Arc;

use bytes::Bytes;
use mock_base::{Mismatch, Pattern};

use super::combine::{And, Not, Or};
use crate::Request;

/// Whether a matcher matched.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Match {
    /// It did not.
    Miss,
    /// It did.
    Hit,
    /// It did, and parts of the command have these names; `{{ name }}` in a template is replaced by them.
    Captured(Vec<(String, String)>),
    /// It depends on standard input of which too little has come. The request is accepted, and the matcher asked
    /// again when there is more.
    NeedsStdin,
}

impl Match {
    /// Whether it matched.
    #[must_use]
    pub fn is_hit(&self) -> bool {
        matches!(self, Self::Hit | Self::Captured(_))
    }
}

impl From<bool> for Match {
    fn from(hit: bool) -> Self {
        if hit { Self::Hit } else { Self::Miss }
    }
}

/// How the rules that a command could be for are found among thousands.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum IndexKey {
    /// It matches no other command than this.
    Exact(Bytes),
    /// It matches no command that does not begin so.
    Prefix(Bytes),
    /// It has to be asked.
    None,
}

/// Decides whether a rule is for a request.
///
/// Implemented by strings, which match the whole command exactly, by [`Pattern`]s ([`prefix`](crate::prefix),
/// [`glob`](crate::glob), [`regex`](crate::regex()), [`any`](crate::any())), by what [`argv`](crate::argv),
/// [`user`](crate::user) and the like make, and by closures over a [`Request`].
///
/// ```
/// use mock_core::{Exec, MatchCommand as _, Request, any, glob, prefix, regex, user, with_pty};
///
/// # fn main() -> Result<(), mock_core::PatternError> {
/// let rules = [
///     Exec::on("uptime").reply("up 3 days\n"),
///     Exec::on(prefix("echo ")).reply("echoed\n"),
///     Exec::on(glob("systemctl * nginx")?).reply(""),
///     Exec::on(regex(r"^rm\b")?.and(user("deploy")).and(with_pty().not())).reply("denied\n"),
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

    /// Where the matcher stands in the index of a server's rules.
    fn index(&self) -> IndexKey {
        IndexKey::None
    }

    /// Why the rule is not for this request, where that can be told; for hints at the nearest rule.
    fn explain(&self, request: &Request) -> Option<Mismatch> {
        let _ = request;
        None
    }

    /// Matches what both match.
    fn and<M: MatchCommand>(self, other: M) -> And<Self, M>
    where
        Self: Sized,
    {
        And(self, other)
    }

    /// Matches what either matches; captures are those of the first that does.
    fn or<M: MatchCommand>(self, other: M) -> Or<Self, M>
    where
        Self: Sized,
    {
        Or(self, other)
    }

    /// Matches what this does not.
    fn not(self) -> Not<Self>
    where
        Self: Sized,
    {
        Not(self)
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

impl MatchCommand for Pattern {
    fn matches(&self, request: &Request) -> Match {
        let command = request.command();
        if !self.is_match(command) {
            return Match::Miss;
        }
        match self.captures(command) {
            captures if captures.is_empty() => Match::Hit,
            captures => Match::Captured(captures),
        }
    }

    fn describe(&self) -> String {
        self.to_string()
    }

    fn index(&self) -> IndexKey {
        match (self.as_exact(), self.literal_prefix()) {
            (Some(text), _) => IndexKey::Exact(Bytes::copy_from_slice(text.as_bytes())),
            (_, Some(text)) => IndexKey::Prefix(Bytes::copy_from_slice(text.as_bytes())),
            (None, None) => IndexKey::None,
        }
    }

    fn explain(&self, request: &Request) -> Option<Mismatch> {
        self.explain_command(request.command())
    }
}

macro_rules! exact {
    ($($text:ty),*) => {$(
        impl MatchCommand for $text {
            fn matches(&self, request: &Request) -> Match {
                (request.command() == self.as_bytes()).into()
            }

            fn describe(&self) -> String {
                format!("{self:?}")
            }

            fn index(&self) -> IndexKey {
                IndexKey::Exact(Bytes::copy_from_slice(self.as_bytes()))
            }

            fn explain(&self, request: &Request) -> Option<Mismatch> {
                Pattern::from(self.to_owned()).explain_command(request.command())
            }
        }
    )*};
}

exact!(&'static str, String);

macro_rules! delegate {
    ($($pointer:ty),*) => {$(
        impl MatchCommand for $pointer {
            fn matches(&self, request: &Request) -> Match {
                (**self).matches(request)
            }

            fn describe(&self) -> String {
                (**self).describe()
            }

            fn index(&self) -> IndexKey {
                (**self).index()
            }

            fn explain(&self, request: &Request) -> Option<Mismatch> {
                (**self).explain(request)
            }
        }
    )*};
}

delegate!(Arc<dyn MatchCommand>, Box<dyn MatchCommand>);
