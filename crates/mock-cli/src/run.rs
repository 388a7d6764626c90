//! Running the command of `verify`: what is started, which signals it is passed, and how it ended.
//!
//! It may take its time to end after Ctrl-C. Whoever stops this process by SIGTERM is a program and waits a few seconds
//! at most, so the command has fewer: what it used must be gone before this process is.

use std::{fmt, future::pending, os::unix::process::ExitStatusExt as _, process::ExitStatus, time::Duration};

use mock_process::{Client, RunningClient};
use serde_json::{Map, Value, json};
use tokio::time::{Instant, sleep_until};

use crate::{
    error::Error,
    export,
    lab::Lab,
    placeholder::{PlaceholderError, Template},
    signals::{Reason, Signals},
};

/// How long the command may go on after SIGTERM.
const GRACE: Duration = Duration::from_secs(5);

/// A command with placeholders.
#[derive(Debug)]
pub(crate) struct Program {
    /// As it was given.
    given: Vec<String>,
    words: Vec<Template>,
    /// Whether standard output is for somebody else.
    stdout_on_stderr: bool,
}

/// How the command ended.
#[derive(Debug, Clone)]
pub(crate) struct CommandEnd {
    /// As it was given, with its arguments: what stands for placeholders differs from run to run, and may be secret.
    pub(crate) words: Vec<String>,
    pub(crate) duration: Duration,
    status: ExitStatus,
}

impl Program {
    pub(crate) fn parse(words: &[String], stdout_on_stderr: bool) -> Result<Self, PlaceholderError> {
        let templates = words.iter().map(|word| Template::parse(word)).collect::<Result<_, _>>()?;
        Ok(Self { given: words.to_vec(), words: templates, stdout_on_stderr })
    }

    /// Runs it against this server to its end, and tells why it ended.
    pub(crate) async fn run(&self, lab: &Lab, signals: &mut Signals) -> Result<(CommandEnd, Reason), Error> {
        let words: Vec<_> = self.words.iter().map(|word| word.fill(lab)).collect::<Result<_, _>>()?;
        let (program, arguments) = words.split_first().map_or(("", &[][..]), |(first, rest)| (first, rest));
        let mut client = Client::new(program, arguments).environment(export::variables(lab));
        if self.stdout_on_stderr {
            client = client.stdout_on_stderr();
        }
        to_its_end(&client, self.given.clone(), signals).await
    }
}

/// Runs this client, which these words describe, to its end, and tells why it ended.
pub(crate) async fn to_its_end(
    client: &Client,
    words: Vec<String>,
    signals: &mut Signals,
) -> Result<(CommandEnd, Reason), Error> {
    let begun = Instant::now();
    let cannot_run = |source| {
        let program = words.first().cloned().unwrap_or_default();
        Error::CannotRun { program, source }
    };
    let mut running = client.start().map_err(cannot_run)?;
    let (status, reason) = until_ended(&mut running, signals).await?;
    Ok((CommandEnd { duration: begun.elapsed(), status, words }, reason))
}

/// Waits for the end. The first signal is passed on, the second ends it.
async fn until_ended(
    running: &mut RunningClient,
    signals: &mut Signals,
) -> Result<(ExitStatus, Reason), Error> {
    let mut reason = None;
    let mut deadline = None;
    loop {
        tokio::select! {
            status = running.wait() => {
                return Ok((status.map_err(Error::Wait)?, reason.unwrap_or(Reason::CommandEnded)));
            }
            next = signals.next() => {
                if reason.is_some() {
                    running.kill();
                } else {
                    running.pass_on(next.signal());
                    reason = Some(next);
                    deadline = (next != Reason::Interrupt).then(|| Instant::now() + GRACE);
                }
            }
            () = until(deadline) => {
                running.kill();
                deadline = None;
            }
        }
    }
}

async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => sleep_until(deadline).await,
        None => pending().await,
    }
}

impl CommandEnd {
    pub(crate) fn succeeded(&self) -> bool {
        self.status.success()
    }

    /// For the last line of `--json`.
    pub(crate) fn to_json(&self) -> Map<String, Value> {
        let command = json!({
            "arguments": self.words,
            "status": self.status.code(),
            "signal": self.status.signal(),
            "seconds": self.duration.as_secs_f64(),
        });
        Map::from_iter([("command".to_owned(), command)])
    }
}

/// Behind `the command`.
impl fmt::Display for CommandEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.status.code(), self.status.signal()) {
            (Some(0), _) => f.write_str("succeeded"),
            (Some(status), _) => write!(f, "failed with exit status {status}"),
            (None, Some(signal)) => write!(f, "was ended by {}", name_of(signal)),
            (None, None) => f.write_str("failed"),
        }
    }
}

fn name_of(signal: i32) -> String {
    let known = nix::sys::signal::Signal::try_from(signal);
    known.map_or_else(|_| format!("signal {signal}"), |signal| signal.as_str().to_owned())
}
