//! The scripted shell on a terminal and without one.

use mock_core::{Exit, Reply, Shell, event};
use russh::Pty;

use crate::support::{SOON, answered, drain, login, open};

#[tokio::test]
async fn on_a_terminal_typing_is_echoed_and_edited() {
    let shell =
        Shell::new("$ ").greeting("hi\n").on("date", "today\n").on("fail", Reply::fail(9).stderr("no\n"));
    let server = open().shell(shell).start_in_memory().unwrap();
    let client = login(&server).await;
    let mut channel = client.channel_open_session().await.unwrap();
    channel.request_pty(true, "xterm", 80, 24, 0, 0, &[(Pty::ECHO, 1)]).await.unwrap();
    assert!(answered(&mut channel).await);
    channel.request_shell(true).await.unwrap();
    assert!(answered(&mut channel).await);
    channel.data(&b"datr\x7fe\rfail\rexit\r"[..]).await.unwrap();
    let output = drain(&mut channel).await;
    let screen = "hi\r\n$ datr\u{8} \u{8}e\r\ntoday\r\n$ fail\r\nno\r\n$ exit\r\n";
    assert_eq!((output.stdout.as_str(), output.stderr.as_str()), (screen, ""));
    assert_eq!(output.status, Some(9));
    let lines: Vec<_> =
        server.events().query(event::shell_line()).iter().map(|line| line.line.to_string()).collect();
    assert_eq!(lines, ["date", "fail", "exit"]);
    let pty = server.events().first(event::pty()).unwrap();
    assert_eq!((pty.term.as_str(), pty.columns, pty.mode("ECHO")), ("xterm", 80, Some(1)));
    assert_eq!(pty.encoded_modes(), [53, 0, 0, 0, 1, 0]);
}

#[tokio::test]
async fn without_a_terminal_nothing_is_echoed() {
    let server = open().shell(Shell::echo("> ")).start_in_memory().unwrap();
    let client = login(&server).await;
    let mut channel = client.channel_open_session().await.unwrap();
    channel.request_shell(true).await.unwrap();
    channel.data(&b"one\ntwo"[..]).await.unwrap();
    channel.eof().await.unwrap();
    let output = drain(&mut channel).await;
    assert_eq!(output.stdout, "> REMOTE_OK:one\n> REMOTE_OK:two\n");
    assert_eq!(output.status, Some(0));
}

#[tokio::test]
async fn an_unknown_line_is_answered_like_an_unknown_command() {
    let server = open().shell(Shell::new("")).start_in_memory().unwrap();
    let client = login(&server).await;
    let mut channel = client.channel_open_session().await.unwrap();
    channel.request_shell(true).await.unwrap();
    channel.data(&b"what now\nexit\n"[..]).await.unwrap();
    let output = drain(&mut channel).await;
    assert_eq!((output.stderr.as_str(), output.status), ("mock-ssh: what: command not found\n", Some(127)));
}

#[tokio::test]
async fn a_silent_shell_swallows_what_it_is_sent() {
    let server = open().shell(Shell::silent("$ ")).start_in_memory().unwrap();
    let client = login(&server).await;
    let mut channel = client.channel_open_session().await.unwrap();
    channel.request_shell(true).await.unwrap();
    channel.signal(russh::Sig::TERM).await.unwrap();
    channel.data(&b"exit\n"[..]).await.unwrap();
    let signal = server.events().wait_for(event::signal()).within(SOON).await.unwrap();
    assert_eq!(signal.name, "TERM");
    server.events().wait_for(event::stdin()).within(SOON).await.unwrap();
    channel.eof().await.unwrap();
    assert_eq!(drain(&mut channel).await.stdout, "$ ");
    let exit = server.events().wait_for(event::exit()).within(SOON).await.unwrap();
    assert_eq!(Exit::Status(exit.status.unwrap()), Exit::Status(0));
}

#[tokio::test]
async fn a_shell_is_refused_by_default() {
    let server = open().start_in_memory().unwrap();
    let client = login(&server).await;
    let mut channel = client.channel_open_session().await.unwrap();
    channel.request_shell(true).await.unwrap();
    assert!(!answered(&mut channel).await);
    assert!(!server.events().first(event::shell()).unwrap().accepted);
}
