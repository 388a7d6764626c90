//! `mock-ssh serve`: a server that says how to reach it, tells what happens, and stops when it is told to.
//!
//! The order matters. Signals are received before there is anything to clean up, what programs wait for is printed
//! when the server accepts, and every output has the last event before the process ends.

use std::sync::Arc;

use serde_json::{Map, json};
use tokio::task::spawn_blocking;

use crate::{
    args::{ExecMode, ServeArgs, ServerArgs},
    control::{Control, ControlledLab, Endpoint},
    error::Error,
    export,
    files::Files,
    lab::{Lab, Purpose},
    output::{self, People},
    outputs::{Ending, JsonLines, Outputs},
    ready::Ready,
    scenario::Cast,
    signals::{self, Signals},
    table,
};

pub(crate) fn run(args: &ServeArgs) -> Result<(), Error> {
    let result = in_runtime(serve(args));
    if args.env && result.is_err() {
        output::to_program("false\n");
    }
    result
}

/// Runs a subcommand that starts a server.
pub(super) fn in_runtime(work: impl Future<Output = Result<(), Error>>) -> Result<(), Error> {
    let runtime = tokio::runtime::Runtime::new().map_err(Error::Runtime)?;
    let result = runtime.block_on(work);
    // Without waiting for a thread that writes what nobody reads.
    runtime.shutdown_background();
    result
}

async fn serve(args: &ServeArgs) -> Result<(), Error> {
    let mut signals = Signals::receive(args.server.listen.exit_with_parent).map_err(Error::Signals)?;
    let lines = JsonLines::open(&args.output, args.json())?;
    let endpoint = Endpoint::open(args.control.as_deref()).await?;
    let mut lab = tokio::select! {
        lab = start(&args.server, args.purpose()) => lab?,
        _before_it_began = signals.next() => return Ok(()),
    };
    lab.control = endpoint.as_ref().and_then(Endpoint::path);
    let people = args.people();
    announce(&lab, args, people)?;
    let lab = Arc::new(lab);
    let mut outputs = Outputs::new(lab.server.journal().events(), lab.server.name());
    outputs.log(people);
    outputs.journal(lines);
    let mut control = Control::start(endpoint, ControlledLab::new(&lab));

    let reason = control.or_signal(&mut signals, args.server.listen.exit_with_parent).await;
    control.end().await;
    let lab = Arc::into_inner(lab).ok_or(Error::Busy)?;
    let stopped = tokio::select! {
        stopped = lab.stop() => stopped,
        () = signals.interrupt() => return Err(Error::Interrupted),
    };
    let verdict = stopped.as_ref().ok().map(|stopped| &stopped.verdict);
    let last_line = outputs.last_line(&Ending { reason, verdict, command: Map::new() });
    let shown = outputs.end(last_line.filter(|_| args.json())).await;
    match stopped?.verdict.unmet {
        Some(report) => Err(Error::Unmet { report, command: None }),
        None => shown,
    }
}

pub(super) async fn start(args: &ServerArgs, purpose: Purpose<'_>) -> Result<Lab, Error> {
    let of = args.clone();
    // Apart, because the primes of an RSA key take their time.
    let cast = spawn_blocking(move || Cast::create(&of)).await;
    Lab::start(args, purpose, cast.map_err(Error::Thread)??).await
}

/// Warns of what reaches beyond the test.
pub(super) fn warn(lab: &Lab, args: &ServerArgs) {
    if args.behaviour.exec == Some(ExecMode::Process) {
        output::warning("clients run commands on this machine, as the user who started this server");
    }
    if let Some(directory) = lab.files.as_ref().and_then(Files::host) {
        output::warning(&directory.warning());
    }
    if !lab.server.addr().ip().is_loopback() {
        output::warning("other machines can connect to this server");
    }
}

/// Tells people and programs how to reach the server.
fn announce(lab: &Lab, args: &ServeArgs, people: People) -> Result<(), Error> {
    warn(lab, &args.server);
    people.print(&table::render(lab, people));
    if args.json() {
        output::to_program(&format!("{}\n", json!(Ready::new(lab))));
    }
    if args.env {
        output::to_program(&export::script(lab));
        output::close_stdout().map_err(Error::Detach)?;
        signals::leave_foreground();
    }
    Ok(())
}
