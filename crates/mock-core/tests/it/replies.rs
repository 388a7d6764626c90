//! Replies: each of their pieces, in order and in time, and how they end.

use std::time::Duration;

use mock_core::{Delay, Exec, Exit, Reply, Request, Template, event, regex};
use russh::{Channel, ChannelMsg, client::Msg};
use tokio::time::Instant;

use crate::support::{SOON, drain, exec, login, open};

const MINUTE: Duration = Duration::from_secs(60);

/// What came, on which stream and when.
async fn pieces(channel: &mut Channel<Msg>) -> Vec<(&'static str, String, Duration)> {
    let begin = Instant::now();
    let mut pieces = Vec::new();
    let text = |data: &[u8]| String::from_utf8(data.to_vec()).unwrap();
    while let Some(message) = channel.wait().await {
        match message {
            ChannelMsg::Data { data } => pieces.push(("out", text(&data), begin.elapsed())),
            ChannelMsg::ExtendedData { data, .. } => pieces.push(("err", text(&data), begin.elapsed())),
            ChannelMsg::ExitStatus { exit_status } => {
                pieces.push(("exit", exit_status.to_string(), begin.elapsed()));
            }
            _ => {}
        }
    }
    pieces
}

#[tokio::test(start_paused = true)]
async fn pieces_come_in_order_with_their_pauses() {
    let reply = Reply::ok()
        .stdout("compiling\n")
        .pause(10 * MINUTE)
        .stderr("warning\n")
        .stdout(vec![b'd', b'o', b'n', b'e'])
        .pause(MINUTE)
        .exit(Exit::status(3));
    let server = open().exec(Exec::on("make").reply(reply)).start_in_memory().unwrap();
    let client = login(&server).await;
    let mut channel = client.channel_open_session().await.unwrap();
    channel.exec(true, "make").await.unwrap();
    let came = pieces(&mut channel).await;
    let texts: Vec<_> = came.iter().map(|(stream, text, _)| (*stream, text.as_str())).collect();
    assert_eq!(texts, [("out", "compiling\n"), ("err", "warning\n"), ("out", "done"), ("exit", "3")]);
    let minutes: Vec<_> = came.iter().map(|(_, _, at)| at.as_secs() / 60).collect();
    assert_eq!(minutes, [0, 10, 10, 11]);
}

#[tokio::test(start_paused = true)]
async fn a_pause_is_drawn_from_the_seed_and_each_draws_its_own() {
    let reply = || {
        let delay = Delay::uniform(MINUTE, 100 * MINUTE);
        Reply::ok().pause(delay).stdout("1").pause(delay).stdout("2").pause(Delay::log_normal(MINUTE, 1.0))
    };
    let mut runs = Vec::new();
    for seed in [7, 7, 8] {
        let server = open().seed(seed).exec(Exec::on("x").reply(reply())).start_in_memory().unwrap();
        let client = login(&server).await;
        let mut channel = client.channel_open_session().await.unwrap();
        channel.exec(true, "x").await.unwrap();
        let times: Vec<_> = pieces(&mut channel).await.into_iter().map(|(_, _, at)| at.as_secs()).collect();
        assert_ne!(times[0], times[1] - times[0]);
        runs.push(times);
    }
    assert_eq!(runs[0], runs[1]);
    assert_ne!(runs[0], runs[2]);
}

#[tokio::test(start_paused = true)]
async fn a_bandwidth_dribbles_in_tenths_of_a_second() {
    let reply = Reply::from("x".repeat(1000)).stderr("end").bandwidth(100);
    let server = open().exec(Exec::on("cat").reply(reply)).start_in_memory().unwrap();
    let client = login(&server).await;
    let mut channel = client.channel_open_session().await.unwrap();
    channel.exec(true, "cat").await.unwrap();
    let came = pieces(&mut channel).await;
    let out: Vec<_> = came.iter().filter(|(stream, ..)| *stream == "out").collect();
    assert_eq!(out.len(), 100);
    assert!(out.iter().all(|(_, text, _)| text.len() == 10));
    let (_, _, last) = came.last().unwrap();
    assert!((10_000..10_300).contains(&last.as_millis()), "{last:?}");
}

#[tokio::test(start_paused = true)]
async fn a_pause_ends_with_its_channel() {
    let server =
        open().exec(Exec::on("sleep").reply(Reply::ok().pause(60 * MINUTE))).start_in_memory().unwrap();
    let client = login(&server).await;
    let channel = client.channel_open_session().await.unwrap();
    channel.exec(true, "sleep").await.unwrap();
    channel.close().await.unwrap();
    let closed = server.events().wait_for(event::channel_closed()).within(SOON).await.unwrap();
    assert!(closed.at < MINUTE, "{:?}", closed.at);
    assert_eq!(server.events().query(event::exit()).len(), 0);
}

#[tokio::test]
async fn files_are_read_when_they_are_printed_and_a_missing_one_is_told() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("motd");
    let server = open()
        .exec(Exec::on("cat").reply(Reply::ok().stdout_file(&path).stderr_file(&path)))
        .start_in_memory()
        .unwrap();
    let client = login(&server).await;
    assert_eq!(exec(&client, "cat").await.status, Some(1));
    let problem = server.events().first(event::problem()).unwrap();
    let expected = format!("the program failed: cannot read `{}`: ", path.display());
    assert!(problem.text.starts_with(&expected), "{}", problem.text);
    std::fs::write(&path, b"\xffbytes").unwrap();
    let output = exec(&client, "cat").await;
    assert_eq!((output.stdout.as_str(), output.stderr.as_str()), ("\u{fffd}bytes", "\u{fffd}bytes"));
    assert_eq!(output.status, Some(0));
}

#[tokio::test]
async fn templates_are_filled_from_the_request() {
    let text =
        "{{ user }} {{ args[0] }} {{ dir }} {{ env.LANG }} #{{ call }} {{ connection }}.{{ channel }}\n";
    let template = Template::new(text).unwrap();
    let failing = Reply::from(Template::new("{{ nobody }}").unwrap()).exit(Exit::status(0));
    let server = open()
        .exec(Exec::on(regex("^ls (?<dir>.+)$").unwrap()).reply(template))
        .exec(Exec::on("broken").reply(failing))
        .start_in_memory()
        .unwrap();
    let client = login(&server).await;
    for call in 1..=2 {
        let mut channel = client.channel_open_session().await.unwrap();
        channel.set_env(false, "LANG", "C").await.unwrap();
        channel.exec(true, "ls /srv").await.unwrap();
        let expected = format!("anna ls /srv C #{call} 1.{}\n", call - 1);
        assert_eq!(drain(&mut channel).await.stdout, expected);
    }
    assert_eq!(exec(&client, "broken").await.status, Some(1));
    let problem = server.events().first(event::problem()).unwrap();
    assert_eq!(problem.text, "the program failed: template line 1: undefined value");
    assert_eq!(exec(&client, "what").await.status, Some(127), "it takes nothing with it");
}

#[tokio::test]
async fn an_exit_signal_has_its_core_flag_and_its_message() {
    let exit = Exit::Signal { name: "SEGV".into(), core_dumped: true, message: "out of range".into() };
    let server = open().exec(Exec::on("crash").reply(Reply::fail(0).exit(exit))).start_in_memory().unwrap();
    let client = login(&server).await;
    let mut channel = client.channel_open_session().await.unwrap();
    channel.exec(true, "crash").await.unwrap();
    let mut seen = None;
    while let Some(message) = channel.wait().await {
        if let ChannelMsg::ExitSignal { signal_name, core_dumped, error_message, .. } = message {
            seen = Some((format!("{signal_name:?}"), core_dumped, error_message));
        }
    }
    assert_eq!(seen, Some(("SEGV".to_owned(), true, "out of range".to_owned())));
    assert_eq!(server.events().first(event::exit()).unwrap().signal.as_deref(), Some("SEGV"));
}

#[tokio::test]
async fn input_is_read_or_echoed_before_the_answer_goes_on() {
    let server = open()
        .exec(Exec::on("wc").reply(Reply::ok().read_stdin().stdout("counted")))
        .exec(Exec::on("cat").reply(Reply::from("<").echo_stdin().stdout(">")))
        .start_in_memory()
        .unwrap();
    let client = login(&server).await;
    for (command, expected) in [("wc", "counted"), ("cat", "<one two>")] {
        let mut channel = client.channel_open_session().await.unwrap();
        channel.exec(true, command).await.unwrap();
        channel.data(&b"one "[..]).await.unwrap();
        channel.data(&b"two"[..]).await.unwrap();
        channel.eof().await.unwrap();
        assert_eq!(drain(&mut channel).await.stdout, expected);
    }
}

#[tokio::test]
async fn answers_follow_each_other_and_the_last_stays() {
    let server = open()
        .exec(Exec::on("deploy").reply_each([Reply::fail(75), Reply::fail(76), Reply::from("deployed")]))
        .start_in_memory()
        .unwrap();
    let client = login(&server).await;
    let mut statuses = Vec::new();
    for _ in 0..4 {
        statuses.push(exec(&client, "deploy").await.status.unwrap());
    }
    assert_eq!(statuses, [75, 76, 0, 0]);
    let calls: Vec<_> = server.events().query(event::exec()).iter().map(|exec| exec.call).collect();
    assert_eq!(calls, [Some(1), Some(2), Some(3), Some(4)]);
}

#[tokio::test]
async fn an_answer_that_panics_ends_its_channel_and_nothing_else() {
    let server = open()
        .exec(Exec::on("fine").reply("fine"))
        .exec(Exec::on("answer").reply(|request: &Request| -> String {
            panic!("{} panics", request.command_text());
        }))
        .exec(Exec::on("effect").effect(|_| panic!("effect panics")).reply("never"))
        .start_in_memory()
        .unwrap();
    let client = login(&server).await;
    for command in ["answer", "effect"] {
        let output = exec(&client, command).await;
        assert_eq!((output.stdout.as_str(), output.status), ("", None));
    }
    assert_eq!(exec(&client, "fine").await.stdout, "fine");
    let said: Vec<_> = server.events().query(event::panicked()).iter().map(|it| it.message.clone()).collect();
    assert_eq!(said, ["answer panics", "effect panics"]);
}
