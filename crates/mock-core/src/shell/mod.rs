//! A scripted shell: a prompt, line editing where there is a terminal, and an answer for each line.
//!
//! It runs nothing. A shell of the host is in the crate `mock-process`.

mod line;
mod rule;
mod run;

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
};

use bytes::Bytes;
use mock_base::Expectations;

pub use self::rule::Line;
use crate::{Exec, MatchCommand, Program, Request, Respond, Rules, Run, Start, any};

/// A shell that prompts, records each line and answers it by rules, the first that matches.
///
/// Where the client has a pseudo-terminal, typing is echoed and can be edited: backspace, ^U (kill the line),
/// ^W (kill a word), ^C (drop the line), ^D (leave, on an empty line); line feeds in answers become CR LF.
/// Without one, lines are taken as they come and the shell leaves at the end of the data. `exit`, `logout` and
/// `quit` leave with the status of the last answer, `exit N` with N, and an empty line does nothing, unless the rule
/// that matches is for exactly that line. A line that no rule matches is answered like an unknown command, with
/// status 127, and recorded with a hint at the nearest rule.
///
/// ```
/// use mock_core::{Line, MockSshServer, Reply, Shell};
///
/// let shell = Shell::new("router> ")
///     .greeting("Welcome.\n")
///     .on("show version", "Version 15.2\n")
///     .on("reload", Reply::fail(1).stderr("% Not now\n"))
///     .rule(Line::on("enable").then_state("mode", "enable"))
///     .prompt_in("mode", "enable", "router# ");
/// let builder = MockSshServer::builder().shell(shell);
/// # let _ = builder;
/// ```
#[must_use]
pub struct Shell {
    script: Script,
    /// The rules with what was counted, from the first session on.
    running: OnceLock<Arc<Running>>,
}

/// What was written.
#[derive(Clone)]
struct Script {
    prompt: Bytes,
    /// Other prompts, by name and value of a state.
    prompts: Vec<(String, String, Bytes)>,
    greeting: Bytes,
    rules: Vec<Exec>,
    silent: bool,
    hints_on_stderr: bool,
}

/// What the sessions of a shell share.
struct Running {
    script: Script,
    rules: Rules,
    /// How many sessions each connection has: what was counted for it goes with the last.
    sessions: Mutex<HashMap<u64, usize>>,
}

impl Shell {
    /// A shell with this prompt and without rules.
    pub fn new(prompt: impl Into<Bytes>) -> Self {
        Self::of(Script {
            prompt: prompt.into(),
            prompts: Vec::new(),
            greeting: Bytes::new(),
            rules: Vec::new(),
            silent: false,
            hints_on_stderr: false,
        })
    }

    fn of(script: Script) -> Self {
        Self { script, running: OnceLock::new() }
    }

    fn with(mut self, change: impl FnOnce(&mut Script)) -> Self {
        change(&mut self.script);
        Self::of(self.script)
    }

    /// A shell that answers each line with `REMOTE_OK:<line>`.
    pub fn echo(prompt: impl Into<Bytes>) -> Self {
        Self::new(prompt).on(any(), |request: &Request| format!("REMOTE_OK:{}\n", request.command_text()))
    }

    /// A shell that prompts once and then swallows what it is sent, without an echo, until the client leaves.
    pub fn silent(prompt: impl Into<Bytes>) -> Self {
        Self::new(prompt).with(|script| script.silent = true)
    }

    /// Prints this before the first prompt.
    pub fn greeting(self, text: impl Into<Bytes>) -> Self {
        self.with(|script| script.greeting = text.into())
    }

    /// Prompts like this while the state `name` is `value`: the state of the connection where it has one with this name,
    /// otherwise that of the server. Of several prompts the first that holds is shown.
    pub fn prompt_in(
        self,
        name: impl Into<String>,
        value: impl Into<String>,
        prompt: impl Into<Bytes>,
    ) -> Self {
        self.with(|script| script.prompts.push((name.into(), value.into(), prompt.into())))
    }

    /// Answers lines that `matcher` matches like this. The line is the request's command.
    pub fn on(self, matcher: impl MatchCommand + 'static, answer: impl Respond + 'static) -> Self {
        self.rule(Line::on(matcher).reply(answer))
    }

    /// Adds a rule for lines. The first rule that matches a line answers it.
    pub fn rule(self, rule: Line) -> Self {
        self.with(|script| script.rules.push(rule.0))
    }

    /// Tells a client that sent an unknown line which rule was nearest, on its standard error. The journal says it in
    /// any case.
    pub fn hints_on_stderr(self) -> Self {
        self.with(|script| script.hints_on_stderr = true)
    }

    fn running(&self) -> Arc<Running> {
        let run = || {
            let script = self.script.clone();
            let rules = Rules::mount(script.rules.clone(), Expectations::new(), script.hints_on_stderr);
            Arc::new(Running { script, rules, sessions: Mutex::default() })
        };
        Arc::clone(self.running.get_or_init(run))
    }
}

/// A copy counts anew.
impl Clone for Shell {
    fn clone(&self) -> Self {
        Self::of(self.script.clone())
    }
}

impl fmt::Debug for Shell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shell")
            .field("prompt", &self.script.prompt)
            .field("rules", &self.script.rules.len())
            .field("silent", &self.script.silent)
            .finish_non_exhaustive()
    }
}

impl Program for Shell {
    fn start(&self, start: Start) -> Run {
        let visit = Visit::new(self.running(), start.request().connection);
        let session = start.session();
        Run::task(async move { run::run(&visit.running, session).await.into() })
    }
}

/// A session of a shell, as long as it lasts.
struct Visit {
    running: Arc<Running>,
    connection: u64,
}

impl Visit {
    fn new(running: Arc<Running>, connection: u64) -> Self {
        *running.sessions().entry(connection).or_default() += 1;
        Self { running, connection }
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        let mut sessions = self.running.sessions();
        let left = sessions.get(&self.connection).map_or(0, |count| count.saturating_sub(1));
        if left == 0 {
            sessions.remove(&self.connection);
            self.running.rules.forget(self.connection);
        } else {
            sessions.insert(self.connection, left);
        }
    }
}

impl Running {
    fn sessions(&self) -> MutexGuard<'_, HashMap<u64, usize>> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn prompt(&self, request: &Request) -> Bytes {
        let script = &self.script;
        let own = request.state_for(true).all();
        let holds = |name: &str, value: &str| match own.get(name) {
            Some(is) => is == value,
            None => request.state.is(name, value),
        };
        let other = script.prompts.iter().find(|(name, value, _)| holds(name, value));
        other.map_or(&script.prompt, |(_, _, prompt)| prompt).clone()
    }
}
