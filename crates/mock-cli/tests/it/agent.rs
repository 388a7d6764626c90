//! `mock-ssh agent`: for a shell, for a program and for one command.
//!
//! The tests ask it themselves, in the bytes of the protocol, so that they need no program that speaks it.

use std::{
    io::{Read as _, Write as _},
    os::unix::net::UnixStream,
};

use mock_agent::{Identity, KeyType, Request, Response, SignRequest, ssh_key::LineEnding};
use nix::sys::signal::Signal;
use serde_json::{Value, json};

use crate::support::{Lines, PROGRAM, Server, command, run, temporary, text};

fn ask(socket: &str, request: &Request) -> Response {
    let mut client = UnixStream::connect(socket).unwrap();
    client.write_all(&request.to_frame().encode()).unwrap();
    let mut length = [0; 4];
    client.read_exact(&mut length).unwrap();
    let mut answer = vec![0; u32::from_be_bytes(length) as usize];
    client.read_exact(&mut answer).unwrap();
    let body = answer.split_off(1);
    Response::decode(&mock_agent::Frame::new(answer[0], body)).unwrap()
}

fn socket(ready: &Value) -> String {
    ready["socket"].as_str().unwrap().to_owned()
}

/// A request to sign with the only key.
fn sign(socket: &str) -> Request {
    let Response::IdentitiesAnswer(listed) = ask(socket, &Request::RequestIdentities) else {
        panic!("no list")
    };
    Request::Sign(SignRequest::new(listed[0].key_blob.clone(), "x", 0))
}

#[test]
fn a_program_reads_where_it_is_and_what_came_of_it() {
    let expected = "agent.sign x3";
    let arguments = ["--generate", "ed25519", "--policy", "refuse-after=1", "--expect", expected];
    let mut server = Server::start(&[&["agent", "--json"], &arguments[..]].concat());
    let ready = server.stdout.json();
    assert_eq!(ready["event"], "ready");
    assert_eq!(ready["keys"].as_array().unwrap().len(), 1);
    let socket = socket(&ready);
    assert!(matches!(ask(&socket, &sign(&socket)), Response::SignResponse(_)));
    assert_eq!(ask(&socket, &sign(&socket)), Response::Failure);
    server.signal(Signal::SIGTERM);
    assert_eq!(server.ended().code(), Some(1));
    let last = server.stdout.json();
    assert_eq!((&last["event"], &last["reason"]), (&json!("stopped"), &json!("SIGTERM")));
    assert_eq!((&last["verified"], &last["checked"]), (&json!(false), &json!(1)));
    assert!(!std::path::Path::new(&socket).exists());
}

#[test]
fn requests_change_what_it_does_until_they_reset_it() {
    let directory = temporary();
    let control = directory.path().join("control");
    let arguments = ["agent", "--json", "--generate", "ed25519", "--control", control.to_str().unwrap()];
    let mut server = Server::start(&arguments);
    let ready = server.stdout.json();
    let socket = socket(&ready);
    let mut client = UnixStream::connect(&control).unwrap();
    let answers = Lines::of(client.try_clone().unwrap());
    let mut request = |request: Value| {
        client.write_all(format!("{request}\n").as_bytes()).unwrap();
        let answer = answers.json();
        assert_eq!(answer["ok"], true, "{answer}");
        answer
    };
    let listed = |socket: &str| match ask(socket, &Request::RequestIdentities) {
        Response::IdentitiesAnswer(listed) => listed.len(),
        other => panic!("{other:?}"),
    };

    request(json!({ "command": "policy.set", "policy": "refuse" }));
    assert_eq!(ask(&socket, &sign(&socket)), Response::Failure);
    let added = request(json!({ "command": "identities.add", "generate": "ecdsa", "comment": "second" }));
    assert_eq!(added["identities"][1]["comment"], "second");
    assert_eq!(listed(&socket), 2);
    request(json!({ "command": "lock", "passphrase": "x" }));
    assert_eq!(listed(&socket), 0);
    let seen = request(json!({ "command": "wait", "query": "agent.sign outcome failed" }));
    assert_eq!(seen["seen"]["fields"]["why"], "refused by a policy", "{seen}");

    request(json!({ "command": "reset" }));
    assert_eq!(listed(&socket), 1);
    assert!(matches!(ask(&socket, &sign(&socket)), Response::SignResponse(_)));
    request(json!({ "command": "stop" }));
    assert_eq!(server.ended().code(), Some(0));
    assert_eq!(server.stdout.json()["reason"], "requested");
}

#[test]
fn what_a_request_cannot_have_is_named_and_holds_up_nobody() {
    let directory = temporary();
    let at = |name: &str| directory.path().join(name);
    nix::unistd::mkfifo(&at("fifo"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    std::fs::write(at("big"), vec![b'x'; 1024 * 1024 + 1]).unwrap();
    let control = at("control");
    let arguments = ["agent", "--json", "--generate", "ed25519", "--control", control.to_str().unwrap()];
    let mut server = Server::start(&arguments);
    let socket = socket(&server.stdout.json());
    let mut client = UnixStream::connect(&control).unwrap();
    let answers = Lines::of(client.try_clone().unwrap());
    for (request, complaint) in [
        (json!({ "command": "identities.add", "file": at("fifo") }), "it is not a regular file"),
        (json!({ "command": "identities.add", "file": directory.path() }), "it is not a regular file"),
        (json!({ "command": "identities.add", "file": "/dev/zero" }), "it is not a regular file"),
        (json!({ "command": "identities.add", "file": at("missing") }), "no such file or directory"),
        (json!({ "command": "identities.add", "file": at("big") }), "it has more than 1048576 bytes"),
        (json!({ "command": "lock", "passphrase": "" }), "the passphrase is empty"),
        (json!({ "command": "policy.set", "policy": "sometimes" }), "there is no policy `sometimes`"),
        (
            json!({ "command": "policy.set", "policy": "refuse-after=x" }),
            "`x` behind `refuse-after=` is no count",
        ),
    ] {
        client.write_all(format!("{request}\n").as_bytes()).unwrap();
        let answer = answers.json();
        let message = answer["error"]["message"].as_str().unwrap();
        assert_eq!(answer["error"]["code"], "bad_request");
        assert!(message.contains(complaint), "{complaint:?} is not in {message}");
    }
    assert!(matches!(ask(&socket, &sign(&socket)), Response::SignResponse(_)), "nothing has changed");
    server.signal(Signal::SIGTERM);
    assert_eq!(server.ended().code(), Some(0));
}

#[test]
fn a_shell_reads_exports() {
    let directory = temporary();
    let path = directory.path().join("agent.sock");
    let mut server = Server::start(&["agent", "--socket", path.to_str().unwrap()]);
    assert_eq!(server.stdout.next(), format!("export SSH_AUTH_SOCK={}", path.display()));
    assert!(server.stdout.next().starts_with("export SSH_AGENT_PID="));
    // A shell's `$(…)` reads to the end, and the agent goes on.
    assert!(server.stdout.rest().is_empty());
    assert_eq!(ask(path.to_str().unwrap(), &Request::RequestIdentities), Response::IdentitiesAnswer(vec![]));
    server.signal(Signal::SIGTERM);
    assert_eq!(server.ended().code(), Some(0));
    assert!(!path.exists());
}

#[test]
fn a_command_gets_the_socket_and_ends_it() {
    let temporary = temporary();
    let identity = Identity::generate(KeyType::Ed25519, "").unwrap();
    let key = temporary.path().join("key");
    identity.key().write_openssh_file(&key, LineEnding::LF).unwrap();
    let events = temporary.path().join("events");
    let script = "test -S \"$SSH_AUTH_SOCK\" && test \"$SSH_AUTH_SOCK\" != /the/real/one && exit 7";
    let mut agent = command(PROGRAM, temporary.path());
    agent
        .env("SSH_AUTH_SOCK", "/the/real/one")
        .args(["agent", "--key"])
        .arg(&key)
        .arg("--events")
        .arg(&events);
    let output = agent.args(["--", "sh", "-c", script]).output().unwrap();
    assert_eq!(output.status.code(), Some(5), "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains("the command"), "{}", text(&output.stderr));
    let events = std::fs::read_to_string(&events).unwrap();
    assert!(events.lines().last().unwrap().contains("\"stopped\""), "{events}");
}

#[test]
fn mistakes_are_named() {
    for (arguments, status, complaint) in [
        (&["agent", "--policy", "sometimes"][..], 2, "there is no policy `sometimes`"),
        (&["agent", "--policy", "refuse-after=x"], 2, "`x` behind `refuse-after=` is no count"),
        (&["agent", "--key", "/nowhere/key"], 4, "cannot read /nowhere/key"),
        (&["agent", "--socket", "/nowhere/agent.sock"], 3, "cannot start the agent"),
        (&["agent", "--", "/nowhere/program"], 6, "cannot run `/nowhere/program`"),
    ] {
        let output = run(arguments);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(status), "{said}");
        assert!(said.contains(complaint), "{complaint:?} is not in {said}");
    }
}
