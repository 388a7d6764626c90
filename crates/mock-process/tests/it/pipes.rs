//! Programs without a pseudo-terminal: their input, output, environment and end.

use std::sync::Arc;

use mock_core::{Exit, MockSshServer};
use mock_process::{Ended, HostProcess, Started};
use russh::Sig;
use tokio::task::JoinSet;

use crate::support::{End, connect, exec, output, output_until, run, server, sh, soon, started};

#[tokio::test]
async fn standard_output_and_standard_error_are_apart() {
    let server = sh();
    let client = connect(&server).await;
    let output = run(&client, "echo out; echo err >&2; exit 3").await;
    assert_eq!(output.stdout, b"out\n");
    assert_eq!(output.stderr, b"err\n");
    assert_eq!(output.status(), 3);
}

#[tokio::test]
async fn every_exit_status_arrives() {
    let server = sh();
    let client = connect(&server).await;
    for status in [0, 1, 7, 126, 127, 128, 254, 255] {
        assert_eq!(run(&client, format!("exit {status}")).await.status(), status);
    }
}

#[tokio::test]
async fn an_exit_signal_arrives_by_its_name() {
    let server = sh();
    let client = connect(&server).await;
    for name in ["KILL", "TERM", "USR2"] {
        let output = run(&client, format!("kill -{name} $$")).await;
        assert_eq!(output.end, Some(End::Signal(name.into())));
    }
}

#[tokio::test]
async fn the_command_is_run_byte_by_byte() {
    let server = sh();
    let client = connect(&server).await;
    let output = run(&client, b"printf '%s' '\xff\xfe\n\"$HOME'".as_slice()).await;
    assert_eq!(output.stdout, b"\xff\xfe\n\"$HOME");
}

#[tokio::test]
async fn eight_mebibytes_come_back_unchanged() {
    let server = sh();
    let client = connect(&server).await;
    let input: Vec<u8> = (0..8_u32 << 20).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let (mut reader, writer) = exec(&client, "cat").await.split();
    let send = async {
        writer.data(&input[..]).await.unwrap();
        writer.eof().await.unwrap();
    };
    let receive = async {
        let mut received = crate::support::Output::default();
        while let Some(message) = reader.wait().await {
            crate::support::take(&mut received, message);
        }
        received
    };
    let ((), received) = soon(async { tokio::join!(send, receive) }).await;
    assert!(received.stdout == input, "{} bytes came back", received.stdout.len());
    assert_eq!(received.status(), 0);
}

#[tokio::test]
async fn the_end_of_the_input_closes_the_pipe_and_leaves_the_output_open() {
    let server = sh();
    let client = connect(&server).await;
    let channel = exec(&client, "wc -c; echo more").await;
    channel.data(&b"12345"[..]).await.unwrap();
    channel.eof().await.unwrap();
    assert_eq!(output(channel).await.text().split_whitespace().collect::<Vec<_>>(), ["5", "more"]);
}

#[tokio::test]
async fn a_program_that_does_not_read_its_input_ends_all_the_same() {
    let server = sh();
    let client = connect(&server).await;
    let (mut reader, writer) = exec(&client, "exec <&-; echo deaf").await.split();
    let input = vec![0; 4 << 20];
    let receive = async {
        let mut received = crate::support::Output::default();
        while let Some(message) = reader.wait().await {
            crate::support::take(&mut received, message);
        }
        received
    };
    let send = async {
        // The channel is closed before all is sent.
        let _sent_or_not = writer.data(&input[..]).await;
        std::future::pending().await
    };
    let received =
        soon(async { tokio::select!(received = receive => received, received = send => received) }).await;
    assert_eq!(received.text(), "deaf\n");
    assert_eq!(received.status(), 0);
}

#[tokio::test]
async fn output_of_what_runs_on_in_the_background_still_arrives() {
    let server = sh();
    let client = connect(&server).await;
    let channel = exec(&client, "exec 3<&0; (read line <&3; echo \"late $line\") & exit 4").await;
    channel.data(&b"word\n"[..]).await.unwrap();
    let output = output(channel).await;
    assert_eq!((output.text(), output.status()), ("late word\n", 4));
}

#[tokio::test]
async fn the_environment_is_clean_but_for_what_the_client_passes_and_the_rules_set() {
    let directory = tempfile::tempdir().unwrap();
    let home = directory.path().canonicalize().unwrap();
    let server = server(HostProcess::command().working_directory(&home).env("STAGE", "test"));
    let client = connect(&server).await;
    let channel = client.channel_open_session().await.unwrap();
    for (name, value) in [("GREETING", "hello world"), ("USER", "mallory"), ("STAGE", "prod"), ("BAD=", "x")]
    {
        channel.set_env(true, name, value).await.unwrap();
    }
    channel.exec(true, "pwd; env").await.unwrap();
    let output = output(channel).await;
    let (directory, env) = output.text().split_once('\n').unwrap();
    assert_eq!(directory, home.to_str().unwrap());
    let env: Vec<&str> = env.lines().collect();
    for expected in ["GREETING=hello world", "USER=anna", "LOGNAME=anna", "STAGE=test"] {
        assert!(env.contains(&expected), "{expected} in {env:?}");
    }
    assert!(env.contains(&format!("HOME={}", home.display()).as_str()), "{env:?}");
    assert!(env.iter().any(|line| line.starts_with("PATH=")), "{env:?}");
    let unwanted = |line: &&str| ["SSH_", "CARGO", "BAD", "TERM="].iter().any(|name| line.starts_with(name));
    assert_eq!(env.iter().find(|line| unwanted(line)), None);
}

#[tokio::test]
async fn a_signal_reaches_everything_that_the_program_started() {
    let server = sh();
    let client = connect(&server).await;
    let script = "trap 'echo bye; exit 9' TERM; (trap - TERM; echo ready; exec sleep 1000) & wait";
    let mut channel = exec(&client, script).await;
    output_until(&mut channel, "ready\n").await;
    channel.signal(Sig::Custom("NOSUCH".into())).await.unwrap();
    channel.signal(Sig::TERM).await.unwrap();
    // The end of the output shows that `sleep` is gone as well: it would hold the pipe open.
    let output = output(channel).await;
    assert_eq!((output.text(), output.status()), ("bye\n", 9));
    let problems = server.events().payloads::<mock_core::event::Problem>();
    assert!(problems.iter().any(|problem| problem.text.contains("NOSUCH")), "{problems:?}");
}

#[tokio::test]
async fn a_program_leads_a_session_without_a_terminal() {
    let server = sh();
    let client = connect(&server).await;
    let output = run(&client, "ps -o pid=,pgid=,sid=,tty= -p $$").await;
    let pid = started(&server).await.pid.to_string();
    let shown: Vec<&str> = output.text().split_whitespace().collect();
    assert_eq!(shown, [&pid, &pid, &pid, "?"]);
}

#[tokio::test]
async fn the_journal_tells_of_the_process() {
    let server = sh();
    let client = connect(&server).await;
    let output = run(&client, "echo $$; exit 5").await;
    let pid: u32 = output.text().trim().parse().unwrap();
    let started = server.events().of::<Started>();
    let ended = server.events().of::<Ended>();
    assert_eq!((started[0].pid, started[0].program.as_str(), started[0].pty), (pid, "/bin/sh", false));
    assert_eq!((ended[0].pid, &ended[0].exit, ended[0].abandoned), (pid, &Exit::status(5), false));
    let timeline = server.events().timeline().to_string();
    assert!(timeline.contains("process started"), "{timeline}");
}

#[tokio::test]
async fn a_fixed_program_is_run_whatever_is_asked_for() {
    let server = server(HostProcess::program("printf", ["%s-", "a b", "c"]));
    let client = connect(&server).await;
    assert_eq!(run(&client, "rm -rf /").await.text(), "a b-c-");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_programs_at_once_do_not_mix() {
    let server = sh();
    let client = Arc::new(connect(&server).await);
    let mut running = JoinSet::new();
    for number in 0..50_u32 {
        let client = Arc::clone(&client);
        running.spawn(async move {
            let channel = exec(&client, format!("cat; exit {number}")).await;
            let input = vec![b'a' + (number % 26) as u8; 10_000 + number as usize];
            channel.data(&input[..]).await.unwrap();
            channel.eof().await.unwrap();
            let output = output(channel).await;
            assert!(output.stdout == input, "program {number}");
            assert_eq!(output.status(), number);
        });
    }
    while let Some(done) = running.join_next().await {
        done.unwrap();
    }
    assert_eq!(processes(&server), 50);
}

fn processes(server: &MockSshServer) -> usize {
    server.events().of::<Ended>().len()
}
