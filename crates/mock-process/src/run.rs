//! Between a channel and a program: what goes back and forth while it runs, and how that ends.
//!
//! Each direction is read only as fast as the other side takes it, so nothing piles up here. The end is `sshd`'s:
//! the output has come to its end, which is when everybody who could write to it is gone, and the program has ended.

use std::{convert::Infallible, future::pending, pin::pin};

use bytes::{BufMut as _, BytesMut};
use mock_core::{Control, Controls, Exit, Parts, Recorder, Stdin, Stdout, event::Problem};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    join, select,
};

use crate::{
    HostProcess,
    agent::AgentSocket,
    process::{GroupId, Process},
    signal,
    spawn::{Ends, SpawnError, Spawned, spawn},
    terminal::TerminalControl,
};

/// Most that is sent in one piece: as much as one packet carries.
const PIECE: usize = 32 * 1024;

/// With less room than this, the next read gets a new buffer.
const SMALLEST_READ: usize = 4 * 1024;

/// Runs the program for a request until it is over.
pub(crate) async fn run(host: HostProcess, parts: Parts) -> Exit {
    if !host.environment.forward_agent || !parts.offers.has_agent() {
        return run_with(host, parts).await;
    }
    let (offers, recorder) = (parts.offers.clone(), parts.recorder.clone());
    let socket = match AgentSocket::open() {
        Ok(socket) => socket,
        Err(error) => {
            recorder.record(Problem::new(format!("cannot open a socket for the agent: {error}")));
            return run_with(host, parts).await;
        }
    };
    let running = run_with(host.with_agent(socket.path()), parts);
    let serving = async {
        socket.serve(offers, recorder).await;
        pending::<Infallible>().await
    };
    select! {
        biased;
        exit = running => exit,
        never = serving => match never {},
    }
}

async fn run_with(host: HostProcess, parts: Parts) -> Exit {
    let Parts { request, stdin, stdout, stderr, controls, recorder, .. } = parts;
    let Spawned { process, ends } = match spawn(&host, &request, &recorder) {
        Ok(spawned) => spawned,
        Err(error) => return fail(&error, request.pty.is_some(), stderr, &recorder).await,
    };
    let group = process.group();
    match ends {
        Ends::Pipes(pipes) => {
            let output = async {
                join!(carry_out(pipes.stdout, stdout, pending()), carry_out(pipes.stderr, stderr, pending()));
            };
            let input = carry_into_pipe(stdin, pipes.stdin);
            let controls = obey(controls, group, None, recorder);
            until_over(process, output, input, controls).await
        }
        Ends::Terminal(terminal) => {
            let (reader, writer) = terminal.pty.into_split();
            let output = carry_out_of_terminal(reader, &terminal.control, stdout, group);
            let input = carry_into_terminal(stdin, writer, &terminal.control);
            let controls = obey(controls, group, Some(&terminal.control), recorder);
            until_over(process, output, input, controls).await
        }
    }
}

/// Says why there is no program.
async fn fail(error: &SpawnError, terminal: bool, stderr: Stdout, recorder: &Recorder) -> Exit {
    let text = error.to_string();
    recorder.record(Problem::new(text.clone()));
    let line_end = if terminal { "\r\n" } else { "\n" };
    // A client that is gone cannot be told anything.
    let _gone = stderr.send(text + line_end).await;
    Exit::status(error.status())
}

/// What the client sends goes on for as long as the program does, and does not hold up its end.
async fn until_over(
    process: Process,
    output: impl Future<Output = ()>,
    input: impl Future<Output = ()>,
    controls: impl Future<Output = ()>,
) -> Exit {
    let output = pin!(output);
    let attending = pin!(async {
        join!(input, controls);
        pending::<Infallible>().await
    });
    // Declared last, so dropped first: a program is told to end before its pipes break.
    let mut process = process;
    let over = async {
        output.await;
        process.wait().await
    };
    select! {
        biased;
        exit = over => exit,
        never = attending => match never {},
    }
}

/// To the client, until the end of the output, or until there is none and `over` is ready.
async fn carry_out(mut from: impl AsyncRead + Unpin, to: Stdout, over: impl Future<Output = ()>) {
    let mut over = pin!(over);
    let mut buffer = BytesMut::with_capacity(PIECE);
    loop {
        let mut piece = (&mut buffer).limit(PIECE);
        let read = select! {
            biased;
            read = from.read_buf(&mut piece) => read,
            () = &mut over => return,
        };
        // A terminal without any program ends with an error. A closed channel means that this is about to be dropped.
        if !matches!(read, Ok(1..)) || to.send(buffer.split().freeze()).await.is_err() {
            return;
        }
        if buffer.capacity() < SMALLEST_READ {
            buffer.reserve(PIECE);
        }
    }
}

/// The same for a terminal, whose output is over when the program has ended, even if something that it left behind
/// has the terminal open. What was written until then is sent.
async fn carry_out_of_terminal(
    from: impl AsyncRead + Unpin,
    terminal: &TerminalControl,
    to: Stdout,
    group: GroupId,
) {
    carry_out(from, to.clone(), group.leader_ended()).await;
    while let Some(rest) = terminal.read_at_once(PIECE) {
        if to.send(rest).await.is_err() {
            return;
        }
    }
}

/// From the client into a pipe, which is closed at the end of its data.
async fn carry_into_pipe(mut stdin: Stdin, mut to: impl AsyncWrite + Unpin) {
    while let Some(data) = stdin.read().await {
        if to.write_all(&data).await.is_err() {
            // The program does not read any more. Neither does this, so the rest is thrown away.
            return;
        }
    }
}

/// From the client into a terminal, which has no end: at the end of the data, the character for it is typed.
async fn carry_into_terminal(mut stdin: Stdin, mut to: impl AsyncWrite + Unpin, terminal: &TerminalControl) {
    let mut within_a_line = false;
    while let Some(data) = stdin.read().await {
        within_a_line = !matches!(data.last(), Some(b'\r' | b'\n'));
        if to.write_all(&data).await.is_err() {
            return;
        }
    }
    // Fails when no program has the terminal open, and then nobody waits for it.
    let _gone = to.write_all(&terminal.end_of_input(within_a_line)).await;
    // Kept open: a terminal that was closed would hang up on its program.
    pending::<()>().await;
}

/// Does what the client asks for beside data.
async fn obey(
    mut controls: Controls,
    group: GroupId,
    terminal: Option<&TerminalControl>,
    recorder: Recorder,
) {
    while let Some(control) = controls.next().await {
        match (control, terminal) {
            (Control::Signal(name), _) => match signal::named(&name) {
                Some(signal) => group.send(signal),
                None => recorder.record(Problem::new(format!("unknown signal {name:?}"))),
            },
            (Control::WindowChange(size), Some(terminal)) => {
                terminal.resize(size.columns, size.rows, size.width, size.height);
            }
            _ => {}
        }
    }
}
