//! What clients get, and what stands in the journal afterwards.

use std::sync::LazyLock;

use mock_agent::{
    AgentEvents, Failure, Identity, Journal, KeyError, KeyType, ListedIdentity, MockAgent, Operation,
    Outcome, Request, Response, SignRequest, StartError, agent_request,
    ssh_key::{self, Algorithm, EcdsaCurve, HashAlg, PrivateKey, encoding::Decode, private::EcdsaKeypair},
};
use mock_base::event;
use signature::Verifier;

use crate::support::{DEADLINE, agent_with, blob, connect, fixed_key, signature};

/// Made once: it is the only key here that takes long.
static RSA: LazyLock<Identity> = LazyLock::new(|| Identity::generate(KeyType::Rsa, "rsa").unwrap());

fn ecdsa(curve: EcdsaCurve) -> Identity {
    let key = EcdsaKeypair::random(&mut rand::rng(), curve).unwrap();
    Identity::new(PrivateKey::from(key), curve.to_string())
}

#[tokio::test]
async fn identities_are_listed_in_order_with_their_comments() {
    let ed25519 = Identity::generate(KeyType::Ed25519, "zeta").unwrap();
    let p256 = Identity::generate(KeyType::Ecdsa, "").unwrap();
    let agent = agent_with([ed25519.clone(), p256.clone(), RSA.clone()]).await;

    let listed = [&ed25519, &p256, &RSA].map(|one| ListedIdentity::new(blob(one), one.comment())).to_vec();
    assert_eq!(connect(&agent).ask(Request::RequestIdentities).await, Response::IdentitiesAnswer(listed));
    assert_eq!(agent.public_keys(), [&ed25519, &p256, &RSA].map(Identity::public_key));
}

#[tokio::test]
async fn every_type_of_key_signs_and_is_recorded() {
    let identities = [
        Identity::generate(KeyType::Ed25519, "ed25519").unwrap(),
        ecdsa(EcdsaCurve::NistP256),
        ecdsa(EcdsaCurve::NistP384),
        ecdsa(EcdsaCurve::NistP521),
        RSA.clone(),
        Identity::generate(KeyType::SkEd25519, "sk-ed25519").unwrap(),
        Identity::generate(KeyType::SkEcdsa, "sk-ecdsa").unwrap(),
    ];
    let agent = agent_with(identities.clone()).await;
    let mut client = connect(&agent);
    for identity in &identities {
        let request = Request::Sign(SignRequest::new(blob(identity), "a login", SignRequest::RSA_SHA2_256));
        let signature = signature(client.ask(request).await);
        identity.public_key().key_data().verify(b"a login", &signature).unwrap();

        let recorded = agent.events().signatures().pop().unwrap();
        assert_eq!(recorded.signed_data(), Some(&b"a login"[..]));
        let signer = recorded.signer.unwrap();
        assert_eq!(signer.comment, identity.comment());
        assert_eq!(signer.algorithm, signature.algorithm());
    }
}

/// As OpenSSH's agent. What no flag asks for is refused by servers today, and a client that forgets the flags is to
/// find out.
#[tokio::test]
async fn rsa_signs_with_the_hash_that_the_flags_ask_for_and_else_with_sha1() {
    let agent = agent_with([RSA.clone()]).await;
    let mut client = connect(&agent);
    for (flags, hash) in [
        (0, None),
        (2, Some(HashAlg::Sha256)),
        (4, Some(HashAlg::Sha512)),
        (6, Some(HashAlg::Sha256)),
        (9, None),
    ] {
        let signature = signature(client.ask(Request::Sign(SignRequest::new(blob(&RSA), "x", flags))).await);
        assert_eq!(signature.algorithm(), Algorithm::Rsa { hash }, "flags {flags}");
        if hash.is_some() {
            RSA.public_key().key_data().verify(b"x", &signature).unwrap();
        } else {
            verify_sha1(b"x", signature.as_bytes());
        }
    }
}

/// By a library of its own, as the other does not know SHA-1.
fn verify_sha1(data: &[u8], signature: &[u8]) {
    use aws_lc_rs::signature::{RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY, RsaPublicKeyComponents};
    let key = RSA.key().key_data().rsa().unwrap().public();
    let [n, e] = [key.n(), key.e()].map(|number| number.as_positive_bytes().unwrap());
    let key = RsaPublicKeyComponents { n, e };
    key.verify(&RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY, data, signature).unwrap();
}

#[tokio::test]
async fn short_rsa_keys_sign_as_well() {
    let key = ssh_key::private::RsaKeypair::random(&mut rand::rng(), 1024).unwrap();
    let short = Identity::new(PrivateKey::from(key), "short");
    let agent = agent_with([short.clone()]).await;
    let signed = connect(&agent).ask(Request::Sign(SignRequest::new(blob(&short), "x", 2))).await;
    short.public_key().key_data().verify(b"x", &signature(signed)).unwrap();
}

#[tokio::test]
async fn a_key_that_is_not_there_fails_and_is_recorded_with_its_fingerprint() {
    let stranger = fixed_key();
    let agent = agent_with([]).await;
    let request = SignRequest::new(stranger.public_key().to_bytes().unwrap(), "x", 0);
    assert_eq!(request.fingerprint(), stranger.fingerprint(HashAlg::Sha256));
    assert_eq!(connect(&agent).ask(Request::Sign(request)).await, Response::Failure);

    let recorded = agent.events().agent_requests().pop().unwrap();
    assert_eq!(recorded.outcome, Outcome::Failed(Failure::UnknownKey));
    assert!(agent.events().signatures().is_empty());
}

#[tokio::test]
async fn the_timeline_tells_it_all_and_no_bytes() {
    let journal = Journal::new();
    let agent = MockAgent::builder()
        .identity(fixed_key(), "deploy@ci")
        .journal(journal.clone())
        .start()
        .await
        .unwrap();
    let mut client = connect(&agent);
    client.ask(Request::RequestIdentities).await;
    let blob = fixed_key().public_key().to_bytes().unwrap();
    client.ask(Request::Sign(SignRequest::new(blob, "hunter2", 0))).await;
    client.send(&[0, 0, 0, 1, 99]).await;
    client.answer().await;
    drop(client);
    agent.events().wait_for(event::disconnected()).within(DEADLINE).await.unwrap();
    agent.shutdown().await.unwrap();
    assert_eq!(
        journal.events().timeline().normalized().to_string(),
        "-  listening on unix:PORT\n\
         1  connected from memory\n\
         1  agent request_identities outcome=\"answered\"\n\
         1  agent sign fingerprint=\"SHA256:1\" comment=\"deploy@ci\" algorithm=\"ssh-ed25519\" flags=0 length=7 \
         outcome=\"answered\"\n\
         1  agent unsupported message_type=99 length=0 outcome=\"failed\" why=\"not supported\"\n\
         1  disconnected by the client: end of stream\n\
         -  stopped after 1 connection\n",
    );
    assert!(!format!("{:?}", journal.events().all()).contains("hunter2"));
    assert!(!journal.events().to_json_lines().contains("hunter2"));
}

#[tokio::test]
async fn connections_are_numbered_and_can_be_waited_on() {
    let agent = agent_with([]).await;
    let mut clients = [connect(&agent), connect(&agent), connect(&agent)];
    clients[2].ask(Request::RequestIdentities).await;
    let listing = agent_request().operation(Operation::RequestIdentities);
    agent.events().on_connection(3).wait_for(listing.clone()).within(DEADLINE).await.unwrap();
    assert_eq!(agent.events().on_connection(1).count(listing), 0);
    for client in &mut clients {
        client.ask(Request::RequestIdentities).await;
    }
    assert_eq!(agent.events().agent_requests().len(), 4);
}

#[tokio::test]
async fn keys_that_cannot_sign_are_refused_at_the_start() {
    let encrypted = fixed_key().encrypt(&mut rand::rng(), "passphrase").unwrap();
    let error = MockAgent::builder().identity(encrypted, "locked").start().await.unwrap_err();
    assert!(matches!(error, StartError::Identity { source: KeyError::Encrypted, .. }), "{error}");

    let dsa = ssh_key::private::DsaKeypair::decode(&mut &DSA[..]).unwrap();
    let error = MockAgent::builder().identity(dsa.into(), "old").start().await.unwrap_err();
    assert!(matches!(error, StartError::Identity { source: KeyError::Unsupported { .. }, .. }), "{error}");
    assert_eq!(error.to_string(), "the identity \"old\" cannot be used");
}

/// Five numbers that make a key of this type, if not a good one.
const DSA: [u8; 25] = [0, 0, 0, 1, 7, 0, 0, 0, 1, 5, 0, 0, 0, 1, 3, 0, 0, 0, 1, 2, 0, 0, 0, 1, 1];
