//! Channels that the server opens: to where a client has it listen, to the client's agent, to its X server.

use std::sync::Arc;

use mock_core::{
    Exec, MockSshServer, OpenError, RemoteForward, Session, any, event, event::ChannelKind, glob,
};
use russh::{
    Channel,
    client::{self, ChannelOpenHandle, Handle, Msg},
    keys::PublicKeyOrCertificate,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::{TcpStream, UnixStream},
};

use crate::support::{SOON, open};

/// A client that takes every channel, greets on it with what it is, and echoes one line.
pub(crate) struct Willing;

async fn greet(channel: Channel<Msg>, reply: ChannelOpenHandle, what: String) {
    reply.accept().await;
    tokio::spawn(async move {
        let mut stream = channel.into_stream();
        stream.write_all(what.as_bytes()).await.unwrap();
        let mut line = [0; 4];
        if stream.read_exact(&mut line).await.is_ok() {
            stream.write_all(&line).await.unwrap();
        }
        stream.shutdown().await.unwrap();
    });
}

impl client::Handler for Willing {
    type Error = russh::Error;

    async fn check_server_key(&mut self, _: &PublicKeyOrCertificate) -> Result<bool, russh::Error> {
        Ok(true)
    }

    async fn server_channel_open_forwarded_tcpip(
        &mut self,
        channel: Channel<Msg>,
        address: &str,
        port: u32,
        _: &str,
        _: u32,
        reply: ChannelOpenHandle,
        _: &mut client::Session,
    ) -> Result<(), russh::Error> {
        if port == 9 {
            reply.reject(russh::ChannelOpenFailure::ConnectFailed).await;
        } else {
            greet(channel, reply, format!("{address}:{port} ")).await;
        }
        Ok(())
    }

    async fn server_channel_open_forwarded_streamlocal(
        &mut self,
        channel: Channel<Msg>,
        path: &str,
        reply: ChannelOpenHandle,
        _: &mut client::Session,
    ) -> Result<(), russh::Error> {
        greet(channel, reply, format!("{path} ")).await;
        Ok(())
    }

    async fn server_channel_open_agent_forward(
        &mut self,
        channel: Channel<Msg>,
        reply: ChannelOpenHandle,
        _: &mut client::Session,
    ) -> Result<(), russh::Error> {
        greet(channel, reply, "agent ".to_owned()).await;
        Ok(())
    }

    async fn server_channel_open_x11(
        &mut self,
        channel: Channel<Msg>,
        _: &str,
        _: u32,
        reply: ChannelOpenHandle,
        _: &mut client::Session,
    ) -> Result<(), russh::Error> {
        greet(channel, reply, "x11 ".to_owned()).await;
        Ok(())
    }
}

pub(crate) async fn login(server: &MockSshServer) -> Handle<Willing> {
    let mut client = client::connect_stream(Arc::default(), server.connect(), Willing).await.unwrap();
    assert!(client.authenticate_none("anna").await.unwrap().success());
    client
}

/// Says `line` and returns everything that came, to the end.
pub(crate) async fn talk(mut stream: impl AsyncRead + AsyncWrite + Unpin) -> String {
    stream.write_all(b"line").await.unwrap();
    stream.flush().await.unwrap();
    let mut came = String::new();
    stream.read_to_string(&mut came).await.unwrap();
    came
}

#[tokio::test]
async fn a_test_connects_to_where_a_client_has_the_server_listen() {
    let server = open()
        .remote_forward(RemoteForward::at("localhost:25").refuse())
        .remote_forward(RemoteForward::at("any:0").accept_as(4242))
        .remote_forward(RemoteForward::at(any()))
        .start_in_memory()
        .unwrap();
    let client = login(&server).await;
    assert_eq!(server.connect_forwarded(8080).await.unwrap_err(), OpenError::NotListening);
    assert_eq!(client.tcpip_forward("localhost", 8080).await.unwrap(), 0);
    assert_eq!(talk(server.connect_forwarded(8080).await.unwrap()).await, "localhost:8080 line");
    assert_eq!(client.tcpip_forward("any", 0).await.unwrap(), 4242);
    let free = u16::try_from(client.tcpip_forward("", 0).await.unwrap()).unwrap();
    assert_eq!(talk(server.connect_forwarded(free).await.unwrap()).await, format!(":{free} line"));
    assert!(client.tcpip_forward("localhost", 25).await.is_err());
    client.streamlocal_forward("/run/app.sock").await.unwrap();
    let stream = server.connect_forwarded_socket("/run/app.sock").await.unwrap();
    assert_eq!(talk(stream).await, "/run/app.sock line");

    let events = server.events();
    let asked = events.forwards();
    let told: Vec<_> = asked.iter().map(|one| (one.port, one.accepted, one.bound)).collect();
    let expected = [
        (Some(8080), true, None),
        (Some(0), true, Some(4242)),
        (Some(0), true, Some(free.into())),
        (Some(25), false, None),
        (None, true, None),
    ];
    assert_eq!(told, expected);
    let opened = events.first(event::channel_opened()).unwrap();
    assert!(matches!(&opened.kind, ChannelKind::ForwardedTcpip { port: 8080, .. }), "{opened:?}");
    events.wait_for(event::channel_closed()).within(SOON).await.unwrap();
}

#[tokio::test]
async fn what_is_withdrawn_or_refused_is_not_reached() {
    let server = open().remote_forward(RemoteForward::at(any())).start_in_memory().unwrap();
    let client = login(&server).await;
    client.tcpip_forward("localhost", 9).await.unwrap();
    assert_eq!(server.connect_forwarded(9).await.unwrap_err(), OpenError::Refused { code: 2 });
    assert_eq!(server.events().first(event::channel_refused()).unwrap().code, 2);
    assert!(client.tcpip_forward("localhost", 9).await.is_err(), "it is taken");
    client.cancel_tcpip_forward("localhost", 9).await.unwrap();
    assert_eq!(server.connect_forwarded(9).await.unwrap_err(), OpenError::NotListening);
    assert!(client.cancel_tcpip_forward("localhost", 9).await.is_err());
    let withdrawn = server.events().query(event::forward_cancelled());
    assert_eq!(withdrawn.iter().map(|one| one.accepted).collect::<Vec<_>>(), [true, false]);
    // With its connection everything goes that a client asked for.
    client.tcpip_forward("localhost", 10).await.unwrap();
    drop(client);
    server.events().wait_for(event::disconnected()).within(SOON).await.unwrap();
    assert_eq!(server.connect_forwarded(10).await.unwrap_err(), OpenError::NotListening);
}

#[tokio::test]
async fn the_machine_listens_where_that_was_asked_for_and_on_loopback_only() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("socket");
    let path = path.to_str().unwrap();
    let server = open().remote_forward(RemoteForward::at(any()).host()).start().await.unwrap();
    let client = login(&server).await;
    let port = u16::try_from(client.tcpip_forward("0.0.0.0", 0).await.unwrap()).unwrap();
    let socket = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let from = socket.local_addr().unwrap().port();
    assert_eq!(talk(socket).await, format!("0.0.0.0:{port} line"));
    let opened = server.events().first(event::channel_opened()).unwrap();
    assert!(
        matches!(&opened.kind, ChannelKind::ForwardedTcpip { originator_port, .. } if *originator_port == u32::from(from))
    );
    client.streamlocal_forward(path).await.unwrap();
    assert_eq!(talk(UnixStream::connect(path).await.unwrap()).await, format!("{path} line"));
    // A port that somebody has is refused, with the reason in the journal.
    assert!(client.tcpip_forward("localhost", server.port().into()).await.is_err());
    let problem = server.events().first(event::problem()).unwrap();
    assert!(problem.text.starts_with("cannot listen for the client: "), "{problem:?}");

    client.cancel_tcpip_forward("0.0.0.0", port.into()).await.unwrap();
    client.cancel_streamlocal_forward(path).await.unwrap();
    drop(client);
    server.events().wait_for(event::disconnected()).within(SOON).await.unwrap();
    assert!(TcpStream::connect(("127.0.0.1", port)).await.is_err());
    assert!(UnixStream::connect(path).await.is_err());
    assert!(!std::path::Path::new(path).exists());
}

/// Connects to the client's agent and X server, and says what came of it.
async fn reach(session: Session) -> std::io::Result<()> {
    let mut session = session;
    for opened in [session.open_agent().await, session.open_x11().await] {
        let said = match opened {
            Ok(stream) => talk(stream).await,
            Err(error) => error.to_string(),
        };
        session.write(format!("{said}; ")).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_program_reaches_what_the_client_offers() {
    let server = open()
        .exec(Exec::on("reach").run(reach))
        .accept_agent_forwarding()
        .accept_x11_forwarding()
        .start_in_memory()
        .unwrap();
    let client = login(&server).await;
    let mut channel = client.channel_open_session().await.unwrap();
    channel.agent_forward(true).await.unwrap();
    channel.request_x11(true, false, "MIT-MAGIC-COOKIE-1", "00ff", 0).await.unwrap();
    channel.exec(true, "reach").await.unwrap();
    assert_eq!(crate::support::drain(&mut channel).await.stdout, "agent line; x11 line; ");
    let kinds = server.events().query(event::channel_opened());
    let kinds: Vec<_> = kinds.iter().map(|one| one.kind.to_string()).collect();
    assert_eq!(kinds, ["session", "auth-agent", "x11"]);

    let not_offered = "the client did not offer it; the client did not offer it; ";
    let mut channel = client.channel_open_session().await.unwrap();
    channel.exec(true, "reach").await.unwrap();
    assert_eq!(crate::support::drain(&mut channel).await.stdout, not_offered);
}

#[tokio::test]
async fn a_test_reaches_what_a_client_offers_last() {
    let server = open().accept_agent_forwarding().accept_x11_forwarding().start_in_memory().unwrap();
    assert_eq!(server.connect_agent().await.err(), Some(OpenError::NotOffered));
    let (one, other) = (login(&server).await, login(&server).await);
    let with_agent = one.channel_open_session().await.unwrap();
    for _ in 0..2 {
        with_agent.agent_forward(true).await.unwrap();
    }
    let with_both = other.channel_open_session().await.unwrap();
    with_both.agent_forward(true).await.unwrap();
    with_both.request_x11(true, false, "MIT-MAGIC-COOKIE-1", "00ff", 0).await.unwrap();
    server.events().wait_for(event::x11_forward()).await.unwrap();
    assert_eq!(talk(server.connect_x11().await.unwrap()).await, "x11 line");
    assert_eq!(talk(server.connect_agent().await.unwrap()).await, "agent line");
    drop((other, with_both));
    server.events().wait_for(event::disconnected()).within(SOON).await.unwrap();
    assert_eq!(server.connect_x11().await.err(), Some(OpenError::NotOffered));
    assert_eq!(talk(server.connect_agent().await.unwrap()).await, "agent line");
    let opened = server.events().query(event::channel_opened().kind("auth-agent"));
    assert_eq!(opened.iter().map(|opened| opened.connection).collect::<Vec<_>>(), [Some(2), Some(1)]);
}

#[tokio::test]
async fn a_stream_to_the_client_outlives_neither_its_connection_nor_its_last_end() {
    let server = open().remote_forward(RemoteForward::at(glob("*").unwrap())).start_in_memory().unwrap();
    let client = login(&server).await;
    client.tcpip_forward("localhost", 80).await.unwrap();
    let (reader, writer) = server.connect_forwarded(80).await.unwrap().split();
    drop(reader);
    assert_eq!(server.events().count(event::channel_closed()), 0);
    drop(writer);
    server.events().wait_for(event::channel_closed()).within(SOON).await.unwrap();
    let mut left = server.connect_forwarded(80).await.unwrap();
    drop(client);
    server.events().wait_for(event::disconnected()).within(SOON).await.unwrap();
    while left.read().await.is_some() {}
    assert!(left.send("x").await.is_err());
    server.shutdown().await.unwrap();
}

#[tokio::test]
async fn where_a_server_listens_changes_while_a_client_is_connected() {
    let server = open().start_in_memory().unwrap();
    let client = login(&server).await;
    assert!(client.tcpip_forward("localhost", 80).await.is_err());
    let id = server.remote_forwards().add(RemoteForward::at("localhost:80"));
    client.tcpip_forward("localhost", 80).await.unwrap();
    assert!(server.remote_forwards().remove(id));
    assert!(client.tcpip_forward("localhost", 81).await.is_err());
    // What was asked for before stays, until the client withdraws it.
    assert_eq!(talk(server.connect_forwarded(80).await.unwrap()).await, "localhost:80 line");
}

#[test]
fn a_test_without_async_connects_as_well() {
    use std::io::{Read as _, Write as _};
    let server = open().remote_forward(RemoteForward::at(any())).start_blocking().unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let client = runtime.block_on(login(&server));
    runtime.block_on(client.tcpip_forward("localhost", 80)).unwrap();
    runtime.block_on(client.streamlocal_forward("/run/app.sock")).unwrap();
    for opening in [server.connect_forwarded(80), server.connect_forwarded_socket("/run/app.sock")] {
        let mut stream = opening.blocking().unwrap();
        let mut came = String::new();
        stream.write_all(b"line").unwrap();
        stream.flush().unwrap();
        stream.shutdown().unwrap();
        stream.read_to_string(&mut came).unwrap();
        assert!(came.ends_with(" line"), "{came}");
        assert!(stream.write_all(b"more").is_err());
    }
    assert_eq!(server.connect_forwarded(81).blocking().unwrap_err(), OpenError::NotListening);
}
