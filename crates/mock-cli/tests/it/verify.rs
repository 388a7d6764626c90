//! `mock-ssh verify`, and what `serve` says at its end of what was expected.
//!
//! The command that runs is mostly a shell that reads a line, so that the test is the client meanwhile: it needs no program
//! that speaks SSH.

use std::{
    fs,
    io::{self, PipeWriter, Read as _, Write as _},
    net::TcpStream,
    process::Output,
};

use nix::sys::signal::Signal;
use serde_json::Value;

use crate::support::{PROGRAM, Server, command, filters, is_empty, run, temporary, text};

/// Connects, and leaves when the server has said who it is.
fn visit(ready: &Value) {
    let port = u16::try_from(ready["port"].as_u64().unwrap()).unwrap();
    let mut client = TcpStream::connect(("127.0.0.1", port)).unwrap();
    client.read_exact(&mut [0; 8]).unwrap();
}

/// `verify --json` with a shell that reads its script's input from the test.
fn verifying(args: &[&str], script: &str) -> (Server, Value, PipeWriter) {
    let temporary = temporary();
    let (input, writer) = io::pipe().unwrap();
    let mut verify = command(PROGRAM, temporary.path());
    verify.arg("verify").arg("--json").args(args).args(["--", "sh", "-c", script]).stdin(input);
    let server = Server::spawn(&mut verify, temporary);
    // The command that holds the other end of the pipe must not outlive this one's.
    drop(verify);
    let ready = server.stdout.json();
    assert_eq!(ready["event"], "ready");
    (server, ready, writer)
}

fn status(output: &Output) -> Option<i32> {
    output.status.code()
}

#[test]
fn what_was_expected_came() {
    let (mut server, ready, mut input) =
        verifying(&["--expect", "connected x1", "--expect", "exec none"], "read line; test \"$line\" = go");
    visit(&ready);
    input.write_all(b"go\n").unwrap();
    assert_eq!(server.ended().code(), Some(0));
    let last = server.stdout.json();
    assert_eq!(last["event"], "stopped");
    assert_eq!(last["reason"], "command ended");
    assert_eq!((&last["verified"], &last["checked"]), (&Value::from(true), &Value::from(2)));
    assert_eq!(last["unmet"], Value::Array(Vec::new()));
    assert_eq!(last["command"]["status"], 0);
    assert_eq!(last.get("report"), None);
    assert!(server.stdout.rest().is_empty());
    assert_eq!(server.stderr.rest(), ["mock-ssh: 2 expectations were met"]);
    assert!(is_empty(server.temporary.path()));
}

#[test]
fn what_did_not_come_is_reported() {
    let directory = temporary();
    let junit = directory.path().join("result.xml");
    let (mut server, ready, mut input) = verifying(
        &[
            "--expect",
            "connected",
            "--expect",
            "exec \"systemctl restart *\" x1",
            "--events",
            "-",
            "--junit",
            junit.to_str().unwrap(),
        ],
        "read line",
    );
    visit(&ready);
    server.stdout.until("\"disconnected\"");
    input.write_all(b"go\n").unwrap();
    assert_eq!(server.ended().code(), Some(1));
    let rest = server.stdout.rest();
    let last: Value = serde_json::from_str(rest.last().unwrap()).unwrap();
    assert_eq!(last["verified"], false);
    assert_eq!(last["checked"], 2);
    assert_eq!(last["unmet"][0]["expected"], "exec \"systemctl restart *\" exactly once");
    assert_eq!(last["unmet"][0]["found"], "it never came");
    let report = server.stderr.rest().join("\n");
    assert!(report.contains(last["report"].as_str().unwrap().trim_end()), "{report}");
    filters().bind(|| insta::assert_snapshot!("verify_unmet", report));
    let junit = fs::read_to_string(junit).unwrap();
    filters().bind(|| insta::assert_snapshot!("verify_junit", junit));
}

#[test]
fn a_command_that_fails_is_told_apart() {
    let output = run(&["verify", "--expect", "exec none", "--", "sh", "-c", "echo out; exit 3"]);
    assert_eq!(status(&output), Some(5));
    assert_eq!(text(&output.stdout), "out\n");
    let expected =
        "mock-ssh: 1 expectation was met\nmock-ssh: error: the command failed with exit status 3\n";
    assert_eq!(text(&output.stderr), expected);

    let output = run(&["verify", "--", "sh", "-c", "kill -KILL $$"]);
    assert_eq!(status(&output), Some(5));
    assert_eq!(text(&output.stderr), "mock-ssh: error: the command was ended by SIGKILL\n");
}

#[test]
fn of_both_what_is_unmet_counts_more() {
    let output = run(&["verify", "--json", "--expect", "exec x1", "--", "sh", "-c", "echo out; exit 3"]);
    assert_eq!(status(&output), Some(1));
    let stderr = text(&output.stderr);
    assert!(stderr.starts_with("out\nmock-ssh: error: the expectation was not met"), "{stderr}");
    assert!(stderr.ends_with("\n\nthe command failed with exit status 3 as well\n"), "{stderr}");
    let stdout = text(&output.stdout);
    let last: Value = serde_json::from_str(stdout.lines().last().unwrap()).unwrap();
    assert_eq!(stdout.lines().count(), 2, "the command's output is elsewhere: {stdout}");
    assert_eq!((&last["verified"], &last["command"]["status"]), (&Value::from(false), &Value::from(3)));
}

#[test]
fn a_command_that_cannot_be_run() {
    let output = run(&["verify", "--", "no-such-program"]);
    assert_eq!(status(&output), Some(6));
    filters().bind(|| insta::assert_snapshot!("verify_no_such_program", text(&output.stderr)));
}

#[test]
fn placeholders_and_variables_say_where_the_server_is() {
    let script = r#"test "$1" = "$MOCK_SSH_HOST:$MOCK_SSH_PORT" && test "$2" = "$MOCK_SSH_CONFIG" &&
        test "$3" = "$MOCK_SSH_KNOWN_HOSTS" && test "$4" = "$MOCK_SSH_IDENTITY_FILE" &&
        test "$5" = "$MOCK_SSH_PASSWORD" && test "$6" = "$SSH_AUTH_SOCK" && test -d "$7" &&
        test "$8" = '{"a": {}}' && test "$9" = '{{port}}'"#;
    let arguments = [
        "{host}:{port}",
        "{config}",
        "{known_hosts}",
        "{identity:pubkey}",
        "{password}",
        "{agent}",
        "{directory}",
        r#"{"a": {}}"#,
        "{{port}}",
    ];
    let output = run(&[&["verify", "--", "sh", "-ec", script, "sh"][..], &arguments].concat());
    assert_eq!((status(&output), text(&output.stderr)), (Some(0), String::new()));
}

#[test]
fn mistakes_in_the_arguments() {
    for (name, args) in [
        ("verify_placeholder", &["verify", "--", "ssh", "-p", "{prot}"][..]),
        ("verify_no_key", &["verify", "--pubkey-user", "", "--", "ssh", "-i", "{identity}"]),
        ("verify_no_command", &["verify"]),
        ("verify_control_on_stdin", &["verify", "--control", "-", "--", "true"]),
        ("expect_misspelt", &["serve", "--expect", "exce \"rm *\" none"]),
        ("expect_unclosed", &["verify", "--expect", "exec \"rm", "--", "true"]),
    ] {
        let output = run(args);
        assert_eq!(status(&output), Some(2), "{name}: {}", text(&output.stderr));
        filters().bind(|| insta::assert_snapshot!(name, text(&output.stderr)));
    }
}

#[test]
fn a_signal_reaches_the_command_and_everything_is_cleaned_up() {
    for (signal, number) in [(Signal::SIGTERM, 15), (Signal::SIGINT, 2)] {
        // What the shell started is signalled as well: it would hold standard error open.
        let (mut server, ready, _input) =
            verifying(&["--expect", "connected x1"], "sh -c 'echo started >&2; read line'; exit 1");
        visit(&ready);
        server.stderr.until("started");
        assert_eq!(server.stop(signal).code(), Some(5));
        let last = server.stdout.json();
        assert_eq!(last["reason"], signal.as_str());
        assert_eq!(
            (&last["verified"], &last["command"]["signal"]),
            (&Value::from(true), &Value::from(number))
        );
        // All who could write to it are gone.
        let rest = server.stderr.rest();
        assert!(rest.last().unwrap().contains(signal.as_str()), "{rest:?}");
        assert!(is_empty(server.temporary.path()));
    }
}

#[test]
fn a_command_that_does_not_end_when_it_is_told_to_is_killed_by_the_second_signal() {
    let (mut server, _ready, _input) =
        verifying(&[], "trap 'echo no >&2' INT; echo started >&2; while :; do read line; done");
    server.stderr.until("started");
    server.signal(Signal::SIGINT);
    server.stderr.until("no");
    assert_eq!(server.stop(Signal::SIGINT).code(), Some(5));
    assert_eq!(server.stdout.json()["command"]["signal"], 9);
    assert!(is_empty(server.temporary.path()));
}

#[test]
fn the_end_of_serve_verifies_too() {
    for (args, code, verified) in
        [(&["--expect", "connected x1", "--strict"][..], 0, true), (&["--expect", "connected x2"], 1, false)]
    {
        let (mut server, ready) = Server::ready(args);
        visit(&ready);
        assert_eq!(server.stop(Signal::SIGTERM).code(), Some(code));
        let last = server.stdout.json();
        assert_eq!(last["verified"], verified);
        assert_eq!(last["reason"], "SIGTERM");
        let stderr = server.stderr.rest().join("\n");
        assert_eq!(
            stderr.contains("expected connected exactly twice\n   but it came once"),
            !verified,
            "{stderr}"
        );
    }
    let (mut server, _ready) = Server::ready(&[]);
    assert!(server.stop(Signal::SIGTERM).success());
    assert_eq!(server.stdout.json().get("verified"), None, "nothing was expected");
}
