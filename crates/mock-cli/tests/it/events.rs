//! `--events`: the journal as JSON Lines, in a file and on standard output.

use std::{fs, io::Read as _, net::TcpStream};

use nix::sys::signal::Signal;
use serde_json::Value;

use crate::support::{Server, temporary};

/// Connects, and leaves when the server has said who it is.
fn visit(port: &Value) {
    let port = u16::try_from(port.as_u64().unwrap()).unwrap();
    let mut client = TcpStream::connect(("127.0.0.1", port)).unwrap();
    client.read_exact(&mut [0; 8]).unwrap();
}

fn parsed(lines: &str) -> Vec<Value> {
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn kinds(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["event"].as_str().unwrap()).collect()
}

#[test]
fn a_file_has_every_event_up_to_the_end() {
    let directory = temporary();
    let file = directory.path().join("events.jsonl");
    let (mut server, ready) = Server::ready(&["--events", file.to_str().unwrap(), "--name", "lab"]);
    visit(&ready["port"]);
    // The log and the file are written apart: what the log has need not be in the file yet.
    server.stderr.until("disconnected by");
    assert!(server.stop(Signal::SIGTERM).success());

    let events = parsed(&fs::read_to_string(file).unwrap());
    assert_eq!(kinds(&events), ["started", "started", "connected", "disconnected", "stopped", "stopped"]);
    for (number, event) in events.iter().enumerate() {
        assert_eq!(event["seq"], number);
    }
    assert_eq!(events[2]["server"], "lab");
    assert_eq!(events[2]["connection"], 1);
    assert_eq!(events[5]["server"], "lab");
    assert_eq!(events[5].get("reason"), None, "a file holds the journal and nothing else");
    let rest = server.stdout.rest();
    assert_eq!(rest.len(), 1, "events go to the file only: {rest:?}");
}

#[test]
fn on_standard_output_they_stand_between_the_first_line_and_the_last() {
    let (mut server, ready) = Server::ready(&["--events", "-"]);
    visit(&ready["port"]);
    let before = server.stdout.until(r#""event":"disconnected""#);
    assert!(server.stop(Signal::SIGTERM).success());
    let lines = [before, server.stdout.rest()].concat().join("\n");
    let events = parsed(&lines);
    assert_eq!(kinds(&events), ["started", "started", "connected", "disconnected", "stopped", "stopped"]);
    let [.., of_the_agent, last] = events.as_slice() else { panic!("there are six") };
    assert_eq!(of_the_agent["server"], "agent");
    // The journal's own last event, with more to it.
    assert_eq!(last["seq"], 5);
    assert_eq!(last["server"], "default");
    assert_eq!(last["name"], "default");
    assert_eq!(last["reason"], "SIGTERM");
    assert_eq!(last["totals"]["connected"], 1);
}

#[test]
fn without_json_standard_output_is_the_journal_alone() {
    let mut server = Server::start(&["--listen-port", "0", "--events", "-"]);
    server.stderr.until("listening on 127.0.0.1");
    assert!(server.stop(Signal::SIGTERM).success());
    let events = parsed(&server.stdout.rest().join("\n"));
    assert_eq!(kinds(&events), ["started", "started", "stopped", "stopped"]);
    assert_eq!(events[3].get("totals"), None);
}
