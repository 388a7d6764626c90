//! Clients that vanish, and what becomes of their programs.

use mock_core::Exit;
use rustix::{
    io::Errno,
    process::{Pid, test_kill_process},
};
use tokio::{io::AsyncReadExt as _, net::unix::pipe};

use crate::support::{connect, ended, exec, output_until, sh, soon, started};

fn exists(pid: u32) -> bool {
    let pid = Pid::from_raw(pid.cast_signed()).unwrap();
    test_kill_process(pid) != Err(Errno::SRCH)
}

#[tokio::test]
async fn a_program_ends_with_its_channel() {
    let server = sh();
    let client = connect(&server).await;
    let mut channel = exec(&client, "echo ready; exec sleep 1000").await;
    output_until(&mut channel, "ready\n").await;
    let pid = started(&server).await.pid;
    assert!(exists(pid));
    channel.close().await.unwrap();
    let ended = ended(&server, pid).await;
    assert_eq!((ended.exit, ended.abandoned), (Exit::signal("HUP"), true));
    assert!(!exists(pid));
}

#[tokio::test]
async fn everything_that_a_program_started_ends_with_its_connection() {
    let directory = tempfile::tempdir().unwrap();
    let held = directory.path().join("held");
    let server = sh();
    let client = connect(&server).await;
    let path = held.display();
    let script = format!("mkfifo {path}; echo made; (trap '' HUP; echo up; sleep 1000) >{path} & wait");
    let mut channel = exec(&client, script).await;
    output_until(&mut channel, "made\n").await;
    let mut fifo = pipe::OpenOptions::new().open_receiver(&held).unwrap();
    let mut up = [0; 3];
    soon(fifo.readable()).await.unwrap();
    soon(fifo.read_exact(&mut up)).await.unwrap();
    let pid = started(&server).await.pid;
    drop((channel, client));
    ended(&server, pid).await;
    assert!(!exists(pid));
    // The grandchild, which does not mind SIGHUP, is the only one who can write here: at the end it is gone.
    assert_eq!(soon(fifo.read_to_end(&mut Vec::new())).await.unwrap(), 0);
}

#[tokio::test]
async fn a_program_that_does_not_mind_being_told_is_killed() {
    let server = sh();
    let client = connect(&server).await;
    let mut channel = exec(&client, "trap '' HUP; echo ready; sleep 1000").await;
    output_until(&mut channel, "ready\n").await;
    let pid = started(&server).await.pid;
    drop((channel, client));
    let ended = ended(&server, pid).await;
    assert_eq!((ended.exit, ended.abandoned), (Exit::signal("KILL"), true));
    assert!(!exists(pid));
}

#[tokio::test]
async fn a_program_may_clean_up() {
    let directory = tempfile::tempdir().unwrap();
    let cleaned = directory.path().join("cleaned");
    let server = sh();
    let client = connect(&server).await;
    let script = format!("trap 'echo yes >{}; exit 8' HUP; sleep 1000 & echo ready; wait", cleaned.display());
    let mut channel = exec(&client, script).await;
    output_until(&mut channel, "ready\n").await;
    let pid = started(&server).await.pid;
    drop((channel, client));
    assert_eq!(ended(&server, pid).await.exit, Exit::status(8));
    assert_eq!(std::fs::read_to_string(cleaned).unwrap(), "yes\n");
}

#[tokio::test]
async fn a_program_in_a_terminal_ends_with_its_connection() {
    let server = sh();
    let client = connect(&server).await;
    let mut channel = client.channel_open_session().await.unwrap();
    channel.request_pty(true, "xterm", 80, 24, 0, 0, &[]).await.unwrap();
    channel.exec(true, "echo ready; sleep 1000").await.unwrap();
    output_until(&mut channel, "ready\r\n").await;
    let pid = started(&server).await.pid;
    drop((channel, client));
    let ended = ended(&server, pid).await;
    assert_eq!((ended.exit, ended.abandoned), (Exit::signal("HUP"), true));
    assert!(!exists(pid));
}

#[tokio::test]
async fn a_shutdown_ends_programs() {
    let server = sh();
    let client = connect(&server).await;
    let mut channel = exec(&client, "echo ready; exec sleep 1000").await;
    output_until(&mut channel, "ready\n").await;
    let pid = started(&server).await.pid;
    let journal = server.journal();
    soon(server.shutdown().into_future()).await.unwrap();
    let this_one = mock_core::event::operation::<mock_process::Ended>().filter(move |ended| ended.pid == pid);
    journal.events().wait_for(this_one).await.unwrap();
    assert!(!exists(pid));
}

#[test]
fn a_runtime_that_goes_takes_its_programs_with_it() {
    let directory = tempfile::tempdir().unwrap();
    let held = directory.path().join("held");
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let first = runtime();
    let second = runtime();
    let mut fifo = {
        let path = held.display();
        let script = format!("trap '' HUP; mkfifo {path}; echo made; exec >{path}; echo up; exec sleep 1000");
        let (fifo, kept) = first.block_on(async {
            let server = sh();
            let client = connect(&server).await;
            let mut channel = exec(&client, script).await;
            output_until(&mut channel, "made\n").await;
            let _within = second.enter();
            let fifo = pipe::OpenOptions::new().open_receiver(&held).unwrap();
            (fifo, (server, client, channel))
        });
        let fifo = second.block_on(async {
            let mut fifo = fifo;
            let mut up = [0; 3];
            soon(fifo.read_exact(&mut up)).await.unwrap();
            fifo
        });
        drop(first);
        drop(kept);
        fifo
    };
    let rest = second.block_on(soon(fifo.read_to_end(&mut Vec::new()))).unwrap();
    assert_eq!(rest, 0);
}
