//! Thousands of servers in one process leave nothing behind: no task, no socket, no file, no memory. Alone in its
//! process, because it counts what the process has.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use std::sync::Arc;

use common::{Anybody, Trusting};
use mock_core::{Exec, MockSshServer, ShutdownError, event};
use russh::{ChannelMsg, client};
use tokio::runtime::Handle;

async fn cycle() {
    let server = MockSshServer::builder().auth(Anybody).exec(Exec::echo()).start().await.unwrap();
    let mut client = client::connect(Arc::default(), server.addr(), Trusting).await.unwrap();
    assert!(client.authenticate_none("anna").await.unwrap().success());
    let mut channel = client.channel_open_session().await.unwrap();
    channel.exec(true, "x").await.unwrap();
    let mut answered = false;
    while let Some(message) = channel.wait().await {
        answered |= matches!(message, ChannelMsg::Data { .. });
    }
    assert!(answered);
    server.shutdown().await.unwrap();
    drop((client, channel));
}

fn open_files() -> usize {
    std::fs::read_dir("/proc/self/fd").unwrap().count()
}

/// Resident memory in KiB.
fn memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// A server that is held to what was expected, met or not.
async fn verified(met: bool) {
    let times = u64::from(!met);
    let server =
        MockSshServer::builder().exec(Exec::on("reboot").expect(times)).strict().start().await.unwrap();
    server.expect(event::connected(), 0);
    let ended = server.shutdown().await;
    assert!(if met { ended.is_ok() } else { matches!(ended, Err(ShutdownError::Unmet(_))) });
}

async fn settle() {
    // The client's own task ends when it has seen its last handle go; the server's are gone already.
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn thousands_of_servers_leave_nothing_behind() {
    // The first make what the process keeps: the shared host key, the clock, the allocator's arenas.
    for _ in 0..50 {
        cycle().await;
        verified(true).await;
        verified(false).await;
    }
    settle().await;
    let metrics = Handle::current().metrics();
    let (tasks, files, before) = (metrics.num_alive_tasks(), open_files(), memory());
    for number in 0..10_000 {
        verified(number % 10 != 0).await;
        if number % 10 == 5 {
            cycle().await;
        }
    }
    settle().await;
    assert_eq!(metrics.num_alive_tasks(), tasks);
    assert_eq!(open_files(), files);
    // A kibibyte for each server would be ten mebibytes.
    let grown = memory().saturating_sub(before);
    assert!(grown < 4 * 1024, "{grown} KiB more");
}
