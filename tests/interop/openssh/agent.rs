//! The agent by OpenSSH's own tools: `ssh-add` with every flag, `ssh-keygen`, and `ssh` with restricted keys.

use std::{path::PathBuf, process::Command};

use mock_agent::{
    AgentEvents as _, Constraint, Identity, KeyType, MockAgent, Operation, Purpose, Smartcard, agent_request,
    ssh_key::LineEnding,
};
use mock_auth::PublicKeys;
use mock_core::{Exec, KitUser, MockSshServer};
use support::{Askpass, Client, Finished, Home, OpenSsh};

/// An agent, and a home with keys for `ssh-add`.
struct Shell {
    agent: MockAgent,
    home: Home,
}

impl Shell {
    fn new(agent: MockAgent) -> Self {
        Self { agent, home: Home::new() }
    }

    fn empty() -> Self {
        Self::new(MockAgent::builder().start_blocking().unwrap())
    }

    /// A private key and its public one as files of this name.
    fn key(&self, name: &str, key_type: KeyType) -> Identity {
        let identity = Identity::generate(key_type, name).unwrap();
        let mut key = identity.key().clone();
        key.set_comment(name);
        let _path = self.home.file(name, key.to_openssh(LineEnding::LF).unwrap());
        let _path = self.home.file(&format!("{name}.pub"), identity.public_key().to_openssh().unwrap());
        identity
    }

    fn command(&self, program: &str, args: &[&str]) -> Command {
        let mut command = self.home.command(program);
        command.args(args).env("SSH_AUTH_SOCK", self.agent.socket_path());
        command
    }

    fn ssh_add(&self, args: &[&str]) -> Finished {
        Client::run(&mut self.command("ssh-add", args))
    }

    /// With an answer for each question.
    fn ssh_add_asked(&self, args: &[&str], answers: &[(&str, &str)]) -> Finished {
        let askpass = Askpass::new(&self.home, answers);
        let finished = Client::run(askpass.for_command(&mut self.command("ssh-add", args)));
        assert_eq!(askpass.questions().len(), answers.len(), "{finished}");
        finished
    }

    /// Comments of what `ssh-add -L` prints.
    fn listed(&self) -> Vec<String> {
        let listed = self.ssh_add(&["-L"]);
        if listed.code() == 1 {
            assert_eq!(listed.stdout().trim(), "The agent has no identities.");
            return Vec::new();
        }
        listed.succeeded().lines().filter_map(|line| line.splitn(3, ' ').nth(2)).map(str::to_owned).collect()
    }

    fn end(self) {
        self.agent.shutdown().blocking().unwrap();
    }
}

#[test]
fn ssh_add_adds_lists_tests_and_deletes_keys_of_every_type() {
    let shell = Shell::empty();
    for (name, key_type) in [("ed25519", KeyType::Ed25519), ("ecdsa", KeyType::Ecdsa), ("rsa", KeyType::Rsa)]
    {
        shell.key(name, key_type);
        assert_eq!(shell.ssh_add(&["-q", name]).succeeded(), "");
    }
    assert_eq!(shell.listed(), ["ed25519", "ecdsa", "rsa"]);
    let short = shell.ssh_add(&["-l"]).succeeded();
    assert_eq!(short.lines().count(), 3);
    assert!(short.contains("(ED25519)") && short.contains("2048 SHA256:"), "{short}");

    // `-T` signs and verifies.
    let tested = shell.ssh_add(&["-v", "-T", "ed25519.pub", "ecdsa.pub", "rsa.pub"]);
    let _nothing = tested.succeeded();
    assert_eq!(shell.agent.events().signatures().len(), 3);
    shell.key("stranger", KeyType::Ed25519);
    assert_ne!(shell.ssh_add(&["-T", "stranger.pub"]).code(), 0);

    let _said = shell.ssh_add(&["-d", "ecdsa"]).succeeded();
    assert_eq!(shell.listed(), ["ed25519", "rsa"]);
    assert_eq!(shell.ssh_add(&["-d", "ecdsa"]).code(), 1, "it is gone");
    shell.ssh_add(&["-D"]).failed(0, "All identities removed.");
    assert!(shell.listed().is_empty());
    shell.end();
}

#[test]
fn ssh_add_brings_certificates() {
    let shell = Shell::empty();
    shell.key("authority", KeyType::Ed25519);
    for (name, key_type) in [("ed25519", KeyType::Ed25519), ("ecdsa", KeyType::Ecdsa), ("rsa", KeyType::Rsa)]
    {
        shell.key(name, key_type);
        let public = format!("{name}.pub");
        let mut certify = shell.home.command("ssh-keygen");
        certify.args(["-q", "-s", "authority", "-I", "id", "-n", "anna", &public]);
        let _silent = Client::run(&mut certify).succeeded();
        shell.ssh_add(&[name]).failed(0, &format!("Certificate added: {name}-cert.pub"));
        assert_eq!(shell.listed().len(), 2);
        let listed = shell.ssh_add(&["-l"]).succeeded();
        assert!(listed.contains(&format!("({}-CERT)", name.to_uppercase())), "{listed}");
        let _tested = shell.ssh_add(&["-T", &public, &format!("{name}-cert.pub")]).succeeded();
        let _said = shell.ssh_add(&["-d", name]).succeeded();
        assert!(shell.listed().is_empty(), "the certificate as well");
    }
    shell.end();
}

#[test]
fn ssh_add_restricts_keys() {
    let confirming = MockAgent::builder().confirm(|asked| asked.signing.is_some_and(|one| one.number == 2));
    let shell = Shell::new(confirming.start_blocking().unwrap());
    shell.key("short", KeyType::Ed25519);
    shell.ssh_add(&["-t", "300", "-c", "short"]).failed(0, "Lifetime set to 300 seconds");
    let added = shell.agent.events().query(agent_request().operation(Operation::AddIdentity));
    let Some(mock_agent::Request::AddIdentity(add)) = added.first().map(|added| &added.request) else {
        panic!("nothing was added")
    };
    assert_eq!(add.constraints(), [Constraint::Lifetime(300), Constraint::Confirm]);
    assert_ne!(shell.ssh_add(&["-T", "short.pub"]).code(), 0, "not confirmed");
    let _tested = shell.ssh_add(&["-T", "short.pub"]).succeeded();
    shell.end();
}

#[test]
fn ssh_add_locks_and_unlocks() {
    let shell = Shell::empty();
    shell.key("key", KeyType::Ed25519);
    let _said = shell.ssh_add(&["-q", "key"]).succeeded();
    let twice = [("Enter lock password: ", "s3cret"), ("Again: ", "s3cret")];
    shell.ssh_add_asked(&["-x"], &twice).failed(0, "Agent locked.");
    assert!(shell.listed().is_empty());
    assert_eq!(shell.ssh_add(&["key"]).code(), 1);
    let wrong = shell.ssh_add_asked(&["-X"], &[("Enter lock password: ", "guess")]);
    wrong.failed(1, "Failed to unlock agent");
    shell.ssh_add_asked(&["-X"], &[("Enter lock password: ", "s3cret")]).failed(0, "Agent unlocked.");
    assert_eq!(shell.listed(), ["key"]);
    assert!(!shell.agent.events().to_json_lines().contains("s3cret"));
    shell.end();
}

#[test]
fn ssh_add_uses_smart_cards() {
    let on_card = Identity::generate(KeyType::Ecdsa, "PIV AUTH key").unwrap();
    let card = Smartcard::new("/opt/card.so", "123456").identity(on_card);
    let shell = Shell::new(MockAgent::builder().smartcard(card).start_blocking().unwrap());
    let pin = [("Enter passphrase for PKCS#11: ", "123456")];
    shell.ssh_add_asked(&["-s", "/opt/card.so"], &pin).failed(0, "Card added: /opt/card.so");
    assert_eq!(shell.listed(), ["PIV AUTH key"]);
    shell.ssh_add(&["-e", "/opt/card.so"]).failed(0, "Card removed: /opt/card.so");
    assert!(shell.listed().is_empty());
    shell.end();
}

#[test]
fn ssh_add_brings_keys_of_security_keys() {
    for key_type in [KeyType::SkEd25519, KeyType::SkEcdsa] {
        let shell = Shell::empty();
        shell.key("token", key_type);
        let _said = shell.ssh_add(&["-q", "-S", "internal", "token"]).succeeded();
        let _tested = shell.ssh_add(&["-T", "token.pub"]).succeeded();
        assert_eq!(shell.agent.events().signatures().len(), 1);
        shell.end();
    }
}

#[test]
fn ssh_keygen_signs_with_every_key_of_the_agent() {
    for key_type in [KeyType::Ed25519, KeyType::Ecdsa, KeyType::Rsa, KeyType::SkEd25519, KeyType::SkEcdsa] {
        let shell = Shell::empty();
        let identity = shell.key("signer", key_type);
        let mut add = vec!["-q"];
        if matches!(key_type, KeyType::SkEd25519 | KeyType::SkEcdsa) {
            add.extend(["-S", "internal"]);
        }
        add.push("signer");
        let _said = shell.ssh_add(&add).succeeded();
        let public = identity.public_key().to_openssh().unwrap();
        let allowed = shell.home.file("allowed", format!("anna {public}\n"));
        let _message = shell.home.file("message", "words\n");
        let sign = ["-Y", "sign", "-n", "file", "-f", "signer.pub", "message"];
        let _silent = Client::run(&mut shell.command("ssh-keygen", &sign)).succeeded();

        let mut verify = shell.home.command("ssh-keygen");
        verify.args(["-Y", "verify", "-n", "file", "-I", "anna", "-s", "message.sig", "-f"]).arg(&allowed);
        let verified = Client::run_with_input(&mut verify, b"words\n").succeeded();
        assert!(verified.starts_with("Good \"file\" signature for anna"), "{verified}");
        let signed = shell.agent.events().signatures();
        let Some(Purpose::SshSig(sig)) = signed.first().and_then(|one| one.purpose.clone()) else {
            panic!("no signature of a file")
        };
        assert_eq!((sig.namespace.as_str(), sig.hash.as_str()), ("file", "sha512"));
        shell.end();
    }
}

/// A server that lets in this key, and the way to it.
fn server(key: &Identity) -> MockSshServer {
    let auth = PublicKeys::any_user([key.key().public_key().clone()]);
    MockSshServer::builder().auth(auth).exec(Exec::echo()).start_blocking().unwrap()
}

/// `ssh` to this server, with the agent's keys only.
fn openssh(server: &MockSshServer, shell: &Shell) -> OpenSsh {
    let users = ["anna", "bob"].map(|user| KitUser::new(user).agent_socket(shell.agent.socket_path()));
    OpenSsh::with_users(server, users)
}

#[test]
fn ssh_is_recorded_with_user_session_and_host() {
    let shell = Shell::empty();
    let key = shell.key("key", KeyType::Ed25519);
    let _said = shell.ssh_add(&["-q", "key"]).succeeded();
    let server = server(&key);
    assert_eq!(openssh(&server, &shell).run(["anna", "true"]).succeeded(), "REMOTE_OK:true\n");
    let signed = shell.agent.events().signatures().pop().unwrap();
    assert_eq!(signed.user(), Some("anna"));
    let session = signed.session.unwrap();
    let host_key = session.host_key.to_bytes().unwrap();
    let known = server.host_keys().iter().any(|key| key.public_key().to_bytes().unwrap() == host_key);
    assert!(known, "the session is bound to a host key of the server");
    server.shutdown().blocking().unwrap();
    shell.end();
}

#[test]
fn ssh_uses_restricted_keys_where_they_may_be_used() {
    let shell = Shell::empty();
    let key = shell.key("key", KeyType::Ed25519);
    let (right, wrong) = (server(&key), server(&key));
    let (to_right, to_wrong) = (openssh(&right, &shell), openssh(&wrong, &shell));
    let known: PathBuf = {
        let keys = right.host_keys().iter();
        let lines = keys.map(|key| format!("db01 {}\n", key.public_key().to_openssh().unwrap()));
        shell.home.file("known", lines.collect::<String>())
    };
    let known = known.display().to_string();
    let _said = shell.ssh_add(&["-q", "-H", &known, "-h", "anna@db01", "key"]).succeeded();
    assert_eq!(to_right.run(["anna", "true"]).succeeded(), "REMOTE_OK:true\n");
    for refused in [to_right.run(["bob", "true"]), to_wrong.run(["anna", "true"])] {
        refused.failed(255, "Permission denied");
    }
    let signatures = shell.agent.events().signatures();
    assert_eq!(signatures.len(), 1);
    for server in [right, wrong] {
        server.shutdown().blocking().unwrap();
    }
    shell.end();
}
