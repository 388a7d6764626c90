//! Every way to log in, as somebody with OpenSSH does it.

use mock_agent::{AgentEvents as _, Identity, KeyType, MockAgent, Operation, agent_request};
use mock_auth::{KbdintRound, KeyboardInteractive, NoneAuth, Password, PublicKeys};
use mock_core::{Authenticator, Exec, KitUser, MockSshServer, event};
use support::{Finished, OpenSsh};

use super::new_key;

fn server(auth: impl Authenticator + 'static) -> MockSshServer {
    let builder = MockSshServer::builder().auth(auth).exec(Exec::echo());
    builder.start_blocking().unwrap()
}

/// The command ran, and the journal knows by which method.
fn logged_in(server: MockSshServer, finished: &Finished, method: &str) {
    assert_eq!(finished.succeeded(), "REMOTE_OK:uname -r\n");
    let accepted = server.events().first(event::auth_accepted()).unwrap();
    assert_eq!((&*accepted.user, &*accepted.method), ("anna", method));
    server.shutdown().blocking().unwrap();
}

#[test]
fn with_nothing() {
    let server = server(NoneAuth::new("anna"));
    let finished = OpenSsh::new(&server, "anna").run(["anna", "uname -r"]);
    logged_in(server, &finished, "none");
}

#[test]
fn with_a_password() {
    let server = server(Password::new("anna", "hunter2"));
    let ssh = OpenSsh::new(&server, "anna");
    let (finished, questions) = ssh.run_answering(&[("password:", "hunter2")], ["anna", "uname -r"]);
    assert_eq!(questions, ["anna@127.0.0.1's password: "]);
    logged_in(server, &finished, "password");
}

#[test]
fn with_a_key_file_of_each_type() {
    for (key_type, algorithm) in [
        (KeyType::Ed25519, "ssh-ed25519"),
        (KeyType::Ecdsa, "ecdsa-sha2-nistp256"),
        (KeyType::Rsa, "rsa-sha2-512"),
    ] {
        let key = Identity::generate(key_type, "").unwrap().key().clone();
        let server = server(PublicKeys::new("anna", [key.public_key().clone()]));
        let ssh = OpenSsh::with_users(&server, [KitUser::new("anna").identity(key)]);
        let finished = ssh.run(["anna", "uname -r"]);
        let signed = event::auth_attempt().filter(|attempt| attempt.key.is_some());
        let signed = server.events().first(signed).unwrap();
        assert_eq!(signed.key.as_ref().unwrap().algorithm, algorithm);
        logged_in(server, &finished, "publickey");
    }
}

#[test]
fn with_an_agent_which_sees_the_session() {
    let identity = Identity::generate(KeyType::Ed25519, "anna@work").unwrap();
    let server = server(PublicKeys::new("anna", [identity.public_key()]));
    let agent = MockAgent::builder().identities([identity]).start_blocking().unwrap();
    let ssh = OpenSsh::with_users(&server, [KitUser::new("anna").agent_socket(agent.socket_path())]);
    let finished = ssh.run(["anna", "uname -r"]);
    logged_in(server, &finished, "publickey");

    let failed = agent_request().filter(|request| !request.answered());
    assert_eq!(agent.events().count(failed), 0, "{}", agent.events().timeline());
    // Since OpenSSH 8.9 the agent is told which session its signature is for.
    let binds = agent.events().count(agent_request().operation(Operation::SessionBind));
    assert_eq!(binds, 1, "{}", agent.events().timeline());
    let signatures = agent.events().signatures();
    assert_eq!(signatures.len(), 1);
    assert_eq!(signatures[0].signer.as_ref().unwrap().comment, "anna@work");
    agent.shutdown().blocking().unwrap();
}

#[test]
fn by_one_round_of_prompts() {
    let round = KbdintRound::new([("OTP Token: ", true, "123456"), ("Password: ", false, "hunter2")])
        .name("Two-Factor Authentication")
        .instructions("Have your token ready.");
    let server = server(KeyboardInteractive::new("anna", round));
    let ssh = OpenSsh::new(&server, "anna");
    let answers = [("OTP Token: ", "123456"), ("Password: ", "hunter2")];
    let (finished, questions) = ssh.run_answering(&answers, ["anna", "uname -r"]);
    // Newer versions put the user and the host before the server's text.
    assert_eq!(questions.len(), 2);
    assert!(finished.stderr().contains("Two-Factor Authentication"), "{finished}");
    assert!(finished.stderr().contains("Have your token ready."), "{finished}");
    logged_in(server, &finished, "keyboard-interactive");
}

#[test]
fn by_several_rounds_one_of_them_without_prompts() {
    let rounds = [
        KbdintRound::new([("OTP Token: ", true, "123456")]).name("Step 1 of 3"),
        KbdintRound::new([]).instructions("Nearly there."),
        KbdintRound::new([("Password: ", false, "hunter2")]).name("Step 3 of 3"),
    ];
    let server = server(KeyboardInteractive::rounds("anna", rounds));
    let ssh = OpenSsh::new(&server, "anna");
    let answers = [("OTP Token: ", "123456"), ("Password: ", "hunter2")];
    let (finished, questions) = ssh.run_answering(&answers, ["anna", "uname -r"]);
    assert_eq!(questions.len(), 2);
    for text in ["Step 1 of 3", "Nearly there.", "Step 3 of 3"] {
        assert!(finished.stderr().contains(text), "{finished}");
    }
    logged_in(server, &finished, "keyboard-interactive");
}

#[test]
fn by_the_first_strategy_that_takes_the_method() {
    let key = new_key();
    let server = MockSshServer::builder()
        .auth(PublicKeys::new("anna", [new_key().public_key().clone()]))
        .auth(Password::new("anna", "hunter2"))
        .exec(Exec::echo());
    let server = server.start_blocking().unwrap();
    let ssh = OpenSsh::with_users(&server, [KitUser::new("anna").identity(key)]);
    let (finished, _) = ssh.run_answering(&[("password:", "hunter2")], ["anna", "uname -r"]);
    let offered = server.events().first(event::key_offered()).unwrap();
    assert!(!offered.welcome);
    logged_in(server, &finished, "password");
}
