//! Certificates as a client shows them that does not look at what it shows, and hosts that prove themselves by one.

use std::{sync::Arc, time::Duration};

use mock_auth::{Certificates, Clock, MockCa, PublicKeys, User, Users};
use mock_core::{HostKey, MockSshServer, event};
use russh::{
    Preferred,
    client::{self, Handler},
    keys::{Algorithm, PublicKeyOrCertificate, ssh_key::HashAlg},
};

use crate::support::{certificate, connect, key, new_key, serve};

#[tokio::test]
async fn one_for_hosts_lets_nobody_in() {
    let (ca, known) = (MockCa::new(), new_key());
    let server = serve(Certificates::any_user([&ca]));
    let host = ca.host(known.public_key(), ["anna"]).sign().unwrap();
    let no = "no; go on with [publickey]";
    assert_eq!(certificate(&mut connect(&server).await, "anna", &known, host).await, no);
    let attempt = server.events().last(event::auth_attempt()).unwrap();
    assert_eq!(attempt.why, "the certificate is one for hosts");
    assert_eq!(key(&mut connect(&server).await, "anna", &known).await, no, "the bare key is not known");
    server.shutdown().await.unwrap();
}

#[tokio::test]
async fn a_clock_narrows_when_it_is_valid() {
    let (ca, known, clock) = (MockCa::new(), new_key(), Clock::system());
    let server = serve(Certificates::new("anna", [&ca]).clock(&clock));
    let signed = ca.user(known.public_key(), "anna").sign().unwrap();
    let said = certificate(&mut connect(&server).await, "anna", &known, signed.clone()).await;
    assert_eq!(said, "welcome");
    for (time, why) in [
        (std::time::SystemTime::now() - Duration::from_secs(7200), "the certificate is not yet valid"),
        (std::time::SystemTime::now() + Duration::from_secs(90_000), "the certificate has expired"),
    ] {
        clock.set(time);
        certificate(&mut connect(&server).await, "anna", &known, signed.clone()).await;
        assert_eq!(server.events().last(event::auth_attempt()).unwrap().why, why);
    }
    server.shutdown().await.unwrap();
}

#[tokio::test]
async fn what_a_line_and_a_certificate_force_must_agree() {
    let (ca, known) = (MockCa::new(), new_key());
    let text = format!("command=\"a\",{}", ca.authorized_line());
    let server = serve(PublicKeys::from_authorized_keys("anna", &text).unwrap());
    let by = |command: &str| ca.user(known.public_key(), "anna").force_command(command).sign().unwrap();
    let said = certificate(&mut connect(&server).await, "anna", &known, by("b")).await;
    assert_eq!(said, "no; go on with [publickey]");
    let why = &server.events().last(event::auth_attempt()).unwrap().why;
    assert_eq!(why, "the key's line and its certificate force different commands");
    let said = certificate(&mut connect(&server).await, "anna", &known, by("a")).await;
    assert_eq!(said, "welcome");
    server.shutdown().await.unwrap();
}

#[tokio::test]
async fn principals_stand_for_the_user_where_that_is_said() {
    let (ca, known) = (MockCa::new(), new_key());
    let server = serve(Certificates::any_user([&ca]).principals(["ops"]));
    let ops = ca.user(known.public_key(), "ops").sign().unwrap();
    assert_eq!(certificate(&mut connect(&server).await, "anna", &known, ops.clone()).await, "welcome");
    let anna = ca.user(known.public_key(), "anna").sign().unwrap();
    certificate(&mut connect(&server).await, "anna", &known, anna.clone()).await;
    let why = &server.events().last(event::auth_attempt()).unwrap().why;
    assert_eq!(why, "the certificate does not name any of ops, but anna");
    server.shutdown().await.unwrap();

    let server = serve(Users::new([User::named("anna").certificates_of(&ca)]));
    assert_eq!(certificate(&mut connect(&server).await, "anna", &known, anna).await, "welcome");
    server.shutdown().await.unwrap();
}

/// Takes hosts with a certificate of this authority.
struct TrustsAuthority(String);

impl Handler for TrustsAuthority {
    type Error = russh::Error;

    async fn check_server_key(&mut self, key: &PublicKeyOrCertificate) -> Result<bool, russh::Error> {
        let PublicKeyOrCertificate::Certificate(certificate) = key else {
            return Ok(false);
        };
        Ok(certificate.signature_key().fingerprint(HashAlg::Sha256).to_string() == self.0)
    }
}

#[tokio::test]
async fn a_host_shows_its_certificate_to_those_who_ask_for_one() {
    let ca = MockCa::new();
    let host_key = ca.host_key(HostKey::ed25519(), ["memory"]).unwrap();
    let server = MockSshServer::builder().host_key(host_key).start_in_memory().unwrap();
    let preferred =
        Preferred { host_key_certificates: vec![Algorithm::Ed25519].into(), ..Preferred::default() };
    let config = client::Config { preferred, ..client::Config::default() };
    let trusts = TrustsAuthority(ca.public_key().fingerprint(HashAlg::Sha256).to_string());
    client::connect_stream(Arc::new(config), server.connect(), trusts).await.unwrap();
    // Others get the bare key.
    connect(&server).await;
    server.shutdown().await.unwrap();

    let other = MockCa::new().host(HostKey::ed25519().public_key(), ["memory"]).sign().unwrap();
    let error = HostKey::ed25519().with_certificate(other).unwrap_err();
    assert_eq!(error.to_string(), "the certificate `mock` is not for this host key");
}
