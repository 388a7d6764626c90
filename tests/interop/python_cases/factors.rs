//! Logins of several factors, and by certificates.

use mock_agent::{Identity, KeyType};
use mock_auth::{Certificates, KbdintRound, KeyboardInteractive, MockCa, Password, PublicKeys, in_order};
use mock_core::{
    Authenticator, CommandForced, Exec, HostKey, KitUser, MockSshServer,
    event::{self, AuthOutcome},
    keys::PrivateKey,
};
use serde_json::{Value, json};
use support::Python;

fn server(auth: impl Authenticator + 'static) -> MockSshServer {
    MockSshServer::builder().auth(auth).exec(Exec::echo()).start_blocking().unwrap()
}

fn new_key() -> PrivateKey {
    let mut key = Identity::generate(KeyType::Ed25519, "").unwrap().key().clone();
    key.set_comment("anna@work");
    key
}

/// A key, a password and a code, one after the other. What the client was told in between is returned.
pub(crate) fn three_factors(script: &str) -> Value {
    let key = new_key();
    let code = KeyboardInteractive::new("anna", KbdintRound::new([("Code: ", true, "123456")]));
    let server = server(in_order((PublicKeys::new("anna", [&key]), Password::new("anna", "hunter2"), code)));
    let python = Python::new(&server, KitUser::new("anna").identity(key));
    let came = python.run(
        script,
        json!({
            "method": "chain",
            "chain": ["publickey", "password", "keyboard-interactive"],
            "user": "anna",
            "key_file": python.kit().identity_file("anna"),
            "password": "hunter2",
            "answers": [["123456"]],
        }),
    );
    assert_eq!(came["accepted"], true, "{came}\n{}", server.events().timeline());
    let attempts = server.events().query(event::auth_attempt());
    let partial = attempts.iter().filter(|attempt| attempt.outcome == AuthOutcome::Partial);
    let left: Vec<_> = partial.map(|attempt| attempt.methods_left.join(",")).collect();
    assert_eq!(left, ["password", "keyboard-interactive"]);
    server.shutdown().blocking().unwrap();
    came
}

/// A right key and a wrong password.
pub(crate) fn wrong_second_factor(script: &str) {
    let key = new_key();
    let server = server(in_order((PublicKeys::new("anna", [&key]), Password::new("anna", "hunter2"))));
    let python = Python::new(&server, KitUser::new("anna").identity(key));
    let came = python.run(
        script,
        json!({
            "method": "chain",
            "chain": ["publickey", "password"],
            "user": "anna",
            "key_file": python.kit().identity_file("anna"),
            "password": "letmein",
        }),
    );
    assert_eq!((&came["accepted"], &came["refused"]), (&json!(false), &json!("credential")), "{came}");
    let attempts = server.events().query(event::auth_attempt());
    assert!(attempts.iter().any(|attempt| attempt.outcome == AuthOutcome::Partial));
    assert!(attempts.iter().any(|attempt| attempt.why == "wrong password"));
    server.shutdown().blocking().unwrap();
}

/// A certificate that lets in, with a command that it forces, and one of another authority.
pub(crate) fn certificate(script: &str) {
    let (ca, key) = (MockCa::new(), new_key());
    let good = ca.user(key.public_key(), "anna").force_command("id").sign().unwrap();
    let bad = MockCa::new().user(key.public_key(), "anna").sign().unwrap();
    for (certificate, welcome) in [(good, true), (bad, false)] {
        let server = server(Certificates::new("anna", [&ca]));
        let user = KitUser::new("anna").identity(key.clone()).certificate(certificate);
        let python = Python::new(&server, user);
        let came = python.run(
            script,
            json!({
                "method": "publickey",
                "user": "anna",
                "key_file": python.kit().identity_file("anna"),
                "certificate": python.kit().certificate_file("anna"),
            }),
        );
        assert_eq!(came["accepted"], welcome, "{came}\n{}", server.events().timeline());
        if welcome {
            assert_eq!(came["output"], "REMOTE_OK:id\n");
            assert_eq!(server.events().of::<CommandForced>().len(), 1);
        } else {
            let why = "the authority of the certificate is not trusted";
            let attempts = server.events().query(event::auth_attempt());
            assert!(attempts.iter().any(|attempt| attempt.why == why), "{}", server.events().timeline());
        }
        server.shutdown().blocking().unwrap();
    }
}

/// A host that proves itself by a certificate.
pub(crate) fn host_certificate(script: &str) {
    let ca = MockCa::new();
    let server = MockSshServer::builder()
        .host_key(ca.host_key(HostKey::ed25519(), ["127.0.0.1"]).unwrap())
        .auth(Password::new("anna", "hunter2"))
        .exec(Exec::echo());
    let server = server.start_blocking().unwrap();
    let python = Python::new(&server, KitUser::new("anna"));
    let came = python.run(script, json!({"method": "password", "user": "anna", "password": "hunter2"}));
    assert_eq!(came["accepted"], true, "{came}\n{}", server.events().timeline());
    let negotiated = server.events().first(event::negotiated()).unwrap();
    assert_eq!(negotiated.host_key, "ssh-ed25519-cert-v01@openssh.com");
    server.shutdown().blocking().unwrap();
}
