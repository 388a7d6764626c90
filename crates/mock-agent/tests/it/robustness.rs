//! Whatever is sent, the agent answers or closes: it does not panic, hang or believe a length.

use bytes::BytesMut;
use mock_agent::{
    AddSmartcard, AgentEvents, Constraint, Destination, Frame, FrameError, Hop, Identity, MockAgent, Outcome,
    RemoveSmartcard, Request, Response, SignRequest, ssh_key::PublicKey,
};
use mock_base::event::{self, ClosedBy};
use proptest::prelude::*;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::timeout,
};

use crate::{
    golden,
    support::{DEADLINE, add, agent_with, connect, fixed_key, new_key},
};

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
    client.send(&[0, 0, 0, 1, 99, 0, 0, 0, 1, 11, 0, 0, 0, 2, 11, 0]).await;
    assert_eq!(client.answer().await, Some(Response::Failure));
    assert_eq!(client.answer().await, Some(Response::IdentitiesAnswer(vec![])));
    assert_eq!(client.answer().await, Some(Response::Failure)); // a byte too many
    let last = agent.events().agent_requests().pop().unwrap();
    let Outcome::Failed(why) = last.outcome else { panic!("answered") };
    assert_eq!(why.to_string(), "malformed: 1 bytes follow the last field");
}

/// Bytes that nobody sends on purpose, and requests with a few bytes changed or cut off.
fn hostile() -> impl Strategy<Value = Vec<u8>> {
    let valid = prop::sample::select(golden::requests());
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

/// Fields of every kind, put together at random.
fn well_formed() -> impl Strategy<Value = Request> {
    let bytes = || prop::collection::vec(any::<u8>(), 0..40);
    let text = || "[a-z@/*.-]{0,12}";
    let key = || new_key("").public_key().to_bytes().unwrap();
    let hop =
        (text(), text(), prop::collection::vec(any::<bool>(), 0..3)).prop_map(move |(user, host, keys)| {
            keys.into_iter().fold(Hop::host(host).user(user), |hop, is_ca| {
                let key = PublicKey::from_bytes(&key()).unwrap();
                if is_ca { hop.authority(&key) } else { hop.key(&key) }.unwrap()
            })
        });
    let destination = (hop.clone(), hop).prop_map(|(from, to)| Destination::between(from, to));
    let constraint = prop_oneof![
        any::<u32>().prop_map(Constraint::Lifetime),
        Just(Constraint::Confirm),
        prop::collection::vec(destination, 0..3).prop_map(Constraint::RestrictDestination),
        text().prop_map(Constraint::SkProvider),
        (any::<bool>(), bytes()).prop_map(|(only, certificates)| {
            Constraint::AssociatedCertificates { only, certificates: certificates.into() }
        }),
    ];
    let constraints = || prop::collection::vec(constraint.clone(), 0..4);
    prop_oneof![
        (bytes(), bytes(), any::<u32>())
            .prop_map(|(key, data, flags)| Request::Sign(SignRequest::new(key, data, flags))),
        (text(), constraints()).prop_map(|(comment, constraints)| {
            add(constraints.into_iter().fold(new_key(&comment), Identity::constrained))
        }),
        (text(), bytes(), constraints())
            .prop_map(|(reader, pin, all)| Request::AddSmartcard(AddSmartcard::new(reader, pin, all))),
        (text(), bytes())
            .prop_map(|(reader, pin)| Request::RemoveSmartcard(RemoveSmartcard::new(reader, pin))),
        bytes().prop_map(|blob| Request::RemoveIdentity(blob.into())),
        bytes().prop_map(|passphrase| Request::Lock(passphrase.into())),
        bytes().prop_map(|passphrase| Request::Unlock(passphrase.into())),
    ]
}

proptest! {
    #[test]
    fn what_is_encoded_is_decoded_as_it_was(request in well_formed()) {
        prop_assert_eq!(Request::decode(request.to_frame()), request);
    }
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
            agent.serve(stream);
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
            timeout(DEADLINE, agent.shutdown()).await.expect("nothing is left").unwrap();
        });
    }
}
