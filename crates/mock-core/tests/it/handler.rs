//! Handlers that wrap the built one: one method changes one decision.

use std::sync::Arc;

use mock_core::{
    ChannelStream, Composed, Exec, Forwarding, Handler, Launch, Listen, Open, OpenFailure, Request,
    event::{self, ChannelKind},
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::support::{SOON, answered, exec, handshake, login, open};

/// Refuses commands of one connection, connects what is forwarded to an echo, and agrees to listen.
struct Odd {
    built: Composed,
    connection: u64,
}

impl Handler for Odd {
    fn within(&mut self) -> Option<&mut dyn Handler> {
        Some(&mut self.built)
    }

    fn exec(&mut self, request: &Request) -> Launch {
        match request.command() {
            b"quiet" => Launch::silence(),
            _ if self.connection == 1 => Launch::refuse(),
            _ => self.built.exec(request),
        }
    }

    fn env(&mut self, name: &str, _: &str) -> bool {
        assert!(name != "BOMB", "handler panics");
        name != "SECRET"
    }

    fn channel_open(&mut self, kind: &ChannelKind) -> Open {
        match kind {
            ChannelKind::DirectTcpip { port: 7, .. } => Open::connect(async |mut stream: ChannelStream| {
                let mut word = [0; 5];
                stream.read_exact(&mut word).await.expect("five bytes");
                stream.write_all(&word).await.expect("the channel is open");
                stream.flush().await.expect("the channel is open");
            }),
            ChannelKind::DirectTcpip { port: 9, .. } => Open::connect(async |mut stream: ChannelStream| {
                stream.write_all(b"bye").await.expect("the channel is open");
                stream.shutdown().await.expect("the channel is open");
                let mut rest = String::new();
                stream.read_to_string(&mut rest).await.expect("text");
                stream.recorder().record(event::Problem::new(rest));
            }),
            ChannelKind::DirectTcpip { .. } => {
                Open::Refuse { reason: OpenFailure::ConnectFailed, text: "nobody there".into() }
            }
            _ => self.built.channel_open(kind),
        }
    }

    fn forward(&mut self, listen: &Listen) -> Forwarding {
        match listen {
            Listen::Tcp { .. } => Forwarding::Accept { port: 4242 },
            _ => Forwarding::Refuse,
        }
    }
}

fn odd() -> mock_core::MockSshServer {
    open()
        .exec(Exec::on("hello").reply("hello"))
        .handler(|connection, built| Odd { built, connection: connection.number() })
        .start_in_memory()
        .unwrap()
}

#[tokio::test]
async fn one_method_changes_one_decision_and_the_rest_stays() {
    let server = odd();
    let first = login(&server).await;
    let mut channel = first.channel_open_session().await.unwrap();
    channel.exec(true, "hello").await.unwrap();
    assert!(!answered(&mut channel).await);
    let second = login(&server).await;
    assert_eq!(exec(&second, "hello").await.stdout, "hello");
    let accepted: Vec<_> = server.events().query(event::exec()).iter().map(|exec| exec.accepted).collect();
    assert_eq!(accepted, [false, true]);
}

#[tokio::test]
async fn a_request_can_be_left_without_an_answer() {
    let server = odd();
    let client = login(&server).await;
    let channel = client.channel_open_session().await.unwrap();
    channel.exec(true, "quiet").await.unwrap();
    let seen = server.events().wait_for(event::exec()).within(SOON).await.unwrap();
    assert!(!seen.accepted);
    // The connection lives on meanwhile.
    let mut other = client.channel_open_session().await.unwrap();
    other.set_env(true, "SECRET", "x").await.unwrap();
    assert!(!answered(&mut other).await);
}

#[tokio::test]
async fn a_forwarded_stream_goes_where_the_handler_says() {
    let server = odd();
    let client = login(&server).await;
    let channel = client.channel_open_direct_tcpip("db01", 7, "127.0.0.1", 1).await.unwrap();
    let mut stream = channel.into_stream();
    stream.write_all(b"hello").await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert_eq!(answer, "hello");
    let error = client.channel_open_direct_tcpip("db01", 8, "127.0.0.1", 1).await.unwrap_err();
    assert!(format!("{error:?}").contains("ConnectFailed"), "{error:?}");
    assert_eq!(client.tcpip_forward("", 0).await.unwrap(), 4242);
}

#[tokio::test]
async fn one_direction_of_a_forwarded_stream_may_end_before_the_other() {
    let server = odd();
    let client = login(&server).await;
    let channel = client.channel_open_direct_tcpip("db01", 9, "127.0.0.1", 1).await.unwrap();
    let mut stream = channel.into_stream();
    let mut greeting = String::new();
    stream.read_to_string(&mut greeting).await.unwrap();
    assert_eq!(greeting, "bye");
    stream.write_all(b"the rest").await.unwrap();
    stream.shutdown().await.unwrap();
    let heard = server.events().wait_for(event::problem()).within(SOON).await.unwrap();
    assert_eq!(heard.text, "the rest");
}

#[tokio::test]
async fn a_panic_in_a_handler_ends_its_connection_and_no_other() {
    let server = odd();
    let other = login(&server).await;
    let client = login(&server).await;
    let channel = client.channel_open_session().await.unwrap();
    channel.set_env(true, "BOMB", "x").await.unwrap();
    let over = server.events().wait_for(event::disconnected()).within(SOON).await.unwrap();
    assert_eq!((over.connection, over.reason.as_str()), (Some(2), "the handler panicked"));
    assert_eq!(server.events().first(event::panicked()).unwrap().message, "handler panics");
    assert!(other.channel_open_session().await.is_ok());
}

#[tokio::test]
async fn a_panic_in_the_factory_closes_the_connection_and_is_recorded() {
    let server = open()
        .handler(|connection, built| {
            assert!(connection.number() > 1, "factory panics");
            built
        })
        .start_in_memory()
        .unwrap();
    let refused = russh::client::connect_stream(
        Arc::new(russh::client::Config::default()),
        server.connect(),
        crate::support::Trusting,
    );
    assert!(refused.await.is_err());
    assert_eq!(server.events().first(event::panicked()).unwrap().what, "handler factory");
    handshake(server.connect()).await;
}
