//! What goes wrong: the message, a hint, the exit status, and nothing left behind.

use std::{fs, net::TcpListener};

use mock_cli::Scenario;
use mock_core::StartError;

use crate::support::{PROGRAM, command, filters, run, temporary, text};

/// Runs with these arguments, and makes a snapshot of what is said.
fn fails(name: &str, status: i32, args: &[&str]) {
    let output = run(args);
    assert_eq!(output.status.code(), Some(status), "{}", text(&output.stderr));
    // With `--env`, what a shell evaluates fails as well.
    let stdout = if args.contains(&"--env") { "false\n" } else { "" };
    assert_eq!(text(&output.stdout), stdout);
    filters().bind(|| insta::assert_snapshot!(name, text(&output.stderr)));
}

#[test]
fn a_port_in_use() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    fails("port_in_use", 3, &["--listen-port", &port]);
    fails("port_in_use", 3, &["serve", "--json", "--listen-port", &port]);
}

#[test]
fn an_address_of_another_machine() {
    fails("address_of_another_machine", 3, &["--listen-address", "203.0.113.1"]);
}

#[test]
fn a_host_key_for_none_of_the_algorithms() {
    fails("host_key_for_none", 2, &["--host-key-algorithms", "rsa-sha2-512"]);
}

/// The profile has an RSA key only.
#[tokio::test]
async fn a_certificate_is_for_the_keys_that_the_profile_has() {
    let file = "[server]\nprofile = \"cisco-ios\"\nhost_certificate = true\n";
    let server = Scenario::parse(file, "cisco.toml").unwrap().builder().start().await.unwrap();
    let [key] = server.host_keys() else { panic!("{:?}", server.host_keys()) };
    assert_eq!(key.algorithm(), "ssh-rsa");
    assert!(key.certificate().is_some());
}

#[tokio::test]
async fn a_host_key_that_is_to_have_no_certificate_has_none() {
    let file = "[server]\nhost_certificate = true\n\
        host_keys = [{ generate = \"ed25519\", certificate = false }, { generate = \"ecdsa\" }]\n";
    let server = Scenario::parse(file, "keys.toml").unwrap().builder().start().await.unwrap();
    let certified: Vec<_> = server.host_keys().iter().map(|key| key.certificate().is_some()).collect();
    assert_eq!(certified, [false, true]);
}

#[test]
fn a_host_key_that_is_not_there() {
    fails("host_key_missing", 4, &["--host-key", "/nonexistent/key"]);
}

#[test]
fn a_host_key_that_is_encrypted() {
    fails("host_key_encrypted", 4, &["--host-key", "tests/it/encrypted_key"]);
}

#[test]
fn a_host_key_that_is_something_else() {
    fails("host_key_invalid", 4, &["--host-key", "Cargo.toml"]);
}

#[test]
fn an_events_file_that_cannot_be_written() {
    fails("events_file", 4, &["--events", "/nonexistent/events.jsonl"]);
}

/// A reader that is gone is no mistake, a disk that is full is.
#[test]
fn an_answer_that_cannot_be_written() {
    for args in [&["profiles", "--json"][..], &["check", "tests/scenarios/reference.toml", "--json"]] {
        let directory = temporary();
        let full = fs::File::options().write(true).open("/dev/full").unwrap();
        let output = command(PROGRAM, directory.path()).args(args).stdout(full).output().unwrap();
        assert_eq!(output.status.code(), Some(4), "{args:?}");
        let said = "mock-ssh: error: cannot write to standard output: no space left on device\n";
        assert_eq!(text(&output.stderr), said);
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = command(PROGRAM, directory.path()).args(args).stdout(writer).output().unwrap();
        assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), String::new()), "{args:?}");
    }
}

#[test]
fn wrong_arguments() {
    for (name, args) in [
        ("unknown_flag", &["--lisen-port", "0"][..]),
        ("unknown_value", &["--exec", "everything"]),
        ("bad_address", &["--listen-address", "localhost"]),
        ("bad_version_string", &["--version-string", "OpenSSH"]),
        ("bad_user_name", &["--none-user", "anna smith"]),
        ("bad_server_name", &["--name", "agent"]),
        ("no_connections", &["--max-connections", "0"]),
        ("same_user", &["--none-user", "anna", "--kbdint-user", "anna"]),
        ("json_and_env", &["--json", "--env"]),
        ("env_and_events", &["--env", "--events", "-"]),
    ] {
        fails(name, 2, args);
    }
}

#[test]
fn a_start_that_fails_half_way_leaves_nothing() {
    let directory = temporary();
    let events = directory.path().join("events.jsonl");
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    // The directory with the key and the agent's socket is there by then; `run` looks whether it is gone.
    let output = run(&["--listen-port", &port, "--events", events.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(3));
    assert_eq!(fs::read_to_string(events).unwrap(), "");
}

#[test]
fn a_server_that_cannot_start_is_what_is_told_not_what_others_miss() {
    let directory = temporary();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let scenario = format!(
        r#"
        [users]
        anna = {{ none = true }}
        [[server]]
        name = "bastion"
        [[server]]
        name = "db01"
        expect = ["connected x1"]
        exec = [{{ on = "uptime", expect = 1 }}]
        [[server]]
        name = "db02"
        port = {}
        "#,
        taken.local_addr().unwrap().port(),
    );
    let file = directory.path().join("scenario.toml");
    fs::write(&file, &scenario).unwrap();
    for first in ["serve", "verify"] {
        let command: &[&str] = if first == "verify" { &["--", "true"] } else { &[] };
        let output = run(&[&[first, "--scenario", file.to_str().unwrap()], command].concat());
        let told = text(&output.stderr);
        assert_eq!(output.status.code(), Some(3), "{told}");
        assert!(told.starts_with("mock-ssh: error: cannot listen on 127.0.0.1:"), "{told}");
        assert!(!told.contains("panicked") && !told.contains("uptime"), "{told}");
    }

    let scenario = Scenario::parse(&scenario, "scenario.toml").unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let error = runtime.block_on(scenario.start()).unwrap_err();
    assert!(matches!(error, StartError::Listen { .. }), "{error}");
}
