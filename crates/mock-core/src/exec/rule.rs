//! One rule: a matcher, what answers it, and when it holds. Immutable; what is counted is in `mounted.rs`.

use std::{fmt, sync::Arc};

use mock_base::{Calls, Times};

use super::{MatchCommand, Reply, Respond};
use crate::{Program, Request, any};

/// A rule for commands: which it is for, and what answers them. Immutable, and cheap to clone.
///
/// ```
/// use mock_core::{Exec, Reply, Request, Session};
///
/// let fixed = Exec::on("uname -r").reply("6.8.0\n").expect(1);
/// let computed = Exec::on("whoami").reply(|request: &Request| format!("{}\n", request.user));
/// let flaky = Exec::on("deploy").reply_each([Reply::fail(75), Reply::from("deployed\n")]);
/// let lock = Exec::on("lock").in_state("lock", "initial").then_state("lock", "held").reply("locked\n");
/// let running = Exec::on("cat").run(async |mut session: Session| {
///     while let Some(data) = session.read().await {
///         session.write(data).await?;
///     }
///     std::io::Result::Ok(())
/// });
/// # let _ = (fixed, computed, flaky, lock, running);
/// ```
#[derive(Clone)]
#[must_use = "a rule does nothing by itself: hand it to `Builder::exec`"]
pub struct Exec {
    pub(super) matcher: Arc<dyn MatchCommand>,
    pub(super) answer: Answering,
    pub(super) effects: Vec<Arc<Effect>>,
    pub(super) name: Option<String>,
    /// States that must hold, by name.
    pub(super) when: Vec<(String, String)>,
    /// States that are set then.
    pub(super) then: Vec<(String, String)>,
    pub(super) calls: Calls,
    /// Whether states and calls are those of the connection.
    pub(crate) per_connection: bool,
    pub(super) expected: Option<Times>,
}

/// What answers a command.
#[derive(Clone)]
pub(super) enum Answering {
    Reply(Arc<dyn Respond>),
    Program(Arc<dyn Program>),
}

pub(super) type Effect = dyn Fn(&Request) + Send + Sync;

/// Which commands, and what answers them.
impl Exec {
    /// A rule for what `matcher` matches. Until told otherwise it prints nothing and exits with status 0.
    pub fn on(matcher: impl MatchCommand + 'static) -> Self {
        Self {
            matcher: Arc::new(matcher),
            answer: Answering::Reply(Arc::new(Reply::ok())),
            effects: Vec::new(),
            name: None,
            when: Vec::new(),
            then: Vec::new(),
            calls: Calls::ALL,
            per_connection: false,
            expected: None,
        }
    }

    /// Answers every command with `REMOTE_OK:<command>` and a line feed, exit status 0.
    pub fn echo() -> Self {
        Self::on(any()).reply(|request: &Request| {
            let mut text = b"REMOTE_OK:".to_vec();
            text.extend_from_slice(request.command());
            text.push(b'\n');
            text
        })
    }

    /// Answers like this: with text, a [`Reply`], a [`Template`](crate::Template), or a closure that makes one.
    pub fn reply(mut self, answer: impl Respond + 'static) -> Self {
        self.answer = Answering::Reply(Arc::new(answer));
        self
    }

    /// Answers the first call with the first of these, the second with the second, and from the last on with the last.
    pub fn reply_each<R: Respond + 'static>(self, answers: impl IntoIterator<Item = R>) -> Self {
        let answers: Vec<R> = answers.into_iter().collect();
        self.reply(move |request: &Request| {
            let index = usize::try_from(request.call.saturating_sub(1)).unwrap_or(usize::MAX);
            let answer = answers.get(index).or_else(|| answers.last());
            answer.map_or_else(Reply::ok, |answer| answer.respond(request))
        })
    }

    /// Runs this program.
    pub fn run(mut self, program: impl Program + 'static) -> Self {
        self.answer = Answering::Program(Arc::new(program));
        self
    }

    /// Does this first, whenever the rule answers: changes a file, a state, a counter of the test.
    pub fn effect(mut self, effect: impl Fn(&Request) + Send + Sync + 'static) -> Self {
        self.effects.push(Arc::new(effect));
        self
    }
}

/// When the rule holds.
impl Exec {
    /// Only while the server's state `name` is `value`; [`State::INITIAL`](crate::State::INITIAL) is what a state is
    /// until it is set. Of several, all must hold.
    pub fn in_state(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.when.push((name.into(), value.into()));
        self
    }

    /// Sets the server's state `name` to `value` whenever the rule answers. Together with
    /// [`in_state`](Self::in_state) that is one step: of two clients at once, one gets the rule.
    pub fn then_state(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.then.push((name.into(), value.into()));
        self
    }

    /// Only the first `count` requests that it matches; what comes later is for the rules behind it.
    pub fn up_to(mut self, count: u64) -> Self {
        self.calls = self.calls.up_to(count);
        self
    }

    /// Not the first `count` requests that it matches.
    pub fn after(mut self, count: u64) -> Self {
        self.calls = self.calls.from(count.saturating_add(1));
        self
    }

    /// Only the request with this number among those that it matches, from 1.
    pub fn nth(mut self, number: u64) -> Self {
        self.calls = self.calls.nth(number);
        self
    }

    /// Only every nth request that it matches.
    pub fn every(mut self, nth: u64) -> Self {
        self.calls = self.calls.every(nth);
        self
    }

    /// Counts calls for each connection by itself, and means the states of the connection, not of the server.
    pub fn per_connection(mut self) -> Self {
        self.per_connection = true;
        self
    }
}

/// How it is known, and what is expected of it.
impl Exec {
    /// Called so in the journal and in reports: as its matcher reads by default.
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Expects that it answers so many commands: a number or a range. Checked when the server is verified.
    pub fn expect(mut self, times: impl Into<Times>) -> Self {
        self.expected = Some(times.into());
        self
    }

    pub(super) fn label(&self) -> String {
        let described = || {
            let text = self.matcher.describe();
            // An exact text is known as it was written.
            match text.strip_prefix('"').and_then(|text| text.strip_suffix('"')) {
                Some(text) if !text.contains('"') => text.to_owned(),
                _ => text,
            }
        };
        self.name.clone().unwrap_or_else(described)
    }
}

impl fmt::Debug for Exec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exec").field("on", &self.matcher.describe()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_picked_by_their_number() {
        let picked = |rule: &Exec| (1..=6).filter(|number| rule.calls.hold(*number)).collect::<Vec<_>>();
        let rule = || Exec::on("x");
        assert_eq!(picked(&rule()), [1, 2, 3, 4, 5, 6]);
        assert_eq!(picked(&rule().up_to(2)), [1, 2]);
        assert_eq!(picked(&rule().after(4)), [5, 6]);
        assert_eq!(picked(&rule().nth(3)), [3]);
        assert_eq!(picked(&rule().every(2).up_to(4)), [2, 4]);
    }

    #[test]
    fn a_rule_is_known_by_its_name_or_its_matcher() {
        assert_eq!(Exec::on("uname -r").label(), "uname -r");
        assert_eq!(Exec::on(any()).label(), "anything");
        assert_eq!(Exec::on("uname").named("kernel").label(), "kernel");
    }
}
