//! Programs that cannot be started.

use std::fs;

use mock_core::event::Problem;
use mock_process::{HostProcess, Started};

use crate::support::{connect, run, server};

#[tokio::test]
async fn what_cannot_be_started_says_so_like_in_a_shell() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("no-program");
    fs::write(&file, "text").unwrap();
    let nowhere = directory.path().join("nowhere");
    let none: [&str; 0] = [];
    for (host, status, named) in [
        (HostProcess::program(&nowhere, none), 127, &nowhere),
        (HostProcess::program(&file, none), 126, &file),
        (HostProcess::command().working_directory(&nowhere), 126, &nowhere),
    ] {
        let server = server(host);
        let client = connect(&server).await;
        let output = run(&client, "true").await;
        assert_eq!(output.status(), status);
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(text.contains(named.to_str().unwrap()) && text.ends_with('\n'), "{text:?}");
        let problems = server.events().payloads::<Problem>();
        assert!(problems.iter().any(|problem| problem.text == text.trim_end()), "{problems:?}");
        assert!(server.events().of::<Started>().is_empty());
    }
}

#[tokio::test]
async fn a_program_without_a_terminal_to_start_in_says_so_too() {
    let none: [&str; 0] = [];
    let server = server(HostProcess::program("no-such-program", none));
    let client = connect(&server).await;
    let channel = client.channel_open_session().await.unwrap();
    channel.request_pty(true, "xterm", 80, 24, 0, 0, &[]).await.unwrap();
    channel.exec(true, "true").await.unwrap();
    let output = crate::support::output(channel).await;
    assert_eq!(output.status(), 127);
    assert!(output.stderr.starts_with(b"cannot run no-such-program: ") && output.stderr.ends_with(b"\r\n"));
}

#[tokio::test]
async fn a_command_that_no_program_can_be_given_is_a_problem() {
    let server = server(HostProcess::command());
    let client = connect(&server).await;
    assert_eq!(run(&client, b"echo \0".as_slice()).await.status(), 126);
    assert_eq!(server.events().payloads::<Problem>().len(), 1);
}
