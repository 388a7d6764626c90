//! One rule for lines of a shell. It is a rule for commands without what a line cannot have: a program that takes the
//! channel over, standard input, and expectations, which belong to a server.

use crate::{Exec, MatchCommand, Request, Respond};

/// A rule for lines of a [`Shell`](crate::Shell): which it is for, what answers them, and when it holds.
///
/// States and calls are those of the connection, so that each client is in a mode of its own;
/// [`server_wide`](Self::server_wide) makes them those of the server. What lines a test expects is said with
/// [`event::shell_line`](crate::event::shell_line).
///
/// ```
/// use mock_core::{Builder, Line, MockSshServer, Shell, event, glob};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let router = Shell::new("router> ")
///     .prompt_in("mode", "enable", "router# ")
///     .prompt_in("mode", "config", "router(config)# ")
///     .rule(Line::on("enable").then_state("mode", "enable"))
///     .rule(Line::on("configure terminal").in_state("mode", "enable").then_state("mode", "config"))
///     .rule(Line::on(glob("hostname *")?).in_state("mode", "config"))
///     .rule(Line::on("exit").in_state("mode", "config").then_state("mode", "enable"));
/// let server = MockSshServer::builder()
///     .shell(router)
///     .expect(event::shell_line().line("write memory"), 0)
///     .start_blocking()?;
/// # server.shutdown().blocking()?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
#[must_use = "a rule does nothing by itself: hand it to `Shell::rule`"]
pub struct Line(pub(super) Exec);

impl Line {
    /// A rule for what `matcher` matches; the line is the request's command. Until told otherwise it prints nothing.
    pub fn on(matcher: impl MatchCommand + 'static) -> Self {
        Self(Exec::on(matcher).per_connection())
    }

    /// Answers like this: with text, a [`Reply`](crate::Reply), a [`Template`](crate::Template), or a closure that makes
    /// one. A reply that ends in silence closes the shell.
    pub fn reply(self, answer: impl Respond + 'static) -> Self {
        Self(self.0.reply(answer))
    }

    /// Answers the first call with the first of these, the second with the second, and from the last on with the last.
    pub fn reply_each<R: Respond + 'static>(self, answers: impl IntoIterator<Item = R>) -> Self {
        Self(self.0.reply_each(answers))
    }

    /// Does this first, whenever the rule answers.
    pub fn effect(self, effect: impl Fn(&Request) + Send + Sync + 'static) -> Self {
        Self(self.0.effect(effect))
    }

    /// Only while the state `name` is `value`; [`State::INITIAL`](crate::State::INITIAL) is what a state is until it is
    /// set. Of several, all must hold.
    pub fn in_state(self, name: impl Into<String>, value: impl Into<String>) -> Self {
        Self(self.0.in_state(name, value))
    }

    /// Sets the state `name` to `value` whenever the rule answers.
    pub fn then_state(self, name: impl Into<String>, value: impl Into<String>) -> Self {
        Self(self.0.then_state(name, value))
    }

    /// Only the first `count` lines that it matches.
    pub fn up_to(self, count: u64) -> Self {
        Self(self.0.up_to(count))
    }

    /// Not the first `count` lines that it matches.
    pub fn after(self, count: u64) -> Self {
        Self(self.0.after(count))
    }

    /// Only the line with this number among those that it matches, from 1.
    pub fn nth(self, number: u64) -> Self {
        Self(self.0.nth(number))
    }

    /// Only every nth line that it matches.
    pub fn every(self, nth: u64) -> Self {
        Self(self.0.every(nth))
    }

    /// Counts calls for the whole server, and means its states.
    pub fn server_wide(mut self) -> Self {
        self.0.per_connection = false;
        self
    }

    /// Called so in the journal: as its matcher reads by default.
    pub fn named(self, name: impl Into<String>) -> Self {
        Self(self.0.named(name))
    }
}
