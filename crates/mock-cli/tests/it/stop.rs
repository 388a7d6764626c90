//! The end of a server: by a signal, with its parent, with readers that have gone or never read.

use std::{
    io::{BufRead as _, BufReader, Read as _},
    net::TcpStream,
    process::Stdio,
    thread,
};

use nix::sys::signal::{Signal, kill};
use serde_json::Value;

use crate::support::{Lines, PROGRAM, Process, Server, command, is_empty, path, temporary};

#[test]
fn signals_stop_it_and_nothing_is_left() {
    for (signal, reason) in
        [(Signal::SIGINT, "SIGINT"), (Signal::SIGTERM, "SIGTERM"), (Signal::SIGHUP, "SIGHUP")]
    {
        let (mut server, ready) = Server::ready(&["--name", "lab"]);
        let socket = path(&ready["agent_socket"]);
        assert!(socket.exists());
        assert_eq!(server.stop(signal).code(), Some(0));
        assert!(!socket.exists());
        assert!(is_empty(server.temporary.path()));
        let last = server.stdout.json();
        assert_eq!(last["event"], "stopped");
        assert_eq!(last["name"], "lab");
        assert_eq!(last["connections"], 0);
        assert_eq!(last["reason"], reason);
        assert_eq!(last["totals"]["started"], 1, "the server's, not the agent's");
        assert!(server.stdout.rest().is_empty());
    }
}

#[test]
fn a_client_that_stays_does_not_hold_it_up() {
    let (mut server, ready) = Server::ready(&[]);
    let client = connect(&ready);
    assert_eq!(server.stop(Signal::SIGTERM).code(), Some(0));
    assert_eq!(server.stdout.json()["connections"], 1);
    drop(client);
}

#[test]
fn it_ends_with_its_parent() {
    let temporary = temporary();
    // The shell waits, so it is the parent until it is killed, which it cannot tell anybody.
    let mut shell = command("sh", temporary.path());
    shell.args(["-c", r#""$0" --json --exit-with-parent & wait"#, PROGRAM]);
    let mut child = shell.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let stdout = Lines::of(child.stdout.take().unwrap());
    assert_eq!(stdout.json()["event"], "ready");
    let mut shell = Process::new(child);
    kill(shell.id, Signal::SIGKILL).unwrap();
    assert!(!shell.ended().success());
    assert_eq!(stdout.json()["reason"], "parent ended");
    assert!(stdout.rest().is_empty());
    assert!(is_empty(temporary.path()));
}

#[test]
fn the_end_of_the_thread_that_started_it_is_not_that_of_its_parent() {
    let (mut server, _ready) = thread::spawn(|| Server::ready(&["--exit-with-parent"])).join().unwrap();
    assert!(server.stop(Signal::SIGTERM).success());
    assert_eq!(server.stdout.json()["reason"], "SIGTERM");
}

#[test]
fn a_shell_may_have_it_ignore_what_is_typed_at_the_terminal() {
    let temporary = temporary();
    let mut shell = command("sh", temporary.path());
    // POSIX: without job control, a command started with `&` ignores SIGINT.
    shell.args(["-c", r#""$0" --json & wait"#, PROGRAM]);
    let server = Server::spawn(&mut shell, temporary);
    let id = nix::unistd::Pid::from_raw(server.stdout.json()["pid"].as_i64().unwrap().try_into().unwrap());
    kill(id, Signal::SIGINT).unwrap();
    kill(id, Signal::SIGTERM).unwrap();
    assert_eq!(server.stdout.json()["reason"], "SIGTERM");
}

#[test]
fn a_reader_that_does_not_read_does_not_hold_it_up() {
    let temporary = temporary();
    let mut command = command(PROGRAM, temporary.path());
    command.args(["--json", "--events", "-"]).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdout = BufReader::with_capacity(1, child.stdout.take().unwrap());
    let mut line = String::new();
    stdout.read_line(&mut line).unwrap();
    let ready = serde_json::from_str(&line).unwrap();
    // Each leaves some hundred bytes of events, and a pipe holds 64 KiB.
    for _ in 0..400 {
        connect(&ready);
    }
    let mut process = Process::new(child);
    kill(process.id, Signal::SIGTERM).unwrap();
    assert_eq!(process.ended().code(), Some(0));
    assert!(is_empty(temporary.path()));
}

#[test]
fn a_reader_that_has_gone_is_no_error() {
    let temporary = temporary();
    let mut command = command(PROGRAM, temporary.path());
    command.args(["--json", "--events", "-"]).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let ready = serde_json::from_str(&line).unwrap();
    let stderr = Lines::of(child.stderr.take().unwrap());
    connect(&ready);
    stderr.until("disconnected by");
    let mut process = Process::new(child);
    kill(process.id, Signal::SIGTERM).unwrap();
    assert_eq!(process.ended().code(), Some(0));
    let log = stderr.rest().join("\n");
    assert!(!log.contains("error") && !log.contains("panicked"), "{log}");
}

#[test]
fn a_client_too_many_is_closed_at_once() {
    let (mut server, ready) = Server::ready(&["--max-connections", "1"]);
    let first = connect(&ready);
    let port = u16::try_from(ready["port"].as_u64().unwrap()).unwrap();
    let mut second = TcpStream::connect(("127.0.0.1", port)).unwrap();
    assert_eq!(second.read(&mut [0; 8]).unwrap(), 0);
    assert!(server.stop(Signal::SIGTERM).success());
    assert_eq!(server.stdout.json()["totals"]["refused"], 1);
    drop(first);
}

/// A client that has read the first bytes of the server, so that its connection is recorded.
fn connect(ready: &Value) -> TcpStream {
    let port = u16::try_from(ready["port"].as_u64().unwrap()).unwrap();
    let mut client = TcpStream::connect(("127.0.0.1", port)).unwrap();
    client.read_exact(&mut [0; 8]).unwrap();
    client
}
