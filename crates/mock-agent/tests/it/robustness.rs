//! Whatever is sent, the agent answers or closes: it does not panic, hang or believe a length.

use bytes::BytesMut;
use mock_agent::{
    AgentEvents, Frame, FrameError, Identity, MockAgent, Outcome, Request, Response, SignRequest,
};
use mock_base::event::{self, ClosedBy};
use proptest::prelude::*;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::timeout,
};

use crate::support::{DEADLINE, agent_with, connect, fixed_key};

#[tokio::test]
async fn a_length_of_zero_closes_the_connection() {
    let reason = closing_reason(&[0, 0, 0, 0]).await;
    assert_eq!(reason, "a request of length 0");
}

#[tokio::test]
async fn a_length_beyond_the_limit_closes_the_connection_before_the_rest_is_there() {
    let reason = closing_reason(&[0, 4, 0, 1]).await;
    assert_eq!(reason, "a request of 262145 bytes, more than 262144");
}

async fn closing_reason(bytes: &[u8]) -> String {
    let agent = agent_with([]).await;
    let mut client = connect(&agent);
    client.send(bytes).await;
    assert_eq!(client.answer().await, None);
    let closed = agent.events().wait_for(event::disconnected()).within(DEADLINE).await.unwrap();
    assert_eq!(closed.by, ClosedBy::Error);
    closed.reason.clone()
}

#[tokio::test]
async fn a_client_that_leaves_within_a_request_is_recorded() {
    let agent = agent_with([]).await;
    let mut client = connect(&agent);
    client.send(&[0, 0, 0, 9, 13]).await;
    drop(client);
    let closed = agent.events().wait_for(event::disconnected()).within(DEADLINE).await.unwrap();
    assert_eq!(closed.reason, "the stream ends within a request");
    assert!(agent.events().agent_requests().is_empty());
}

#[tokio::test]
async fn the_longest_request_is_served() {
    let blob = fixed_key().public_key().to_bytes().unwrap();
    let overhead = 1 + 4 + blob.len() + 4 + 4;
    let data = vec![7; Frame::MAX_LENGTH as usize - overhead];
    let request = Request::Sign(SignRequest::new(blob, data.clone(), 0));
    assert_eq!(request.to_frame().encode().len(), 4 + Frame::MAX_LENGTH as usize);

    let agent = agent_with([Identity::new(fixed_key(), "")]).await;
    assert!(matches!(connect(&agent).ask(request).await, Response::SignResponse(_)));
    assert_eq!(agent.events().signatures()[0].signed_data(), Some(&data[..]));
}

#[tokio::test]
async fn requests_in_pieces_and_in_heaps_are_answered_in_order() {
    let agent = agent_with([]).await;
    let mut client = connect(&agent);
    for byte in [0, 0, 0, 1, 11] {
        client.send(&[byte]).await;
    }
    assert_eq!(client.answer().await, Some(Response::IdentitiesAnswer(vec![])));
    client.send(&[0, 0, 0, 1, 19, 0, 0, 0, 1, 11, 0, 0, 0, 2, 11, 0]).await;
    assert_eq!(client.answer().await, Some(Response::Failure));
    assert_eq!(client.answer().await, Some(Response::IdentitiesAnswer(vec![])));
    assert_eq!(client.answer().await, Some(Response::Failure)); // a byte too many
    let last = agent.events().agent_requests().pop().unwrap();
    let Outcome::Failed(why) = last.outcome else { panic!("answered") };
    assert_eq!(why.to_string(), "malformed: 1 bytes follow the last field");
}

/// Bytes that nobody sends on purpose, and requests with a few bytes changed or cut off.
fn hostile() -> impl Strategy<Value = Vec<u8>> {
    let valid = prop_oneof![
        Just(Request::RequestIdentities.to_frame().encode()),
        Just(
            Request::Sign(SignRequest::new(fixed_key().public_key().to_bytes().unwrap(), "x", 0))
                .to_frame()
                .encode()
        ),
        Just(bind_request().to_frame().encode()),
    ];
    let change = (any::<prop::sample::Index>(), any::<u8>());
    let mutated = (valid, prop::collection::vec(change, 0..4), any::<prop::sample::Index>()).prop_map(
        |(bytes, changes, end)| {
            let mut bytes = bytes.to_vec();
            for (index, byte) in changes {
                let index = index.index(bytes.len());
                bytes[index] = byte;
            }
            // Every other one whole.
            if end.index(2) == 0 {
                bytes.truncate(end.index(bytes.len()));
            }
            bytes
        },
    );
    let body = prop::collection::vec(any::<u8>(), 0..300);
    let framed =
        (any::<u8>(), body.clone()).prop_map(|(kind, body)| Frame::new(kind, body).encode().to_vec());
    prop_oneof![body, framed, mutated]
}

fn bind_request() -> Request {
    let bytes = include_str!("../golden/session_bind.hex");
    let hex: String =
        bytes.lines().flat_map(|line| line.split('#').next().unwrap().split_whitespace()).collect();
    let bytes: BytesMut =
        (0..hex.len() / 2).map(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).unwrap()).collect();
    Request::decode(Frame::take(&mut { bytes }).unwrap().unwrap())
}

proptest! {
    #[test]
    fn decoding_is_total_and_encoding_restores_what_was_decoded(bytes in hostile()) {
        let mut buffer = BytesMut::from(&bytes[..]);
        match Frame::take(&mut buffer) {
            Ok(Some(frame)) => {
                let request = Request::decode(frame.clone());
                prop_assert_eq!(Request::decode(request.to_frame()), request);
                if let Ok(response) = Response::decode(&frame) {
                    prop_assert_eq!(response.to_frame(), frame);
                }
            }
            Ok(None) => prop_assert_eq!(&buffer[..], &bytes[..]),
            Err(FrameError::TooLong { length }) => prop_assert!(length > Frame::MAX_LENGTH),
            Err(_) => prop_assert_eq!(&bytes[..4], &[0; 4]),
        }
    }

    #[test]
    fn a_served_stream_always_ends(requests in prop::collection::vec(hostile(), 1..6)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let agent = MockAgent::builder().identity(fixed_key(), "").start().await.unwrap();
            let (client, stream) = tokio::io::duplex(64);
            agent.serve_stream(stream);
            let (mut reader, mut writer) = tokio::io::split(client);
            let send = async {
                // The agent may close at any point, so a refused write is fine.
                let _closed = writer.write_all(&requests.concat()).await;
                let _closed = writer.shutdown().await;
            };
            let mut answers = Vec::new();
            let exchange = async { tokio::join!(send, reader.read_to_end(&mut answers)) };
            timeout(DEADLINE, exchange).await.expect("the agent answers or closes").1.unwrap();

            let mut answers = BytesMut::from(&answers[..]);
            let mut count = 0;
            while let Some(frame) = Frame::take(&mut answers).unwrap() {
                Response::decode(&frame).unwrap();
                count += 1;
            }
            assert!(answers.is_empty(), "an answer was cut");
            assert_eq!(agent.events().agent_requests().len(), count);
            timeout(DEADLINE, agent.shutdown()).await.expect("nothing is left");
        });
    }
}
