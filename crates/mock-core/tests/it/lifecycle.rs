//! Starting and ending: sockets, stoppers, grace, deadlines, and clients that do not cooperate.

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use mock_core::{Exec, MockSshServer, Session, StartError, event};
use russh::{ChannelMsg, client};

use crate::support::{SOON, Trusting, answered, exec, login, open};

#[tokio::test]
async fn a_server_listens_when_start_returns_and_its_port_is_free_after_shutdown() {
    let server = open().exec(Exec::echo()).start().await.unwrap();
    let address = server.addr();
    assert!(address.ip().is_loopback() && address.port() != 0);
    let mut client = client::connect(std::sync::Arc::default(), address, Trusting).await.unwrap();
    assert!(client.authenticate_none("anna").await.unwrap().success());
    assert_eq!(exec(&client, "x").await.stdout, "REMOTE_OK:x\n");
    let events = server.events();
    server.shutdown().await.unwrap();
    assert_eq!(events.first(event::stopped()).unwrap().connections, 1);
    assert_eq!(events.first(event::disconnected()).unwrap().reason, "the server is shutting down");
    open().port(address.port()).start().await.unwrap().shutdown().await.unwrap();
}

#[tokio::test]
async fn a_port_in_use_is_an_error_that_names_it() {
    let first = open().start().await.unwrap();
    let error = open().port(first.port()).start().await.unwrap_err();
    assert!(matches!(error, StartError::Listen { .. }));
    assert_eq!(error.to_string(), format!("cannot listen on {}", first.addr()));
}

#[test]
fn a_server_runs_without_async_code_around_it() {
    let server = open().start_blocking().unwrap();
    let mut socket = TcpStream::connect(server.addr()).unwrap();
    let mut greeting = [0; 8];
    socket.read_exact(&mut greeting).unwrap();
    assert_eq!(&greeting, b"SSH-2.0-");
    server.events().wait_for(event::connected()).within(SOON).blocking().unwrap();
    let (stopper, closed) = (server.stopper(), server.closed());
    std::thread::spawn(move || stopper.stop());
    closed.blocking();
    server.shutdown().blocking().unwrap();
}

/// A connection that is half open: the client has said who it is, and says no more.
fn half_open(address: SocketAddr) -> TcpStream {
    let mut socket = TcpStream::connect(address).unwrap();
    socket.write_all(b"SSH-2.0-half\r\n").unwrap();
    socket
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shutdown_ends_live_stalled_and_half_open_connections() {
    let server = open()
        .exec(Exec::on("flood").run(
            async |mut session: Session| {
                while session.write(vec![0; 32 * 1024]).await.is_ok() {}
            },
        ))
        .start()
        .await
        .unwrap();
    let address = server.addr();
    let mut kept = Vec::new();
    let mut silent = Vec::new();
    for _ in 0..10 {
        silent.push(TcpStream::connect(address).unwrap());
        silent.push(half_open(address));
    }
    for number in 0..30 {
        let mut client = client::connect(std::sync::Arc::default(), address, Trusting).await.unwrap();
        assert!(client.authenticate_none("anna").await.unwrap().success());
        let mut channel = client.channel_open_session().await.unwrap();
        if number % 2 == 0 {
            channel.exec(true, "flood").await.unwrap();
            assert!(answered(&mut channel).await);
        }
        kept.push((client, channel));
    }
    let events = server.events();
    events.wait_for(|event: &event::Event| event.connection == Some(50)).within(SOON).await.unwrap();
    tokio::time::timeout(SOON, server.shutdown().into_future()).await.expect("in time").unwrap();
    assert_eq!(events.count(event::disconnected()), 50);
}

#[tokio::test]
async fn a_client_in_clear_text_is_told_why_it_is_disconnected() {
    let server = open().start().await.unwrap();
    let address = server.addr();
    let mut socket = half_open(address);
    let events = server.events();
    events.wait_for(event::client_version()).within(SOON).await.unwrap();
    let reading = std::thread::spawn(move || {
        let mut all = Vec::new();
        socket.read_to_end(&mut all).map(|_| all)
    });
    server.shutdown().await.unwrap();
    let all = reading.join().unwrap().unwrap();
    let text = String::from_utf8_lossy(&all);
    assert!(text.contains("the server is shutting down"), "{text:?}");
}

#[tokio::test]
async fn programs_may_finish_within_the_grace() {
    let server = open()
        .grace(SOON)
        .exec(Exec::on("slow").run(async |mut session: Session| {
            session.write("begun ").await?;
            session.read().await;
            session.write("done").await?;
            std::io::Result::Ok(())
        }))
        .start_in_memory()
        .unwrap();
    let client = login(&server).await;
    let mut channel = client.channel_open_session().await.unwrap();
    channel.exec(true, "slow").await.unwrap();
    while !matches!(channel.wait().await, Some(ChannelMsg::Data { .. })) {}
    let (stopper, events) = (server.stopper(), server.events());
    stopper.stop();
    channel.data(&b"go on"[..]).await.unwrap();
    let rest = crate::support::drain(&mut channel).await;
    assert_eq!((rest.stdout.as_str(), rest.status), ("done", Some(0)));
    drop(client);
    server.closed().await;
    assert_eq!(events.first(event::exit()).unwrap().status, Some(0));
}

#[tokio::test]
async fn dropping_a_server_cuts_its_connections() {
    let server = open().start_in_memory().unwrap();
    let client = login(&server).await;
    let (events, closed) = (server.events(), server.closed());
    drop(server);
    closed.await;
    let over = events.first(event::disconnected()).unwrap();
    assert_eq!(over.by, event::ClosedBy::Server);
    assert!(client.channel_open_session().await.is_err());
}

#[tokio::test]
async fn a_reset_forgets_what_happened() {
    let server = open().start_in_memory().unwrap();
    let client = login(&server).await;
    server.reset();
    assert_eq!(server.events().all().len(), 0);
    exec(&client, "x").await;
    assert_eq!(server.events().count(event::exec()), 1);
    assert_eq!(server.events().count(event::auth_accepted()), 0);
}

#[tokio::test]
async fn servers_may_share_a_journal() {
    let journal = mock_core::Journal::new();
    let bastion = open().name("bastion").journal(&journal).start_in_memory().unwrap();
    let db = MockSshServer::builder().name("db01").journal(&journal).start_in_memory().unwrap();
    login(&bastion).await;
    drop(db.connect());
    db.events().wait_for(event::disconnected()).within(SOON).await.unwrap();
    assert_eq!(bastion.events().count(event::connected()), 1);
    assert_eq!(journal.events().count(event::connected()), 2);
}

#[test]
fn a_shutdown_of_nothing_takes_no_time_worth_mentioning() {
    let server = open().start_blocking().unwrap();
    let begun = std::time::Instant::now();
    server.shutdown().blocking().unwrap();
    assert!(begun.elapsed() < Duration::from_secs(5), "the deadline of a shutdown was waited for");
}
