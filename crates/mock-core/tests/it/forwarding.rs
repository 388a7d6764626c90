//! Connections that clients want to be let through: where they end, who may ask for them, and that they end.

use std::{sync::Arc, time::Duration};

use mock_core::{
    Attempt, Authenticator, ChannelStream, Forward, LoginContext, LoginState, Methods, MockSshServer,
    Network, OpenFailure, Permissions, Privilege, Verdict, any, event, glob,
};
use russh::{ChannelOpenFailure, ChannelStream as ClientStream, client::Handle, client::Msg};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, UnixListener},
    time::Instant,
};

use crate::support::{SOON, Trusting, exec, login, open};

async fn dial(client: &Handle<Trusting>, host: &str, port: u32) -> Result<ClientStream<Msg>, u32> {
    match client.channel_open_direct_tcpip(host, port, "127.0.0.1", 1).await {
        Ok(channel) => Ok(channel.into_stream()),
        Err(russh::Error::ChannelOpenFailure(reason)) => Err(match reason {
            ChannelOpenFailure::AdministrativelyProhibited => 1,
            ChannelOpenFailure::ConnectFailed => 2,
            ChannelOpenFailure::UnknownChannelType => 3,
            ChannelOpenFailure::ResourceShortage => 4,
            ChannelOpenFailure::Other { code, .. } => code,
        }),
        Err(error) => panic!("{error}"),
    }
}

async fn read(mut stream: ClientStream<Msg>) -> String {
    let mut text = String::new();
    stream.read_to_string(&mut text).await.unwrap();
    text
}

#[tokio::test]
async fn every_reason_of_a_refusal_arrives_as_its_code() {
    // RFC 4254 section 5.1.
    let reasons = [
        (1, OpenFailure::AdministrativelyProhibited),
        (2, OpenFailure::ConnectFailed),
        (3, OpenFailure::UnknownChannelType),
        (4, OpenFailure::ResourceShortage),
    ];
    let rules =
        reasons.iter().map(|(port, reason)| Forward::to(format!("db01:{port}")).refuse(*reason, "no"));
    let server = rules.fold(open(), mock_core::Builder::forward).start_in_memory().unwrap();
    let client = login(&server).await;
    for (code, _) in reasons {
        assert_eq!(dial(&client, "db01", code).await.err(), Some(code));
    }
}

#[tokio::test]
async fn the_first_rule_that_matches_decides_and_without_one_nobody_gets_through() {
    let server = open()
        .forward(Forward::to("db01:5432").reply("ready"))
        .forward(Forward::to(glob("*:25").unwrap()).refuse(OpenFailure::ResourceShortage, "busy"))
        .forward(Forward::to(glob("db01:*").unwrap()))
        .start_in_memory()
        .unwrap();
    let client = login(&server).await;
    assert_eq!(read(dial(&client, "db01", 5432).await.unwrap()).await, "ready");
    assert_eq!(dial(&client, "db01", 25).await.err(), Some(4));
    assert_eq!(dial(&client, "db01", 80).await.err(), Some(2));
    assert_eq!(dial(&client, "web01", 80).await.err(), Some(1));
    assert!(client.channel_open_direct_streamlocal("/run/app.sock").await.is_err());
    let events = server.events();
    assert_eq!(events.count(event::forwarded().to("db01:5432")), 1);
    let refused: Vec<_> =
        events.query(event::channel_refused()).into_iter().map(|seen| seen.payload).collect();
    let refused: Vec<_> = refused.iter().map(|one| (one.kind.target().unwrap(), &*one.reason)).collect();
    let expected = [
        ("db01:25", "busy"),
        ("db01:80", "Connection refused"),
        ("web01:80", "not allowed here"),
        ("/run/app.sock", "not allowed here"),
    ];
    assert_eq!(refused, expected.map(|(target, text)| (target.to_owned(), text)));
}

#[tokio::test]
async fn an_echo_gives_back_each_direction_to_its_end() {
    let server = open().forward(Forward::to(any()).echo()).start_in_memory().unwrap();
    let client = login(&server).await;
    let (mut reader, mut writer) = tokio::io::split(dial(&client, "anywhere", 7).await.unwrap());
    let data = vec![b'x'; 5 << 20];
    let sending = async {
        writer.write_all(&data).await.unwrap();
        writer.shutdown().await.unwrap();
    };
    let mut back = Vec::new();
    let ((), read) = tokio::join!(sending, reader.read_to_end(&mut back));
    assert_eq!(read.unwrap(), data.len());
    assert!(back == data);
    let closed = server.events().wait_for(event::channel_closed()).within(SOON).await.unwrap();
    assert_eq!((closed.received, closed.sent), (5 << 20, 5 << 20));
}

#[tokio::test]
async fn a_delayed_answer_delays_nobody_else() {
    tokio::time::pause();
    let hour = Duration::from_secs(3600);
    let server = open()
        .forward(Forward::to("slow:1").echo().after(hour))
        .forward(Forward::to("slow:2").after(hour))
        .forward(Forward::to("never:1").silence())
        .forward(Forward::to(any()).reply("fast"))
        .start_in_memory()
        .unwrap();
    let client = Arc::new(login(&server).await);
    let began = Instant::now();
    let dialling = |host: &'static str, port| {
        let client = Arc::clone(&client);
        tokio::spawn(async move { dial(&client, host, port).await.map(|_| began.elapsed()) })
    };
    let (slow, refused, never) = (dialling("slow", 1), dialling("slow", 2), dialling("never", 1));
    assert_eq!(read(dial(&client, "fast", 1).await.unwrap()).await, "fast");
    assert!(began.elapsed() < hour);
    assert!(slow.await.unwrap().unwrap() >= hour);
    assert_eq!(refused.await.unwrap().err(), Some(2));
    assert!(!never.is_finished());
    never.abort();
}

#[tokio::test]
async fn a_chain_of_hosts_is_one_story_with_every_hop() {
    let network = Network::new();
    let host = |name: &str| network.host(name).auth(crate::support::Anybody);
    let db01 = host("db01").exec(mock_core::Exec::on("psql").reply("16")).start_in_memory().unwrap();
    let inner = host("inner").forward(Forward::to("db01:22").network(&network)).start_in_memory().unwrap();
    let bastion = host("bastion").forward(Forward::to(any()).network(&network)).start_in_memory().unwrap();
    let first = login(&bastion).await;
    let second = over(dial(&first, "inner", 22).await.unwrap()).await;
    let third = over(dial(&second, "db01", 22).await.unwrap()).await;
    assert_eq!(exec(&third, "psql").await.stdout, "16");

    assert_eq!(dial(&first, "db01", 2222).await.err(), Some(2), "nobody listens there");
    assert_eq!(dial(&first, "web01", 22).await.err(), Some(2), "nobody knows it");
    assert_eq!(dial(&second, "bastion", 22).await.err(), Some(1), "the inner host has no rule for it");
    let hops: Vec<_> = network.events().query(event::connected());
    let hops: Vec<_> = hops.iter().map(|hop| (&*hop.server, hop.via.join(" "))).collect();
    let expected = [("bastion", ""), ("inner", "bastion"), ("db01", "bastion inner")];
    assert_eq!(hops, expected.map(|(server, via)| (server, via.to_owned())));
    db01.expect(event::connected().via(["bastion", "inner"]), 1);
    bastion.expect(event::forwarded().to("inner:22"), 1);

    // A host that is gone is one on which nobody listens; who is connected to it is disconnected.
    db01.shutdown().await.unwrap();
    assert_eq!(dial(&second, "db01", 22).await.err(), Some(2));
    assert!(third.channel_open_session().await.is_err());
    let targets: Vec<_> = bastion.events().forwarded().iter().map(|hop| hop.kind.to_string()).collect();
    assert_eq!(targets, ["direct-tcpip to inner:22"]);
    drop((first, second, third));
    inner.shutdown().await.unwrap();
    bastion.shutdown().await.unwrap();
}

async fn over(stream: ClientStream<Msg>) -> Handle<Trusting> {
    let mut client = crate::support::handshake(stream).await;
    assert!(client.authenticate_none("anna").await.unwrap().success());
    client
}

#[tokio::test]
async fn two_servers_that_forward_to_each_other_do_not_keep_each_other() {
    let network = Network::new();
    let rule = || Forward::to(any()).network(&network);
    let one = network.host("one").forward(rule()).start_in_memory().unwrap();
    let two = network.host("two").forward(rule()).start_in_memory().unwrap();
    let journal = network.journal().clone();
    drop((one, two));
    journal.events().wait_for(event::stopped()).within(SOON).await.unwrap();
}

#[tokio::test]
async fn the_real_machine_is_reached_only_by_those_who_ask_and_only_on_loopback() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("socket");
    let unix = UnixListener::bind(&path).unwrap();
    let accepting = tokio::spawn(async move {
        for _ in 0..2 {
            let (mut socket, _) = listener.accept().await.unwrap();
            socket.write_all(b"tcp").await.unwrap();
        }
        for _ in 0..2 {
            let (mut socket, _) = unix.accept().await.unwrap();
            socket.write_all(b"unix").await.unwrap();
        }
    });
    let server = open()
        .forward(Forward::to("db01:5432").host_port(port))
        .forward(Forward::to("/run/app.sock").host_socket(&path))
        .forward(Forward::to(any()).host())
        .start()
        .await
        .unwrap();
    let client = login(&server).await;
    assert_eq!(read(dial(&client, "db01", 5432).await.unwrap()).await, "tcp");
    assert_eq!(read(dial(&client, "localhost", port.into()).await.unwrap()).await, "tcp");
    for path in ["/run/app.sock", path.to_str().unwrap()] {
        let channel = client.channel_open_direct_streamlocal(path).await.unwrap();
        assert_eq!(read(channel.into_stream()).await, "unix");
    }
    accepting.await.unwrap();
    assert_eq!(dial(&client, "127.0.0.1", port.into()).await.err(), Some(2), "nobody listens any more");
    for elsewhere in ["192.0.2.1", "example.com", "0.0.0.0", "::"] {
        assert_eq!(dial(&client, elsewhere, 80).await.err(), Some(1), "{elsewhere}");
    }
    let last = server.events().query(event::channel_refused().to(glob("127.*").unwrap()));
    assert_eq!(last[0].reason, "Connection refused");
}

/// Lets everybody in, and through to `db01:22` only; the user `nobody` through to nothing.
struct Held;

impl Authenticator for Held {
    fn begin(&self, _: &LoginContext<'_>) -> Box<dyn LoginState> {
        Box::new(Self)
    }
}

impl LoginState for Held {
    fn methods(&self) -> Methods {
        Methods::empty()
    }

    fn attempt(&mut self, attempt: &Attempt<'_>) -> Verdict {
        let permissions = match attempt.user {
            "nobody" => Permissions::default().deny(Privilege::PortForwarding),
            _ => Permissions::default().permit_open("db01:22".parse().unwrap()),
        };
        Verdict::accept("held").permitting(permissions)
    }
}

#[tokio::test]
async fn a_login_gets_no_further_than_it_may() {
    let server =
        MockSshServer::builder().auth(Held).forward(Forward::to(any()).echo()).start_in_memory().unwrap();
    let client = login(&server).await;
    assert!(dial(&client, "db01", 22).await.is_ok());
    assert_eq!(dial(&client, "db01", 23).await.err(), Some(1));
    assert!(client.channel_open_direct_streamlocal("/run/app.sock").await.is_err());
    let mut nobody = crate::support::handshake(server.connect()).await;
    assert!(nobody.authenticate_none("nobody").await.unwrap().success());
    assert_eq!(dial(&nobody, "db01", 22).await.err(), Some(1));
}

#[tokio::test]
async fn a_panic_at_the_far_end_closes_the_channel_and_a_request_that_is_dropped_is_refused() {
    struct Drops;
    impl mock_core::Connect for Drops {
        fn connect(&self, request: mock_core::ForwardRequest) -> mock_core::BoxFuture<()> {
            drop(request);
            Box::pin(async {})
        }
    }
    let server = open()
        .forward(Forward::to("panic:1").connect(async |_: ChannelStream| panic!("far end panics")))
        .forward(Forward::to("drop:1").connect(Drops))
        .start_in_memory()
        .unwrap();
    let client = login(&server).await;
    assert_eq!(read(dial(&client, "panic", 1).await.unwrap()).await, "");
    assert_eq!(server.events().first(event::panicked()).unwrap().message, "far end panics");
    assert_eq!(dial(&client, "drop", 1).await.err(), Some(2));
    let refused = server.events().first(event::channel_refused()).unwrap();
    assert_eq!((refused.reason.as_str(), refused.channel), ("nobody took the connection", None));
}

#[tokio::test]
async fn a_thousand_forwarded_connections_leave_nothing_behind() {
    let server = open().forward(Forward::to(any()).echo()).start_in_memory().unwrap();
    let client = login(&server).await;
    let tasks = || tokio::runtime::Handle::current().metrics().num_alive_tasks();
    let before = tasks();
    for round in 0..20 {
        let mut streams = Vec::new();
        for port in 0..50 {
            streams.push(dial(&client, "echo", round * 50 + port).await.unwrap());
        }
        for mut stream in streams {
            stream.write_all(b"hello").await.unwrap();
            stream.shutdown().await.unwrap();
            assert_eq!(read(stream).await, "hello");
        }
    }
    let events = server.events();
    assert_eq!(events.count(event::forwarded()), 1000);
    // Each is recorded as closed by the task that ends with it.
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert_eq!(events.count(event::channel_closed()), 1000);
    assert_eq!(tasks(), before);
}

#[tokio::test]
async fn what_a_client_sent_before_it_closed_a_channel_arrives() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = open().forward(Forward::to(any()).host()).start().await.unwrap();
    let client = login(&server).await;
    let channel = client.channel_open_direct_tcpip("localhost", port.into(), "127.0.0.1", 1).await.unwrap();
    channel.data_bytes(vec![b'x'; 200_000]).await.unwrap();
    channel.close().await.unwrap();
    let (mut socket, _) = listener.accept().await.unwrap();
    let mut came = Vec::new();
    socket.read_to_end(&mut came).await.unwrap();
    assert_eq!(came.len(), 200_000);
}

#[tokio::test]
async fn rules_change_while_a_client_is_connected() {
    let server = open()
        .forward(Forward::to("db01:5432").reply("old"))
        .forward(Forward::to(glob("web*:80").unwrap()).echo())
        .start_in_memory()
        .unwrap();
    let client = login(&server).await;
    let forwards = server.forwards();
    let ids: Vec<_> = forwards.list().iter().map(|info| info.id).collect();
    let mut kept = dial(&client, "web01", 80).await.unwrap();
    let last = forwards.add(Forward::to(any()).reply("whoever"));
    assert_eq!(read(dial(&client, "db02", 1).await.unwrap()).await, "whoever");
    {
        let _outage = forwards.scoped(Forward::to(any()).refuse(OpenFailure::ResourceShortage, "down"));
        assert_eq!(dial(&client, "db01", 5432).await.err(), Some(4));
    }
    assert_eq!(read(dial(&client, "db01", 5432).await.unwrap()).await, "old");
    let new = forwards.replace(ids[0], Forward::to(glob("db01:*").unwrap()).reply("new")).unwrap();
    assert_eq!(read(dial(&client, "db01", 5432).await.unwrap()).await, "new");
    assert_eq!(forwards.replace(ids[0], Forward::to(any())), None);
    let listed: Vec<_> = forwards.list().into_iter().map(|info| (info.id, info.rule, info.hits)).collect();
    let expected = [(new, "db01:*", 1), (ids[1], "web*:80", 1), (last, "*", 1)];
    assert_eq!(listed, expected.map(|(id, rule, hits)| (id, rule.to_owned(), hits)));
    // What was let through before stays.
    assert!(forwards.remove(ids[1]) && !forwards.remove(ids[1]));
    kept.write_all(b"still there").await.unwrap();
    kept.shutdown().await.unwrap();
    assert_eq!(read(kept).await, "still there");
    assert!(forwards.remove(last));
    assert_eq!(dial(&client, "web01", 80).await.err(), Some(1));
    server.reset();
    assert_eq!(forwards.list()[0].hits, 0);
}
