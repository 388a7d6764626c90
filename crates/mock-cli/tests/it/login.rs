//! OpenSSH's client, with the lines that the table prints, as they are. Skipped where it is not installed.

use std::process::Command;

use nix::sys::signal::Signal;

use crate::support::{Server, command, text};

#[expect(
    clippy::print_stderr,
    reason = "whoever runs the tests is to know what was not tested"
)]
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
    let output = command("sh", server.temporary.path())
        .args(["-c", &script])
        .output()
        .unwrap();
    assert_eq!(
        text(&output.stdout),
        "REMOTE_OK:uname -r\n",
        "{script}\n{}",
        text(&output.stderr)
    );
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
    let none = printed
        .iter()
        .find(|line| line.ends_with("/config none"))
        .unwrap();
    let pubkey = printed
        .iter()
        .find(|line| line.ends_with("/config pubkey"))
        .unwrap();
    let agent = printed
        .iter()
        .rposition(|line| line.contains("pubkey@127.0.0.1"))
        .unwrap();
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

#[test]
fn commands_are_refused_where_they_are_denied() {
    if ssh_is_missing() {
        return;
    }
    let (mut server, ready) = Server::ready(&["--exec", "deny"]);
    let mut ssh = command("ssh", server.temporary.path());
    let output = ssh
        .args(["-F", ready["ssh_config"].as_str().unwrap(), "none", "uname"])
        .output()
        .unwrap();
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
    let mut ssh = command("ssh", server.temporary.path());
    let ssh = ssh.args([
        "-F",
        ready["ssh_config"].as_str().unwrap(),
        "none",
        "echo $((6 * 7)); exit 3",
    ]);
    let output = ssh.output().unwrap();
    assert_eq!(
        (output.status.code(), text(&output.stdout).as_str()),
        (Some(3), "42\n")
    );
    assert!(server.stop(Signal::SIGTERM).success());
}
