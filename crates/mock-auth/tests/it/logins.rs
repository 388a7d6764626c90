//! A login by each method, and what a client with the wrong secret or name is told.

use mock_auth::{
    AcceptAny, Combine as _, KbdintRound, KeyboardInteractive, MockCa, NoneAuth, Password, PublicKeys,
};

use crate::support::{answer, certificate, connect, key, new_key, none, password, serve, start};

#[tokio::test]
async fn anybody_is_let_in_by_every_method() {
    let server = serve(AcceptAny);
    assert_eq!(none(&mut connect(&server).await, "anna").await, "welcome");
    assert_eq!(password(&mut connect(&server).await, "bert", "x").await, "welcome");
    assert_eq!(key(&mut connect(&server).await, "cleo", &new_key()).await, "welcome");
    assert_eq!(start(&mut connect(&server).await, "dora").await, "welcome");
    server.shutdown().await.unwrap();
}

#[tokio::test]
async fn none_lets_in_one_user_or_every() {
    let server = serve(NoneAuth::new("guest"));
    assert_eq!(none(&mut connect(&server).await, "anna").await, "no; go on with []");
    assert_eq!(none(&mut connect(&server).await, "guest").await, "welcome");
    server.shutdown().await.unwrap();

    let server = serve(NoneAuth::any_user());
    assert_eq!(none(&mut connect(&server).await, "anna").await, "welcome");
    server.shutdown().await.unwrap();
}

#[tokio::test]
async fn a_password_lets_in_after_a_wrong_one() {
    let server = serve(Password::new("anna", "hunter2"));
    let mut client = connect(&server).await;
    let no = "no; go on with [password]";
    assert_eq!(none(&mut client, "anna").await, no);
    assert_eq!(password(&mut client, "anna", "letmein").await, no);
    assert_eq!(password(&mut client, "bert", "hunter2").await, no);
    assert_eq!(password(&mut client, "anna", "hunter2").await, "welcome");
    server.shutdown().await.unwrap();

    let server = serve(Password::any_user("hunter2"));
    assert_eq!(password(&mut connect(&server).await, "bert", "hunter2").await, "welcome");
    server.shutdown().await.unwrap();
}

#[tokio::test]
async fn a_key_lets_in_after_an_unknown_one() {
    let known = new_key();
    let server = serve(PublicKeys::new("anna", [&known]));
    let mut client = connect(&server).await;
    let no = "no; go on with [publickey]";
    assert_eq!(key(&mut client, "anna", &new_key()).await, no);
    assert_eq!(key(&mut client, "bert", &known).await, no);
    assert_eq!(key(&mut client, "anna", &known).await, "welcome");
    server.shutdown().await.unwrap();

    let line = known.public_key().to_openssh().unwrap();
    let server = serve(PublicKeys::any_user_from_authorized_keys(&line).unwrap());
    assert_eq!(key(&mut connect(&server).await, "bert", &known).await, "welcome");
    server.shutdown().await.unwrap();
}

#[tokio::test]
async fn a_certificate_for_a_known_key_is_not_that_key() {
    let known = new_key();
    let server = serve(PublicKeys::new("anna", [&known]));
    let signed = MockCa::new().user(known.public_key(), "anna").sign().unwrap();
    let said = certificate(&mut connect(&server).await, "anna", &known, signed.clone()).await;
    assert_eq!(said, "no; go on with [publickey]");
    server.shutdown().await.unwrap();

    let server = serve(AcceptAny);
    let said = certificate(&mut connect(&server).await, "anna", &known, signed).await;
    assert_eq!(said, "welcome");
    server.shutdown().await.unwrap();
}

#[tokio::test]
async fn rounds_are_asked_one_after_the_other() {
    let server = serve(KeyboardInteractive::rounds(
        "anna",
        [
            KbdintRound::new([("Password: ", false, "hunter2"), ("Token: ", true, "42")]).name("Step 1"),
            KbdintRound::new([]).instructions("Almost there"),
            KbdintRound::new([("PIN: ", false, "7")]),
        ],
    ));
    let first = r#"Step 1||"Password: " hidden,"Token: " shown"#;
    let mut client = connect(&server).await;
    assert_eq!(start(&mut client, "anna").await, first);
    assert_eq!(answer(&mut client, &["hunter2", "42"]).await, "|Almost there|");
    assert_eq!(answer(&mut client, &[]).await, r#"||"PIN: " hidden"#);
    let no = "no; go on with [keyboard-interactive]";
    assert_eq!(answer(&mut client, &["8"]).await, no);

    assert_eq!(start(&mut client, "anna").await, first, "it begins anew");
    assert_eq!(answer(&mut client, &["hunter2"]).await, no, "an answer is missing");
    assert_eq!(start(&mut client, "anna").await, first);
    assert_eq!(answer(&mut client, &["hunter2", "42"]).await, "|Almost there|");
    assert_eq!(answer(&mut client, &[]).await, r#"||"PIN: " hidden"#);
    assert_eq!(answer(&mut client, &["7"]).await, "welcome");
    server.shutdown().await.unwrap();
}

#[tokio::test]
async fn one_of_several_strategies_is_enough() {
    let round = KbdintRound::new([("Token: ", true, "42")]);
    let server = serve(Password::new("anna", "hunter2").or(KeyboardInteractive::any_user(round)));
    let mut client = connect(&server).await;
    let no = "no; go on with [password,keyboard-interactive]";
    assert_eq!(password(&mut client, "anna", "letmein").await, no);
    assert_eq!(start(&mut client, "anna").await, r#"||"Token: " shown"#);
    assert_eq!(answer(&mut client, &["42"]).await, "welcome");
    assert_eq!(password(&mut connect(&server).await, "anna", "hunter2").await, "welcome");
    server.shutdown().await.unwrap();
}
