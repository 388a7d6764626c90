//! A scripted shell: a prompt, line editing where there is a terminal, and an answer for each line.
//!
//! It runs nothing. A shell of the host is in the crate `mock-process`.

mod line;
mod run;

use std::{fmt, sync::Arc};

use bytes::Bytes;

use crate::{MatchCommand, Program, Reply, Request, Respond, Run, Start, any};

/// A shell that prompts, records each line and answers it by rules, the first that matches.
///
/// Where the client has a pseudo-terminal, typing is echoed and can be edited: backspace, ^U (kill the line),
/// ^W (kill a word), ^C (drop the line), ^D (leave, on an empty line); line feeds in answers become CR LF.
/// Without one, lines are taken as they come and the shell leaves at the end of the data. `exit`, `logout` and
/// `quit` leave with the status of the last answer, `exit N` with N. A line that no rule matches is answered like
/// an unknown command, with status 127.
///
/// ```
/// use mock_core::{MockSshServer, Reply, Shell};
///
/// let shell = Shell::new("router> ")
///     .greeting("Welcome.\n")
///     .on("show version", "Version 15.2\n")
///     .on("reload", Reply::fail(1).stderr("% Not now\n"));
/// let builder = MockSshServer::builder().shell(shell);
/// # let _ = builder;
/// ```
#[derive(Clone)]
#[must_use]
pub struct Shell {
    prompt: Bytes,
    greeting: Bytes,
    rules: Vec<(Arc<dyn MatchCommand>, Arc<dyn Respond>)>,
    silent: bool,
}

impl Shell {
    /// A shell with this prompt and without rules.
    pub fn new(prompt: impl Into<Bytes>) -> Self {
        Self { prompt: prompt.into(), greeting: Bytes::new(), rules: Vec::new(), silent: false }
    }

    /// A shell that answers each line with `REMOTE_OK:<line>`.
    pub fn echo(prompt: impl Into<Bytes>) -> Self {
        Self::new(prompt).on(any(), |request: &Request| format!("REMOTE_OK:{}\n", request.command_text()))
    }

    /// A shell that prompts once and then swallows what it is sent, without an echo, until the client leaves.
    pub fn silent(prompt: impl Into<Bytes>) -> Self {
        Self { silent: true, ..Self::new(prompt) }
    }

    /// Prints this before the first prompt.
    pub fn greeting(mut self, text: impl Into<Bytes>) -> Self {
        self.greeting = text.into();
        self
    }

    /// Answers lines that `matcher` matches like this. The line is the request's command.
    pub fn on(mut self, matcher: impl MatchCommand + 'static, answer: impl Respond + 'static) -> Self {
        self.rules.push((Arc::new(matcher), Arc::new(answer)));
        self
    }

    fn answer(&self, request: &Request) -> Reply {
        let rule = self.rules.iter().find(|(matcher, _)| matcher.matches(request).is_hit());
        match rule {
            Some((_, answer)) => answer.respond(request),
            None => crate::composed::command_not_found(request),
        }
    }
}

impl fmt::Debug for Shell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shell")
            .field("prompt", &self.prompt)
            .field("rules", &self.rules.len())
            .field("silent", &self.silent)
            .finish_non_exhaustive()
    }
}

impl Program for Shell {
    fn start(&self, start: Start) -> Run {
        let shell = self.clone();
        let session = start.session();
        Run::task(async move { run::run(shell, session).await.into() })
    }
}
