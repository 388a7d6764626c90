//! Each message against bytes that were written down by hand: decoded, encoded again, and answered.

use bytes::{Bytes, BytesMut};
use mock_agent::{Frame, Identity, ListedIdentity, Malformed, Operation, Request, Response, SignRequest};

use crate::support::{agent_with, connect, fixed_key};

macro_rules! golden {
    ($name:literal) => {
        golden(include_str!(concat!("../golden/", $name, ".hex")))
    };
}

/// Hexadecimal text with comments, as bytes.
fn golden(text: &str) -> Bytes {
    let digits: Vec<u32> = text
        .lines()
        .flat_map(|line| line.split('#').next().unwrap().chars())
        .filter(|character| !character.is_whitespace())
        .map(|digit| digit.to_digit(16).unwrap())
        .collect();
    digits.chunks(2).map(|pair| u8::try_from(pair[0] * 16 + pair[1]).unwrap()).collect()
}

fn frame(bytes: &Bytes) -> Frame {
    let mut buffer = BytesMut::from(&bytes[..]);
    let frame = Frame::take(&mut buffer).unwrap().expect("a whole frame");
    assert!(buffer.is_empty(), "one frame only");
    frame
}

/// Decodes a request and checks that it encodes to the same bytes.
fn request(bytes: &Bytes) -> Request {
    let request = Request::decode(frame(bytes));
    assert_eq!(request.to_frame().encode(), bytes);
    request
}

fn response(bytes: &Bytes) -> Response {
    let response = Response::decode(&frame(bytes)).unwrap();
    assert_eq!(response.to_frame().encode(), bytes);
    response
}

fn fixed_blob() -> Vec<u8> {
    fixed_key().public_key().to_bytes().unwrap()
}

#[test]
fn request_identities() {
    assert_eq!(request(&golden!("request_identities")), Request::RequestIdentities);
}

#[test]
fn sign_request() {
    let expected = Request::Sign(SignRequest::new(fixed_blob(), "r", 0));
    assert_eq!(request(&golden!("sign_request")), expected);
}

#[test]
fn session_bind() {
    let Request::SessionBind(bind) = request(&golden!("session_bind")) else { panic!("not a binding") };
    assert_eq!(bind.host_key.key_data(), fixed_key().public_key().key_data());
    assert_eq!(*bind.session_id, b"r"[..]);
    assert!(bind.forwarding);
    assert!(bind.verifies());
}

#[test]
fn unsupported_messages_keep_their_bytes() {
    let Request::Unsupported(message) = request(&golden!("remove_all_identities")) else { panic!("known") };
    assert_eq!((message.message_type, message.extension, message.body.len()), (19, None, 0));
    let Request::Unsupported(message) = request(&golden!("extension")) else { panic!("known") };
    assert_eq!((message.message_type, message.extension.as_deref()), (27, Some("query")));
    assert_eq!(*message.body, [0, 0, 0, 2, 1, 2][..]);
}

#[test]
fn malformed_messages_keep_their_bytes_and_say_why() {
    let why = |bytes| match request(&bytes) {
        Request::Malformed(Malformed { operation, why, .. }) => (operation, why.to_string()),
        other => panic!("well-formed: {other:?}"),
    };
    let (operation, text) = why(golden!("malformed_sign_request"));
    assert_eq!((operation, &*text), (Operation::Sign, "the body ends before the end of `key blob`"));
    let (operation, text) = why(golden!("malformed_session_bind"));
    assert_eq!(
        (operation, &*text),
        (Operation::SessionBind, "the body ends before the end of `session identifier`")
    );
}

#[test]
fn answers() {
    let identities =
        vec![ListedIdentity::new(fixed_blob(), "deploy@ci"), ListedIdentity::new(fixed_blob(), "✓")];
    assert_eq!(response(&golden!("identities_answer")), Response::IdentitiesAnswer(identities));
    assert!(matches!(response(&golden!("sign_response")), Response::SignResponse(_)));
    assert_eq!(response(&golden!("failure")), Response::Failure);
    assert_eq!(response(&golden!("success")), Response::Success);
    assert_eq!(response(&golden!("extension_failure")), Response::ExtensionFailure);
}

/// What the agent answers to each of the requests, byte for byte.
#[tokio::test]
async fn requests_get_these_answers() {
    let agent = agent_with([Identity::new(fixed_key(), "deploy@ci"), Identity::new(fixed_key(), "✓")]).await;
    let mut client = connect(&agent);
    for (request, answer) in [
        (golden!("request_identities"), golden!("identities_answer")),
        (golden!("sign_request"), golden!("sign_response")),
        (golden!("session_bind"), golden!("success")),
        (golden!("extension"), golden!("failure")),
        (golden!("remove_all_identities"), golden!("failure")),
        (golden!("malformed_sign_request"), golden!("failure")),
        (golden!("malformed_session_bind"), golden!("extension_failure")),
    ] {
        client.send(&request).await;
        assert_eq!(client.answer().await.unwrap().to_frame().encode(), answer);
    }
}
