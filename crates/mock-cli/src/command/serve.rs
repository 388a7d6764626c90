//! `mock-ssh serve`: a server that says how to reach it, tells what happens, and stops when it is told to.
//!
//! The order matters. Signals are received before there is anything to clean up, what programs wait for is printed
//! when the server accepts, and every output has the last event before the process ends.

use std::{
    fs::File,
    io::{self, Write},
    path::PathBuf,
};

use mock_base::{Event, Events};
use serde_json::json;
use tokio::{
    task::{JoinHandle, spawn_blocking},
    time::timeout,
};

use crate::{
    args::{ExecMode, OutputArgs, ServeArgs},
    credentials,
    error::Error,
    export,
    follow::{Log, follow, is_stop_of, write_json},
    lab::Lab,
    output::{self, People},
    ready::{self, Ready},
    signals::{self, Reason, Signals},
    table,
};

pub(crate) fn run(args: &ServeArgs) -> Result<(), Error> {
    let runtime = tokio::runtime::Runtime::new().map_err(Error::Runtime)?;
    let result = runtime.block_on(serve(args));
    // Without waiting for a thread that writes what nobody reads.
    runtime.shutdown_background();
    if args.output.env && result.is_err() {
        output::to_program("false\n");
    }
    result
}

async fn serve(args: &ServeArgs) -> Result<(), Error> {
    let mut signals = Signals::receive(args.listen.exit_with_parent).map_err(Error::Signals)?;
    let lines = JsonLines::open(&args.output)?;
    let lab = tokio::select! {
        lab = start(args) => lab?,
        _before_it_began = signals.next() => return Ok(()),
    };
    let people = People::new(&args.output);
    announce(&lab, args, people)?;
    let (events, name) = (lab.server.journal().events(), lab.server.name().to_owned());
    let mut streams = vec![log(events.clone(), name.clone(), people)];
    let mut files = Vec::new();
    if let Some(lines) = lines {
        let outputs = if lines.is_file { &mut files } else { &mut streams };
        outputs.push(lines.follow(events.clone(), name.clone()));
    }

    let reason = signals.next().await;
    let stopped = tokio::select! {
        stopped = lab.stop() => stopped,
        () = signals.interrupt() => return Err(Error::Interrupted),
    };
    let last_line = args.output.json.then(|| last_line(&events, &name, reason));
    let shown = timeout(output::PATIENCE, show(streams, last_line)).await;
    // Unlike a reader, a disk does not stop reading: a file has every event in any case.
    stopped.and(shown.unwrap_or(Ok(()))).and(ended(files).await)
}

async fn start(args: &ServeArgs) -> Result<Lab, Error> {
    let users = args.users.clone();
    // Apart, because the primes of an RSA key take their time.
    let accounts = spawn_blocking(move || credentials::create(&users)).await;
    Lab::start(args, accounts.map_err(Error::Thread)??).await
}

/// Tells people and programs how to reach the server.
fn announce(lab: &Lab, args: &ServeArgs, people: People) -> Result<(), Error> {
    if args.behaviour.exec == ExecMode::Process {
        output::warning("clients run commands on this machine, as the user who started this server");
    }
    if !lab.server.addr().ip().is_loopback() {
        output::warning("other machines can connect to this server");
    }
    people.print(&table::render(lab, people));
    if args.output.json {
        output::to_program(&format!("{}\n", json!(Ready::new(lab))));
    }
    if args.output.env {
        output::to_program(&export::script(lab));
        output::close_stdout().map_err(Error::Detach)?;
        signals::leave_foreground();
    }
    Ok(())
}

type Output = JoinHandle<Result<(), Error>>;

/// The log for people, until the server has stopped.
fn log(events: Events, name: String, people: People) -> Output {
    spawn_blocking(move || {
        if let Some(out) = people.writer() {
            let mut log = Log::new(out, &name);
            let _closed = follow(&events, &name, |event| log.write(event));
        }
        Ok(())
    })
}

/// Where `--events` goes.
struct JsonLines {
    path: PathBuf,
    out: Box<dyn Write + Send>,
    is_file: bool,
    /// Whether the last line comes from elsewhere.
    without_end: bool,
}

impl JsonLines {
    fn open(args: &OutputArgs) -> Result<Option<Self>, Error> {
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
        Ok(Some(Self { path, out, is_file, without_end: args.json && !is_file }))
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

/// What `--json` says at the end.
fn last_line(events: &Events, name: &str, reason: Reason) -> String {
    let stopped = events.last(|event: &Event| is_stop_of(event, name));
    let line = stopped.map(|event| ready::stopped(&event, reason, &events.on_server(name).totals()));
    line.map_or_else(String::new, |line| format!("{line}\n"))
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
