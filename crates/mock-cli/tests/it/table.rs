//! What people see: the table, the log, and colours where they are wanted.

use std::{io::Read as _, net::TcpStream};

use nix::sys::signal::Signal;

use crate::support::{PROGRAM, Server, command, filters, temporary};

/// What is printed from the start to the end of a server that nobody connects to.
fn printed(args: &[&str]) -> String {
    let mut server = Server::start(args);
    let mut lines = server.stdout.until("listening on 127.0.0.1");
    assert!(server.stop(Signal::SIGINT).success());
    lines.extend(server.stdout.rest());
    lines.join("\n")
}

#[test]
fn the_table_names_users_credentials_and_lines_to_paste() {
    let printed = printed(&["--listen-port", "0"]);
    filters().bind(|| insta::assert_snapshot!("table", printed));
}

#[test]
fn users_that_are_left_out_are_in_no_line() {
    let names = ["none", "password", "pubkey", "kbdint", "kbdint-iter"];
    let flags = names.map(|name| format!("--{name}-user="));
    let mut args = vec!["--listen-port", "0"];
    args.extend(flags.iter().map(String::as_str));
    let printed = printed(&args);
    filters().bind(|| insta::assert_snapshot!("table_without_users", printed));
}

#[test]
fn the_log_has_a_line_for_every_event() {
    let mut server =
        Server::start(&["--listen-port", "0", "--banner", "Hello", "--version-string", "SSH-2.0-Router_1"]);
    let lines = server.stdout.until("listening on 127.0.0.1");
    let port = lines.last().unwrap().rsplit_once(':').unwrap().1;
    let port = port.split_once(',').map_or(port, |(port, _seed)| port);
    let mut client = TcpStream::connect(format!("127.0.0.1:{port}")).unwrap();
    let mut version = [0; 18];
    client.read_exact(&mut version).unwrap();
    assert_eq!(&version, b"SSH-2.0-Router_1\r\n");
    drop(client);
    let log = server.stdout.until("disconnected by");
    assert!(server.stop(Signal::SIGTERM).success());
    assert!(log[0].contains("s  1        connected from 127.0.0.1:"), "{log:?}");
}

#[test]
fn colours_are_for_terminals_and_for_who_insists() {
    let has_colours = |args: &[&str], no_color: &str| {
        let temporary = temporary();
        let mut command = command(PROGRAM, temporary.path());
        command.args(["--listen-port", "0"]).args(args).env("NO_COLOR", no_color);
        let mut server = Server::spawn(&mut command, temporary);
        let lines = server.stdout.until("listening on 127.0.0.1");
        assert!(server.stop(Signal::SIGTERM).success());
        lines.join("\n").contains('\x1b')
    };
    assert!(has_colours(&["--color", "always"], ""));
    assert!(!has_colours(&["--color", "never"], ""));
    assert!(!has_colours(&["--color", "auto"], ""), "a pipe is no terminal");
    assert!(!has_colours(&[], "1"));
}
