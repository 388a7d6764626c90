//! A client that does not read.

use mock_core::Exit;
use russh::client::Config;

use crate::support::{connect_with, ended, exec, output, sh, started};

/// With this window the client's engine takes one byte on each channel, and never asks for more.
const ONE_BYTE: u32 = 1;

#[tokio::test]
async fn a_program_that_nobody_reads_stands_still_and_holds_nobody_up() {
    let directory = tempfile::tempdir().unwrap();
    let (begun, done) = (directory.path().join("begun"), directory.path().join("done"));
    let server = sh();
    let config = Config { window_size: ONE_BYTE, ..Config::default() };
    let client = connect_with(&server, config).await;
    let script = format!(
        "mkfifo {0}; head -c 32768 /dev/zero; echo >{0}; head -c 4000000 /dev/zero; echo >{1}",
        begun.display(),
        done.display()
    );
    let stalled = exec(&client, script).await;
    let pid = started(&server).await.pid;
    let script = format!("cat >/dev/null; cat <{}", begun.display());
    let other = exec(&client, script).await;
    other.data(&vec![0; 4 << 20][..]).await.unwrap();
    other.eof().await.unwrap();
    assert_eq!(output(other).await.status(), 0);
    assert!(!done.exists(), "more was taken from the program than one piece");
    stalled.close().await.unwrap();
    assert_eq!(ended(&server, pid).await.exit, Exit::signal("HUP"));
    assert!(!done.exists());
}
