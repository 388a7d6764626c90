//! Matchers over what surrounds a command: who asks, from where, with which environment and terminal, and how the
//! server's states stand.

use std::fmt;

use mock_base::{Mismatch, Pattern};

use super::{Match, MatchCommand, argv::captured};
use crate::{Request, State};

/// What a circumstance weighs that is another: less than a word of the command, which is what a client meant.
pub(super) const OTHER: u32 = 5;

/// Matches what a user with such a name asks for.
///
/// ```
/// use mock_core::{MatchCommand as _, Request, Wanted, prefix, user};
///
/// let request = Request::detached("deploy-7", Wanted::Exec("id".into()));
/// assert!(user(prefix("deploy-")).matches(&request).is_hit());
/// ```
pub fn user(pattern: impl Into<Pattern>) -> Circumstance {
    Circumstance { what: What::User, pattern: pattern.into() }
}

/// Matches where the client passed an environment variable with this name and such a value. Of several with this name
/// the last counts; one that was not passed matches nothing.
///
/// ```
/// use mock_core::{MatchCommand as _, Request, Wanted, any, env};
///
/// let mut request = Request::detached("anna", Wanted::Exec("id".into()));
/// assert!(!env("LANG", any()).matches(&request).is_hit());
/// request.env.push(("LANG".to_owned(), "C".to_owned()));
/// assert!(env("LANG", "C").matches(&request).is_hit());
/// ```
pub fn env(name: impl Into<String>, pattern: impl Into<Pattern>) -> Circumstance {
    Circumstance { what: What::Env(name.into()), pattern: pattern.into() }
}

/// Matches what comes from such an address: `192.0.2.7:50122`, and `memory` for a stream within this process.
///
/// ```
/// use mock_core::{MatchCommand as _, Request, Wanted, peer};
///
/// let request = Request::detached("anna", Wanted::Exec("id".into()));
/// assert!(peer("memory").matches(&request).is_hit());
/// ```
pub fn peer(pattern: impl Into<Pattern>) -> Circumstance {
    Circumstance { what: What::Peer, pattern: pattern.into() }
}

/// Matches where the client has a pseudo-terminal.
///
/// ```
/// use mock_core::{Exec, MatchCommand as _, prefix, with_pty};
///
/// let sudo = prefix("sudo ");
/// let refused = Exec::on(sudo.and(with_pty().not())).reply("sudo: a terminal is required\n");
/// # let _ = refused;
/// ```
pub fn with_pty() -> WithPty {
    WithPty
}

/// Matches what comes on the connection with this number, from 1.
///
/// ```
/// use mock_core::{MatchCommand as _, Request, Wanted, connection};
///
/// let request = Request::detached("anna", Wanted::Exec("id".into()));
/// assert!(connection(1).matches(&request).is_hit());
/// ```
pub fn connection(number: u64) -> OnConnection {
    OnConnection { number }
}

/// Matches while the server's state `name` is `value`. To change a state as well, in one step, use
/// [`Exec::in_state`](crate::Exec::in_state) and [`Exec::then_state`](crate::Exec::then_state).
///
/// ```
/// use mock_core::{MatchCommand as _, Request, Wanted, in_state};
///
/// let request = Request::detached("anna", Wanted::Exec("id".into()));
/// assert!(in_state("host", "initial").matches(&request).is_hit());
/// request.state.set("host", "rebooting");
/// assert!(in_state("host", "rebooting").matches(&request).is_hit());
/// ```
pub fn in_state(name: impl Into<String>, value: impl Into<String>) -> InState {
    InState { name: name.into(), value: value.into(), of_connection: false }
}

/// What [`user`], [`env()`] and [`peer`] make.
#[derive(Debug, Clone)]
#[must_use = "a matcher does nothing by itself: hand it to `Exec::on`"]
pub struct Circumstance {
    what: What,
    pattern: Pattern,
}

#[derive(Debug, Clone)]
enum What {
    User,
    Env(String),
    Peer,
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User => f.write_str("user"),
            Self::Env(name) => write!(f, "env {name}"),
            Self::Peer => f.write_str("peer"),
        }
    }
}

impl Circumstance {
    fn value(&self, request: &Request) -> Option<String> {
        match &self.what {
            What::User => Some(request.user.clone()),
            What::Env(name) => request.env(name).map(str::to_owned),
            What::Peer => Some(request.peer.to_string()),
        }
    }
}

impl MatchCommand for Circumstance {
    fn matches(&self, request: &Request) -> Match {
        let value = self.value(request).filter(|value| self.pattern.is_match(value));
        value.map_or(Match::Miss, |value| captured([(&self.pattern, &value)].into_iter()))
    }

    fn describe(&self) -> String {
        format!("{} {}", self.what, self.pattern)
    }

    fn explain(&self, request: &Request) -> Option<Mismatch> {
        match self.value(request) {
            Some(value) => {
                let mut mismatch = self.pattern.explain_text(value.as_bytes())?;
                mismatch.distance = OTHER;
                mismatch.differences = vec![format!("the {} is {value:?}, not {}", self.what, self.pattern)];
                Some(mismatch)
            }
            None => Some(Mismatch::new(OTHER, format!("the {} was not passed: {}", self.what, self.pattern))),
        }
    }
}

/// What [`with_pty`] makes.
#[derive(Debug, Clone, Copy)]
#[must_use = "a matcher does nothing by itself: hand it to `Exec::on`"]
pub struct WithPty;

impl MatchCommand for WithPty {
    fn matches(&self, request: &Request) -> Match {
        request.pty.is_some().into()
    }

    fn describe(&self) -> String {
        "a terminal".to_owned()
    }

    fn explain(&self, request: &Request) -> Option<Mismatch> {
        request.pty.is_none().then(|| Mismatch::new(OTHER, "there is no terminal"))
    }
}

/// What [`connection`] makes.
#[derive(Debug, Clone, Copy)]
#[must_use = "a matcher does nothing by itself: hand it to `Exec::on`"]
pub struct OnConnection {
    number: u64,
}

impl MatchCommand for OnConnection {
    fn matches(&self, request: &Request) -> Match {
        (request.connection == self.number).into()
    }

    fn describe(&self) -> String {
        format!("connection {}", self.number)
    }

    fn explain(&self, request: &Request) -> Option<Mismatch> {
        let Self { number } = self;
        let is = request.connection;
        (is != *number).then(|| Mismatch::new(OTHER, format!("it is connection {is}, not {number}")))
    }
}

/// What [`in_state`] makes.
#[derive(Debug, Clone)]
#[must_use = "a matcher does nothing by itself: hand it to `Exec::on`"]
pub struct InState {
    name: String,
    value: String,
    of_connection: bool,
}

impl InState {
    /// The state of the connection is meant, not that of the server.
    pub fn of_connection(mut self) -> Self {
        self.of_connection = true;
        self
    }

    fn state(&self, request: &Request) -> State {
        request.state_for(self.of_connection)
    }
}

impl MatchCommand for InState {
    fn matches(&self, request: &Request) -> Match {
        self.state(request).is(&self.name, &self.value).into()
    }

    fn describe(&self) -> String {
        format!("state {} {:?}", self.name, self.value)
    }

    fn explain(&self, request: &Request) -> Option<Mismatch> {
        let Self { name, value, .. } = self;
        let is = self.state(request).get(name);
        (is != *value).then(|| Mismatch::new(OTHER, format!("the state `{name}` is `{is}`, not `{value}`")))
    }
}

#[cfg(test)]
mod tests {
    use mock_base::{any, event::Pty, regex};

    use super::*;
    use crate::Wanted;

    fn request() -> Request {
        Request::detached("anna", Wanted::Exec("id".into()))
    }

    fn difference(matcher: &dyn MatchCommand, request: &Request) -> Option<String> {
        assert_eq!(matcher.matches(request).is_hit(), matcher.explain(request).is_none());
        matcher.explain(request).map(|found| found.differences.concat())
    }

    #[test]
    fn what_is_otherwise_is_told() {
        let anna = request();
        let told = |matcher: &dyn MatchCommand| difference(matcher, &anna);
        assert_eq!(told(&user("root")).unwrap(), r#"the user is "anna", not "root""#);
        assert_eq!(told(&env("LANG", "C")).unwrap(), r#"the env LANG was not passed: "C""#);
        assert_eq!(told(&peer(regex("^10[.]").unwrap())).unwrap(), r#"the peer is "memory", not /^10[.]/"#);
        assert_eq!(told(&with_pty()).unwrap(), "there is no terminal");
        assert_eq!(told(&connection(2)).unwrap(), "it is connection 1, not 2");
        assert_eq!(told(&in_state("lock", "held")).unwrap(), "the state `lock` is `initial`, not `held`");
    }

    #[test]
    fn what_is_so_matches() {
        let mut request = request();
        request.env = vec![("LANG".into(), "C".into()), ("LANG".into(), "de".into())];
        request.pty = Some(Pty::new("xterm", 80_u32, 24_u32, 0_u32, 0_u32, Vec::new(), true));
        request.state.on_connection(1).set("mode", "enable");
        let matchers: [&dyn MatchCommand; 6] = [
            &user("anna"),
            &env("LANG", "de"),
            &peer(any()),
            &with_pty(),
            &connection(1),
            &in_state("mode", "enable").of_connection(),
        ];
        for matcher in matchers {
            assert_eq!(difference(matcher, &request), None, "{}", matcher.describe());
        }
        assert!(!env("LANG", "C").matches(&request).is_hit(), "the last one counts");
        assert!(!in_state("mode", "enable").matches(&request).is_hit());
    }

    #[test]
    fn a_user_name_can_be_captured() {
        let matched = user(regex("^deploy-(?<team>.+)$").unwrap())
            .matches(&Request::detached("deploy-web", Wanted::Exec("id".into())));
        assert!(
            matches!(matched, Match::Captured(captures) if captures.contains(&("team".into(), "web".into())))
        );
    }
}
