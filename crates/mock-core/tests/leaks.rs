//! A thousand servers in one process leave nothing behind: no task, no socket, no file. Alone in its process, because
//! it counts what the process has.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::sync::Arc;

use mock_core::{Attempt, Authenticator, Exec, LoginContext, LoginState, Methods, MockSshServer, Verdict};
use russh::{ChannelMsg, client};
use tokio::runtime::Handle;

struct Anybody;

impl Authenticator for Anybody {
    fn begin(&self, _: &LoginContext<'_>) -> Box<dyn LoginState> {
        Box::new(Self)
    }
}

impl LoginState for Anybody {
    fn methods(&self) -> Methods {
        Methods::empty()
    }

    fn attempt(&mut self, _: &Attempt<'_>) -> Verdict {
        Verdict::accept("anybody")
    }
}

struct Trusting;

impl client::Handler for Trusting {
    type Error = russh::Error;

    async fn check_server_key(
        &mut self,
        _: &russh::keys::PublicKeyOrCertificate,
    ) -> Result<bool, russh::Error> {
        Ok(true)
    }
}

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

#[tokio::test]
async fn a_thousand_servers_leave_nothing_behind() {
    // The first makes what the process keeps: the shared host key, the clock.
    cycle().await;
    let metrics = Handle::current().metrics();
    let (tasks, files) = (metrics.num_alive_tasks(), open_files());
    for _ in 0..1000 {
        cycle().await;
    }
    // The client's own task ends when it has seen its last handle go; the server's are gone already.
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert_eq!(metrics.num_alive_tasks(), tasks);
    assert_eq!(open_files(), files);
}
