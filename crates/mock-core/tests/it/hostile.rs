//! Clients that do not speak SSH: random and mutated bytes before authentication. No panic, no hang, no growth.

use std::sync::OnceLock;

use mock_core::{MockSshServer, event};
use proptest::prelude::*;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    runtime::Runtime,
};

use crate::support::{SOON, login, open};

fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| Runtime::new().unwrap())
}

/// Sends bytes, reads whatever comes until the server closes, and returns it with the last event's reason.
async fn attack(server: &MockSshServer, bytes: &[u8]) -> (Vec<u8>, String) {
    let before = server.events().last(|_: &event::Event| true).map_or(0, |event| event.seq);
    let mut stream = server.connect();
    // The server may close before it has read everything.
    let _closed = stream.write_all(bytes).await;
    let _closed = stream.shutdown().await;
    let mut answer = Vec::new();
    let reading = tokio::time::timeout(SOON, stream.read_to_end(&mut answer));
    reading.await.expect("the server closes").ok();
    let over = server.events().wait_for(event::disconnected()).after(before).within(SOON).await.unwrap();
    (answer, over.reason.clone())
}

/// What an honest client sends in clear text, recorded from one.
fn honest() -> &'static [u8] {
    static HONEST: OnceLock<Vec<u8>> = OnceLock::new();
    HONEST.get_or_init(|| {
        runtime().block_on(async {
            let (near, mut far) = tokio::io::duplex(1 << 16);
            let connecting = tokio::spawn(russh::client::connect_stream(
                std::sync::Arc::default(),
                near,
                crate::support::Trusting,
            ));
            far.write_all(b"SSH-2.0-x\r\n").await.unwrap();
            let mut sent = vec![0; 600];
            far.read_exact(&mut sent).await.unwrap();
            connecting.abort();
            sent
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes_end_the_connection(bytes in prop::collection::vec(any::<u8>(), 0..4096), preamble in any::<bool>()) {
        runtime().block_on(async {
            let server = open().start_in_memory().unwrap();
            let mut sent = if preamble { b"SSH-2.0-fuzz\r\n".to_vec() } else { Vec::new() };
            sent.extend(bytes);
            attack(&server, &sent).await;
            login(&server).await;
        });
    }

    #[test]
    fn mutated_handshakes_end_the_connection(
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut sent = honest().to_vec();
        runtime().block_on(async {
            let server = open().start_in_memory().unwrap();
            for (place, byte) in edits {
                let place = place.index(sent.len());
                *sent.get_mut(place).unwrap() = byte;
            }
            sent.truncate(cut.index(sent.len()) + 1);
            attack(&server, &sent).await;
            login(&server).await;
        });
    }
}

#[tokio::test]
async fn what_is_no_ssh_gets_a_disconnect_in_clear_text() {
    let server = open().start_in_memory().unwrap();
    let (answer, reason) = attack(&server, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await;
    let text = String::from_utf8_lossy(&answer);
    assert!(text.starts_with("SSH-2.0-mock-ssh_"), "{text:?}");
    assert!(text.contains(&reason) && !reason.is_empty(), "{text:?} does not say {reason:?}");
}

#[tokio::test]
async fn a_packet_that_is_too_long_is_refused_before_it_is_read() {
    let server = open().start_in_memory().unwrap();
    let mut sent = b"SSH-2.0-fuzz\r\n".to_vec();
    sent.extend([0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]);
    let (answer, reason) = attack(&server, &sent).await;
    assert!(String::from_utf8_lossy(&answer).contains(&reason), "{reason}");
}

#[tokio::test]
async fn a_client_that_only_listens_is_left_alone_until_the_deadline() {
    let server = open().start_in_memory().unwrap();
    let mut stream = server.connect();
    let mut greeting = [0; 8];
    stream.read_exact(&mut greeting).await.unwrap();
    drop(stream);
    let over = server.events().wait_for(event::disconnected()).within(SOON).await.unwrap();
    assert_eq!((over.by, over.reason.as_str()), (event::ClosedBy::Client, "closed the connection"));
}
