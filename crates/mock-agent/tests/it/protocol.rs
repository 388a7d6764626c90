//! What clients get, and what stands in the journal afterwards.

use std::sync::LazyLock;

use mock_agent::{
    AgentEvents, Failure, Identity, Journal, KeyError, KeyType, ListedIdentity, MockAgent, Operation,
    Outcome, Request, Response, SessionBind, SignRequest, StartError, agent_request,
    ssh_key::{
        Algorithm, EcdsaCurve, HashAlg, PrivateKey, Signature,
        certificate::{Builder, CertType},
        encoding::{Decode, Encode},
        private::{EcdsaKeypair, SkEd25519},
        public,
    },
};
use mock_base::event;
use signature::{Signer, Verifier};

use crate::support::{DEADLINE, agent_with, connect, fixed_key};

/// Made once: it is the only key here that takes long.
static RSA: LazyLock<Identity> = LazyLock::new(|| Identity::generate(KeyType::Rsa, "rsa").unwrap());

fn blob(identity: &Identity) -> Vec<u8> {
    identity.public_key().to_bytes().unwrap()
}

fn ecdsa(curve: EcdsaCurve) -> Identity {
    let key = EcdsaKeypair::random(&mut rand::rng(), curve).unwrap();
    Identity::new(PrivateKey::from(key), curve.to_string())
}

fn signature(response: Response) -> Signature {
    let Response::SignResponse(blob) = response else { panic!("no signature: {response:?}") };
    Signature::decode(&mut &blob[..]).unwrap()
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
    ];
    let agent = agent_with(identities.clone()).await;
    let mut client = connect(&agent);
    for identity in &identities {
        let request = Request::Sign(SignRequest::new(blob(identity), "a login", 0));
        let signature = signature(client.ask(request).await);
        identity.public_key().key_data().verify(b"a login", &signature).unwrap();

        let recorded = agent.events().signatures().pop().unwrap();
        assert_eq!(recorded.signed_data(), Some(&b"a login"[..]));
        let signer = recorded.signer.unwrap();
        assert_eq!(signer.comment, identity.comment());
        assert_eq!(signer.algorithm, signature.algorithm());
    }
}

#[tokio::test]
async fn rsa_signs_with_sha256_unless_sha512_alone_is_asked_for() {
    let agent = agent_with([RSA.clone()]).await;
    let mut client = connect(&agent);
    for (flags, hash) in [
        (0, HashAlg::Sha256),
        (2, HashAlg::Sha256),
        (4, HashAlg::Sha512),
        (6, HashAlg::Sha256),
        (9, HashAlg::Sha256),
    ] {
        let signature = signature(client.ask(Request::Sign(SignRequest::new(blob(&RSA), "x", flags))).await);
        assert_eq!(signature.algorithm(), Algorithm::Rsa { hash: Some(hash) }, "flags {flags}");
        RSA.public_key().key_data().verify(b"x", &signature).unwrap();
    }
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
async fn a_session_binding_has_to_be_signed_by_its_host_key() {
    let host_key = fixed_key();
    let bind = |session_id: &'static str| {
        let signature = host_key.try_sign(b"the session").unwrap().encode_vec().unwrap();
        SessionBind::new(host_key.public_key().to_bytes().unwrap(), session_id, signature, false).unwrap()
    };
    let agent = agent_with([]).await;
    let mut client = connect(&agent);
    let genuine = bind("the session");
    assert_eq!(client.ask(Request::SessionBind(genuine.clone())).await, Response::Success);
    assert_eq!(client.ask(Request::SessionBind(bind("another"))).await, Response::ExtensionFailure);

    assert_eq!(agent.events().session_binds(), [genuine]);
    let refused = agent.events().agent_requests().pop().unwrap();
    assert_eq!(refused.outcome, Outcome::Failed(Failure::Unverified));
}

#[test]
fn a_host_certificate_binds_with_the_key_that_it_certifies() {
    let host_key = fixed_key();
    let signature = host_key.try_sign(b"id").unwrap().encode_vec().unwrap();
    let bind = SessionBind::new(certificate(&host_key), "id", signature, true).unwrap();
    assert!(bind.verifies());
    assert_eq!(bind.host_key.key_data(), host_key.public_key().key_data());
    assert_eq!(Request::decode(Request::SessionBind(bind.clone()).to_frame()), Request::SessionBind(bind));
}

fn certificate(host_key: &PrivateKey) -> Vec<u8> {
    let key: public::KeyData = host_key.public_key().key_data().clone();
    let mut builder = Builder::new_with_random_nonce(&mut rand::rng(), key, 0, u64::from(u32::MAX)).unwrap();
    builder.cert_type(CertType::Host).unwrap().key_id("host").unwrap().valid_principal("host").unwrap();
    builder.sign(host_key).unwrap().to_bytes().unwrap()
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
    client.send(&[0, 0, 0, 1, 19]).await;
    client.answer().await;
    drop(client);
    agent.events().wait_for(event::disconnected()).within(DEADLINE).await.unwrap();
    agent.shutdown().await;
    assert_eq!(
        journal.events().timeline().normalized().to_string(),
        "-  listening on unix:PORT\n\
         1  connected from memory\n\
         1  agent request_identities outcome=\"answered\"\n\
         1  agent sign fingerprint=\"SHA256:1\" comment=\"deploy@ci\" algorithm=\"ssh-ed25519\" flags=0 length=7 \
         outcome=\"answered\"\n\
         1  agent unsupported message_type=19 length=0 outcome=\"failed\" why=\"not supported\"\n\
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

    let public = public::SkEd25519::new(*fixed_key().public_key().key_data().ed25519().unwrap(), "ssh:");
    let token = PrivateKey::from(SkEd25519::new(public, 0, vec![1]).unwrap());
    let error = MockAgent::builder().identity(token, "token").start().await.unwrap_err();
    assert!(matches!(error, StartError::Identity { source: KeyError::Unsupported { .. }, .. }), "{error}");
    assert_eq!(error.to_string(), "the identity \"token\" cannot be used");
}
