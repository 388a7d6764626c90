//! Each message against bytes that were written down by hand or by OpenSSH: decoded, encoded again, and answered.

use bytes::{Bytes, BytesMut};
use mock_agent::{
    AddIdentity, AddSmartcard, Constraint, Frame, Identity, ListedIdentity, Malformed, Operation,
    RemoveSmartcard, Request, Response, SignRequest,
};

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

/// All of them that are requests.
pub(crate) fn requests() -> Vec<Bytes> {
    vec![
        golden!("request_identities"),
        golden!("sign_request"),
        golden!("session_bind"),
        golden!("query"),
        golden!("extension"),
        golden!("add_ed25519"),
        golden!("add_ed25519_certificate"),
        golden!("add_ecdsa"),
        golden!("add_ecdsa_certificate"),
        golden!("add_rsa"),
        golden!("add_rsa_certificate"),
        golden!("add_constrained"),
        golden!("add_restricted"),
        golden!("add_security_key"),
        golden!("add_unknown_constraint"),
        golden!("add_smartcard"),
        golden!("add_smartcard_constrained"),
        golden!("remove_identity"),
        golden!("remove_all_identities"),
        golden!("remove_all_rsa_identities"),
        golden!("remove_smartcard"),
        golden!("lock"),
        golden!("unlock"),
    ]
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

fn added(bytes: &Bytes) -> AddIdentity {
    let Request::AddIdentity(add) = request(bytes) else { panic!("nothing is added") };
    *add
}

#[test]
fn keys_as_openssh_adds_them() {
    let certified = |add: &AddIdentity| add.identity.certificate().is_some();
    for (plain, with_certificate, algorithm, comment) in [
        (golden!("add_ed25519"), golden!("add_ed25519_certificate"), "ssh-ed25519", "ed25519@golden"),
        (golden!("add_ecdsa"), golden!("add_ecdsa_certificate"), "ecdsa-sha2-nistp256", "ecdsa@golden"),
        (golden!("add_rsa"), golden!("add_rsa_certificate"), "ssh-rsa", "rsa@golden"),
    ] {
        let (plain, with_certificate) = (added(&plain), added(&with_certificate));
        assert_eq!((certified(&plain), certified(&with_certificate)), (false, true));
        for add in [plain, with_certificate] {
            assert_eq!(add.identity.key().algorithm().as_str(), algorithm);
            assert_eq!((add.identity.comment(), add.constraints()), (comment, &[][..]));
            // What is encoded anew is the same as what came.
            assert_eq!(AddIdentity::new(add.identity.clone()).unwrap(), add);
        }
    }
}

#[test]
fn constraints_as_openssh_adds_them() {
    let add = added(&golden!("add_constrained"));
    assert_eq!(add.constraints(), [Constraint::Lifetime(300), Constraint::Confirm]);

    let add = added(&golden!("add_restricted"));
    let [Constraint::RestrictDestination(destinations)] = add.constraints() else { panic!("not restricted") };
    let shown: Vec<_> = destinations.iter().map(ToString::to_string).collect();
    assert_eq!(shown, ["bastion", "bastion>deploy@db01"]);
    let keys: Vec<_> =
        destinations.iter().map(|to| to.to.keys.iter().map(|key| key.is_ca).collect::<Vec<_>>()).collect();
    assert_eq!(keys, [vec![false], vec![false, true]]);

    let add = added(&golden!("add_security_key"));
    assert_eq!(add.constraints(), [Constraint::SkProvider("internal".into())]);
    assert_eq!(add.identity.key().algorithm().as_str(), "sk-ssh-ed25519@openssh.com");

    let add = added(&golden!("add_unknown_constraint"));
    let [Constraint::Unknown { kind: 255, name: Some(name), rest }] = add.constraints() else {
        panic!("known")
    };
    assert_eq!((name.as_str(), &**rest), ("moon-phase@example.com", &[7][..]));
}

#[test]
fn removals_locks_and_smart_cards() {
    let Request::RemoveIdentity(blob) = request(&golden!("remove_identity")) else { panic!("not removed") };
    let key = added(&golden!("add_constrained")).identity.public_key();
    assert_eq!(*blob, *key.to_bytes().unwrap());
    assert_eq!(request(&golden!("remove_all_identities")), Request::RemoveAllIdentities);
    assert_eq!(request(&golden!("remove_all_rsa_identities")), Request::RemoveAllRsaIdentities);
    assert_eq!(request(&golden!("lock")), Request::Lock("secret".into()));
    assert_eq!(request(&golden!("unlock")), Request::Unlock("secret".into()));

    let card = "/opt/card.so";
    let add = AddSmartcard::new(card, "secret", []);
    assert_eq!(request(&golden!("add_smartcard")), Request::AddSmartcard(add));
    let add = AddSmartcard::new(card, "secret", [Constraint::Lifetime(60)]);
    assert_eq!(request(&golden!("add_smartcard_constrained")), Request::AddSmartcard(add));
    let remove = RemoveSmartcard::new(card, "");
    assert_eq!(request(&golden!("remove_smartcard")), Request::RemoveSmartcard(remove));
}

#[test]
fn extensions() {
    assert_eq!(request(&golden!("query")), Request::Query);
    let Request::Unsupported(message) = request(&golden!("extension")) else { panic!("known") };
    assert_eq!((message.message_type, message.extension.as_deref()), (27, Some("moon@example.com")));
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
    let (operation, text) = why(golden!("malformed_add_identity"));
    assert_eq!((operation, &*text), (Operation::AddIdentity, "`key` cannot be parsed"));
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
    let known = Response::extensions(&["query", "session-bind@openssh.com"]);
    assert_eq!(response(&golden!("query_response")), known);
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
        (golden!("query"), golden!("query_response")),
        (golden!("malformed_sign_request"), golden!("failure")),
        (golden!("malformed_session_bind"), golden!("extension_failure")),
        (golden!("malformed_add_identity"), golden!("failure")),
        (golden!("add_unknown_constraint"), golden!("failure")),
        (golden!("add_security_key"), golden!("success")),
        (golden!("add_constrained"), golden!("success")),
        (golden!("remove_identity"), golden!("success")),
        (golden!("remove_identity"), golden!("failure")),
        (golden!("add_rsa"), golden!("success")),
        (golden!("add_rsa_certificate"), golden!("success")),
        (golden!("add_restricted"), golden!("success")),
        (golden!("add_smartcard"), golden!("failure")),
        (golden!("remove_smartcard"), golden!("failure")),
        (golden!("lock"), golden!("success")),
        (golden!("lock"), golden!("failure")),
        (golden!("sign_request"), golden!("failure")),
        (golden!("unlock"), golden!("success")),
        (golden!("unlock"), golden!("failure")),
        (golden!("sign_request"), golden!("sign_response")),
        (golden!("remove_all_rsa_identities"), golden!("success")),
        (golden!("remove_all_identities"), golden!("success")),
        (golden!("sign_request"), golden!("failure")),
    ] {
        client.send(&request).await;
        assert_eq!(client.answer().await.unwrap().to_frame().encode(), answer);
    }
}
