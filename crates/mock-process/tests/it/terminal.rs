//! Programs in a pseudo-terminal.

use mock_core::MockSshServer;
use russh::{Channel, Pty, client::Msg};

use crate::support::{Client, End, connect, output, output_until, sh, started};

/// A channel with a terminal of 100 columns and 30 rows, with echo off.
async fn terminal(client: &Client, command: Option<&str>) -> Channel<Msg> {
    let channel = client.channel_open_session().await.unwrap();
    let modes = [(Pty::ECHO, 0), (Pty::VEOF, 5), (Pty::VINTR, 255), (Pty::IXANY, 1), (Pty::ONLCR, 0)];
    channel.request_pty(true, "vt220", 100, 30, 0, 0, &modes).await.unwrap();
    match command {
        Some(command) => channel.exec(true, command).await.unwrap(),
        None => channel.request_shell(true).await.unwrap(),
    }
    channel
}

#[tokio::test]
async fn the_terminal_is_real_and_has_what_the_client_asked_for() {
    let server = sh();
    let client = connect(&server).await;
    let channel = terminal(&client, Some("stty size; tty; echo $TERM $SSH_TTY; stty -a; exit 6")).await;
    let output = output(channel).await;
    let mut lines = output.text().lines();
    assert_eq!(lines.next(), Some("30 100"));
    let tty = lines.next().unwrap();
    assert!(tty.starts_with("/dev/"), "{tty}");
    assert_eq!(lines.next(), Some(format!("vt220 {tty}").as_str()));
    let modes: Vec<&str> = lines.flat_map(|line| line.split([' ', ';'])).collect();
    for mode in ["-echo", "ixany", "-onlcr", "icanon", "<undef>", "^E"] {
        assert!(modes.contains(&mode), "{mode} in {modes:?}");
    }
    assert_eq!(output.status(), 6);
    assert!(started(&server).await.pty);
}

#[tokio::test]
async fn a_program_sees_that_the_window_changed() {
    let server = sh();
    let client = connect(&server).await;
    let script = "trap 'stty size; exit 0' WINCH; sleep 1000 & echo ready; wait";
    let mut channel = terminal(&client, Some(script)).await;
    output_until(&mut channel, "ready\n").await;
    channel.window_change(132, 43, 0, 0).await.unwrap();
    assert_eq!(output(channel).await.text(), "43 132\n");
}

#[tokio::test]
async fn a_login_shell_is_interactive_and_ends_with_its_status() {
    let server = sh();
    let client = connect(&server).await;
    let channel = terminal(&client, None).await;
    channel.data(&b"echo \"I am $0\"\nexit 9\n"[..]).await.unwrap();
    let output = output(channel).await;
    assert!(output.text().contains("I am -sh"), "{output:?}");
    assert_eq!(output.status(), 9);
}

#[tokio::test]
async fn the_end_of_the_input_is_typed() {
    for input in ["line\n", "no line end"] {
        let server = sh();
        let client = connect(&server).await;
        let channel = terminal(&client, Some("cat; echo over")).await;
        channel.data(input.as_bytes()).await.unwrap();
        channel.eof().await.unwrap();
        assert_eq!(output(channel).await.text(), format!("{input}over\n"));
    }
}

#[tokio::test]
async fn everything_that_was_written_arrives_before_the_end() {
    let server = sh();
    let client = connect(&server).await;
    for _ in 0..20 {
        let channel = terminal(&client, Some("head -c 100000 /dev/zero | tr '\\0' x; kill -KILL $$")).await;
        let output = output(channel).await;
        assert_eq!(output.stdout.len(), 100_000);
        assert_eq!(output.end, Some(End::Signal("KILL".into())));
    }
}

#[tokio::test]
async fn what_runs_on_in_the_background_does_not_hold_the_channel() {
    let server = sh();
    let client = connect(&server).await;
    let channel = terminal(&client, Some("trap '' HUP; sleep 1000 & echo $!")).await;
    let output = output(channel).await;
    assert_eq!(output.status(), 0);
    kill(&server, output.text());
}

/// Ends what a test had a program leave behind.
fn kill(_: &MockSshServer, pid: &str) {
    let pid = rustix::process::Pid::from_raw(pid.trim().parse().unwrap()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
}
