//! What a test pays for a server: starting it, a whole life with one login and one command, and a command on a live
//! connection. Beside it the smallest server that one would write by hand with the engine, in the same run.

#![expect(clippy::unwrap_used, reason = "a benchmark stops when it cannot go on")]

#[path = "../tests/common/mod.rs"]
mod common;
mod plain;

use std::{
    future::pending,
    hint::black_box,
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use common::{Anybody, Trusting};
use criterion::{Criterion, criterion_group, criterion_main};
use mock_core::{ChannelStream, Exec, Forward, MockSshServer};
use russh::{
    Channel, ChannelMsg, Disconnect,
    client::{self, Msg},
};
use tokio::runtime::Builder;

/// What the command prints.
const ANSWER: &str = "6.8.0\n";

/// What a client may send on a channel that nobody reads.
const WINDOW: usize = 2 << 20;

async fn start() -> MockSshServer {
    let server = MockSshServer::builder().auth(Anybody);
    let server = server.forward(Forward::to("nobody:1").connect(stall));
    server.exec(Exec::on("uname -r").reply(ANSWER)).start().await.unwrap()
}

async fn login(address: SocketAddr) -> client::Handle<Trusting> {
    let config = client::Config { nodelay: true, ..client::Config::default() };
    let mut client = client::connect(Arc::new(config), address, Trusting).await.unwrap();
    assert!(client.authenticate_none("anna").await.unwrap().success());
    client
}

/// Ends the connection, so that the next round does not pay for it.
async fn leave(client: client::Handle<Trusting>) {
    client.disconnect(Disconnect::ByApplication, "", "").await.unwrap();
    // The client calls its own goodbye an error.
    let _left = client.await;
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
    assert_eq!(received, ANSWER.len());
    received
}

fn server(criterion: &mut Criterion) {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();

    let mut group = criterion.benchmark_group("start");
    // Only the start is timed; each server ends before the next begins.
    group.bench_function("mock", |bencher| {
        bencher.iter_custom(|rounds| {
            runtime.block_on(async {
                let mut took = Duration::ZERO;
                for _ in 0..rounds {
                    let begun = Instant::now();
                    let server = black_box(start().await);
                    took += begun.elapsed();
                    server.shutdown().await.unwrap();
                }
                took
            })
        });
    });
    group.bench_function("plain", |bencher| {
        bencher.iter_custom(|rounds| {
            runtime.block_on(async {
                let mut took = Duration::ZERO;
                for _ in 0..rounds {
                    let begun = Instant::now();
                    let server = black_box(plain::Server::start().await);
                    took += begun.elapsed();
                    drop(server);
                    tokio::task::yield_now().await;
                }
                took
            })
        });
    });
    group.finish();

    let mut group = criterion.benchmark_group("start-login-exec-stop");
    group.bench_function("mock", |bencher| {
        bencher.iter(|| {
            runtime.block_on(async {
                let server = start().await;
                let client = login(server.addr()).await;
                black_box(exec(&client).await);
                leave(client).await;
                server.shutdown().await.unwrap();
            });
        });
    });
    group.bench_function("plain", |bencher| {
        bencher.iter(|| {
            runtime.block_on(async {
                let server = plain::Server::start().await;
                let client = login(server.address).await;
                black_box(exec(&client).await);
                leave(client).await;
            });
        });
    });
    group.finish();

    let mut group = criterion.benchmark_group("exec");
    let mock = runtime.block_on(start());
    let client = runtime.block_on(login(mock.addr()));
    group.bench_function("mock", |bencher| bencher.iter(|| runtime.block_on(exec(&client))));
    let plain = runtime.block_on(plain::Server::start());
    let plain_client = runtime.block_on(login(plain.address));
    group.bench_function("plain", |bencher| {
        bencher.iter(|| runtime.block_on(exec(&plain_client)));
    });
    let stalled = runtime.block_on(stalled_forward(&client));
    group.bench_function("mock, beside a stalled forward", |bencher| {
        bencher.iter(|| runtime.block_on(exec(&client)));
    });
    drop(stalled);
    group.finish();
}

/// A forwarded connection whose far end takes nothing, and which the client has filled.
async fn stalled_forward(client: &client::Handle<Trusting>) -> Channel<Msg> {
    let channel = client.channel_open_direct_tcpip("nobody", 1, "127.0.0.1", 1).await.unwrap();
    channel.data(&vec![b'x'; WINDOW][..]).await.unwrap();
    channel
}

/// Takes nothing.
async fn stall(stream: ChannelStream) {
    pending::<()>().await;
    drop(stream);
}

criterion_group!(benches, server);
criterion_main!(benches);
