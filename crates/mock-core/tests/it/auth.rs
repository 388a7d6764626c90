//! Logins through the seam: methods, rounds, partial success, delays, limits, and what is recorded of them.

use mock_core::{
    Answer, Attempt, Authenticator, Credential, DisconnectReason, HostKey, LoginContext, LoginState, Method,
    Methods, MockSshServer, Prompt, Round, Verdict,
    event::{self, AuthOutcome},
};
use russh::{
    MethodKind, MethodSet,
    client::{AuthResult, KeyboardInteractiveAuthResponse},
    keys::PrivateKeyWithHashAlg,
};

use crate::support::{SOON, handshake};

/// A strategy made of a closure.
struct Judge<F>(F);

impl<F: Fn(&Attempt<'_>) -> Verdict + Clone + Send + Sync + 'static> Authenticator for Judge<F> {
    fn begin(&self, _: &LoginContext<'_>) -> Box<dyn LoginState> {
        Box::new(Self(self.0.clone()))
    }
}

impl<F: Fn(&Attempt<'_>) -> Verdict + Send> LoginState for Judge<F> {
    fn methods(&self) -> Methods {
        [Method::PublicKey, Method::Password, Method::KeyboardInteractive].into()
    }

    fn attempt(&mut self, attempt: &Attempt<'_>) -> Verdict {
        (self.0)(attempt)
    }
}

fn server(judge: impl Fn(&Attempt<'_>) -> Verdict + Clone + Send + Sync + 'static) -> MockSshServer {
    MockSshServer::builder().auth(Judge(judge)).start_in_memory().unwrap()
}

#[tokio::test]
async fn nobody_gets_in_by_default_and_no_method_is_left() {
    let server = MockSshServer::builder().start_in_memory().unwrap();
    let mut client = handshake(server.connect()).await;
    let refused = client.authenticate_password("anna", "hunter2").await.unwrap();
    assert_eq!(
        refused,
        AuthResult::Failure { remaining_methods: MethodSet::empty(), partial_success: false }
    );
    let attempt = server.events().first(event::auth_attempt()).unwrap();
    assert_eq!(attempt.why, "no login strategy is configured");
    assert_eq!(attempt.secrets.first().unwrap().reveal(), "hunter2");
    assert!(!server.events().to_json_lines().contains("hunter2"), "secrets are not shown");
}

#[tokio::test]
async fn secrets_are_shown_only_on_purpose() {
    let server = MockSshServer::builder().reveal_secrets().start_in_memory().unwrap();
    let mut client = handshake(server.connect()).await;
    client.authenticate_password("anna", "hunter2").await.unwrap();
    assert!(server.events().to_json_lines().contains("hunter2"));
}

#[tokio::test]
async fn a_password_can_be_tried_again() {
    let server = server(|attempt| match attempt.credential {
        Credential::Password("right") => Verdict::accept(""),
        _ => Verdict::reject("wrong password"),
    });
    let mut client = handshake(server.connect()).await;
    let AuthResult::Failure { remaining_methods, .. } =
        client.authenticate_password("anna", "wrong").await.unwrap()
    else {
        panic!("a wrong password was accepted");
    };
    let left = [MethodKind::PublicKey, MethodKind::Password, MethodKind::KeyboardInteractive];
    assert_eq!(remaining_methods.to_vec(), left);
    assert!(client.authenticate_password("anna", "right").await.unwrap().success());
    let outcomes: Vec<_> = server
        .events()
        .query(event::auth_attempt())
        .iter()
        .map(|attempt| (attempt.number, attempt.outcome))
        .collect();
    assert_eq!(outcomes, [(1, AuthOutcome::Rejected), (2, AuthOutcome::Accepted)]);
    assert_eq!(server.events().first(event::auth_accepted()).unwrap().attempts, 2);
}

#[tokio::test]
async fn partial_success_names_what_is_left() {
    let server = server(|attempt| match attempt.credential {
        Credential::Password(_) => Verdict::partial([Method::KeyboardInteractive].into(), "a code too"),
        _ => Verdict::reject(""),
    });
    let mut client = handshake(server.connect()).await;
    let partial = client.authenticate_password("anna", "right").await.unwrap();
    let left = MethodSet::from([MethodKind::KeyboardInteractive].as_slice());
    assert_eq!(partial, AuthResult::Failure { remaining_methods: left, partial_success: true });
    let attempt = server.events().first(event::auth_attempt()).unwrap();
    assert_eq!(
        (attempt.outcome, attempt.methods_left.clone()),
        (AuthOutcome::Partial, vec!["keyboard-interactive".into()])
    );
}

#[tokio::test]
async fn rounds_of_prompts_follow_each_other_and_one_may_be_empty() {
    let server = server(|attempt| match attempt.credential {
        Credential::KbdintStart { .. } => {
            let prompts = [Prompt::new("Token: ", true), Prompt::new("PIN: ", false)];
            Verdict::ask(Round::new(prompts).name("Step 1").instructions("Look at your phone"))
        }
        Credential::KbdintAnswers([token, pin]) if token == "123" && pin == "9" => {
            Verdict::ask(Round::default())
        }
        Credential::KbdintAnswers([]) => Verdict::accept("both right"),
        _ => Verdict::reject("wrong"),
    });
    let mut client = handshake(server.connect()).await;
    let first = client.authenticate_keyboard_interactive_start("anna", None).await.unwrap();
    let KeyboardInteractiveAuthResponse::InfoRequest { name, instructions, prompts } = first else {
        panic!("no prompts: {first:?}");
    };
    assert_eq!((name.as_str(), instructions.as_str()), ("Step 1", "Look at your phone"));
    let asked: Vec<_> = prompts.iter().map(|prompt| (prompt.prompt.as_str(), prompt.echo)).collect();
    assert_eq!(asked, [("Token: ", true), ("PIN: ", false)]);
    let answers = vec!["123".to_owned(), "9".to_owned()];
    let second = client.authenticate_keyboard_interactive_respond(answers).await.unwrap();
    assert!(
        matches!(second, KeyboardInteractiveAuthResponse::InfoRequest { prompts, .. } if prompts.is_empty())
    );
    let third = client.authenticate_keyboard_interactive_respond(Vec::new()).await.unwrap();
    assert!(matches!(third, KeyboardInteractiveAuthResponse::Success));
    let outcomes: Vec<_> =
        server.events().query(event::auth_attempt()).iter().map(|attempt| attempt.outcome).collect();
    assert_eq!(outcomes, [AuthOutcome::Prompted, AuthOutcome::Prompted, AuthOutcome::Accepted]);
}

#[tokio::test]
async fn a_key_is_offered_before_it_is_used_and_only_use_is_an_attempt() {
    let server = server(|attempt| match attempt.credential {
        Credential::KeyOffered { algorithm: "ssh-ed25519", .. } => Verdict::accept("known"),
        Credential::KeySigned { .. } => Verdict::accept("signed"),
        _ => Verdict::reject("unknown"),
    });
    let mut client = handshake(server.connect()).await;
    let key = HostKey::ed25519().private_key().clone();
    let key = PrivateKeyWithHashAlg::new(std::sync::Arc::new(key), None);
    assert!(client.authenticate_publickey("anna", key).await.unwrap().success());
    let events = server.events();
    let offered = events.first(event::key_offered()).unwrap();
    assert!(offered.welcome && offered.key.fingerprint.starts_with("SHA256:"));
    let attempts = events.query(event::auth_attempt());
    assert_eq!(attempts.len(), 1);
    assert_eq!(attempts.first().unwrap().key.as_ref(), Some(&offered.key));
}

#[tokio::test]
async fn too_many_refusals_end_the_connection_as_openssh_does() {
    let refusing = Judge(|_: &Attempt<'_>| Verdict::reject("never"));
    let server = MockSshServer::builder().auth(refusing).max_auth_attempts(2).start_in_memory().unwrap();
    let mut client = handshake(server.connect()).await;
    // The probing `none` does not count.
    assert!(!client.authenticate_none("anna").await.unwrap().success());
    assert!(!client.authenticate_password("anna", "a").await.unwrap().success());
    let _refused_or_cut = client.authenticate_password("anna", "b").await;
    let over = server.events().wait_for(event::disconnected()).within(SOON).await.unwrap();
    assert_eq!(
        (over.by, over.reason.as_str()),
        (event::ClosedBy::Server, "Too many authentication failures")
    );
}

#[tokio::test]
async fn requests_without_end_end_the_connection() {
    let server = server(|_| Verdict::ask(Round::default()));
    let mut client = handshake(server.connect()).await;
    // One round after the other: no refusal, and still no way in.
    let asking = tokio::spawn(async move {
        client.authenticate_keyboard_interactive_start("anna", None).await.ok();
        while client.authenticate_keyboard_interactive_respond(Vec::new()).await.is_ok() {}
    });
    let over = server.events().wait_for(event::disconnected()).within(SOON).await.unwrap();
    assert_eq!(
        (over.by, over.reason.as_str()),
        (event::ClosedBy::Server, "too many authentication requests")
    );
    assert!(server.events().count(event::auth_attempt()) <= 20 * 16);
    asking.abort();
}

#[tokio::test]
async fn a_user_name_without_end_is_not_looked_at() {
    let server = server(|_| Verdict::accept(""));
    let mut client = handshake(server.connect()).await;
    let _refused_or_cut = client.authenticate_none("x".repeat(2000)).await;
    let over = server.events().wait_for(event::disconnected()).within(SOON).await.unwrap();
    assert_eq!(over.reason, "the user name is longer than 1024 bytes");
    assert_eq!(server.events().count(event::auth_attempt()), 0);
}

#[tokio::test]
async fn a_verdict_can_disconnect() {
    let server =
        server(|_| Verdict::disconnect(DisconnectReason::IllegalUserName, "no such person", "unknown"));
    let mut client = handshake(server.connect()).await;
    let _refused_or_cut = client.authenticate_password("anna", "a").await;
    let over = server.events().wait_for(event::disconnected()).within(SOON).await.unwrap();
    assert_eq!(over.reason, "no such person");
    assert_eq!(server.events().first(event::auth_attempt()).unwrap().outcome, AuthOutcome::Disconnected);
}

#[tokio::test]
async fn prompts_in_answer_to_a_password_are_a_rejection() {
    let server = server(|_| Verdict::ask(Round::default()));
    let mut client = handshake(server.connect()).await;
    assert!(!client.authenticate_password("anna", "a").await.unwrap().success());
    assert_eq!(
        server.events().first(event::problem()).unwrap().text,
        "password cannot be answered with prompts: rejected"
    );
}

/// Accepts the second attempt of a login.
struct Second(u32);

impl Authenticator for Second {
    fn begin(&self, _: &LoginContext<'_>) -> Box<dyn LoginState> {
        Box::new(Self(0))
    }
}

impl LoginState for Second {
    fn methods(&self) -> Methods {
        [Method::Password].into()
    }

    fn attempt(&mut self, _: &Attempt<'_>) -> Verdict {
        self.0 += 1;
        let answer = if self.0 > 1 { Answer::Accept } else { Answer::Reject { left: None } };
        let mut verdict = Verdict::reject("");
        verdict.answer = answer;
        verdict
    }
}

#[tokio::test]
async fn another_user_name_begins_another_login() {
    let server = MockSshServer::builder().auth(Second(0)).start_in_memory().unwrap();
    let mut client = handshake(server.connect()).await;
    assert!(!client.authenticate_password("anna", "").await.unwrap().success());
    assert!(!client.authenticate_password("bob", "").await.unwrap().success());
    assert!(client.authenticate_password("bob", "").await.unwrap().success());
}
