//! One rule: a matcher and what answers it.

use std::{fmt, sync::Arc};

use super::{Match, MatchCommand, Reply, Respond, any};
use crate::{Launch, Program, Request, Run, Start};

/// A rule for commands: which it is for, and what answers them. Immutable, and cheap to clone.
///
/// ```
/// use mock_core::{Exec, Reply, Request, Session};
///
/// let fixed = Exec::on("uname -r").reply("6.8.0\n");
/// let computed = Exec::on("whoami").reply(|request: &Request| format!("{}\n", request.user));
/// let failing = Exec::on("false").reply(Reply::fail(1));
/// let running = Exec::on("cat").run(async |mut session: Session| {
///     while let Some(data) = session.read().await {
///         session.write(data).await?;
///     }
///     std::io::Result::Ok(())
/// });
/// # let _ = (fixed, computed, failing, running);
/// ```
#[derive(Clone)]
#[must_use = "a rule does nothing by itself: hand it to `Builder::exec`"]
pub struct Exec {
    matcher: Arc<dyn MatchCommand>,
    program: Arc<dyn Program>,
}

impl Exec {
    /// A rule for what `matcher` matches. Until told otherwise it prints nothing and exits with status 0.
    pub fn on(matcher: impl MatchCommand + 'static) -> Self {
        Self { matcher: Arc::new(matcher), program: Arc::new(Responding(Reply::ok())) }
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

    /// Answers like this: with text, a [`Reply`], or a closure that makes either.
    pub fn reply(mut self, answer: impl Respond + 'static) -> Self {
        self.program = Arc::new(Responding(answer));
        self
    }

    /// Runs this program.
    pub fn run(mut self, program: impl Program + 'static) -> Self {
        self.program = Arc::new(program);
        self
    }

    /// What is to be done with this request, if the rule is for it.
    #[must_use]
    pub fn launch(&self, request: &Request) -> Option<Launch> {
        match self.matcher.matches(request) {
            Match::Miss => None,
            Match::Hit => Some(Launch::run(Arc::clone(&self.program)).by_rule(self.matcher.describe())),
        }
    }
}

impl fmt::Debug for Exec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exec").field("on", &self.matcher.describe()).finish_non_exhaustive()
    }
}

/// Plays an answer: its output, then its end.
struct Responding<R>(R);

impl<R: Respond> Program for Responding<R> {
    fn start(&self, start: Start) -> Run {
        let reply = self.0.respond(start.request());
        let mut session = start.session();
        Run::reply(async move {
            // A client that is gone cannot be told anything, so there is nothing to do about an error.
            let _gone = session.write(reply.stdout).await;
            let _gone = session.write_err(reply.stderr).await;
            reply.exit
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Wanted;

    #[test]
    fn a_rule_names_itself_in_the_launch() {
        let request = Request::detached("anna", Wanted::Exec("uname -r".into()));
        let launch = Exec::on("uname -r").launch(&request).unwrap();
        assert_eq!(launch.rule.as_deref(), Some("uname -r"));
        assert!(Exec::on("uname").launch(&request).is_none());
    }
}
