//! OpenSSH certificates of users and hosts, good and bad, and what a line of `authorized_keys` allows.

use std::{fs, process::Command};

use mock_agent::{Identity, KeyType};
use mock_auth::{Certificates, Clock, MockCa, NoneAuth, PublicKeys};
use mock_core::{
    Authenticator, CommandForced, Exec, HostKey, KitUser, MockSshServer, Session, event,
    keys::{Certificate, PrivateKey},
};
use support::{Client, Finished, Home, OpenSsh};

use super::new_key;

fn server(auth: impl Authenticator + 'static) -> MockSshServer {
    let show = async |mut session: Session| {
        let request = session.request();
        let original = request.env("SSH_ORIGINAL_COMMAND").unwrap_or("nothing").to_owned();
        let mode = request.env("MODE").unwrap_or("none").to_owned();
        session.write(format!("instead of {original}, mode {mode}\n")).await
    };
    let builder = MockSshServer::builder().auth(auth).exec(Exec::on("backup").run(show)).exec(Exec::echo());
    builder.start_blocking().unwrap()
}

fn with_certificate(server: &MockSshServer, key: &PrivateKey, certificate: Certificate) -> OpenSsh {
    OpenSsh::with_users(server, [KitUser::new("anna").identity(key.clone()).certificate(certificate)])
}

/// Logs in as `anna` with this certificate where the authority is trusted.
fn try_with(ca: &MockCa, key: &PrivateKey, certificate: Certificate) -> (MockSshServer, Finished) {
    let server = server(Certificates::any_user([ca]));
    let finished = with_certificate(&server, key, certificate).run(["anna", "true"]);
    (server, finished)
}

/// Why the certificate was refused, as far as the journal was told.
fn refused(ca: &MockCa, key: &PrivateKey, certificate: Certificate) -> Option<String> {
    let (server, finished) = try_with(ca, key, certificate);
    finished.failed(255, "Permission denied (publickey).");
    let by_certificate = event::auth_attempt()
        .filter(|attempt| attempt.key.as_ref().is_some_and(|key| key.algorithm.contains("-cert-v01@")));
    let why = server.events().first(by_certificate).map(|attempt| attempt.why.clone());
    server.shutdown().blocking().unwrap();
    why
}

#[test]
fn a_valid_certificate_of_each_key_type_lets_in() {
    let ca = MockCa::new();
    for (key_type, algorithm) in [
        (KeyType::Ed25519, "ssh-ed25519-cert-v01@openssh.com"),
        (KeyType::Ecdsa, "ecdsa-sha2-nistp256-cert-v01@openssh.com"),
        (KeyType::Rsa, "ssh-rsa-cert-v01@openssh.com"),
    ] {
        let key = Identity::generate(key_type, "").unwrap().key().clone();
        let certificate = ca.user(key.public_key(), "anna").key_id("anna@work").sign().unwrap();
        let (server, finished) = try_with(&ca, &key, certificate);
        assert_eq!(finished.succeeded(), "REMOTE_OK:true\n", "{}", server.events().timeline());
        let accepted = server.events().last(event::auth_attempt()).unwrap();
        assert_eq!(accepted.why, "certificate \"anna@work\" is trusted");
        assert_eq!(accepted.key.as_ref().unwrap().algorithm, algorithm);
        server.shutdown().blocking().unwrap();
    }
}

#[test]
fn a_bad_certificate_is_refused_for_its_reason() {
    let (ca, key) = (MockCa::new(), new_key());
    let good = || ca.user(key.public_key(), "anna");
    for (draft, why) in [
        (good().principals(["bert", "cleo"]), "the certificate does not name anna, but bert, cleo"),
        (good().without_principals(), "the certificate names nobody"),
        (good().critical_option("no-such-thing", ""), "critical option `no-such-thing` is not known"),
    ] {
        assert_eq!(refused(&ca, &key, draft.sign().unwrap()).as_deref(), Some(why));
    }
    let for_hosts = ca.host(key.public_key(), ["anna"]).sign().unwrap();
    assert_eq!(refused(&ca, &key, for_hosts), None, "OpenSSH does not even show one");
    let another = MockCa::new().user(key.public_key(), "anna").sign().unwrap();
    let why = "the authority of the certificate is not trusted";
    assert_eq!(refused(&ca, &key, another).as_deref(), Some(why));
    let elsewhere = good().source_address("10.0.0.0/8,192.0.2.1").sign().unwrap();
    let why = refused(&ca, &key, elsewhere).unwrap();
    assert!(why.starts_with("the certificate is not for use from 127.0.0.1:"), "{why}");
}

#[test]
fn a_certificate_out_of_its_time_is_refused_by_the_engine_and_one_of_another_clock_by_us() {
    let (ca, key) = (MockCa::new(), new_key());
    for draft in
        [ca.user(key.public_key(), "anna").expired(), ca.user(key.public_key(), "anna").not_yet_valid()]
    {
        assert_eq!(refused(&ca, &key, draft.sign().unwrap()), None, "docs/engine.md");
    }
    let clock = Clock::system();
    clock.advance(std::time::Duration::from_secs(2 * 24 * 60 * 60));
    let server = server(Certificates::new("anna", [&ca]).clock(&clock));
    let certificate = ca.user(key.public_key(), "anna").sign().unwrap();
    let ssh = with_certificate(&server, &key, certificate);
    ssh.run(["anna", "true"]).failed(255, "Permission denied (publickey).");
    let attempts = server.events().query(event::auth_attempt());
    assert!(attempts.iter().any(|attempt| attempt.why == "the certificate has expired"));
    server.shutdown().blocking().unwrap();
}

#[test]
fn a_certificate_says_what_the_login_may_do() {
    let (ca, key) = (MockCa::new(), new_key());
    let draft = ca.user(key.public_key(), "anna").source_address("127.0.0.0/8").force_command("backup");
    let (server, finished) = try_with(&ca, &key, draft.sign().unwrap());
    assert_eq!(finished.succeeded(), "instead of true, mode none\n");
    let exec = server.events().first(event::exec()).unwrap();
    let forced = server.events().of::<CommandForced>();
    assert_eq!((&*exec.command.to_text(), &*forced[0].command), ("true", "backup"));
    server.shutdown().blocking().unwrap();

    let server = self::server(Certificates::any_user([&ca]));
    for (draft, granted) in [
        (ca.user(key.public_key(), "anna"), true),
        (ca.user(key.public_key(), "anna").without_extension("permit-pty"), false),
    ] {
        server.reset();
        let ssh = with_certificate(&server, &key, draft.sign().unwrap());
        let finished = ssh.run(["-tt", "anna", "true"]);
        assert_eq!(finished.stderr().contains("PTY allocation request failed"), !granted, "{finished}");
        assert_eq!(server.events().first(event::pty()).unwrap().accepted, granted);
    }
    server.shutdown().blocking().unwrap();
}

#[test]
fn a_login_that_may_not_forward_ports_is_told_so() {
    let (ca, key) = (MockCa::new(), new_key());
    let server = server(Certificates::any_user([&ca]));
    let draft = ca.user(key.public_key(), "anna").without_extension("permit-port-forwarding");
    let ssh = with_certificate(&server, &key, draft.sign().unwrap());
    ssh.run(["-W", "localhost:1", "anna"]).failed(255, "this login may not forward ports");
    server.shutdown().blocking().unwrap();
}

#[test]
fn an_authority_in_authorized_keys_may_name_other_principals() {
    let (ca, key) = (MockCa::new(), new_key());
    let text = format!("principals=\"ops,db\",no-pty,{}", ca.authorized_line());
    let server = server(PublicKeys::from_authorized_keys("anna", &text).unwrap());
    for (principal, welcome) in [("db", true), ("anna", false)] {
        let certificate = ca.user(key.public_key(), principal).sign().unwrap();
        let finished = with_certificate(&server, &key, certificate).run(["anna", "true"]);
        assert_eq!(finished.code() == 0, welcome, "{finished}");
    }
    server.shutdown().blocking().unwrap();
}

#[test]
fn a_revoked_key_has_no_use_for_its_certificate() {
    let (ca, key) = (MockCa::new(), new_key());
    let server = server(Certificates::any_user([&ca]).revoked([&key]));
    let ssh = with_certificate(&server, &key, ca.user(key.public_key(), "anna").sign().unwrap());
    ssh.run(["anna", "true"]).failed(255, "Permission denied (publickey).");
    let offer = server.events().first(event::key_offered()).unwrap();
    assert_eq!((offer.welcome, &*offer.why), (false, "key is revoked"));
    server.shutdown().blocking().unwrap();
}

#[test]
fn ssh_keygen_reads_our_certificates_and_we_read_its() {
    let (ca, key, home) = (MockCa::new(), new_key(), Home::new());
    let certificate = ca.user(key.public_key(), "anna").key_id("one line").serial(7).sign().unwrap();
    let file = home.file("id-cert.pub", certificate.to_openssh().unwrap());
    let shown = Client::run(home.command("ssh-keygen").arg("-L").arg("-f").arg(file)).succeeded();
    for line in
        ["Type: ssh-ed25519-cert-v01@openssh.com user certificate", "Key ID: \"one line\"", "Serial: 7"]
    {
        assert!(shown.contains(line), "{shown}");
    }
    assert!(
        shown.contains("permit-agent-forwarding") && shown.contains("Principals: \n                anna")
    );

    let authority = ca.write(home.path()).unwrap();
    let public = home.file("id.pub", key.public_key().to_openssh().unwrap() + "\n");
    let mut sign = home.command("ssh-keygen");
    sign.args(["-q", "-I", "by ssh-keygen", "-n", "anna", "-O", "force-command=backup", "-s"]).arg(authority);
    let _silent = Client::run(sign.arg(public)).succeeded();
    let certificate = fs::read_to_string(home.join("id-cert.pub")).unwrap();
    let (server, finished) = try_with(&ca, &key, Certificate::from_openssh(&certificate).unwrap());
    assert_eq!(finished.succeeded(), "instead of true, mode none\n");
    server.shutdown().blocking().unwrap();
}

/// A server whose only host key has this certificate, and `ssh` that trusts this authority.
fn host(key: HostKey, certificate: Certificate, trusted: &MockCa) -> (MockSshServer, Finished) {
    let builder = MockSshServer::builder()
        .host_key(key.with_certificate(certificate).unwrap())
        .auth(NoneAuth::any_user())
        .exec(Exec::echo());
    let server = builder.start_blocking().unwrap();
    let home = Home::new();
    let kit = server.client_kit(home.join("kit")).user(KitUser::new("anna")).trust_host_authority(trusted);
    let kit = kit.write().unwrap();
    let mut ssh: Command = home.command("ssh");
    ssh.arg("-F").arg(kit.config_file()).args(["-o", "BatchMode=yes", "anna", "true"]);
    let finished = Client::run(&mut ssh);
    (server, finished)
}

#[test]
fn a_host_certificate_proves_the_host() {
    let ca = MockCa::new();
    for (key, algorithm) in [
        (HostKey::ed25519(), "ssh-ed25519-cert-v01@openssh.com"),
        (HostKey::ecdsa(), "ecdsa-sha2-nistp256-cert-v01@openssh.com"),
        (HostKey::rsa(2048).unwrap(), "rsa-sha2-512-cert-v01@openssh.com"),
    ] {
        let certificate = ca.host(key.public_key(), ["127.0.0.1", "localhost"]).sign().unwrap();
        let (server, finished) = host(key, certificate, &ca);
        assert_eq!(finished.succeeded(), "REMOTE_OK:true\n", "{}", server.events().timeline());
        assert_eq!(server.events().first(event::negotiated()).unwrap().host_key, algorithm);
        server.shutdown().blocking().unwrap();
    }
}

#[test]
fn the_kit_trusts_the_authority_of_the_host_by_itself() {
    let ca = MockCa::new();
    let builder = MockSshServer::builder()
        .host_key(ca.host_key(HostKey::ed25519(), ["127.0.0.1"]).unwrap())
        .auth(NoneAuth::any_user())
        .exec(Exec::echo());
    let server = builder.start_blocking().unwrap();
    let ssh = OpenSsh::new(&server, "anna");
    assert!(ssh.kit().known_hosts()[0].starts_with("@cert-authority [127.0.0.1]:"));
    assert_eq!(ssh.run(["anna", "true"]).succeeded(), "REMOTE_OK:true\n");
    server.shutdown().blocking().unwrap();
}

#[test]
fn a_bad_host_certificate_is_refused_by_the_client() {
    let ca = MockCa::new();
    let key = HostKey::ed25519();
    let good = || ca.host(key.public_key(), ["127.0.0.1"]);
    for (draft, trusted, said) in [
        (good().expired(), &ca, "Certificate invalid: expired"),
        (good().not_yet_valid(), &ca, "Certificate invalid: not yet valid"),
        (good().principals(["elsewhere"]), &ca, "Certificate invalid: name is not a listed principal"),
        (ca.user(key.public_key(), "127.0.0.1"), &ca, "Certificate invalid: not a host certificate"),
        (
            good().critical_option("no-such-thing", ""),
            &ca,
            "Certificate contains unsupported critical options",
        ),
        (good(), &MockCa::new(), "Host key verification failed."),
    ] {
        let (server, finished) = host(key.clone(), draft.sign().unwrap(), trusted);
        finished.failed(255, said);
        assert_eq!(server.events().count(event::auth_attempt()), 0);
        server.shutdown().blocking().unwrap();
    }
}

#[test]
fn a_line_of_authorized_keys_holds_the_login_to_its_options() {
    let key = new_key();
    let line = key.public_key().to_openssh().unwrap();
    let run = |options: &str, args: &[&str]| {
        let text = format!("{options} {line} anna@work\n");
        let server = server(PublicKeys::from_authorized_keys("anna", &text).unwrap());
        let ssh = OpenSsh::with_users(&server, [KitUser::new("anna").identity(key.clone())]);
        let finished = ssh.run(args);
        let why = server.events().last(event::key_offered()).unwrap().why.clone();
        server.shutdown().blocking().unwrap();
        (finished, why)
    };
    let (finished, _) = run("command=\"backup\",environment=\"MODE=full\"", &["anna", "rm -rf /"]);
    assert_eq!(finished.succeeded(), "instead of rm -rf /, mode full\n");
    let (finished, _) = run("command=\"backup\"", &["anna"]);
    assert_eq!(finished.succeeded(), "instead of nothing, mode none\n");
    for (options, granted) in [("no-pty", false), ("restrict", false), ("restrict,pty", true)] {
        let (finished, _) = run(options, &["-tt", "anna", "true"]);
        assert_eq!(finished.stderr().contains("PTY allocation request failed"), !granted, "{options}");
    }
    let (finished, _) = run("from=\"127.0.0.0/8,!10.*\",expiry-time=\"29991231\"", &["anna", "true"]);
    assert_eq!(finished.succeeded(), "REMOTE_OK:true\n");
    let (finished, why) = run("from=\"*,!127.0.0.1\"", &["anna", "true"]);
    finished.failed(255, "Permission denied (publickey).");
    assert!(why.starts_with("key is not for use from 127.0.0.1:"), "{why}");
    let (finished, why) = run("expiry-time=\"20200101\"", &["anna", "true"]);
    finished.failed(255, "Permission denied (publickey).");
    assert_eq!(why, "key has expired");
}
