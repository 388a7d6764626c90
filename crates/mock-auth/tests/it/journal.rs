//! What the journal says about logins: outcome and reason of each attempt, and no secret.

use mock_auth::{KbdintRound, User, Users};
use mock_core::{
    MockSshServer,
    event::{self, AuthOutcome},
};

use crate::support::{answer, connect, key, new_key, none, password, serve, start};

/// Number, method, outcome and reason of each attempt so far.
fn attempts(server: &MockSshServer) -> Vec<(u32, String, AuthOutcome, String)> {
    let attempts = server.events().query(event::auth_attempt());
    attempts
        .iter()
        .map(|attempt| (attempt.number, attempt.method.clone(), attempt.outcome, attempt.why.clone()))
        .collect()
}

fn row(number: u32, method: &str, outcome: AuthOutcome, why: &str) -> (u32, String, AuthOutcome, String) {
    (number, method.to_owned(), outcome, why.to_owned())
}

#[tokio::test]
async fn every_attempt_has_its_outcome_and_its_reason() {
    let server = serve(Users::new([User::named("anna")
        .password("hunter2")
        .keyboard_interactive([KbdintRound::new([("A: ", true, "a"), ("B: ", true, "b")])])]));
    let mut client = connect(&server).await;
    none(&mut client, "anna").await;
    password(&mut client, "anna", "letmein").await;
    password(&mut client, "mallory", "letmein").await;
    start(&mut client, "anna").await;
    answer(&mut client, &["a", "x"]).await;
    password(&mut client, "anna", "hunter2").await;

    let rejected = AuthOutcome::Rejected;
    assert_eq!(
        attempts(&server),
        [
            row(1, "none", rejected, "none is not accepted"),
            row(2, "password", rejected, "wrong password"),
            row(3, "password", rejected, "unknown user"),
            row(4, "keyboard-interactive", AuthOutcome::Prompted, ""),
            row(5, "keyboard-interactive", rejected, "wrong answer to prompt 2 of round 1"),
            row(6, "password", AuthOutcome::Accepted, "right password"),
        ]
    );
    let accepted = server.events().first(event::auth_accepted()).unwrap();
    assert_eq!((&*accepted.user, &*accepted.method, accepted.attempts), ("anna", "password", 6));
    assert_eq!(server.events().count(event::auth_accepted()), 1);
    server.shutdown().await.unwrap();
}

#[tokio::test]
async fn what_was_presented_is_kept_but_not_shown() {
    let server = serve(Users::new([User::named("anna")
        .password("secret-password")
        .keyboard_interactive([KbdintRound::new([("Token: ", true, "secret-answer")])])]));
    let mut client = connect(&server).await;
    password(&mut client, "anna", "wrong-secret-password").await;
    start(&mut client, "anna").await;
    answer(&mut client, &["secret-answer"]).await;

    let presented = server.events().query(event::auth_attempt());
    assert_eq!(presented[0].secrets[0].reveal(), "wrong-secret-password");
    assert_eq!(presented[2].secrets[0].reveal(), "secret-answer");
    let events = server.events();
    let shown = format!("{}{}{:?}", events.timeline(), events.to_json_lines(), events.all());
    assert!(shown.contains("[redacted]") && !shown.contains("secret-"), "{shown}");
    server.shutdown().await.unwrap();
}

#[tokio::test]
async fn an_offered_key_is_not_an_attempt() {
    let known = new_key();
    let server = serve(Users::new([User::named("anna").public_key(&known)]));
    let mut client = connect(&server).await;
    key(&mut client, "anna", &new_key()).await;
    key(&mut client, "anna", &known).await;

    let offers = server.events().query(event::key_offered());
    let offers: Vec<_> = offers.iter().map(|offer| (offer.welcome, &*offer.why)).collect();
    assert_eq!(offers, [(false, "key is not known"), (true, "key is known")]);
    assert_eq!(attempts(&server), [row(1, "publickey", AuthOutcome::Accepted, "key is known")]);
    let signed = server.events().first(event::auth_attempt()).unwrap();
    let fingerprint = known.fingerprint(russh::keys::HashAlg::Sha256).to_string();
    assert_eq!(signed.key.as_ref().unwrap().fingerprint, fingerprint);
    server.shutdown().await.unwrap();
}
