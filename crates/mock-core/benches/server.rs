//! What a test pays for a server: starting it, a whole life with one login and one command, and a command on a live
//! connection.

#![expect(
    missing_docs,
    clippy::unwrap_used,
    reason = "a benchmark is no interface, and stops when it cannot go on"
)]

use std::{hint::black_box, sync::Arc};

use criterion::{Criterion, criterion_group, criterion_main};
use mock_core::{Attempt, Authenticator, Exec, LoginContext, LoginState, Methods, MockSshServer, Verdict};
use russh::{ChannelMsg, client};
use tokio::runtime::Builder;

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

async fn start() -> MockSshServer {
    MockSshServer::builder()
        .auth(Anybody)
        .exec(Exec::on("uname -r").reply("6.8.0\n"))
        .start()
        .await
        .unwrap()
}

async fn login(server: &MockSshServer) -> client::Handle<Trusting> {
    let config = Arc::new(client::Config {
        nodelay: true,
        ..client::Config::default()
    });
    let mut client = client::connect(config, server.addr(), Trusting).await.unwrap();
    assert!(client.authenticate_none("anna").await.unwrap().success());
    client
}

async fn exec(client: &client::Handle<Trusting>) -> usize {
    let mut channel = client.channel_open_session().await.unwrap();
    channel.exec(true, "uname -r").await.unwrap();
    let mut received = 0;
    while let Some(message) = channel.wait().await {
        if let ChannelMsg::Data { data } = message {
            received += data.len();
        }
    }
    assert_eq!(received, 6);
    received
}

fn server(criterion: &mut Criterion) {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    criterion.bench_function("start", |bencher| {
        bencher.iter(|| runtime.block_on(async { drop(black_box(start().await)) }));
    });
    criterion.bench_function("start-login-exec-stop", |bencher| {
        bencher.iter(|| {
            runtime.block_on(async {
                let server = start().await;
                let client = login(&server).await;
                black_box(exec(&client).await);
                server.shutdown().await.unwrap();
            });
        });
    });
    let running = runtime.block_on(start());
    let client = runtime.block_on(login(&running));
    criterion.bench_function("exec", |bencher| {
        bencher.iter(|| runtime.block_on(exec(&client)));
    });
}

criterion_group!(benches, server);
criterion_main!(benches);
