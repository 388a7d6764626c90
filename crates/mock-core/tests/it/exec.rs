//! Scripted commands: what a client gets, and what the journal has of it.

use mock_core::{Exec, Exit, Reply, Request, Session, event, regex};

use crate::support::{Output, SOON, drain, exec, login, open};

#[tokio::test]
async fn the_first_rule_that_matches_answers() {
    let server = open()
        .exec(Exec::on("uname -r").reply("6.8.0\n"))
        .exec(Exec::on(regex("^uname").unwrap()).reply("Linux\n"))
        .exec(Exec::on(|request: &Request| request.user == "anna").reply(Reply::fail(3).stderr("no\n")))
        .start_in_memory()
        .unwrap();
    let client = login(&server).await;
    assert_eq!(exec(&client, "uname -r").await.stdout, "6.8.0\n");
    assert_eq!(exec(&client, "uname -a").await.stdout, "Linux\n");
    let denied = exec(&client, "id").await;
    assert_eq!((denied.stderr.as_str(), denied.status), ("no\n", Some(3)));
    let rules: Vec<_> =
        server.events().query(event::exec()).into_iter().map(|exec| exec.rule.clone()).collect();
    assert_eq!(rules, [Some("uname -r".into()), Some("/^uname/".into()), Some("a closure".into())]);
}

#[tokio::test]
async fn an_unknown_command_is_told_so_and_recorded() {
    let server = open().start_in_memory().unwrap();
    let output = exec(&login(&server).await, "frobnicate --now").await;
    let expected = "mock-ssh: frobnicate: command not found\n".to_owned();
    assert_eq!(output, Output { stderr: expected, status: Some(127), ..Output::default() });
    let event = server.events().first(event::exec()).unwrap();
    assert_eq!((event.rule.as_deref(), event.accepted), (None, true));
}

#[tokio::test]
async fn a_reply_can_end_by_a_signal_or_in_silence() {
    let server = open()
        .exec(Exec::on("killed").reply(Reply::from("half").exit(Exit::signal("KILL"))))
        .exec(Exec::on("silent").reply(Reply::from("done").exit(Exit::Silent)))
        .start_in_memory()
        .unwrap();
    let client = login(&server).await;
    let killed = exec(&client, "killed").await;
    assert_eq!(
        (killed.stdout.as_str(), killed.signal.as_deref(), killed.status),
        ("half", Some("KILL"), None)
    );
    let silent = exec(&client, "silent").await;
    assert_eq!((silent.stdout.as_str(), silent.signal, silent.status), ("done", None, None));
}

#[tokio::test]
async fn a_program_sees_environment_input_and_its_end() {
    let server = open()
        .exec(Exec::on("describe").run(async |mut session: Session| {
            let name = session.request().env("NAME").unwrap_or("nobody").to_owned();
            let input = session.read_to_end(1024).await?;
            session.write(format!("{name} sent {} bytes", input.len())).await?;
            session.write_err("over\n").await?;
            std::io::Result::Ok(Exit::status(5))
        }))
        .start_in_memory()
        .unwrap();
    let client = login(&server).await;
    let mut channel = client.channel_open_session().await.unwrap();
    channel.set_env(true, "NAME", "anna").await.unwrap();
    channel.exec(true, "describe").await.unwrap();
    channel.data(&b"12345"[..]).await.unwrap();
    channel.eof().await.unwrap();
    let output = drain(&mut channel).await;
    assert_eq!((output.stdout.as_str(), output.stderr.as_str()), ("anna sent 5 bytes", "over\n"));
    assert_eq!(output.status, Some(5));
    let events = server.events();
    assert_eq!(events.first(event::stdin()).unwrap().data, "12345");
    assert_eq!(events.first(event::stdin_eof()).unwrap().bytes, 5);
    let closed = events.wait_for(event::channel_closed()).within(SOON).await.unwrap();
    assert_eq!((closed.received, closed.sent), (5, 22));
}

#[tokio::test]
async fn echo_answers_every_command() {
    let server = open().exec(Exec::echo()).start_in_memory().unwrap();
    let output = exec(&login(&server).await, "rm -rf /").await;
    assert_eq!((output.stdout.as_str(), output.status), ("REMOTE_OK:rm -rf /\n", Some(0)));
}

#[tokio::test]
async fn a_panic_in_a_program_ends_its_channel_and_nothing_else() {
    let server = open()
        .exec(Exec::on("fine").reply("fine"))
        .exec(
            Exec::on(|request: &Request| {
                assert!(request.command() != b"matcher", "matcher panics");
                request.command() == b"program"
            })
            .run(async |session: Session| {
                assert!(session.request().command().is_empty(), "program panics");
            }),
        )
        .start_in_memory()
        .unwrap();
    let client = login(&server).await;
    assert_eq!(exec(&client, "program").await, Output::default());
    assert_eq!(exec(&client, "fine").await.stdout, "fine");
    let panicked = server.events().first(event::panicked()).unwrap();
    assert_eq!((panicked.what.as_str(), panicked.message.as_str()), ("program", "program panics"));
}

#[tokio::test]
async fn the_error_of_a_program_is_recorded() {
    let server = open()
        .exec(Exec::on("parse").run(async |mut session: Session| -> Result<(), Box<dyn std::error::Error>> {
            let line = session.read_line().await?.unwrap_or_default();
            let number: u32 = String::from_utf8(line)?.parse()?;
            session.write(number.to_string()).await?;
            Ok(())
        }))
        .start_in_memory()
        .unwrap();
    let client = login(&server).await;
    let mut channel = client.channel_open_session().await.unwrap();
    channel.exec(true, "parse").await.unwrap();
    channel.data(&b"seven\n"[..]).await.unwrap();
    assert_eq!(drain(&mut channel).await.status, Some(1));
    let problem = server.events().first(event::problem()).unwrap();
    assert_eq!(problem.text, "the program failed: invalid digit found in string");
}

#[tokio::test]
async fn only_one_program_runs_on_a_channel() {
    let server = open()
        .exec(Exec::on("wait").run(async |mut session: Session| while session.read().await.is_some() {}))
        .start_in_memory()
        .unwrap();
    let client = login(&server).await;
    let mut channel = client.channel_open_session().await.unwrap();
    channel.exec(true, "wait").await.unwrap();
    assert!(crate::support::answered(&mut channel).await);
    channel.exec(true, "wait").await.unwrap();
    assert!(!crate::support::answered(&mut channel).await);
    channel.eof().await.unwrap();
    assert_eq!(drain(&mut channel).await.status, Some(0));
}

#[tokio::test]
async fn the_timeline_of_a_command_reads_like_a_story() {
    let server = open().exec(Exec::on("uname -r").reply("6.8.0\n")).start_in_memory().unwrap();
    let client = login(&server).await;
    exec(&client, "uname -r").await;
    client.disconnect(russh::Disconnect::ByApplication, "bye", "en").await.unwrap();
    server.events().wait_for(event::disconnected()).within(SOON).await.unwrap();
    let timeline = server.events().timeline().normalized().to_string();
    insta::with_settings!({ filters => vec![(r"SSH-2\.0-russh_[\d.]+", "SSH-2.0-russh")] }, {
        insta::assert_snapshot!(timeline);
    });
}
