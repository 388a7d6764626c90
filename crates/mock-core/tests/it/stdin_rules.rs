//! Rules that depend on standard input: when they decide, and that what runs then gets all of it.

use std::time::Duration;

use mock_core::{
    Builder, Exec, Exit, Flow, MatchCommand as _, Outbox, Program, Reply, Request, Run, Service, Session,
    Start, Template, any, event, regex, stdin, stdin_line, stdin_size, stdin_starts_with,
};
use russh::{Channel, client::Handle, client::Msg};

use crate::support::{Output, SOON, Trusting, drain, exec, login, open};

async fn begin(client: &Handle<Trusting>, command: &str) -> Channel<Msg> {
    let channel = client.channel_open_session().await.unwrap();
    channel.exec(true, command).await.unwrap();
    channel
}

/// Sends all of it, then its end.
async fn send(client: &Handle<Trusting>, command: &str, input: &[u8]) -> Output {
    let mut channel = begin(client, command).await;
    channel.data(input).await.unwrap();
    channel.eof().await.unwrap();
    drain(&mut channel).await
}

fn importing() -> Builder {
    open()
        .exec(Exec::on("import".and(stdin("one\n"))).reply("exact"))
        .exec(
            Exec::on("import".and(stdin(regex(r"^id (?<id>\d+)$").unwrap()))).reply(template("id {{ id }}")),
        )
        .exec(Exec::on("import".and(stdin_size(3..=4))).reply(template("{{ stdin | length }} bytes")))
        .exec(Exec::on("import".and(stdin(any()))).reply("any"))
}

fn template(text: &str) -> Template {
    Template::new(text).unwrap()
}

#[tokio::test]
async fn the_whole_input_decides_at_its_end() {
    let server = importing().start_in_memory().unwrap();
    let client = login(&server).await;
    for (input, answer) in [
        ("one\n", "exact"),
        ("id 42", "id 42"),
        ("abc", "3 bytes"),
        ("ones", "4 bytes"),
        ("something else", "any"),
        ("", "any"),
    ] {
        assert_eq!(send(&client, "import", input.as_bytes()).await.stdout, answer, "{input:?}");
    }
    let placeholders = server.events().query(event::exec());
    assert!(placeholders.iter().all(|exec| exec.rule.as_deref() == Some("(decided by standard input)")));
    let rule = server.events().first(event::matched()).unwrap().rule.clone();
    assert_eq!(rule.as_deref(), Some("\"import\" and stdin \"one\\n\""));
}

#[tokio::test]
async fn a_begin_or_a_line_decides_without_an_end() {
    let server = open()
        .exec(Exec::on("tar -x".and(stdin_starts_with([0x1f, 0x8b]))).reply("gzip"))
        .exec(Exec::on("tar -x").reply("tar"))
        .exec(Exec::on("sudo -S id".and(stdin_line("secret"))).reply("uid=0"))
        .exec(Exec::on("sudo -S id".and(stdin_line(any()))).reply(Reply::fail(1)))
        .start_in_memory()
        .unwrap();
    let client = login(&server).await;
    let inputs: [(&str, &[u8], Output); 4] = [
        ("tar -x", b"\x1f\x8b..", Output { stdout: "gzip".into(), status: Some(0), ..Output::default() }),
        ("tar -x", b"\x1fx", Output { stdout: "tar".into(), status: Some(0), ..Output::default() }),
        ("sudo -S id", b"secret\n", Output { stdout: "uid=0".into(), status: Some(0), ..Output::default() }),
        ("sudo -S id", b"wrong\n", Output { status: Some(1), ..Output::default() }),
    ];
    for (command, input, expected) in inputs {
        let mut channel = begin(&client, command).await;
        for byte in input {
            channel.data(&[*byte][..]).await.unwrap();
        }
        assert_eq!(drain(&mut channel).await, expected);
    }
}

#[tokio::test]
async fn a_program_gets_all_of_the_input_that_was_looked_at() {
    let cat = async |mut session: Session| {
        let all = session.read_to_end(1 << 20).await?;
        session.write(all).await
    };
    let server = open()
        .exec(Exec::on("task".and(stdin_line("go"))).run(cat))
        .exec(Exec::on("reply".and(stdin_line("go"))).reply(Reply::ok().echo_stdin()))
        .exec(Exec::on("service".and(stdin_line("go"))).run(Upper))
        .start_in_memory()
        .unwrap();
    let client = login(&server).await;
    for (command, expected) in [("task", "go\nmore"), ("reply", "go\nmore"), ("service", "GO\nMORE")] {
        let mut channel = begin(&client, command).await;
        channel.data(&b"g"[..]).await.unwrap();
        channel.data(&b"o\nmo"[..]).await.unwrap();
        server
            .events()
            .wait_for(event::matched().filter(move |it| it.command == command))
            .within(SOON)
            .await
            .unwrap();
        channel.data(&b"re"[..]).await.unwrap();
        channel.eof().await.unwrap();
        let output = drain(&mut channel).await;
        assert_eq!((output.stdout.as_str(), output.status), (expected, Some(0)), "{command}");
    }
}

/// A program that is a state machine.
struct Upper;

impl Program for Upper {
    fn start(&self, _: Start) -> Run {
        Run::service(Self)
    }
}

impl Service for Upper {
    fn receive(&mut self, data: &[u8], out: &mut Outbox) -> Flow {
        out.send(data.to_ascii_uppercase());
        Flow::Continue
    }

    fn eof(&mut self, _: &mut Outbox) -> Flow {
        Flow::Exit(Exit::status(0))
    }
}

#[tokio::test]
async fn input_beyond_the_window_is_read_while_a_rule_waits() {
    let server = open()
        .exec(Exec::on("put".and(stdin_size(5 << 20))).reply(Reply::ok().read_stdin().stdout("stored")))
        .start_in_memory()
        .unwrap();
    let client = login(&server).await;
    assert_eq!(send(&client, "put", &vec![7; 5 << 20]).await.stdout, "stored");
    assert_eq!(send(&client, "put", &vec![7; (5 << 20) + 1]).await.status, Some(127));
}

#[tokio::test]
async fn input_without_bound_is_not_waited_for() {
    let server = open().exec(Exec::on("put".and(stdin(any()))).reply("stored")).start_in_memory().unwrap();
    let client = login(&server).await;
    let mut channel = begin(&client, "put").await;
    let piece = vec![7; 1 << 20];
    // No end is sent: the rule is given up on the way.
    let mut writer = channel.make_writer();
    let sent = tokio::spawn(async move {
        for _ in 0..20 {
            let _closed = tokio::io::AsyncWriteExt::write_all(&mut writer, &piece).await;
        }
    });
    assert_eq!(drain(&mut channel).await.status, Some(127));
    sent.abort();
    assert_eq!(server.rules().list()[0].hits, 0);
}

#[tokio::test]
async fn nobody_waits_for_a_rule_that_cannot_answer() {
    let server = open()
        .exec(Exec::on("x".and(stdin("a"))).up_to(1).reply("first"))
        .exec(Exec::on("y".and(stdin("a"))).in_state("door", "open").reply("first"))
        .exec(Exec::on(any()).reply("at once"))
        .start_in_memory()
        .unwrap();
    let client = login(&server).await;
    assert_eq!(send(&client, "x", b"a").await.stdout, "first");
    for command in ["x", "y", "z"] {
        assert_eq!(exec(&client, command).await.stdout, "at once", "{command}");
    }
}

#[tokio::test]
async fn an_unknown_input_is_told_with_a_hint() {
    let server =
        open().exec(Exec::on("import".and(stdin("select 1;"))).reply("1")).start_in_memory().unwrap();
    let client = login(&server).await;
    let output = send(&client, "import", b"select 2;").await;
    assert_eq!((output.stderr.as_str(), output.status), ("mock-ssh: import: command not found\n", Some(127)));
    let matched = server.events().first(event::matched()).unwrap();
    assert_eq!(
        (matched.rule.as_deref(), matched.hint.as_deref().unwrap()),
        (None, "nearest rule `\"import\" and stdin \"select 1;\"`: standard input, word 2: `2;` is not `1;`")
    );
}

#[tokio::test]
async fn a_client_that_leaves_before_the_end_is_no_call() {
    let server = importing().start_in_memory().unwrap();
    let client = login(&server).await;
    let channel = begin(&client, "import").await;
    channel.data(&b"one\n"[..]).await.unwrap();
    channel.close().await.unwrap();
    server.events().wait_for(event::channel_closed()).within(SOON).await.unwrap();
    client.disconnect(russh::Disconnect::ByApplication, "", "").await.unwrap();
    server.events().wait_for(event::disconnected()).within(SOON).await.unwrap();
    assert_eq!(server.events().query(event::matched()).len(), 0);
    assert!(server.rules().list().iter().all(|rule| rule.hits == 0));
}

#[tokio::test(start_paused = true)]
async fn a_reply_keeps_its_time_behind_a_rule_that_waited() {
    let hour = Duration::from_secs(3600);
    let server = open()
        .exec(
            Exec::on("x".and(stdin("go")))
                .then_state("ran", "yes")
                .reply(Reply::from("1").pause(hour).stdout("2")),
        )
        .start_in_memory()
        .unwrap();
    let client = login(&server).await;
    assert_eq!(send(&client, "x", b"go").await.stdout, "12");
    assert!(server.events().first(event::exit()).unwrap().at >= hour);
    assert_eq!(server.state().get("ran"), "yes");
    let kinds: Vec<_> = server.events().all().iter().map(|event| event.kind.name()).collect();
    let order: Vec<_> = kinds
        .into_iter()
        .filter(|kind| ["exec", "matched", "state_changed", "exit"].contains(kind))
        .collect();
    assert_eq!(order, ["exec", "matched", "state_changed", "exit"]);
}

#[tokio::test]
async fn a_closure_may_look_at_the_input_and_panic() {
    let server = open()
        .exec(Exec::on(|request: &Request| match &request.stdin {
            Some(stdin) if stdin.ended => {
                assert!(stdin.data.as_ref() != b"panic", "matcher panics");
                mock_core::Match::from(stdin.data.len() > 2)
            }
            _ => mock_core::Match::NeedsStdin,
        }))
        .start_in_memory()
        .unwrap();
    let client = login(&server).await;
    assert_eq!(send(&client, "x", b"panic").await, Output::default());
    assert_eq!(send(&client, "x", b"abc").await.status, Some(0));
    assert_eq!(server.events().first(event::panicked()).unwrap().message, "matcher panics");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_channel_that_is_closed_without_an_end_is_no_call_however_often() {
    let server = importing().start_in_memory().unwrap();
    let client = login(&server).await;
    for _ in 0..2000 {
        let channel = begin(&client, "import").await;
        channel.data(&b"one\n"[..]).await.unwrap();
        channel.close().await.unwrap();
    }
    client.disconnect(russh::Disconnect::ByApplication, "", "").await.unwrap();
    server.events().wait_for(event::disconnected()).within(SOON).await.unwrap();
    let hits: u64 = server.rules().list().iter().map(|rule| rule.hits).sum();
    assert_eq!((hits, server.events().query(event::matched()).len()), (0, 0));
}
