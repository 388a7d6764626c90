//! Channels beside each other: a stalled one holds up no other, and whatever ends one frees it.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use mock_core::{Exec, MockSshServer, Session, event};
use russh::{Channel, ChannelMsg, client::Msg};

use crate::support::{SOON, answered, drain, exec, login, open};

/// A server with commands that write for ever, never read, or copy.
fn busy() -> MockSshServer {
    open()
        .exec(Exec::on("flood").run(async |mut session: Session| {
            let block = bytes::Bytes::from(vec![0; 32 * 1024]);
            while session.write(block.clone()).await.is_ok() {}
        }))
        .exec(Exec::on("deaf").run(async |mut session: Session| while session.control().await.is_some() {}))
        .exec(Exec::on("cat").run(async |mut session: Session| {
            while let Some(data) = session.read().await {
                session.write(data).await?;
            }
            std::io::Result::Ok(())
        }))
        .exec(Exec::on("hello").reply("hello"))
        .start_in_memory()
        .unwrap()
}

/// A client whose own engine is not frozen by channels that the test does not read: their windows are small.
async fn patient(server: &MockSshServer) -> russh::client::Handle<crate::support::Trusting> {
    let config =
        russh::client::Config { window_size: 64 * 1024, channel_buffer_size: 4096, ..Default::default() };
    let stream = server.connect();
    let mut client =
        russh::client::connect_stream(Arc::new(config), stream, crate::support::Trusting).await.unwrap();
    assert!(client.authenticate_none("anna").await.unwrap().success());
    client
}

async fn start(client: &russh::client::Handle<crate::support::Trusting>, command: &str) -> Channel<Msg> {
    let mut channel = client.channel_open_session().await.unwrap();
    channel.exec(true, command).await.unwrap();
    assert!(answered(&mut channel).await);
    channel
}

#[tokio::test]
async fn a_channel_whose_window_is_exhausted_delays_no_other() {
    let server = busy();
    let client = patient(&server).await;
    let _stalled = start(&client, "flood").await;
    let deaf = start(&client, "deaf").await;
    // More than its window takes: the client waits, and so does this.
    let writing = tokio::spawn(async move { deaf.data(&vec![0; 8 << 20][..]).await });
    for _ in 0..20 {
        assert_eq!(exec(&client, "hello").await.stdout, "hello");
    }
    assert!(!writing.is_finished(), "what nobody reads is not taken without end");
    writing.abort();
}

#[tokio::test]
async fn many_channels_at_once_keep_their_data_apart() {
    let server = busy();
    let client = login(&server).await;
    let mut channels = Vec::new();
    for number in 0..30_u8 {
        let channel = start(&client, "cat").await;
        channel.data(&vec![number; 100_000][..]).await.unwrap();
        channel.eof().await.unwrap();
        channels.push((number, channel));
    }
    for (number, mut channel) in channels {
        let mut count = 0;
        while let Some(message) = channel.wait().await {
            if let ChannelMsg::Data { data } = message {
                assert!(data.iter().all(|byte| *byte == number));
                count += data.len();
            }
        }
        assert_eq!(count, 100_000);
    }
    assert_eq!(server.events().count(event::channel_opened()), 30);
}

#[tokio::test]
async fn packets_of_256_kib_are_taken_and_answered_in_pieces_of_32() {
    let server = open().window(8 << 20).max_packet(256 << 10);
    let server = server.exec(Exec::on("largest").run(async |mut session: Session| {
        let mut pieces = Vec::new();
        while let Some(piece) = session.read().await {
            pieces.push(piece);
        }
        let largest = pieces.iter().map(bytes::Bytes::len).max();
        session.write_err(largest.unwrap_or_default().to_string()).await?;
        session.write(pieces.concat()).await
    }));
    let server = server.start_in_memory().unwrap();
    let config =
        russh::client::Config { window_size: 8 << 20, maximum_packet_size: 256 << 10, ..Default::default() };
    let connecting =
        russh::client::connect_stream(Arc::new(config), server.connect(), crate::support::Trusting);
    let mut client = connecting.await.unwrap();
    assert!(client.authenticate_none("anna").await.unwrap().success());
    let mut channel = start(&client, "largest").await;
    let sent: Vec<u8> = (0..1_000_003_u32).map(|number| (number % 251) as u8).collect();
    channel.data_bytes(sent.clone()).await.unwrap();
    channel.eof().await.unwrap();
    let (mut came, mut largest, mut said) = (Vec::new(), 0, String::new());
    while let Some(message) = channel.wait().await {
        match message {
            ChannelMsg::Data { data } => {
                largest = largest.max(data.len());
                came.extend_from_slice(&data);
            }
            ChannelMsg::ExtendedData { data, .. } => said.push_str(std::str::from_utf8(&data).unwrap()),
            _ => {}
        }
    }
    assert!(came == sent);
    // The client would take 256 KiB as well. No more than 32 are sent.
    assert_eq!((said.as_str(), largest), ("262144", 32 << 10));
}

/// Counts the programs that run.
struct Running(Arc<AtomicU64>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[tokio::test]
async fn a_program_ends_with_its_channel_and_with_its_connection() {
    let running = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&running);
    let server = open()
        .exec(Exec::on("flood").run(move |mut session: Session| {
            counter.fetch_add(1, Ordering::SeqCst);
            let running = Running(Arc::clone(&counter));
            async move {
                while session.write(vec![0; 32 * 1024]).await.is_ok() {}
                drop(running);
            }
        }))
        .start_in_memory()
        .unwrap();
    let client = patient(&server).await;
    let closed = start(&client, "flood").await;
    let left_open = start(&client, "flood").await;
    closed.close().await.unwrap();
    let events = server.events();
    events.wait_for(event::channel_closed()).within(SOON).await.unwrap();
    drop((client, closed, left_open));
    events.wait_for(event::disconnected()).within(SOON).await.unwrap();
    assert_eq!(running.load(Ordering::SeqCst), 0, "both ended before the connection was said to be over");
    assert_eq!(events.count(event::channel_closed()), 2);
}

#[tokio::test]
async fn a_client_that_closes_after_its_input_still_gets_everything() {
    let server = busy();
    let client = login(&server).await;
    let mut channel = start(&client, "cat").await;
    let sent = "x".repeat(3 << 20);
    let (output, ()) = {
        let data = sent.clone().into_bytes();
        let (reader, writer) = channel.split();
        let writing = async move {
            writer.data_bytes(data).await.unwrap();
            writer.eof().await.unwrap();
        };
        let mut reader = reader;
        let reading = async move {
            let mut output = String::new();
            while let Some(message) = reader.wait().await {
                if let ChannelMsg::Data { data } = message {
                    output.push_str(std::str::from_utf8(&data).unwrap());
                }
            }
            output
        };
        tokio::join!(reading, writing)
    };
    assert!(output == sent, "what came back is what was sent");
    channel = start(&client, "hello").await;
    assert_eq!(drain(&mut channel).await.stdout, "hello");
}

#[tokio::test]
async fn forwarding_and_strange_channels_are_refused_and_recorded() {
    let server = open().start_in_memory().unwrap();
    let client = login(&server).await;
    assert!(client.channel_open_direct_tcpip("db01", 5432, "127.0.0.1", 1).await.is_err());
    assert!(client.channel_open_direct_streamlocal("/run/x").await.is_err());
    assert!(client.tcpip_forward("", 0).await.is_err());
    let refused = server.events().query(event::channel_refused());
    assert_eq!(refused.len(), 2);
    assert_eq!(refused.first().unwrap().code, 1);
    let forward = server.events().first(event::forward()).unwrap();
    assert_eq!((forward.port, forward.accepted), (Some(0), false));
}

#[tokio::test]
async fn more_environment_than_anybody_needs_is_refused() {
    let server = open().start_in_memory().unwrap();
    let client = login(&server).await;
    let mut channel = client.channel_open_session().await.unwrap();
    let value = "x".repeat(100_000);
    let mut accepted = Vec::new();
    for _ in 0..3 {
        channel.set_env(true, "BIG", value.as_str()).await.unwrap();
        accepted.push(answered(&mut channel).await);
    }
    assert_eq!(accepted, [true, true, false]);
    assert_eq!(server.events().first(event::problem()).unwrap().text, "too many environment variables");
}
