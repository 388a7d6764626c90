//! The outputs of a server that runs: the log for people, the journal as JSON Lines, and the last line.
//!
//! Each is written by a thread of its own, up to the event with which the server ends. Then a reader has a moment to take
//! the rest; a file gets every event in any case.

use std::{
    fs::File,
    io::{self, Write},
    path::PathBuf,
};

use mock_base::{Event, Events};
use serde_json::{Map, Value, json};
use tokio::{
    task::{JoinHandle, spawn_blocking},
    time::timeout,
};

use crate::{
    args::OutputArgs,
    error::Error,
    follow::{Log, follow, is_stop_of, write_json},
    output::{self, People},
    signals::Reason,
    verdict::{Verdict, VerdictLine},
};

type Output = JoinHandle<Result<(), Error>>;

/// What is being written.
pub(crate) struct Outputs {
    events: Events,
    server: String,
    streams: Vec<Output>,
    files: Vec<Output>,
}

impl Outputs {
    /// Of the server with this name in this journal; nothing yet.
    pub(crate) fn new(events: Events, server: &str) -> Self {
        Self { events, server: server.to_owned(), streams: Vec::new(), files: Vec::new() }
    }

    /// Begins the log for people.
    pub(crate) fn log(&mut self, people: People) {
        let (events, server) = (self.events.clone(), self.server.clone());
        self.streams.push(spawn_blocking(move || {
            if let Some(out) = people.writer() {
                let mut log = Log::new(out, &server);
                let _closed = follow(&events, &server, |event| log.write(event));
            }
            Ok(())
        }));
    }

    /// Begins the journal.
    pub(crate) fn journal(&mut self, lines: Option<JsonLines>) {
        let Some(lines) = lines else { return };
        let outputs = if lines.is_file { &mut self.files } else { &mut self.streams };
        outputs.push(lines.follow(self.events.clone(), self.server.clone()));
    }

    /// The last line of `--json`: the journal's own `stopped`, with more to it.
    pub(crate) fn last_line(&self, ending: &Ending<'_>) -> Option<String> {
        let stopped = self.events.last(|event: &Event| is_stop_of(event, &self.server))?;
        let mut line = stopped.to_json();
        if let Value::Object(fields) = &mut line {
            fields.insert("name".into(), json!(self.server));
            fields.insert("reason".into(), json!(ending.reason.to_string()));
            let totals = self.events.on_server(self.server.as_str()).totals();
            fields.insert("totals".into(), json!(totals));
            fields.extend(ending.command.clone());
            if let Some(verdict) = ending.verdict.filter(|verdict| verdict.checked > 0)
                && let Value::Object(verdict) = json!(VerdictLine::from(verdict))
            {
                fields.extend(verdict);
            }
        }
        Some(format!("{line}\n"))
    }

    /// Waits until everything is shown, then prints the last line.
    pub(crate) async fn end(self, last_line: Option<String>) -> Result<(), Error> {
        let shown = timeout(output::PATIENCE, show(self.streams, last_line)).await;
        // Unlike a reader, a disk does not stop reading.
        shown.unwrap_or(Ok(())).and(ended(self.files).await)
    }
}

/// How a server ended, for the last line.
pub(crate) struct Ending<'a> {
    pub(crate) reason: Reason,
    /// None where it could not be told.
    pub(crate) verdict: Option<&'a Verdict>,
    /// How the command ended that ran against it, where there was one.
    pub(crate) command: Map<String, Value>,
}

/// Where `--events` goes.
pub(crate) struct JsonLines {
    path: PathBuf,
    out: Box<dyn Write + Send>,
    is_file: bool,
    /// Whether the last line comes from elsewhere.
    without_end: bool,
}

impl JsonLines {
    /// Opens it, where there is one; `json` says whether `stopped` is printed in any case.
    pub(crate) fn open(args: &OutputArgs, json: bool) -> Result<Option<Self>, Error> {
        let Some(path) = args.events.clone() else {
            return Ok(None);
        };
        let is_file = !args.events_on_stdout();
        let out: Box<dyn Write + Send> = if is_file {
            match File::create(&path) {
                Ok(file) => Box::new(file),
                Err(source) => return Err(Error::Events { path, source }),
            }
        } else {
            Box::new(io::stdout())
        };
        Ok(Some(Self { path, out, is_file, without_end: json && !is_file }))
    }

    /// Writes until the server has stopped.
    fn follow(mut self, events: Events, name: String) -> Output {
        spawn_blocking(move || {
            let written = follow(&events, &name, |event| {
                if self.without_end && is_stop_of(event, &name) {
                    return Ok(());
                }
                write_json(&mut self.out, event)
            });
            match written {
                Err(source) if source.kind() != io::ErrorKind::BrokenPipe => {
                    Err(Error::Events { path: self.path, source })
                }
                _ => Ok(()),
            }
        })
    }
}

/// Waits until these outputs have shown everything, then prints the last line.
async fn show(outputs: Vec<Output>, last_line: Option<String>) -> Result<(), Error> {
    ended(outputs).await?;
    if let Some(line) = last_line {
        let printed = spawn_blocking(move || output::to_program(&line));
        printed.await.map_err(Error::Thread)?;
    }
    Ok(())
}

/// Waits until each of these outputs has shown everything.
async fn ended(outputs: Vec<Output>) -> Result<(), Error> {
    let mut result = Ok(());
    for output in outputs {
        result = result.and(output.await.map_err(Error::Thread).flatten());
    }
    result
}
