//! Host keys and `known_hosts`, and the agent by OpenSSH's own tools.

use std::fs;

use mock_agent::{AgentEvents as _, Identity, KeyType, MockAgent};
use mock_core::{Exec, HostKey, event};
use support::{Client, Home, OpenSsh, REAL_KNOWN_HOSTS};

use super::open_server;

#[test]
fn ssh_keyscan_lists_the_host_keys() {
    let server = open_server()
        .host_key(HostKey::ed25519())
        .host_key(HostKey::ecdsa())
        .host_key(HostKey::rsa(2048).unwrap())
        .start_blocking()
        .unwrap();
    let home = Home::new();
    let mut command = home.command("ssh-keyscan");
    command.args(["-t", "ed25519,ecdsa,rsa", "-p", &server.port().to_string(), "127.0.0.1"]);
    let scanned = Client::run(&mut command).succeeded();
    let mut scanned: Vec<_> = scanned.lines().collect();
    let ssh = OpenSsh::new(&server, "anna");
    let mut expected: Vec<_> = ssh.kit().known_hosts().iter().map(String::as_str).collect();
    scanned.sort_unstable();
    expected.sort_unstable();
    assert_eq!(scanned, expected);
    assert_eq!(scanned.len(), server.host_keys().len());
    server.shutdown().blocking().unwrap();
}

#[test]
fn every_host_key_is_proven() {
    let server = open_server()
        .host_key(HostKey::ed25519())
        .host_key(HostKey::ecdsa())
        .host_key(HostKey::rsa(2048).unwrap())
        .exec(Exec::echo())
        .start_blocking()
        .unwrap();
    let ssh = OpenSsh::new(&server, "anna");
    for algorithm in ["ssh-ed25519", "ecdsa-sha2-nistp256", "rsa-sha2-512", "rsa-sha2-256"] {
        server.reset();
        let only = format!("HostKeyAlgorithms={algorithm}");
        assert_eq!(ssh.run(["-o", &only, "anna", "true"]).succeeded(), "REMOTE_OK:true\n");
        assert_eq!(server.events().first(event::negotiated()).unwrap().host_key, algorithm);
    }
    server.shutdown().blocking().unwrap();
}

#[test]
fn another_host_key_is_refused_by_the_client() {
    let real = open_server().host_key(HostKey::ed25519()).start_blocking().unwrap();
    let ssh = OpenSsh::new(&real, "anna");
    let port = real.port();
    real.shutdown().blocking().unwrap();

    let imposter = open_server().host_key(HostKey::ed25519()).port(port).start_blocking().unwrap();
    let finished = ssh.run(["anna", "true"]);
    finished.failed(255, "REMOTE HOST IDENTIFICATION HAS CHANGED!");
    finished.failed(255, "Host key verification failed.");
    assert_eq!(imposter.events().count(event::auth_attempt()), 0);
    imposter.shutdown().blocking().unwrap();
}

#[test]
fn the_kit_works_twice_and_touches_no_file_of_the_user() {
    let before = fs::metadata(&*REAL_KNOWN_HOSTS).and_then(|file| file.modified()).ok();
    let server = open_server().exec(Exec::echo()).start_blocking().unwrap();
    let ssh = OpenSsh::new(&server, "anna");
    let written = fs::read(ssh.kit().known_hosts_file()).unwrap();
    for _ in 0..2 {
        let finished = ssh.run(["anna", "true"]);
        assert_eq!(finished.succeeded(), "REMOTE_OK:true\n");
        assert_eq!(finished.stderr(), "");
    }
    assert_eq!(fs::read(ssh.kit().known_hosts_file()).unwrap(), written);
    assert!(!ssh.home().join(".ssh").exists());
    let after = fs::metadata(&*REAL_KNOWN_HOSTS).and_then(|file| file.modified()).ok();
    assert_eq!(after, before);
    server.shutdown().blocking().unwrap();
}

#[test]
fn a_banner_is_shown() {
    let server = open_server().banner("Authorised use only.\n").exec(Exec::echo()).start_blocking().unwrap();
    let finished = OpenSsh::new(&server, "anna").run(["anna", "true"]);
    assert_eq!(finished.succeeded(), "REMOTE_OK:true\n");
    assert!(finished.stderr().starts_with("Authorised use only."), "{finished}");
    assert_eq!(server.events().count(event::banner()), 1);
    server.shutdown().blocking().unwrap();
}

#[test]
fn agent_forwarding_is_recorded() {
    for accepted in [true, false] {
        let mut server = open_server().exec(Exec::echo());
        if accepted {
            server = server.accept_agent_forwarding();
        }
        let server = server.start_blocking().unwrap();
        let agent = MockAgent::builder().start_blocking().unwrap();
        let ssh = OpenSsh::new(&server, "anna");
        let mut command = ssh.ssh(["-A", "-o", "IdentityAgent=SSH_AUTH_SOCK", "anna", "true"]);
        command.env("SSH_AUTH_SOCK", agent.socket_path());
        assert_eq!(Client::run(&mut command).succeeded(), "REMOTE_OK:true\n");
        assert_eq!(server.events().first(event::agent_forward()).unwrap().accepted, accepted);
        server.shutdown().blocking().unwrap();
    }
}

#[test]
fn ssh_add_lists_the_keys_of_the_agent() {
    let identities = [
        Identity::generate(KeyType::Ed25519, "first").unwrap(),
        Identity::generate(KeyType::Ecdsa, "second").unwrap(),
    ];
    let agent = MockAgent::builder().identities(identities.clone()).start_blocking().unwrap();
    let home = Home::new();
    let mut command = home.command("ssh-add");
    command.env("SSH_AUTH_SOCK", agent.socket_path());

    let full = Client::run(command.arg("-L")).succeeded();
    let expected = identities.each_ref().map(|identity| identity.public_key().to_openssh().unwrap());
    assert_eq!(full.lines().collect::<Vec<_>>(), expected);

    let mut command = home.command("ssh-add");
    command.env("SSH_AUTH_SOCK", agent.socket_path());
    let short = Client::run(command.arg("-l")).succeeded();
    for (line, identity) in short.lines().zip(&identities) {
        let fingerprint = identity.public_key().fingerprint(mock_agent::ssh_key::HashAlg::Sha256);
        assert!(line.contains(&fingerprint.to_string()) && line.contains(identity.comment()), "{line}");
    }
    assert_eq!(short.lines().count(), identities.len());
    agent.shutdown().blocking().unwrap();
}

#[test]
fn ssh_keygen_signs_through_the_agent() {
    for key_type in [KeyType::Ed25519, KeyType::Ecdsa, KeyType::Rsa] {
        let identity = Identity::generate(key_type, "signer").unwrap();
        let public = identity.public_key().to_openssh().unwrap();
        let agent = MockAgent::builder().identities([identity]).start_blocking().unwrap();
        let home = Home::new();
        let key = home.file("key.pub", &public);
        let allowed = home.file("allowed", format!("anna {public}\n"));
        let message = home.file("message", "words\n");

        let mut sign = home.command("ssh-keygen");
        sign.args(["-Y", "sign", "-n", "file", "-f"]).arg(&key).arg(&message);
        let _silent = Client::run(sign.env("SSH_AUTH_SOCK", agent.socket_path())).succeeded();

        let mut verify = home.command("ssh-keygen");
        verify.args(["-Y", "verify", "-n", "file", "-I", "anna", "-f"]).arg(&allowed);
        verify.arg("-s").arg(home.join("message.sig"));
        let verified = Client::run_with_input(&mut verify, b"words\n").succeeded();
        assert!(verified.starts_with("Good \"file\" signature for anna"), "{verified}");
        assert_eq!(agent.events().signatures().len(), 1);
        agent.shutdown().blocking().unwrap();
    }
}
