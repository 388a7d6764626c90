//! Where clients have a server listen: who may have what, when it is given back, and that nothing there outlives anything.

use std::{
    net::TcpListener as StdTcpListener,
    os::unix::net::{UnixListener, UnixStream as StdUnixStream},
    path::Path,
    sync::Arc,
    time::Duration,
};

use mock_core::{MockSshServer, RemoteForward, any, event};
use russh::{
    Channel,
    client::{self, ChannelOpenHandle, Handle, Msg},
    keys::PublicKeyOrCertificate,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpStream, UnixStream},
};

use crate::{
    remote_forwarding::{Willing, login, talk},
    support::{SOON, open},
};

async fn listening() -> (MockSshServer, Handle<Willing>) {
    let server = open().remote_forward(RemoteForward::at(any()).host()).start().await.unwrap();
    let client = login(&server).await;
    (server, client)
}

#[tokio::test]
async fn a_silent_peer_on_the_machine_holds_up_neither_a_connection_nor_a_shutdown() {
    let (server, client) = listening().await;
    let port = u16::try_from(client.tcpip_forward("localhost", 0).await.unwrap()).unwrap();
    let silent = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let events = server.events();
    events.wait_for(event::channel_opened()).within(SOON).await.unwrap();
    drop(client);
    events.wait_for(event::disconnected()).within(SOON).await.unwrap();
    server.shutdown().await.unwrap();
    drop(silent);
}

/// Open files of this process, by what they are.
fn sockets() -> usize {
    let files =
        std::fs::read_dir("/proc/self/fd").unwrap().filter_map(|file| file.unwrap().path().read_link().ok());
    files.filter(|to| to.to_string_lossy().starts_with("socket:")).count()
}

#[tokio::test]
async fn a_thousand_connections_to_a_listener_leave_nothing_behind() {
    let (server, client) = listening().await;
    let port = u16::try_from(client.tcpip_forward("localhost", 0).await.unwrap()).unwrap();
    let tasks = || tokio::runtime::Handle::current().metrics().num_alive_tasks();
    let before = (tasks(), sockets());
    for _ in 0..20 {
        let mut streams = Vec::new();
        for _ in 0..50 {
            streams.push(TcpStream::connect(("127.0.0.1", port)).await.unwrap());
        }
        for stream in streams {
            assert_eq!(talk(stream).await, format!("localhost:{port} line"));
        }
    }
    let events = server.events();
    let mut last = 0;
    for _ in 0..1000 {
        last = events.wait_for(event::channel_closed()).after(last).within(SOON).await.unwrap().seq;
    }
    assert_eq!(events.count(event::channel_opened()), 1000);
    // Each is recorded as closed by the task that ends with it.
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert_eq!((tasks(), sockets()), before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_withdrawn_is_free_when_the_client_is_told_so() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("socket").to_str().unwrap().to_owned();
    let (_server, client) = listening().await;
    for _ in 0..3 {
        let port = client.tcpip_forward("localhost", 0).await.unwrap();
        client.cancel_tcpip_forward("localhost", port).await.unwrap();
        StdTcpListener::bind(("127.0.0.1", u16::try_from(port).unwrap())).unwrap();
        client.streamlocal_forward(&path).await.unwrap();
        assert_eq!(talk(UnixStream::connect(&path).await.unwrap()).await, format!("{path} line"));
        client.cancel_streamlocal_forward(&path).await.unwrap();
        assert!(!Path::new(&path).exists());
    }
}

#[tokio::test]
async fn a_socket_that_somebody_else_put_there_is_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("socket").to_str().unwrap().to_owned();
    let (_server, client) = listening().await;
    client.streamlocal_forward(&path).await.unwrap();
    std::fs::rename(&path, directory.path().join("moved")).unwrap();
    let _theirs = UnixListener::bind(&path).unwrap();
    client.cancel_streamlocal_forward(&path).await.unwrap();
    StdUnixStream::connect(&path).unwrap();
    assert!(client.streamlocal_forward(&path).await.is_err(), "it is theirs");
    StdUnixStream::connect(&path).unwrap();
}

#[tokio::test]
async fn a_server_that_stops_does_not_wait_for_who_may_still_connect() {
    let day = Duration::from_secs(86_400);
    let server = open().grace(day).remote_forward(RemoteForward::at(any()).host()).start().await.unwrap();
    let client = login(&server).await;
    let port = u16::try_from(client.tcpip_forward("localhost", 0).await.unwrap()).unwrap();
    tokio::time::timeout(SOON, server.shutdown().into_future()).await.expect("in time").unwrap();
    StdTcpListener::bind(("127.0.0.1", port)).unwrap();
}

#[tokio::test]
async fn there_are_as_many_ports_as_there_are_and_so_many_places_for_a_connection() {
    let server = open().remote_forward(RemoteForward::at(any())).start_in_memory().unwrap();
    let client = login(&server).await;
    assert!(client.tcpip_forward("localhost", 65_536).await.is_err());
    let problem = server.events().first(event::problem()).unwrap();
    assert_eq!(problem.text, "cannot listen for the client: there is no port 65536");
    for _ in 0..1_000 {
        client.tcpip_forward("localhost", 0).await.unwrap();
    }
    assert!(client.tcpip_forward("localhost", 0).await.is_err());
    let problem = server.events().query(event::problem()).pop().unwrap();
    assert_eq!(problem.text, "cannot listen for the client: a connection may have 1000 places");
    let other = login(&server).await;
    assert_eq!(other.tcpip_forward("localhost", 0).await.unwrap(), 49_152 + 1_000);
    client.cancel_tcpip_forward("localhost", 49_200).await.unwrap();
    assert_eq!(other.tcpip_forward("localhost", 0).await.unwrap(), 49_200);
}

/// A client that sends what it has to say on a channel that the server opens, and closes it at once.
struct Hasty(&'static [u8]);

impl client::Handler for Hasty {
    type Error = russh::Error;

    async fn check_server_key(&mut self, _: &PublicKeyOrCertificate) -> Result<bool, russh::Error> {
        Ok(true)
    }

    async fn server_channel_open_forwarded_tcpip(
        &mut self,
        channel: Channel<Msg>,
        _: &str,
        _: u32,
        _: &str,
        _: u32,
        reply: ChannelOpenHandle,
        _: &mut client::Session,
    ) -> Result<(), russh::Error> {
        reply.accept().await;
        let says = self.0;
        tokio::spawn(async move {
            channel.data_bytes(says).await.unwrap();
            channel.eof().await.unwrap();
            channel.close().await.unwrap();
        });
        Ok(())
    }
}

async fn hasty(server: &MockSshServer, says: &'static [u8]) -> Handle<Hasty> {
    let mut client = client::connect_stream(Arc::default(), server.connect(), Hasty(says)).await.unwrap();
    assert!(client.authenticate_none("anna").await.unwrap().success());
    client
}

#[tokio::test]
async fn a_channel_that_is_closed_as_soon_as_it_is_opened_is_opened_first_in_the_journal() {
    let server = open().remote_forward(RemoteForward::at(any())).start_in_memory().unwrap();
    let client = hasty(&server, b"bye").await;
    client.tcpip_forward("localhost", 80).await.unwrap();
    let mut stream = server.connect_forwarded(80).await.unwrap();
    assert_eq!(stream.read().await.unwrap(), "bye");
    assert_eq!(stream.read().await, None);
    drop(stream);
    server.events().wait_for(event::channel_closed()).within(SOON).await.unwrap();
    let of_channel: Vec<_> =
        server.events().all().into_iter().filter(|event| event.channel.is_some()).collect();
    let kinds: Vec<_> = of_channel.iter().map(|event| event.kind.name().to_owned()).collect();
    assert_eq!(kinds, ["channel_opened", "stdin_eof", "channel_closed"]);
}

#[tokio::test]
async fn what_was_sent_before_a_channel_was_closed_arrives() {
    const SAID: &[u8] = &[b'x'; 200_000];
    let server = open().remote_forward(RemoteForward::at(any()).host()).start().await.unwrap();
    let client = hasty(&server, SAID).await;
    let port = u16::try_from(client.tcpip_forward("localhost", 0).await.unwrap()).unwrap();
    let mut socket = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let mut came = Vec::new();
    socket.read_to_end(&mut came).await.unwrap();
    assert_eq!(came.len(), SAID.len());
    socket.shutdown().await.unwrap();
}
