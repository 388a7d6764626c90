//! Several factors and answers over time, as a client is told of them.

use std::time::Duration;

use mock_auth::{
    Combine as _, KbdintRound, KeyboardInteractive, Password, PublicKeys, User, Users, in_order,
};
use mock_core::{Method, MockSshServer, event};

use crate::support::{answer, connect, key, new_key, none, password, serve, start};

#[tokio::test]
async fn partial_success_is_told_with_what_is_left() {
    let known = new_key();
    let code = KeyboardInteractive::any_user(KbdintRound::new([("Code: ", true, "1")]));
    let server = serve(in_order((PublicKeys::new("anna", [&known]), Password::new("anna", "x"), code)));
    let mut client = connect(&server).await;
    assert_eq!(none(&mut client, "anna").await, "no; go on with [publickey]");
    assert_eq!(password(&mut client, "anna", "x").await, "no; go on with [publickey]");
    assert_eq!(key(&mut client, "anna", &known).await, "in part; go on with [password]");
    assert_eq!(password(&mut client, "anna", "y").await, "no; go on with [password]");
    assert_eq!(password(&mut client, "anna", "x").await, "in part; go on with [keyboard-interactive]");
    assert_eq!(start(&mut client, "anna").await, r#"||"Code: " shown"#);
    assert_eq!(answer(&mut client, &["1"]).await, "welcome");
    server.shutdown().await.unwrap();
}

#[tokio::test]
async fn another_user_name_begins_anew() {
    // RFC 4252 section 5: what was accepted for one user must not help another.
    let known = new_key();
    let server = serve(in_order((PublicKeys::any_user([&known]), Password::any_user("x"))));
    let mut client = connect(&server).await;
    assert_eq!(key(&mut client, "anna", &known).await, "in part; go on with [password]");
    assert_eq!(password(&mut client, "bert", "x").await, "no; go on with [publickey]");
    assert_eq!(password(&mut client, "anna", "x").await, "no; go on with [publickey]", "forgotten");
    assert_eq!(key(&mut client, "anna", &known).await, "in part; go on with [password]");
    assert_eq!(password(&mut client, "anna", "x").await, "welcome");
    server.shutdown().await.unwrap();
}

#[tokio::test]
async fn each_user_has_its_own_factors() {
    let users = Users::new([
        User::named("anna").password("x"),
        User::named("bert")
            .password("x")
            .keyboard_interactive([KbdintRound::new([("Code: ", true, "1")])])
            .requiring("password,keyboard-interactive".parse().unwrap()),
        User::named("cleo").strategy(Password::new("cleo", "x").then(Password::new("cleo", "y"))),
    ]);
    let server = serve(users);
    assert_eq!(password(&mut connect(&server).await, "anna", "x").await, "welcome");
    let said = password(&mut connect(&server).await, "bert", "x").await;
    assert_eq!(said, "in part; go on with [keyboard-interactive]");
    let mut cleo = connect(&server).await;
    assert_eq!(password(&mut cleo, "cleo", "x").await, "in part; go on with [password]");
    assert_eq!(password(&mut cleo, "cleo", "x").await, "no; go on with [password]");
    assert_eq!(password(&mut cleo, "cleo", "y").await, "welcome");
    server.shutdown().await.unwrap();
}

#[tokio::test]
async fn a_method_goes_away_between_attempts() {
    let code = KeyboardInteractive::any_user(KbdintRound::new([("Code: ", true, "1")]));
    let server = serve(Password::any_user("x").or(code).withdraw(Method::Password, 2));
    let mut client = connect(&server).await;
    let both = "no; go on with [password,keyboard-interactive]";
    assert_eq!(password(&mut client, "anna", "a").await, both);
    assert_eq!(password(&mut client, "anna", "b").await, "no; go on with [keyboard-interactive]");
    assert_eq!(password(&mut client, "anna", "x").await, "no; go on with [keyboard-interactive]");
    server.shutdown().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_lock_lasts_for_its_time_over_connections() {
    let strategy = Password::any_user("x").lock_after(2).for_a(Duration::from_secs(600));
    let server = serve(strategy);
    let no = "no; go on with [password]";
    assert_eq!(password(&mut connect(&server).await, "anna", "a").await, no);
    assert_eq!(password(&mut connect(&server).await, "anna", "b").await, no);
    assert_eq!(password(&mut connect(&server).await, "anna", "x").await, no);
    assert_eq!(password(&mut connect(&server).await, "bert", "x").await, "welcome");
    tokio::time::advance(Duration::from_secs(600)).await;
    assert_eq!(password(&mut connect(&server).await, "anna", "x").await, "welcome");
}

#[tokio::test(start_paused = true)]
async fn an_answer_comes_after_its_delay() {
    let strategy = Password::any_user("x").delay_method(Method::Password, Duration::from_secs(3600));
    let server = MockSshServer::builder().auth(strategy).handshake_timeout(None).start_in_memory().unwrap();
    let mut client = connect(&server).await;
    assert_eq!(none(&mut client, "anna").await, "no; go on with [password]");
    let before = server.events().last(event::auth_attempt()).map(|_| tokio::time::Instant::now()).unwrap();
    assert_eq!(password(&mut client, "anna", "x").await, "welcome");
    assert!(before.elapsed() >= Duration::from_secs(3600));
}
