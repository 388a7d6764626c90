//! Logins by every method, and refused ones.

use mock_agent::{AgentEvents as _, Identity, KeyType, MockAgent};
use mock_auth::{KbdintRound, KeyboardInteractive, NoneAuth, Password, PublicKeys};
use mock_core::{Authenticator, Exec, KitUser, MockSshServer, event};
use serde_json::{Value, json};
use support::Python;

fn server(auth: impl Authenticator + 'static) -> MockSshServer {
    let builder = MockSshServer::builder().auth(auth).exec(Exec::echo());
    builder.start_blocking().unwrap()
}

fn accepted(server: MockSshServer, came: &Value, method: &str) {
    assert_eq!(came["accepted"], true, "{came}\n{}", server.events().timeline());
    assert_eq!(came["output"], "REMOTE_OK:uname -r\n");
    let accepted = server.events().first(event::auth_accepted()).unwrap();
    assert_eq!((&*accepted.user, &*accepted.method), ("anna", method));
    server.shutdown().blocking().unwrap();
}

fn refused(server: MockSshServer, came: &Value) {
    assert_eq!((&came["accepted"], &came["refused"]), (&json!(false), &json!("credential")), "{came}");
    assert_eq!(server.events().count(event::auth_accepted()), 0);
    server.shutdown().blocking().unwrap();
}

pub(crate) fn none(script: &str) {
    let server = server(NoneAuth::new("anna"));
    let python = Python::new(&server, KitUser::new("anna"));
    let came = python.run(script, json!({"method": "none", "user": "anna"}));
    accepted(server, &came, "none");
}

pub(crate) fn none_refused(script: &str) -> Value {
    let server = server(Password::new("anna", "hunter2"));
    let python = Python::new(&server, KitUser::new("anna"));
    let came = python.run(script, json!({"method": "none", "user": "anna"}));
    assert_eq!(came["accepted"], false, "{came}");
    server.shutdown().blocking().unwrap();
    came
}

pub(crate) fn password(script: &str) {
    let given = |password| json!({"method": "password", "user": "anna", "password": password});
    let right = server(Password::new("anna", "hunter2"));
    let came = Python::new(&right, KitUser::new("anna")).run(script, given("hunter2"));
    accepted(right, &came, "password");

    let wrong = server(Password::new("anna", "hunter2"));
    let came = Python::new(&wrong, KitUser::new("anna")).run(script, given("letmein"));
    refused(wrong, &came);
}

pub(crate) fn public_key(script: &str, key_type: KeyType) {
    let mut key = Identity::generate(key_type, "").unwrap().key().clone();
    // Paramiko cannot read a key without a comment where its file happens to need no padding.
    key.set_comment("anna@work");
    let given = |python: &Python| {
        let key_file = python.kit().identity_file("anna");
        json!({"method": "publickey", "user": "anna", "key_file": key_file})
    };
    let right = server(PublicKeys::new("anna", [key.public_key().clone()]));
    let python = Python::new(&right, KitUser::new("anna").identity(key.clone()));
    let came = python.run(script, given(&python));
    accepted(right, &came, "publickey");

    let stranger = Identity::generate(KeyType::Ed25519, "").unwrap();
    let wrong = server(PublicKeys::new("anna", [stranger.public_key()]));
    let python = Python::new(&wrong, KitUser::new("anna").identity(key));
    let came = python.run(script, given(&python));
    assert_eq!(wrong.events().first(event::key_offered()).map(|offered| offered.welcome), Some(false));
    refused(wrong, &came);
}

pub(crate) fn agent(script: &str) {
    let identity = Identity::generate(KeyType::Ed25519, "anna@work").unwrap();
    let server = server(PublicKeys::new("anna", [identity.public_key()]));
    let agent = MockAgent::builder().identities([identity]).start_blocking().unwrap();
    let python = Python::new(&server, KitUser::new("anna"));
    let given = json!({"method": "agent", "user": "anna", "agent": agent.socket_path()});
    let came = python.run(script, given);
    assert_eq!(came["keys"], json!(["anna@work"]));
    accepted(server, &came, "publickey");
    assert_eq!(agent.events().signatures().len(), 1, "{}", agent.events().timeline());
    agent.shutdown().blocking().unwrap();
}

pub(crate) fn one_round(script: &str) {
    let strategy = || {
        let prompts = [("OTP Token: ", true, "123456"), ("Password: ", false, "hunter2")];
        let round = KbdintRound::new(prompts).name("Two-Factor Authentication");
        server(KeyboardInteractive::new("anna", round.instructions("Have your token ready.")))
    };
    let prompts = json!([["OTP Token: ", true], ["Password: ", false]]);
    let asked = json!([["Two-Factor Authentication", "Have your token ready.", prompts]]);
    let given =
        |answers: [&str; 2]| json!({"method": "keyboard-interactive", "user": "anna", "answers": [answers]});

    let right = strategy();
    let came = Python::new(&right, KitUser::new("anna")).run(script, given(["123456", "hunter2"]));
    assert_eq!(came["rounds"], asked);
    accepted(right, &came, "keyboard-interactive");

    let wrong = strategy();
    let came = Python::new(&wrong, KitUser::new("anna")).run(script, given(["123456", "letmein"]));
    assert_eq!(came["rounds"][0], asked[0]);
    refused(wrong, &came);
}

pub(crate) fn several_rounds(script: &str) {
    let rounds = [
        KbdintRound::new([("OTP Token: ", true, "123456")]).name("Step 1 of 3"),
        KbdintRound::new([]).instructions("Nearly there."),
        KbdintRound::new([("Password: ", false, "hunter2")]).name("Step 3 of 3"),
    ];
    let server = server(KeyboardInteractive::rounds("anna", rounds));
    let python = Python::new(&server, KitUser::new("anna"));
    let answers = json!([["123456"], [], ["hunter2"]]);
    let came =
        python.run(script, json!({"method": "keyboard-interactive", "user": "anna", "answers": answers}));
    let asked = json!([
        ["Step 1 of 3", "", [["OTP Token: ", true]]],
        ["", "Nearly there.", []],
        ["Step 3 of 3", "", [["Password: ", false]]],
    ]);
    assert_eq!(came["rounds"], asked);
    accepted(server, &came, "keyboard-interactive");
}
