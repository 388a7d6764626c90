//! What is expected, when a server is held to it, and what its report says.

use std::panic::{AssertUnwindSafe, catch_unwind};

use mock_core::{
    Exec, MatchCommand as _, MockSshServer, ShutdownError, any, env, event, glob, prefix, stdin,
};

use crate::support::{SOON, drain, exec, login, open};

fn report(server: &MockSshServer) -> String {
    let error = server.verify().unwrap_err();
    let report = error.report().normalized().to_string();
    // The timelines are tested elsewhere.
    report.split("\nconnection ").next().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn rules_are_expected_to_answer_so_often() {
    let server = open()
        .exec(Exec::on("once").expect(1))
        .exec(Exec::on("some").expect(1..=2))
        .exec(Exec::on("never").expect(0))
        .exec(Exec::on("rest").expect(2..))
        .start_in_memory()
        .unwrap();
    assert_eq!(server.verify().unwrap_err().unmet().len(), 3);
    let client = login(&server).await;
    for command in ["once", "some", "rest", "rest", "rest"] {
        exec(&client, command).await;
    }
    server.verify().unwrap();
    exec(&client, "never").await;
    exec(&client, "once").await;
    let report = report(&server);
    assert!(report.contains("1. expected exec \"once\" exactly once\n   but it came twice\n"), "{report}");
    assert!(report.contains("2. expected exec \"never\" never\n   but it came once\n"), "{report}");
    assert_eq!(server.rules().list()[1].expected.as_deref(), Some("1 to 2 times"));
    assert!(matches!(server.shutdown().await, Err(ShutdownError::Unmet(_))));
}

#[tokio::test]
async fn a_report_tells_which_rule_answered_instead() {
    let server = open()
        .exec(Exec::on(prefix("systemctl ")))
        .exec(Exec::on("systemctl restart nginx").expect(1))
        .exec(Exec::on("reboot").up_to(1).expect(2))
        .exec(Exec::on("lock").in_state("lock", "free").expect(1))
        .exec(Exec::on(prefix("re")).named("rest"))
        .start_in_memory()
        .unwrap();
    let client = login(&server).await;
    for command in ["systemctl restart nginx", "reboot", "reboot", "lock"] {
        exec(&client, command).await;
    }
    let report = report(&server);
    assert!(report.contains("the rule `systemctl …` comes first and answered it"), "{report}");
    assert!(report.contains("the state `lock` is `initial`, not `free`"), "{report}");
    assert!(report.contains("the rule `rest` answered it: this one answers only call 1"), "{report}");
    server.shutdown().await.unwrap_err();
}

#[tokio::test]
async fn a_report_tells_what_came_near() {
    let server = open()
        .exec(Exec::on(glob("systemctl restart *").unwrap()).expect(1))
        .exec(Exec::on("deploy".and(env("STAGE", "live"))).expect(1))
        .exec(Exec::on("import".and(stdin("select 1;"))).expect(1))
        .start_in_memory()
        .unwrap();
    let client = login(&server).await;
    exec(&client, "systemctl start nginx").await;
    let mut channel = client.channel_open_session().await.unwrap();
    channel.set_env(false, "STAGE", "test").await.unwrap();
    channel.exec(true, "deploy").await.unwrap();
    drain(&mut channel).await;
    let mut channel = client.channel_open_session().await.unwrap();
    channel.exec(true, "import").await.unwrap();
    channel.data(&b"select 2;"[..]).await.unwrap();
    channel.eof().await.unwrap();
    drain(&mut channel).await;
    insta::assert_snapshot!(report(&server));
    server.shutdown().await.unwrap_err();
}

#[tokio::test]
async fn input_that_did_not_end_is_told() {
    let server = open().exec(Exec::on("import".and(stdin("x"))).expect(1)).start_in_memory().unwrap();
    let client = login(&server).await;
    let channel = client.channel_open_session().await.unwrap();
    channel.exec(true, "import").await.unwrap();
    server.events().wait_for(event::exec()).within(SOON).await.unwrap();
    let report = report(&server);
    assert!(report.contains("its standard input came to no end, so no rule was chosen"), "{report}");
    drop(channel);
    server.shutdown().await.unwrap_err();
}

#[tokio::test]
async fn what_input_decided_is_listed_where_it_is_too_much() {
    let server = open().exec(Exec::on("import".and(stdin(any()))).expect(0)).start_in_memory().unwrap();
    let client = login(&server).await;
    let mut channel = client.channel_open_session().await.unwrap();
    channel.exec(true, "import").await.unwrap();
    channel.eof().await.unwrap();
    drain(&mut channel).await;
    let report = report(&server);
    assert!(report.contains("but it came once") && report.contains("stdin decides \"import\""), "{report}");
    server.shutdown().await.unwrap_err();
}

#[tokio::test]
async fn anything_in_the_journal_can_be_expected() {
    let server = open()
        .exec(Exec::on("a"))
        .exec(Exec::on("b"))
        .expect(event::auth_accepted(), 1)
        .expect_none(event::exec().command("rm -rf /"))
        .expect_in_order((event::connected(), event::exec().command("a"), event::exec().command("b")))
        .start_in_memory()
        .unwrap();
    server.expect(event::exec(), 2);
    server.expect_none(event::signal());
    let client = login(&server).await;
    exec(&client, "a").await;
    assert_eq!(server.verify().unwrap_err().unmet().len(), 2);
    exec(&client, "b").await;
    server.verify().unwrap();
    server.expect_in_order((event::exec().command("b"), event::exec().command("a")));
    let error = server.shutdown().await.unwrap_err();
    let ShutdownError::Unmet(unmet) = error else {
        panic!("{error}");
    };
    assert_eq!((unmet.unmet().len(), unmet.checked()), (1, 6));
}

#[tokio::test]
async fn a_rule_that_is_gone_is_held_to_what_was_expected() {
    let server = open().start_in_memory().unwrap();
    let client = login(&server).await;
    {
        let _scope = server.rules().scoped(Exec::on("x").expect(1));
        exec(&client, "x").await;
    }
    server.verify().unwrap();
    drop(server.rules().scoped(Exec::on("y").expect(1)));
    assert!(report(&server).contains("expected exec \"y\" exactly once"));
    server.shutdown().await.unwrap_err();
}

#[tokio::test]
async fn two_rules_of_one_name_are_told_apart_by_what_they_answered() {
    let server = open().exec(Exec::on("x").named("twin")).exec(Exec::on("x").named("twin").expect(1));
    let server = server.start_in_memory().unwrap();
    exec(&login(&server).await, "x").await;
    let report = report(&server);
    assert!(report.contains("another rule `twin` answered it"), "{report}");
    server.shutdown().await.unwrap_err();
}

/// The text of a panic.
fn panics(run: impl FnOnce()) -> Option<String> {
    let panic = catch_unwind(AssertUnwindSafe(run)).err()?;
    panic.downcast_ref::<String>().cloned().or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string))
}

fn unmet() -> MockSshServer {
    MockSshServer::builder().exec(Exec::on("uptime").expect(1)).start_blocking().unwrap()
}

#[test]
fn a_server_that_nobody_verified_fails_its_test_when_it_is_dropped() {
    let text = panics(|| drop(unmet())).unwrap();
    assert!(text.contains("1. expected exec \"uptime\" exactly once\n   but it never came"), "{text}");
    let asked = panics(|| {
        let server = unmet();
        server.verify().unwrap_err();
        drop(server);
    });
    assert_eq!(asked, None, "who has asked knows");
    let met =
        panics(|| drop(MockSshServer::builder().exec(Exec::on("x").expect(0)).start_blocking().unwrap()));
    assert_eq!(met, None);
}

#[test]
fn a_test_that_fails_already_fails_with_its_own_reason() {
    let text = panics(|| {
        let _server = unmet();
        panic!("its own reason");
    });
    assert_eq!(text.as_deref(), Some("its own reason"));
}

#[test]
fn a_shutdown_returns_the_report_and_unwrap_prints_it() {
    let text = panics(|| unmet().shutdown().blocking().unwrap()).unwrap();
    assert!(text.contains("expected exec \"uptime\" exactly once"), "{text}");
}
