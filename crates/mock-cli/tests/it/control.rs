//! `--control`: requests over standard input and over a socket, and the examples of `docs/control.md`.

use std::{
    fmt::Write as _,
    fs,
    io::{self, BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    os::unix::{
        fs::PermissionsExt as _,
        net::{UnixListener, UnixStream},
    },
    path::Path,
    process::Stdio,
};

use nix::sys::signal::{Signal, kill};
use serde_json::{Value, json};

use crate::support::{
    Lines, PROGRAM, Process, Server, command, filters, is_empty, path, run, temporary, text,
};

/// A client of a control socket.
pub(crate) struct Client {
    stream: UnixStream,
    lines: Lines,
}

impl Client {
    fn connect(socket: &Path) -> Self {
        let stream = UnixStream::connect(socket).unwrap();
        Self { lines: Lines::of(stream.try_clone().unwrap()), stream }
    }

    fn send(&mut self, line: &str) {
        self.stream.write_all(format!("{line}\n").as_bytes()).unwrap();
    }

    pub(crate) fn ask(&mut self, request: &Value) -> Value {
        self.send(&request.to_string());
        self.lines.json()
    }
}

/// A server with a socket in its directory for temporary files, and a client of it.
pub(crate) fn controlled(args: &[&str]) -> (Server, Value, Client) {
    let temporary = temporary();
    let socket = temporary.path().join("control");
    let mut serve = command(PROGRAM, temporary.path());
    serve.args(["--json", "--control", socket.to_str().unwrap()]).args(args);
    let server = Server::spawn(&mut serve, temporary);
    let ready = server.stdout.json();
    let client = Client::connect(&path(&ready["control_socket"]));
    (server, ready, client)
}

/// Connects, and leaves when the server has said who it is.
fn visit(ready: &Value) {
    let port = u16::try_from(ready["port"].as_u64().unwrap()).unwrap();
    let mut client = TcpStream::connect(("127.0.0.1", port)).unwrap();
    client.read_exact(&mut [0; 8]).unwrap();
}

#[test]
fn over_standard_input_answers_stand_between_the_first_line_and_the_last() {
    let temporary = temporary();
    let (input, mut writer) = io::pipe().unwrap();
    let mut serve = command(PROGRAM, temporary.path());
    serve.args(["--control", "-"]).stdin(input);
    let mut server = Server::spawn(&mut serve, temporary);
    let ready = server.stdout.json();
    assert_eq!(ready["event"], "ready", "--json is implied");
    visit(&ready);
    let requests = r#"{"id":1,"command":"wait","query":"disconnected"}
{"id":"two","command":"expect","expectation":"connected x1"}

{"command":"verify"}
{"id":4,"command":"stop"}"#;
    writer.write_all(requests.as_bytes()).unwrap();
    // The end of the input ends the last line.
    drop(writer);
    let answers: Vec<_> = (0..4).map(|_| server.stdout.json()).collect();
    assert_eq!(answers[0]["seen"]["event"], "disconnected");
    assert_eq!(answers[1], json!({ "id": "two", "ok": true, "expectation": "connected x1", "count": 1 }));
    assert_eq!(answers[2], json!({ "ok": true, "verified": true, "checked": 1, "unmet": [] }));
    assert_eq!(answers[3], json!({ "id": 4, "ok": true }));
    assert_eq!(server.ended().code(), Some(0));
    let last = server.stdout.json();
    assert_eq!((&last["reason"], &last["verified"]), (&json!("requested"), &json!(true)));
    assert!(server.stdout.rest().is_empty());
}

#[test]
fn the_end_of_standard_input_ends_the_server_only_with_its_parent() {
    let (mut server, _ready) = Server::ready(&["--control", "-", "--exit-with-parent"]);
    assert_eq!(server.ended().code(), Some(0));
    assert_eq!(server.stdout.json()["reason"], "control ended");

    let (mut server, ready) = Server::ready(&["--control", "-"]);
    visit(&ready);
    server.stderr.until("disconnected by");
    assert_eq!(server.stop(Signal::SIGTERM).code(), Some(0));
    assert_eq!(server.stdout.json()["reason"], "SIGTERM");
}

#[test]
fn clients_of_a_socket_do_not_wait_for_each_other() {
    let (mut server, ready, mut waiting) = controlled(&[]);
    let mut other = Client::connect(&path(&ready["control_socket"]));
    waiting.send(r#"{"id":1,"command":"wait","query":"connected","within":"1h"}"#);
    assert_eq!(other.ask(&json!({ "command": "verify" }))["ok"], true);
    visit(&ready);
    assert_eq!(waiting.lines.json()["seen"]["event"], "connected");
    // One that still waits at the end is told, and the socket is gone.
    // The server has read both requests when it answers the first.
    waiting.send("{\"command\":\"verify\"}\n{\"command\":\"wait\",\"query\":\"exec\",\"within\":3600}");
    assert_eq!(waiting.lines.json()["ok"], true);
    assert_eq!(other.ask(&json!({ "command": "stop" }))["ok"], true);
    assert_eq!(waiting.lines.json()["error"]["code"], "stopping");
    assert!(waiting.lines.rest().is_empty());
    assert_eq!(server.ended().code(), Some(0));
    assert!(is_empty(server.temporary.path()));
}

#[test]
fn the_socket_is_its_owners_alone_and_one_that_was_left_behind_is_replaced() {
    let directory = temporary();
    let socket = directory.path().join("new/control");
    drop({
        fs::create_dir(socket.parent().unwrap()).unwrap();
        UnixListener::bind(&socket).unwrap()
    });
    let (mut server, _ready) = Server::ready(&["--control", socket.to_str().unwrap()]);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&socket), 0o600);

    let output = run(&["--json", "--control", socket.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(3));
    assert!(text(&output.stderr).contains("something listens there"), "{}", text(&output.stderr));

    assert!(server.stop(Signal::SIGTERM).success());
    assert!(!socket.exists());
    fs::remove_dir(socket.parent().unwrap()).unwrap();
    let (mut server, _ready) = Server::ready(&["--control", socket.to_str().unwrap()]);
    assert_eq!(mode(socket.parent().unwrap()), 0o700);
    assert!(server.stop(Signal::SIGTERM).success());
    assert!(is_empty(directory.path()), "what was made is gone");

    let file = directory.path().join("file");
    fs::write(&file, "precious").unwrap();
    let output = run(&["--json", "--control", file.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(3));
    assert!(text(&output.stderr).contains("exists and is not a socket"), "{}", text(&output.stderr));
    assert_eq!(fs::read_to_string(file).unwrap(), "precious");
}

#[test]
fn rules_and_expectations_of_one_test_are_gone_after_a_reset() {
    let (mut server, ready, mut client) = controlled(&["--expect", "connected x..3"]);
    let before = client.ask(&json!({ "command": "rule.list" }));
    let added =
        client.ask(&json!({ "command": "rule.add", "rule": { "on": "uptime", "stdout": "up 3 days\n" } }));
    let number = added["number"].as_u64().unwrap();
    let replaced =
        json!({ "command": "rule.replace", "number": number, "rule": { "on": "uptime", "exit": 1 } });
    assert!(client.ask(&replaced)["number"].as_u64().unwrap() > number);
    assert_eq!(client.ask(&json!({ "command": "rule.list" }))["rules"][0]["rule"], "uptime", "it is first");
    let gone = client.ask(&json!({ "command": "rule.remove", "number": number }));
    assert_eq!(gone["error"]["code"], "not_found");
    client.ask(&json!({ "command": "expect", "expectation": "exec x9" }));
    client.ask(&json!({ "command": "state.set", "name": "lock", "value": "held" }));
    visit(&ready);
    client.ask(&json!({ "command": "wait", "query": "connected" }));
    assert_eq!(client.ask(&json!({ "command": "verify" }))["verified"], false);

    assert_eq!(client.ask(&json!({ "command": "reset" }))["ok"], true);
    assert_eq!(client.ask(&json!({ "command": "rule.list" })), before);
    assert_eq!(client.ask(&json!({ "command": "state.get", "name": "lock" }))["states"]["lock"], "initial");
    assert_eq!(client.ask(&json!({ "command": "events", "query": "connected" }))["events"], json!([]));
    let verdict = client.ask(&json!({ "command": "verify" }));
    assert_eq!((&verdict["verified"], &verdict["checked"]), (&json!(true), &json!(1)));
    assert!(server.stop(Signal::SIGTERM).success());
}

#[test]
fn events_are_read_in_pieces() {
    let (mut server, ready, mut client) = controlled(&[]);
    for _ in 0..3 {
        visit(&ready);
    }
    let third = json!({ "command": "wait", "query": "disconnected on connection 3" });
    client.ask(&third);
    let query = json!({ "command": "events", "query": "connected", "limit": 2 });
    let first = client.ask(&query);
    assert_eq!(first["events"].as_array().unwrap().len(), 2);
    assert_eq!(first["more"], true);
    let rest = client.ask(&json!({ "command": "events", "query": "connected", "since": first["next"] }));
    assert_eq!(rest["events"][0]["connection"], 3);
    assert_eq!((rest["events"].as_array().unwrap().len(), &rest["more"]), (1, &json!(false)));
    let after = json!({ "command": "wait", "query": "connected", "after": rest["next"], "within": 0.01 });
    assert_eq!(client.ask(&after)["error"]["code"], "timed_out");
    assert!(server.stop(Signal::SIGTERM).success());
}

#[test]
fn what_cannot_be_understood_is_answered_with_what_is_wrong() {
    let (mut server, _ready, mut client) = controlled(&[]);
    let mut answers = String::new();
    for line in [
        "verify",
        "[1]",
        "{}",
        r#"{"id":1,"command":"verfy"}"#,
        r#"{"id":2,"command":"quit please"}"#,
        r#"{"id":3,"command":"verify","now":true}"#,
        r#"{"id":4,"command":"expect"}"#,
        r#"{"id":5,"command":"expect","expectation":"exce \"rm *\" none"}"#,
        r#"{"id":6,"command":"rule.add","rule":{"on":"ls","stdot":"x"}}"#,
        r#"{"id":7,"command":"rule.add","rule":{"on":"~("}}"#,
        r#"{"id":8,"command":"rule.remove","number":"one"}"#,
        r#"{"id":9,"command":"rule.remove","number":99}"#,
        r#"{"id":10,"command":"wait","query":"exec","within":"a while"}"#,
        r#"{"id":11,"command":"wait","query":"exec","within":-1}"#,
        r#"{"id":12,"command":"wait","query":"exec","within":0}"#,
        r#"{"id":13,"command":"fault.add","fault":"kex: stall; frist 2"}"#,
        r#"{"id":14,"command":"fault.add","fault":"sfpt open: stall"}"#,
        r#"{"id":15,"command":"fault.add","fault":5}"#,
        r#"{"id":16,"command":"fault.switch","number":1}"#,
        r#"{"id":17,"command":"fault.remove","number":1}"#,
    ] {
        client.send(line);
        write!(answers, "{line}\n{}\n\n", client.lines.next()).unwrap();
    }
    filters().bind(|| insta::assert_snapshot!("control_errors", answers));
    assert!(server.stop(Signal::SIGTERM).success());
}

#[test]
fn a_client_that_does_not_read_takes_nobodys_verdict_away() {
    let (mut server, ready, mut client) = controlled(&["--expect", "exec x1"]);
    // Its answers are far more than a socket holds, its requests are not.
    let mut idle: Vec<_> =
        (0..8).map(|_| UnixStream::connect(path(&ready["control_socket"])).unwrap()).collect();
    for idle in &mut idle {
        idle.write_all("{\"command\":\"client_kit\"}\n".repeat(1000).as_bytes()).unwrap();
    }
    assert_eq!(client.ask(&json!({ "command": "verify" }))["verified"], false);
    server.signal(Signal::SIGTERM);
    assert_eq!(server.ended().code(), Some(1));
    assert_eq!(server.stdout.json()["unmet"][0]["expected"], "exec exactly once");
    assert!(server.stderr.rest().join("\n").contains("the expectation was not met"));
    assert!(is_empty(server.temporary.path()));
}

#[test]
fn answers_on_a_standard_output_that_nobody_reads_take_no_verdict_away() {
    let temporary = temporary();
    let mut serve = command(PROGRAM, temporary.path());
    serve.args(["--control", "-", "--expect", "exec x1"]);
    let mut child =
        serve.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let requests = "{\"command\":\"client_kit\"}\n".repeat(1000);
    child.stdin.take().unwrap().write_all(requests.as_bytes()).unwrap();
    let mut stdout = BufReader::with_capacity(1, child.stdout.take().unwrap());
    // The first answer is there, so others wait behind it in a pipe that holds 64 KiB.
    for _ in 0..2 {
        stdout.read_line(&mut String::new()).unwrap();
    }
    let stderr = Lines::of(child.stderr.take().unwrap());
    let mut process = Process::new(child);
    kill(process.id, Signal::SIGTERM).unwrap();
    assert_eq!(process.ended().code(), Some(1));
    assert!(stderr.rest().join("\n").contains("the expectation was not met"));
    assert!(is_empty(temporary.path()));
}

#[test]
fn garbage_is_answered_and_what_follows_it_is_obeyed() {
    let (mut server, _ready, mut client) = controlled(&[]);
    let too_long = format!(r#"{{"id":1,"command":"{}"}}"#, "x".repeat(1024 * 1024));
    let deep = format!("{}1{}", "[".repeat(10_000), "]".repeat(10_000));
    for (garbage, code) in [
        (too_long.as_bytes(), "too_long"),
        (deep.as_bytes(), "not_json"),
        (b"\xff\xfe\x00", "not_json"),
        (b"null", "not_json"),
        (br#"{"command":"#, "not_json"),
        (br#"{"command":null}"#, "bad_request"),
        (br#"{"command":{"verify":1}}"#, "bad_request"),
        (br#"{"id":{"a":[1]},"command":"stop","stop":1e999}"#, "not_json"),
        (br#"{"command":"events","limit":-1}"#, "bad_request"),
        (br#"{"command":"events","since":18446744073709551616}"#, "bad_request"),
        (br#"{"command":"wait","query":"exec","within":1e300}"#, "bad_request"),
    ] {
        client.stream.write_all(garbage).unwrap();
        client.stream.write_all(b"\n").unwrap();
        let answer = client.lines.json();
        let garbage = String::from_utf8_lossy(garbage).chars().take(80).collect::<String>();
        assert_eq!(answer["error"]["code"], code, "{garbage}: {answer}");
    }
    assert_eq!(client.ask(&json!({ "id": [7], "command": "verify" }))["id"], json!([7]));
    assert!(server.stop(Signal::SIGTERM).success());
}

#[test]
fn the_command_of_verify_may_make_requests() {
    let temporary = temporary();
    let socket = temporary.path().join("control");
    let (input, mut writer) = io::pipe().unwrap();
    let mut verify = command(PROGRAM, temporary.path());
    let script = "test \"$MOCK_SSH_CONTROL\" = \"$0\"; read line";
    verify
        .args(["verify", "--json", "--control", socket.to_str().unwrap()])
        .args(["--", "sh", "-ec", script, "{control}"])
        .stdin(input);
    let mut server = Server::spawn(&mut verify, temporary);
    drop(verify);
    let ready = server.stdout.json();
    let mut client = Client::connect(&path(&ready["control_socket"]));
    let kit = client.ask(&json!({ "command": "client_kit" }));
    assert_eq!(kit["client_kit"], ready, "as the first line");
    client.ask(&json!({ "command": "expect", "expectation": "exec x1" }));
    assert_eq!(client.ask(&json!({ "command": "stop" }))["error"]["code"], "bad_request");
    writer.write_all(b"\n").unwrap();
    assert_eq!(server.ended().code(), Some(1), "what was asked for last counts too");
    assert_eq!(server.stdout.json()["unmet"][0]["expected"], "exec exactly once");
}
