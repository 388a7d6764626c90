//! A table of users: what each is shown, and what lets each in.

use mock_auth::{KbdintRound, User, Users};
use mock_core::{Method, Methods};

use crate::support::{answer, connect, key, new_key, none, password, serve, start};

#[tokio::test]
async fn each_user_is_shown_its_own_methods() {
    let known = new_key();
    let round = || KbdintRound::new([("Token: ", true, "42")]);
    let users = Users::new([
        User::named("guest").none(),
        User::named("password").password("x"),
        User::named("both").password("x").password_also_interactive(),
        User::named("key").public_key(&known),
        User::named("token").keyboard_interactive([round()]),
        User::named("all").keyboard_interactive([round()]).password("x").public_key(&known),
        User::named("nothing"),
    ]);
    let server = serve(users);
    for (user, methods) in [
        ("password", "password"),
        ("both", "password,keyboard-interactive"),
        ("key", "publickey"),
        ("token", "keyboard-interactive"),
        ("all", "publickey,password,keyboard-interactive"),
        ("nothing", ""),
        ("unknown", "publickey"),
    ] {
        // The client leaves by itself where there is nothing to go on with.
        let mut client = connect(&server).await;
        let said = none(&mut client, user).await;
        assert_eq!(said, format!("no; go on with [{methods}]"), "{user}");
    }
    assert_eq!(none(&mut connect(&server).await, "guest").await, "welcome");
    assert_eq!(password(&mut connect(&server).await, "all", "x").await, "welcome");
    assert_eq!(key(&mut connect(&server).await, "all", &known).await, "welcome");

    let mut client = connect(&server).await;
    assert_eq!(start(&mut client, "all").await, r#"||"Token: " shown"#);
    assert_eq!(answer(&mut client, &["42"]).await, "welcome");
    server.shutdown().await.unwrap();
}

#[tokio::test]
async fn a_password_also_answers_one_hidden_prompt() {
    let server = serve(Users::new([User::named("anna").password("hunter2").password_also_interactive()]));
    let mut client = connect(&server).await;
    assert_eq!(start(&mut client, "anna").await, r#"||"Password: " hidden"#);
    assert_eq!(answer(&mut client, &["letmein"]).await, "no; go on with [password,keyboard-interactive]");
    assert_eq!(start(&mut client, "anna").await, r#"||"Password: " hidden"#);
    assert_eq!(answer(&mut client, &["hunter2"]).await, "welcome");
    server.shutdown().await.unwrap();
}

#[tokio::test]
async fn a_secret_of_another_user_is_of_no_use() {
    let (annas, berts) = (new_key(), new_key());
    let server = serve(Users::new([
        User::named("anna").password("a").public_key(&annas),
        User::named("bert").password("b").public_key(&berts),
    ]));
    let mut client = connect(&server).await;
    let no = "no; go on with [publickey,password]";
    assert_eq!(password(&mut client, "anna", "b").await, no);
    assert_eq!(key(&mut client, "bert", &annas).await, no);
    assert_eq!(key(&mut client, "bert", &berts).await, "welcome");
    server.shutdown().await.unwrap();
}

#[tokio::test]
async fn what_unknown_users_see_can_be_set() {
    let users = || Users::new([User::named("anna").password("hunter2")]);
    let server = serve(users().unknown_users_see([Method::Password, Method::KeyboardInteractive]));
    let mut client = connect(&server).await;
    let no = "no; go on with [password,keyboard-interactive]";
    assert_eq!(password(&mut client, "mallory", "hunter2").await, no);
    assert_eq!(start(&mut client, "mallory").await, no);
    assert_eq!(key(&mut client, "mallory", &new_key()).await, no);
    server.shutdown().await.unwrap();

    let server = serve(users().unknown_users_see(Methods::empty()));
    assert_eq!(none(&mut connect(&server).await, "mallory").await, "no; go on with []");
    server.shutdown().await.unwrap();
}
