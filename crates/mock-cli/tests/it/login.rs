//! OpenSSH's client, with the lines that the table prints, as they are. Skipped where it is not installed.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    process::{Command, Output},
};

use nix::sys::signal::Signal;
use serde_json::Value;

use crate::support::{Server, command, text};

#[expect(clippy::print_stderr, reason = "whoever runs the tests is to know what was not tested")]
fn ssh_is_missing() -> bool {
    let missing = Command::new("ssh").arg("-V").output().is_err();
    if missing {
        eprintln!("skipped: there is no ssh");
    }
    missing
}

/// Runs lines as somebody who pastes them, and checks that the last of them got through.
fn paste(server: &Server, lines: &[&str]) {
    let script = format!("{} 'uname -r'", lines.join("\n"));
    let output = command("sh", server.temporary.path()).args(["-c", &script]).output().unwrap();
    assert_eq!(text(&output.stdout), "REMOTE_OK:uname -r\n", "{script}\n{}", text(&output.stderr));
}

#[test]
fn printed_lines_work_as_they_are_and_again() {
    if ssh_is_missing() {
        return;
    }
    let mut server = Server::start(&["--listen-port", "0"]);
    let printed = server.stdout.until("listening on 127.0.0.1");
    let line = |text: &str| {
        let mut lines = printed.iter().map(|line| line.trim());
        lines.find(|line| line.contains(text)).unwrap()
    };
    let none = printed.iter().find(|line| line.ends_with("/config none")).unwrap();
    let pubkey = printed.iter().find(|line| line.ends_with("/config pubkey")).unwrap();
    let agent = printed.iter().rposition(|line| line.contains("pubkey@127.0.0.1")).unwrap();
    for _ in 0..2 {
        paste(&server, &[none]);
        paste(&server, &[pubkey]);
        paste(&server, &[line(" -i ")]);
        paste(&server, &[line("export SSH_AUTH_SOCK="), &printed[agent]]);
    }
    let log = server.stdout.until("disconnected by the client").join("\n");
    assert!(log.contains("✓ none none: accepted"), "{log}");
    assert!(server.stop(Signal::SIGTERM).success());
}

/// Runs `ssh -F CONFIG` with these arguments. What it asks is answered with `token` or `password`.
fn ssh(server: &Server, ready: &Value, args: &[&str], token: &str, password: &str) -> Output {
    let askpass = server.temporary.path().join("askpass");
    let script = "#!/bin/sh\ncase \"$1\" in *OTP*) echo \"$TOKEN\" ;; *) echo \"$PASSWORD\" ;; esac\n";
    fs::write(&askpass, script).unwrap();
    fs::set_permissions(&askpass, fs::Permissions::from_mode(0o700)).unwrap();
    let mut ssh = command("ssh", server.temporary.path());
    ssh.args(["-F", ready["ssh_config"].as_str().unwrap()])
        .args(args)
        .env("SSH_ASKPASS", askpass)
        .env("SSH_ASKPASS_REQUIRE", "force")
        .env("TOKEN", token)
        .env("PASSWORD", password);
    ssh.output().unwrap()
}

fn answer(user: &Value, round: usize, prompt: usize) -> &str {
    user["rounds"][round]["prompts"][prompt]["answer"].as_str().unwrap()
}

#[test]
fn every_user_logs_in_with_what_the_first_line_says() {
    if ssh_is_missing() {
        return;
    }
    let (mut server, ready) = Server::ready(&["--none-user", "Anna"]);
    let users = &ready["users"];
    for (name, token, password) in [
        ("Anna", "", ""),
        ("password", "", users[1]["password"].as_str().unwrap()),
        ("pubkey", "", ""),
        ("kbdint", answer(&users[3], 0, 0), answer(&users[3], 0, 1)),
        ("kbdint-iter", answer(&users[4], 0, 0), answer(&users[4], 1, 0)),
    ] {
        let output = ssh(&server, &ready, &[name, "id"], token, password);
        assert_eq!(text(&output.stdout), "REMOTE_OK:id\n", "{name}: {}", text(&output.stderr));
    }
    assert!(server.stop(Signal::SIGTERM).success());
    assert_eq!(server.stdout.json()["totals"]["auth_accepted"], 5);
}

#[test]
fn a_wrong_password_is_refused_logged_and_shown_on_request_only() {
    if ssh_is_missing() {
        return;
    }
    for (flags, shown) in
        [(&["--events", "-"][..], "[redacted]"), (&["--events", "-", "--reveal-secrets"], "hunter2")]
    {
        let (mut server, ready) = Server::ready(flags);
        let args = ["-o", "NumberOfPasswordPrompts=1", "password", "id"];
        let output = ssh(&server, &ready, &args, "", "hunter2");
        assert_eq!(output.status.code(), Some(255));
        assert!(server.stop(Signal::SIGTERM).success());
        let events = server.stdout.rest();
        let attempt = events.iter().find(|event| event.contains(r#""method":"password""#)).unwrap();
        let attempt: Value = serde_json::from_str(attempt).unwrap();
        assert_eq!(attempt["outcome"], "rejected");
        assert_eq!(attempt["secrets"][0], shown);
        let log = server.stderr.rest().join("\n");
        assert!(log.contains("✗ password password: rejected (wrong password)"), "{log}");
        assert!(!log.contains("hunter2"), "{log}");
    }
}

#[test]
fn algorithms_are_those_that_were_asked_for() {
    if ssh_is_missing() {
        return;
    }
    for (set, success) in [("modern", false), ("compatible", true)] {
        let (mut server, ready) = Server::ready(&["--algorithms", set]);
        let args = ["-o", "KexAlgorithms=ecdh-sha2-nistp256", "none", "id"];
        let output = ssh(&server, &ready, &args, "", "");
        assert_eq!(output.status.success(), success, "{}", text(&output.stderr));
        assert!(server.stop(Signal::SIGTERM).success());
    }
}

#[test]
fn commands_are_refused_where_they_are_denied() {
    if ssh_is_missing() {
        return;
    }
    let (mut server, ready) = Server::ready(&["--exec", "deny"]);
    let output = ssh(&server, &ready, &["none", "uname"], "", "");
    assert_eq!(output.status.code(), Some(255));
    assert!(text(&output.stderr).contains("exec request failed"));
    assert!(server.stop(Signal::SIGTERM).success());
}

#[test]
fn commands_run_on_the_host_where_that_is_asked_for() {
    if ssh_is_missing() {
        return;
    }
    let (mut server, ready) = Server::ready(&["--exec", "process"]);
    let output = ssh(&server, &ready, &["none", "echo $((6 * 7)); exit 3"], "", "");
    assert_eq!((output.status.code(), text(&output.stdout).as_str()), (Some(3), "42\n"));
    assert!(server.stop(Signal::SIGTERM).success());
}
