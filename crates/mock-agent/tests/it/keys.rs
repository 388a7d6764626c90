//! Keys that come and go: added with every constraint, removed, expired, locked away, on smart cards.

use std::time::Duration;

use mock_agent::{
    AddSmartcard, AgentEvents, Constraint, Failure, Identity, KeyError, KeyType, ListedIdentity, MockAgent,
    Outcome, RemoveSmartcard, Request, Response, Smartcard,
    ssh_key::{
        Algorithm, EcdsaCurve, LineEnding, PrivateKey, certificate::CertType, private::EcdsaKeypair,
        private::SkEd25519, public,
    },
};
use signature::Verifier;
use tokio::{
    io::DuplexStream,
    time::{advance, pause},
};

use crate::support::{Client, add, agent_with, blob, certify, connect, fixed_key, new_key, sign, signature};

async fn comments(client: &mut Client<DuplexStream>) -> Vec<String> {
    match client.ask(Request::RequestIdentities).await {
        Response::IdentitiesAnswer(listed) => listed.into_iter().map(|one| one.comment).collect(),
        other => panic!("no list: {other:?}"),
    }
}

fn why(agent: &MockAgent) -> Failure {
    match agent.events().agent_requests().pop().unwrap().outcome {
        Outcome::Failed(why) => why,
        other => panic!("not failed: {other:?}"),
    }
}

#[tokio::test]
async fn keys_of_every_type_are_added_sign_and_are_removed() {
    let ecdsa = |curve| Identity::new(EcdsaKeypair::random(&mut rand::rng(), curve).unwrap().into(), "ecdsa");
    let agent = agent_with([]).await;
    let mut client = connect(&agent);
    for key in [
        new_key("ed25519"),
        ecdsa(EcdsaCurve::NistP256),
        ecdsa(EcdsaCurve::NistP384),
        ecdsa(EcdsaCurve::NistP521),
        Identity::generate(KeyType::Rsa, "rsa").unwrap(),
        Identity::generate(KeyType::SkEd25519, "sk").unwrap(),
        Identity::generate(KeyType::SkEcdsa, "sk").unwrap(),
    ] {
        let certificate = certify(key.key(), CertType::User, "anna", &fixed_key());
        let certified = key.clone().certificate_of(certificate).unwrap();
        for identity in [key.clone(), certified] {
            assert_eq!(client.ask(add(identity.clone())).await, Response::Success);
            let listed = ListedIdentity::new(blob(&identity), identity.comment());
            let answer = client.ask(Request::RequestIdentities).await;
            assert_eq!(answer, Response::IdentitiesAnswer(vec![listed]));
            // Also with a certificate it is the key that signs.
            let signed = signature(client.ask(sign(&identity, "x")).await);
            key.public_key().key_data().verify(b"x", &signed).unwrap();
            assert_eq!(client.ask(Request::RemoveIdentity(blob(&identity).into())).await, Response::Success);
        }
    }
    assert_eq!(client.ask(Request::RemoveIdentity(blob(&new_key("")).into())).await, Response::Failure);
    assert_eq!(why(&agent), Failure::UnknownKey);
}

#[tokio::test]
async fn the_same_key_again_takes_its_place() {
    let [first, second] = [new_key("first"), new_key("second")];
    let agent = agent_with([]).await;
    let mut client = connect(&agent);
    for identity in [&first, &second, &Identity::new(first.key().clone(), "renamed")] {
        assert_eq!(client.ask(add(identity.clone())).await, Response::Success);
    }
    assert_eq!(comments(&mut client).await, ["renamed", "second"]);
    // A key and its certificate are two.
    let certificate = certify(first.key(), CertType::User, "anna", &fixed_key());
    client.ask(add(first.clone().certificate_of(certificate).unwrap())).await;
    assert_eq!(comments(&mut client).await, ["renamed", "second", "first"]);
    for request in [Request::RemoveAllIdentities, Request::RemoveAllRsaIdentities] {
        assert_eq!(client.ask(request).await, Response::Success);
        assert!(comments(&mut client).await.is_empty());
        client.ask(add(second.clone())).await;
    }
}

#[tokio::test]
async fn keys_are_forgotten_when_their_time_is_over() {
    pause();
    let short = |comment| new_key(comment).constrained(Constraint::lifetime(Duration::from_secs(60)));
    let [builder, client_s] = [short("of the builder"), short("of a client")];
    let agent = agent_with([new_key("for ever"), builder.clone()]).await;
    let mut client = connect(&agent);
    advance(Duration::from_secs(30)).await;
    client.ask(add(client_s)).await;
    assert_eq!(comments(&mut client).await, ["for ever", "of the builder", "of a client"]);
    advance(Duration::from_millis(29_999)).await;
    assert_eq!(comments(&mut client).await.len(), 3);
    advance(Duration::from_millis(1)).await;
    assert_eq!(comments(&mut client).await, ["for ever", "of a client"]);
    assert_eq!(client.ask(sign(&builder, "x")).await, Response::Failure);
    advance(Duration::from_secs(30)).await;
    assert_eq!(agent.public_keys().len(), 1);
}

#[tokio::test]
async fn use_of_a_key_is_confirmed_by_somebody_or_refused() {
    let key = new_key("careful").constrained(Constraint::Confirm);
    let agent = agent_with([]).await;
    let mut client = connect(&agent);
    assert_eq!(client.ask(add(key.clone())).await, Response::Success);
    assert_eq!(client.ask(sign(&key, "x")).await, Response::Failure, "nobody is there to ask");
    assert_eq!(why(&agent), Failure::Unconfirmed);

    let confirm = |asked: &mock_agent::Asked<'_>| {
        let signing = asked.signing.unwrap();
        signing.comment == "careful" && signing.number == 2
    };
    let agent = MockAgent::builder().identities([key.clone()]).confirm(confirm).start().await.unwrap();
    let mut client = connect(&agent);
    assert_eq!(client.ask(sign(&key, "x")).await, Response::Failure);
    assert!(matches!(client.ask(sign(&key, "x")).await, Response::SignResponse(_)));
}

#[tokio::test]
async fn a_constraint_that_is_unknown_or_does_not_fit_refuses_the_key() {
    let agent = agent_with([]).await;
    let mut client = connect(&agent);
    // `SSH_AGENT_CONSTRAIN_MAXSIGN`, which is for XMSS keys.
    let mut frame = add(new_key("")).to_frame().encode().to_vec();
    frame.extend([3, 0, 0, 0, 9]);
    let length = u32::try_from(frame.len() - 4).unwrap();
    frame[..4].copy_from_slice(&length.to_be_bytes());
    client.send(&frame).await;
    assert_eq!(client.answer().await, Some(Response::Failure));
    assert_eq!(why(&agent), Failure::Constraint("type 3".into()));

    let provider = Constraint::SkProvider("internal".into());
    let token = Identity::generate(KeyType::SkEd25519, "token").unwrap();
    assert_eq!(client.ask(add(new_key("").constrained(provider.clone()))).await, Response::Failure);
    assert_eq!(why(&agent), Failure::NoSecurityKey);
    assert_eq!(client.ask(add(token.constrained(provider))).await, Response::Success);
}

#[tokio::test]
async fn keys_of_real_security_keys_are_listed_but_do_not_sign() {
    let public = public::SkEd25519::new(*fixed_key().public_key().key_data().ed25519().unwrap(), "ssh:");
    let token = Identity::new(SkEd25519::new(public, 1, vec![1, 2, 3]).unwrap().into(), "token");
    let agent = agent_with([token.clone()]).await;
    let mut client = connect(&agent);
    assert_eq!(comments(&mut client).await, ["token"]);
    assert_eq!(client.ask(sign(&token, "x")).await, Response::Failure);
    assert_eq!(why(&agent), Failure::Signing);
}

#[tokio::test]
async fn security_keys_count_their_signatures() {
    let token = Identity::generate(KeyType::SkEd25519, "token").unwrap();
    let agent = agent_with([token.clone()]).await;
    let mut client = connect(&agent);
    for count in 1..=3_u32 {
        let signed = signature(client.ask(sign(&token, "x")).await);
        assert_eq!(signed.algorithm(), Algorithm::SkEd25519);
        let trailer = [&[1][..], &count.to_be_bytes()].concat();
        assert!(signed.as_bytes().ends_with(&trailer), "touched, and counted");
    }
}

#[tokio::test]
async fn a_locked_agent_has_no_keys_and_does_nothing_until_it_is_unlocked() {
    let key = new_key("key");
    let agent = agent_with([key.clone()]).await;
    let (mut client, mut other) = (connect(&agent), connect(&agent));
    assert_eq!(client.ask(Request::Lock("".into())).await, Response::Failure);
    assert_eq!(client.ask(Request::Unlock("secret".into())).await, Response::Failure);
    assert_eq!(why(&agent), Failure::NotLocked);
    assert_eq!(client.ask(Request::Lock("secret".into())).await, Response::Success);
    for client in [&mut client, &mut other] {
        assert!(comments(client).await.is_empty());
        for request in [
            sign(&key, "x"),
            add(new_key("")),
            Request::RemoveAllIdentities,
            Request::Query,
            Request::Lock("again".into()),
            Request::Unlock("guess".into()),
        ] {
            let failed = client.ask(request).await;
            assert!(matches!(failed, Response::Failure | Response::ExtensionFailure), "{failed:?}");
        }
    }
    assert_eq!(why(&agent), Failure::Passphrase);
    assert_eq!(other.ask(Request::Unlock("secret".into())).await, Response::Success);
    assert_eq!(comments(&mut client).await, ["key"]);
    assert!(!agent.events().to_json_lines().contains("secret"));
    assert!(!format!("{:?}", agent.events().all()).contains("secret"));
}

#[tokio::test]
async fn smart_cards_bring_and_take_their_keys() {
    let [own, on_card] = [new_key("own"), new_key("on the card")];
    let card = Smartcard::new("/opt/card.so", "123456").identity(on_card.clone());
    let agent = MockAgent::builder().identities([own]).smartcard(card).start().await.unwrap();
    let mut client = connect(&agent);
    let ask = |reader: &str, pin: &'static str| {
        Request::AddSmartcard(AddSmartcard::new(reader, pin, [Constraint::Confirm]))
    };
    assert_eq!(client.ask(ask("/opt/other.so", "123456")).await, Response::Failure);
    assert_eq!(why(&agent), Failure::UnknownCard);
    assert_eq!(client.ask(ask("/opt/card.so", "000000")).await, Response::Failure);
    assert_eq!(why(&agent), Failure::Pin);
    assert_eq!(client.ask(ask("/opt/card.so", "123456")).await, Response::Success);
    assert_eq!(comments(&mut client).await, ["own", "on the card"]);
    assert_eq!(client.ask(sign(&on_card, "x")).await, Response::Failure);
    assert_eq!(why(&agent), Failure::Unconfirmed, "constraints are those of the request");

    let remove = || Request::RemoveSmartcard(RemoveSmartcard::new("/opt/card.so", ""));
    assert_eq!(client.ask(remove()).await, Response::Success);
    assert_eq!(comments(&mut client).await, ["own"]);
    assert_eq!(client.ask(remove()).await, Response::Failure);
    assert!(!agent.events().to_json_lines().contains("123456"), "a PIN is not shown");
}

#[test]
fn files_are_read_as_ssh_add_does() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("key");
    let (key, stranger) = (fixed_key(), new_key(""));
    let write = |key: &PrivateKey| key.write_openssh_file(&path, LineEnding::LF).unwrap();
    let certificate = |key: &PrivateKey| {
        let text = certify(key, CertType::User, "anna", &fixed_key()).to_openssh().unwrap();
        std::fs::write(directory.path().join("key-cert.pub"), text + "\n").unwrap();
    };
    assert_eq!(Identity::read(&path).unwrap_err().to_string(), format!("cannot read {}", path.display()));
    write(&key);
    let [plain] = &Identity::read(&path).unwrap()[..] else { panic!("one key") };
    assert_eq!(plain.comment(), path.display().to_string());
    certificate(&key);
    let [_, certified] = &Identity::read(&path).unwrap()[..] else { panic!("a key and its certificate") };
    assert!(certified.certificate().is_some());
    certificate(stranger.key());
    let error = Identity::read(&path).unwrap_err();
    assert!(error.to_string().ends_with("key-cert.pub does not belong to the key beside it"), "{error}");
    assert!(matches!(error, mock_agent::ReadError::Certificate { source: KeyError::OtherKey, .. }));
    std::fs::write(&path, "no key").unwrap();
    let error = Identity::read(&path).unwrap_err();
    assert_eq!(error.to_string(), format!("{} is no key in OpenSSH's format", path.display()));
}

#[tokio::test]
async fn keys_are_exchanged_for_others_all_at_once_or_not_at_all() {
    let (old, new) = (new_key("old"), new_key("new"));
    let agent = agent_with([old.clone()]).await;
    let mut client = connect(&agent);
    let encrypted = Identity::new(fixed_key().encrypt(&mut rand::rng(), "passphrase").unwrap(), "encrypted");
    assert_eq!(agent.set_identities([new.clone(), encrypted]), Err(KeyError::Encrypted));
    assert_eq!(comments(&mut client).await, ["old"]);
    let short = new.clone().constrained(Constraint::Lifetime(1));
    agent.set_identities([new, short]).unwrap();
    assert_eq!(comments(&mut client).await, ["new", "new"], "as a builder takes them");
    agent.set_identities([]).unwrap();
    assert!(comments(&mut client).await.is_empty());
}
