//! Sessions that connections are bound to, and keys that are restricted to destinations.

use mock_agent::{
    AgentEvents, Constraint, Destination, Failure, Hop, Identity, MockAgent, Outcome, Request, Response,
    SessionBind,
    ssh_key::{PrivateKey, certificate::CertType, encoding::Encode},
};
use signature::Signer;
use tokio::io::DuplexStream;

use crate::support::{Client, add, agent_with, blob, certify, connect, fixed_key, login, new_key, sign};

/// This host proves that the session is one of its own.
fn bind(host: &Identity, session: &str, forwarding: bool) -> Request {
    Request::SessionBind(binding(host.key(), blob(host), session, session, forwarding))
}

fn binding(key: &PrivateKey, blob: Vec<u8>, signed: &str, session: &str, forwarding: bool) -> SessionBind {
    let signature = key.try_sign(signed.as_bytes()).unwrap().encode_vec().unwrap();
    SessionBind::new(blob, session.to_owned(), signature, forwarding).unwrap()
}

fn only(destinations: impl IntoIterator<Item = Destination>) -> Constraint {
    Constraint::RestrictDestination(destinations.into_iter().collect())
}

fn hop(name: &str, host: &Identity) -> Hop {
    Hop::host(name).key(&host.public_key()).unwrap()
}

async fn listed(client: &mut Client<DuplexStream>) -> usize {
    match client.ask(Request::RequestIdentities).await {
        Response::IdentitiesAnswer(listed) => listed.len(),
        other => panic!("no list: {other:?}"),
    }
}

async fn signs(client: &mut Client<DuplexStream>, key: &Identity, data: Vec<u8>) -> bool {
    matches!(client.ask(sign(key, data)).await, Response::SignResponse(_))
}

fn last_failure(agent: &MockAgent) -> Failure {
    match agent.events().agent_requests().pop().unwrap().outcome {
        Outcome::Failed(why) => why,
        other => panic!("not failed: {other:?}"),
    }
}

#[tokio::test]
async fn a_session_binding_has_to_be_signed_by_its_host_key() {
    let host = fixed_key();
    let blob = host.public_key().to_bytes().unwrap();
    let agent = agent_with([]).await;
    let mut client = connect(&agent);
    let genuine = binding(&host, blob.clone(), "the session", "the session", false);
    let forged = binding(&host, blob, "the session", "another", false);
    assert_eq!(client.ask(Request::SessionBind(genuine.clone())).await, Response::Success);
    assert_eq!(client.ask(Request::SessionBind(forged)).await, Response::ExtensionFailure);
    assert_eq!(agent.events().session_binds(), [genuine]);
    assert_eq!(last_failure(&agent), Failure::Unverified);
}

#[test]
fn a_host_certificate_binds_with_the_key_that_it_certifies() {
    let host = fixed_key();
    let certificate = certify(&host, CertType::Host, "host", &host).to_bytes().unwrap();
    let bind = binding(&host, certificate, "id", "id", true);
    assert!(bind.verifies());
    assert_eq!(bind.host_key.key_data(), host.public_key().key_data());
    assert_eq!(Request::decode(Request::SessionBind(bind.clone()).to_frame()), Request::SessionBind(bind));
}

#[tokio::test]
async fn bindings_go_hop_by_hop_and_end_with_a_login() {
    let [bastion, db] = [new_key("bastion"), new_key("db")];
    let agent = agent_with([]).await;
    let mut client = connect(&agent);
    for (request, answer) in [
        (bind(&bastion, "one", true), None),
        (bind(&bastion, "one", true), None), // the same again is no other
        (bind(&db, "one", true), Some(Failure::OtherHostKey)),
        (bind(&db, "two", false), None),
        (bind(&db, "three", true), Some(Failure::Bound)),
    ] {
        let answered = client.ask(request).await;
        match answer {
            None => assert_eq!(answered, Response::Success),
            Some(why) => {
                assert_eq!(answered, Response::ExtensionFailure);
                assert_eq!(last_failure(&agent), why);
            }
        }
    }
    let mut other = connect(&agent);
    for number in 0..16 {
        assert_eq!(other.ask(bind(&db, &number.to_string(), true)).await, Response::Success);
    }
    assert_eq!(other.ask(bind(&db, "16", true)).await, Response::ExtensionFailure);
    assert_eq!(last_failure(&agent), Failure::TooManySessions);
}

#[tokio::test]
async fn a_login_is_recorded_with_user_session_and_host() {
    let (host, key) = (new_key("host"), new_key("deploy@ci"));
    let agent = agent_with([key.clone()]).await;
    let mut client = connect(&agent);
    client.ask(bind(&host, "the session", false)).await;
    assert!(signs(&mut client, &key, login("the session", "anna", &key, Some(&blob(&host)))).await);

    let signed = agent.events().signatures().pop().unwrap();
    assert_eq!(signed.user(), Some("anna"));
    let asked = signed.user_auth().unwrap();
    assert_eq!((&*asked.session_id, asked.service.as_str()), (&b"the session"[..], "ssh-connection"));
    assert_eq!(asked.host_key.as_deref(), Some(&*blob(&host)));
    assert_eq!(signed.session.unwrap().host_key.key_data(), host.public_key().key_data());
    let told = agent.events().timeline().normalized().to_string();
    assert!(
        told.contains("user=\"anna\" service=\"ssh-connection\" session=\"7468652073657373696f6e\""),
        "{told}"
    );
}

#[tokio::test]
async fn a_restricted_key_signs_at_its_destination_only() {
    let [db, web] = [new_key("db"), new_key("web")];
    let key = new_key("key").constrained(only([Destination::to(hop("db01", &db).user("dep*"))]));
    let agent = agent_with([key.clone()]).await;

    // Not bound: it is local use, and the key is there, but nobody knows what a signature would be for.
    let mut client = connect(&agent);
    assert_eq!(listed(&mut client).await, 1);
    assert!(!signs(&mut client, &key, login("s", "deploy", &key, None)).await);
    assert_eq!(last_failure(&agent), Failure::Destination);

    let mut client = connect(&agent);
    client.ask(bind(&db, "s", false)).await;
    assert_eq!(listed(&mut client).await, 1);
    assert!(signs(&mut client, &key, login("s", "deploy", &key, None)).await);
    assert!(signs(&mut client, &key, login("s", "deploy", &key, Some(&blob(&db)))).await);
    for (what, data) in [
        ("another user", login("s", "anna", &key, None)),
        ("another session", login("t", "deploy", &key, None)),
        ("another host key", login("s", "deploy", &key, Some(&blob(&web)))),
        ("another key", login("s", "deploy", &web, None)),
        ("no login", b"a commit".to_vec()),
    ] {
        assert!(!signs(&mut client, &key, data).await, "{what}");
    }

    let mut client = connect(&agent);
    client.ask(bind(&web, "s", false)).await;
    assert_eq!(listed(&mut client).await, 0, "it is not even shown elsewhere");
    assert!(!signs(&mut client, &key, login("s", "deploy", &key, None)).await);
    assert_eq!(client.ask(Request::RemoveIdentity(blob(&key).into())).await, Response::Failure);
    assert_eq!(client.ask(add(key)).await, Response::Failure, "nor can it be replaced from there");

    let mut client = connect(&agent);
    let host = fixed_key();
    let forged = binding(&host, host.public_key().to_bytes().unwrap(), "x", "y", false);
    client.ask(Request::SessionBind(forged)).await;
    assert_eq!(listed(&mut client).await, 0, "nor to whom failed to say where it is");
}

#[tokio::test]
async fn a_restricted_key_follows_its_forwardings() {
    let [bastion, db, web] = [new_key("bastion"), new_key("db"), new_key("web")];
    let path = only([
        Destination::to(hop("bastion", &bastion)),
        Destination::between(hop("bastion", &bastion), hop("db01", &db).user("deploy")),
    ]);
    let key = new_key("key").constrained(path);
    let to_the_bastion_only = new_key("short").constrained(only([Destination::to(hop("bastion", &bastion))]));
    let agent = agent_with([key.clone(), to_the_bastion_only]).await;

    let mut client = connect(&agent);
    client.ask(bind(&bastion, "one", true)).await;
    assert_eq!(listed(&mut client).await, 1, "the other key has no use beyond the bastion");
    let premature = login("one", "deploy", &key, Some(&blob(&bastion)));
    assert!(!signs(&mut client, &key, premature).await, "a forwarding is no login");
    client.ask(bind(&db, "two", false)).await;
    assert!(!signs(&mut client, &key, login("two", "deploy", &key, None)).await, "it has to name the host");
    assert!(!signs(&mut client, &key, login("two", "anna", &key, Some(&blob(&db)))).await);
    assert!(signs(&mut client, &key, login("two", "deploy", &key, Some(&blob(&db)))).await);

    let mut client = connect(&agent);
    client.ask(bind(&bastion, "one", true)).await;
    client.ask(bind(&web, "two", false)).await;
    assert!(!signs(&mut client, &key, login("two", "deploy", &key, Some(&blob(&web)))).await);
    let mut client = connect(&agent);
    client.ask(bind(&db, "two", false)).await;
    assert!(!signs(&mut client, &key, login("two", "deploy", &key, None)).await, "not without the bastion");
}

#[tokio::test]
async fn certified_hosts_are_destinations_by_their_authority() {
    let [host, authority, stranger] = [new_key("host"), new_key("authority"), new_key("stranger")];
    let to = Hop::host("db01").authority(&authority.public_key()).unwrap();
    let key = new_key("key").constrained(only([Destination::to(to)]));
    let agent = agent_with([key.clone()]).await;
    let certificate =
        |cert_type, name, by: &Identity| certify(host.key(), cert_type, name, by.key()).to_bytes().unwrap();
    for (blob, fits) in [
        (certificate(CertType::Host, "db01", &authority), true),
        (certificate(CertType::Host, "db*", &authority), true),
        (certificate(CertType::Host, "web", &authority), false),
        (certificate(CertType::User, "db01", &authority), false),
        (certificate(CertType::Host, "db01", &stranger), false),
        (blob(&host), false),
    ] {
        let mut client = connect(&agent);
        let bind = binding(host.key(), blob.clone(), "s", "s", false);
        assert_eq!(client.ask(Request::SessionBind(bind)).await, Response::Success);
        assert_eq!(listed(&mut client).await, usize::from(fits));
        assert_eq!(signs(&mut client, &key, login("s", "anna", &key, Some(&blob))).await, fits);
    }
}
