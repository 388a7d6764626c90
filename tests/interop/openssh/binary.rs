//! The binary `mock-ssh`, as tests in other languages use it: started as a process, read from its ready line.

use std::{
    fs,
    io::{BufRead as _, BufReader, Write as _},
    os::unix::net::UnixStream,
    path::Path,
};

use nix::sys::signal::Signal;
use serde_json::{Value, json};
use support::{Askpass, Client, Home, MockSshBinary, Terminal};

/// Answers to what `ssh` asks this user.
fn answers<'a>(server: &'a MockSshBinary, user: &str) -> Vec<(&'a str, &'a str)> {
    match user {
        "password" => vec![("password: ", server.user(user).text("/password"))],
        "kbdint" | "kbdint-iter" => server.user(user).answers(),
        _ => Vec::new(),
    }
}

#[test]
fn each_user_logs_in_with_what_the_ready_line_says() {
    let server = MockSshBinary::start(&[]);
    for user in ["none", "password", "pubkey", "kbdint", "kbdint-iter"] {
        let askpass = Askpass::new(server.home(), &answers(&server, user));
        let mut ssh = server.ssh(&[user, "uname -r"]);
        let finished = Client::run(askpass.for_command(&mut ssh));
        assert_eq!(finished.succeeded(), "REMOTE_OK:uname -r\n");
        assert_eq!(askpass.questions().len(), answers(&server, user).len(), "{user}");
    }
}

#[test]
fn the_printed_lines_work_as_they_are_and_again() {
    let server = MockSshBinary::start(&[]);
    // The first line of the log, behind what is printed for people.
    let printed = server.process().wait_for_complaint("listening on ");
    let lines: Vec<_> = printed.lines().map(str::trim).collect();
    let exports = lines.iter().filter(|line| line.starts_with("export "));
    let exports: Vec<_> = exports.copied().collect();
    let logins = lines.iter().filter(|line| line.starts_with("ssh "));
    let logins: Vec<_> = logins.copied().collect();
    assert_eq!((logins.len(), exports.len()), (7, 1), "{printed}");
    for _ in 0..2 {
        for line in &logins {
            let user = line.rsplit(' ').next().unwrap_or_default();
            let askpass = Askpass::new(server.home(), &answers(&server, user));
            let mut sh = server.home().command("sh");
            sh.args(["-c", &format!("{}; {line} uname", exports.join("; "))]);
            let finished = Client::run(askpass.for_command(&mut sh));
            assert_eq!(finished.succeeded(), "REMOTE_OK:uname\n", "{line}");
        }
    }
}

#[test]
fn commands_of_the_host_run_at_a_real_terminal_where_that_is_asked_for() {
    let server = MockSshBinary::start(&["--exec", "process"]);
    let ssh = server.ssh(&["-t", "none", "stty size; test -t 1; exit 3"]);
    let finished = Terminal::start(&ssh, 97, 31).finish();
    assert_eq!((finished.stdout(), finished.code()), ("31 97\r\n".to_owned(), 3), "{finished}");

    let finished = Client::run_with_input(&mut server.ssh(&["none", "wc -c"]), &[b'x'; 1000]);
    assert_eq!(finished.succeeded().trim(), "1000");
}

#[test]
fn a_login_shell_of_the_host_is_used_like_any() {
    let server = MockSshBinary::start(&["--exec", "process"]);
    let mut terminal = Terminal::start(&server.ssh(&["none"]), 80, 24);
    terminal.type_in("echo $((6 * 7))\r");
    terminal.wait_for("42\r\n");
    terminal.type_in("exit 3\r");
    assert_eq!(terminal.finish().code(), 3);
}

#[test]
fn a_scripted_shell_answers_by_default() {
    let server = MockSshBinary::start(&[]);
    let mut terminal = Terminal::start(&server.ssh(&["none"]), 80, 24);
    terminal.wait_for("$ ");
    terminal.type_in("uname -r\r");
    terminal.wait_for("REMOTE_OK:uname -r\r\n$ ");
    terminal.type_in("\x04");
    assert_eq!(terminal.finish().code(), 0);
}

#[test]
fn commands_and_shells_are_refused_where_that_is_asked_for() {
    let server = MockSshBinary::start(&["--exec", "deny"]);
    Client::run(&mut server.ssh(&["none", "uname"])).failed(255, "exec request failed");
    Client::run(&mut server.ssh(&["-T", "none"])).failed(255, "shell request failed");
}

#[test]
fn a_signal_ends_it_with_a_last_line_and_without_a_trace() {
    for signal in [Signal::SIGTERM, Signal::SIGINT] {
        let server = MockSshBinary::start(&[]);
        let logged_in = Client::run(&mut server.ssh(&["none", "uname"]));
        assert_eq!(logged_in.succeeded(), "REMOTE_OK:uname\n");
        let directory = server.text("/directory").to_owned();
        assert!(Path::new(&directory).is_dir());

        server.process().signal(signal);
        let (finished, home) = server.finish();
        let printed = finished.succeeded();
        let lines: Vec<Value> = printed.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let [ready, stopped] = &*lines else { panic!("two lines: {printed}") };
        assert_eq!(ready.get("event").unwrap(), "ready");
        assert_eq!(stopped.get("event").unwrap(), "stopped");
        assert_eq!(stopped.pointer("/totals/auth_accepted").unwrap(), 1);
        assert!(!Path::new(&directory).exists());
        assert_eq!(fs::read_dir(home.join("tmp")).unwrap().count(), 0);
    }
}

#[test]
fn verify_runs_a_client_and_says_whether_what_was_expected_came() {
    let home = Home::new();
    // What the environment has is all that a client needs to know.
    let askpass = home.program("askpass", "#!/bin/sh\necho \"$MOCK_SSH_PASSWORD\"\n");
    let verify = |expected: &str| {
        let mut verify = MockSshBinary::command(&home);
        verify.args(["verify", "--expect", "login password method password x1", "--expect", expected]);
        verify.args(["--", "ssh", "-F", "{config}", "password", "systemctl restart nginx"]);
        verify.env("SSH_ASKPASS", &askpass).env("SSH_ASKPASS_REQUIRE", "force").env("DISPLAY", "none");
        Client::run(&mut verify)
    };
    let met = verify("exec \"systemctl restart *\" user password x1");
    assert_eq!(met.succeeded(), "REMOTE_OK:systemctl restart nginx\n");
    assert!(met.stderr().ends_with("2 expectations were met\n"), "{met}");

    let unmet = verify("exec \"systemctl reload nginx\" x1");
    unmet.failed(1, "argument 1: `restart` is not `reload`");
    assert_eq!(fs::read_dir(home.join("tmp")).unwrap().count(), 0);
}

#[test]
fn a_rule_that_a_request_adds_answers_the_next_command() {
    let home = Home::new();
    let socket = home.join("control");
    let server = MockSshBinary::start(&["--control", &socket.display().to_string()]);
    let mut control = BufReader::new(UnixStream::connect(&socket).unwrap());
    let mut ask = |request: Value| -> Value {
        control.get_mut().write_all(format!("{request}\n").as_bytes()).unwrap();
        let mut answer = String::new();
        control.read_line(&mut answer).unwrap();
        serde_json::from_str(&answer).unwrap()
    };
    let rule = json!({ "on": "uptime", "stdout": "up 3 days\n", "exit": 3, "up_to": 1 });
    assert_eq!(ask(json!({ "command": "rule.add", "rule": rule })).get("ok").unwrap(), true);
    let answered = Client::run(&mut server.ssh(&["none", "uptime"]));
    assert_eq!((answered.stdout(), answered.code()), ("up 3 days\n".to_owned(), 3), "{answered}");
    assert_eq!(Client::run(&mut server.ssh(&["none", "uptime"])).succeeded(), "REMOTE_OK:uptime\n");
    ask(json!({ "command": "expect", "expectation": "exec uptime x2" }));
    assert_eq!(ask(json!({ "command": "verify" })).get("verified").unwrap(), true);
    ask(json!({ "command": "stop" }));
    let (finished, _home) = server.finish();
    assert!(finished.succeeded().contains(r#""reason":"requested""#), "{finished}");
}

#[test]
fn forwards_are_flags_as_well() {
    let home = Home::new();
    let verify = |rule: &str| {
        let mut verify = MockSshBinary::command(&home);
        let expected = r#"forwarded "db01:5432" x1"#;
        verify.args(["verify", "--forward", rule, "--expect", expected]);
        verify.args(["--", "ssh", "-F", "{config}", "-W", "db01:5432", "none"]);
        Client::run(&mut verify)
    };
    assert!(verify(r#"to = "db01:5432", reply = "ready""#).succeeded().contains("ready"));
    verify(r#"to = "db01:5432", ecko = true"#).failed(2, "unknown key `ecko`: did you mean `echo`?");
}
