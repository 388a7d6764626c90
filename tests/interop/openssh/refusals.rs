//! Logins that fail, and what `ssh` says then: it must be what a real server makes it say.

use mock_agent::{Identity, KeyType, MockAgent};
use mock_auth::{KbdintRound, KeyboardInteractive, Password, PublicKeys, User, Users};
use mock_core::{
    Authenticator, Exec, KitUser, MockSshServer, event,
    event::{AuthOutcome, ClosedBy},
};
use support::{Askpass, Client, OpenSsh};

use super::new_key;

fn server(auth: impl Authenticator + 'static) -> MockSshServer {
    let builder = MockSshServer::builder().auth(auth).exec(Exec::echo());
    builder.start_blocking().unwrap()
}

/// Nobody was logged in, and this is why the last attempt failed.
fn refused(server: MockSshServer, method: &str, why: &str) {
    let events = server.events();
    assert_eq!(events.count(event::auth_accepted()), 0);
    let last = events.last(event::auth_attempt()).unwrap();
    assert_eq!((&*last.method, last.outcome, &*last.why), (method, AuthOutcome::Rejected, why));
    server.shutdown().blocking().unwrap();
}

#[test]
fn a_wrong_password() {
    let server = server(Password::new("anna", "hunter2"));
    let ssh = OpenSsh::new(&server, "anna");
    let (finished, _) = ssh.run_answering(&[("password:", "letmein")], ["anna", "uname -r"]);
    finished.failed(255, "Permission denied (password).");
    refused(server, "password", "wrong password");
}

#[test]
fn a_wrong_answer_in_the_second_round() {
    let rounds = [
        KbdintRound::new([("OTP Token: ", true, "123456")]),
        KbdintRound::new([("Password: ", false, "hunter2")]),
    ];
    let server = server(KeyboardInteractive::rounds("anna", rounds));
    let ssh = OpenSsh::new(&server, "anna");
    let answers = [("OTP Token: ", "123456"), ("Password: ", "letmein")];
    let (finished, questions) = ssh.run_answering(&answers, ["anna", "uname -r"]);
    assert_eq!(questions.len(), 2);
    finished.failed(255, "Permission denied (keyboard-interactive).");
    let last = server.events().last(event::auth_attempt()).unwrap();
    let answers: Vec<_> = last.secrets.iter().map(event::Secret::reveal).collect();
    assert_eq!(answers, ["letmein"]);
    refused(server, "keyboard-interactive", &last.why);
}

#[test]
fn an_unknown_key_is_not_even_asked_to_sign() {
    let key = new_key();
    let server = server(PublicKeys::new("anna", [new_key().public_key().clone()]));
    let ssh = OpenSsh::with_users(&server, [KitUser::new("anna").identity(key)]);
    ssh.run(["anna", "uname -r"]).failed(255, "Permission denied (publickey).");
    let offered = server.events().query(event::key_offered());
    assert_eq!(offered.len(), 1);
    assert!(!offered[0].welcome);
    // The method `none` is what a client begins with to learn the others.
    let attempts = server.events().query(event::auth_attempt());
    assert!(attempts.iter().all(|attempt| attempt.method == "none"), "{}", server.events().timeline());
    server.shutdown().blocking().unwrap();
}

#[test]
fn an_agent_without_keys() {
    let server = server(PublicKeys::new("anna", [new_key().public_key().clone()]));
    let agent = MockAgent::builder().start_blocking().unwrap();
    let ssh = OpenSsh::with_users(&server, [KitUser::new("anna").agent_socket(agent.socket_path())]);
    ssh.run(["anna", "uname -r"]).failed(255, "Permission denied (publickey).");
    assert_eq!(server.events().count(event::key_offered()), 0);
    server.shutdown().blocking().unwrap();
    agent.shutdown().blocking().unwrap();
}

#[test]
fn an_agent_with_another_key() {
    let server = server(PublicKeys::new("anna", [new_key().public_key().clone()]));
    let stranger = Identity::generate(KeyType::Ed25519, "stranger").unwrap();
    let agent = MockAgent::builder().identities([stranger]).start_blocking().unwrap();
    let ssh = OpenSsh::with_users(&server, [KitUser::new("anna").agent_socket(agent.socket_path())]);
    let finished = ssh.run(["anna", "uname -r"]);
    finished.failed(255, "Permission denied (publickey).");
    assert_eq!(server.events().count(event::key_offered()), 1);
    server.shutdown().blocking().unwrap();
    agent.shutdown().blocking().unwrap();
}

#[test]
fn each_user_is_told_its_own_methods() {
    let key = new_key();
    let users = Users::new([
        User::named("anna").public_key(key.public_key().clone()).password("hunter2"),
        User::named("bert").keyboard_interactive([KbdintRound::new([("Token: ", true, "1")])]),
        User::named("carl").password("hunter2").password_also_interactive(),
    ]);
    let server = server(users);
    let names = ["anna", "bert", "carl", "nobody"];
    let ssh = OpenSsh::with_users(&server, names.map(KitUser::new));
    for (user, methods) in [
        ("anna", "publickey,password"),
        ("bert", "keyboard-interactive"),
        ("carl", "password,keyboard-interactive"),
        ("nobody", "publickey"),
    ] {
        ssh.run([user, "uname -r"]).failed(255, &format!("Permission denied ({methods})."));
    }
    server.shutdown().blocking().unwrap();
}

#[test]
fn after_too_many_attempts_the_server_hangs_up() {
    let builder = MockSshServer::builder().auth(Password::new("anna", "hunter2"));
    let server = builder.max_auth_attempts(2).start_blocking().unwrap();
    let ssh = OpenSsh::new(&server, "anna");
    let answers = [("password:", "a"), ("password:", "b"), ("password:", "hunter2")];
    let patient = ["-o", "NumberOfPasswordPrompts=3", "anna", "uname -r"];
    let askpass = Askpass::new(ssh.home(), &answers);
    let finished = Client::run(askpass.for_command(&mut ssh.command("ssh", patient)));
    finished.failed(255, "Too many authentication failures");
    let wrong = event::auth_attempt().filter(|attempt| attempt.method == "password");
    assert_eq!(server.events().count(wrong), 2, "{}", server.events().timeline());
    let gone = server.events().wait_for(event::disconnected()).blocking().unwrap();
    assert_eq!(gone.by, ClosedBy::Server, "{}", server.events().timeline());
    server.shutdown().blocking().unwrap();
}
