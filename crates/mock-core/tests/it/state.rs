//! States: of the server and of a connection, changed by rules and by the test, for commands and for shells.

use std::time::Duration;

use mock_core::{
    Exec, Exit, Line, MockSshServer, Reply, Shell, State, Template, any, event, glob, in_state, prefix, regex,
};

use crate::support::{Output, SOON, drain, exec, login, open};

fn lock() -> MockSshServer {
    open()
        .exec(Exec::on("lock").in_state("lock", State::INITIAL).then_state("lock", "held").reply("locked"))
        .exec(Exec::on("lock").reply(Reply::fail(1).stderr("held by another")).named("refused"))
        .exec(Exec::on("unlock").in_state("lock", "held").then_state("lock", State::INITIAL))
        .start_in_memory()
        .unwrap()
}

#[tokio::test]
async fn a_scenario_goes_from_state_to_state() {
    let server = lock();
    let (one, two) = (login(&server).await, login(&server).await);
    assert_eq!(exec(&one, "lock").await.stdout, "locked");
    assert_eq!(exec(&two, "lock").await.stderr, "held by another");
    assert_eq!(exec(&one, "unlock").await.status, Some(0));
    assert_eq!(exec(&two, "lock").await.stdout, "locked");
    server.state().set("lock", State::INITIAL);
    assert_eq!(exec(&one, "lock").await.stdout, "locked");
    let changes: Vec<_> =
        server.events().query(event::state_changed()).iter().map(|it| it.value.clone()).collect();
    assert_eq!(changes, ["held", "initial", "held", "held"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_clients_at_once_exactly_one_gets_the_lock() {
    let server = lock();
    let mut clients = Vec::new();
    for _ in 0..8 {
        clients.push(login(&server).await);
    }
    for _ in 0..10 {
        let tries = clients.iter().map(async |client| exec(client, "lock").await.status == Some(0));
        let won = futures_util::future::join_all(tries).await;
        assert_eq!(won.into_iter().filter(|won| *won).count(), 1);
        server.state().clear();
    }
    assert_eq!(server.rules().list()[0].hits, 10);
}

#[tokio::test]
async fn a_connection_has_states_of_its_own() {
    let server = open()
        .exec(Exec::on("login").per_connection().in_state("who", "initial").then_state("who", "anna"))
        .exec(Exec::on("whoami").per_connection().in_state("who", "anna").reply("anna"))
        .exec(Exec::on("whoami".to_owned()).reply("nobody"))
        .start_in_memory()
        .unwrap();
    let (one, two) = (login(&server).await, login(&server).await);
    exec(&one, "login").await;
    assert_eq!(exec(&one, "whoami").await.stdout, "anna");
    assert_eq!(exec(&two, "whoami").await.stdout, "nobody");
    assert_eq!(server.state().on_connection(1).get("who"), "anna");
    server.state().on_connection(2).set("who", "anna");
    assert_eq!(exec(&two, "whoami").await.stdout, "anna");
    assert_eq!(server.state().get("who"), "initial");
    drop(one);
    server.events().wait_for(event::disconnected()).within(SOON).await.unwrap();
    assert_eq!(server.state().on_connection(1).get("who"), "initial", "it is gone with its connection");
}

/// What a shell prints to these lines, without a terminal.
async fn type_in(server: &MockSshServer, lines: &str) -> Output {
    let client = login(server).await;
    let mut channel = client.channel_open_session().await.unwrap();
    channel.request_shell(true).await.unwrap();
    channel.data(lines.as_bytes()).await.unwrap();
    channel.eof().await.unwrap();
    drain(&mut channel).await
}

fn router() -> Shell {
    Shell::new("r> ")
        .prompt_in("mode", "enable", "r# ")
        .prompt_in("mode", "config", "r(config)# ")
        .rule(Line::on("enable").then_state("mode", "enable"))
        .rule(Line::on("configure terminal").in_state("mode", "enable").then_state("mode", "config"))
        .rule(Line::on(prefix("hostname ")).in_state("mode", "config"))
        .rule(Line::on("exit").in_state("mode", "config").then_state("mode", "enable"))
        .on(
            glob("show *").unwrap(),
            Template::new("{{ args[1] }} for {{ user }}, call {{ call }}\n").unwrap(),
        )
}

#[tokio::test]
async fn a_network_device_has_modes_and_prompts() {
    let server = open().shell(router()).start_in_memory().unwrap();
    let lines = "hostname x\nenable\nconfigure terminal\nhostname x\nexit\nshow clock\nexit\nnever\n";
    let output = type_in(&server, lines).await;
    assert_eq!(output.stdout, "r> r> r# r(config)# r(config)# r# clock for anna, call 1\nr# ");
    assert_eq!(output.stderr, "mock-ssh: hostname: command not found\n");
    assert_eq!(output.status, Some(0));
    let lines: Vec<_> = server
        .events()
        .query(event::shell_line())
        .iter()
        .map(|line| (line.rule.clone(), line.hint.clone()))
        .collect();
    let rule = |text: &str| (Some(text.to_owned()), None);
    assert_eq!(
        lines,
        [
            (None, Some("nearest rule `hostname …`: the state `mode` is `initial`, not `config`".to_owned())),
            rule("enable"),
            rule("configure terminal"),
            rule("hostname …"),
            rule("exit"),
            rule("show *"),
            (None, None),
        ]
    );
    server.expect(event::shell_line().line("hostname x"), 2);
    server.expect_none(event::shell_line().line("never"));
    assert!(
        type_in(&server, "show x\n").await.stdout.starts_with("r> x for anna, call 1\n"),
        "a client of its own"
    );
    server.shutdown().await.unwrap();
}

#[tokio::test]
async fn a_shell_can_mean_the_states_of_the_server_and_tell_hints() {
    let shell = Shell::new("$ ")
        .prompt_in("host", "down", "rescue> ")
        .rule(Line::on("halt").server_wide().up_to(1).then_state("host", "down"))
        .rule(Line::on("uptime".to_owned()).named("up").reply("up\n"))
        .rule(Line::on(in_state("host", "down")).reply("down\n"))
        .hints_on_stderr();
    let server = open().shell(shell).start_in_memory().unwrap();
    assert_eq!(type_in(&server, "uptme\nhalt\n").await.stdout, "$ $ rescue> ");
    assert_eq!(type_in(&server, "halt\n").await.stdout, "rescue> down\nrescue> ");
    server.state().clear();
    let output = type_in(&server, "uptme\n").await;
    let hint = "mock-ssh: nearest rule `up`: command: `uptme` is not `uptime`\n";
    assert_eq!(output.stderr, format!("mock-ssh: uptme: command not found\n{hint}"));
}

#[tokio::test(start_paused = true)]
async fn an_answer_to_a_line_is_a_whole_reply() {
    let minute = Duration::from_secs(60);
    let shell = Shell::new("")
        .on("slow", Reply::from("a").pause(10 * minute).stderr("b").bandwidth(100))
        .on(regex("^echo (?<what>.+)$").unwrap(), Template::new("{{ what }}\n").unwrap())
        .on("broken", Template::new("{{ nobody }}").unwrap())
        .on("missing", Reply::ok().stdout_file("/nonexistent"))
        .rule(Line::on("flaky").reply_each([Reply::fail(1), Reply::from("ok\n")]))
        .on("hang up", Reply::from("bye\n").exit(Exit::Silent));
    let server = open().shell(shell).start_in_memory().unwrap();
    let output = type_in(&server, "slow\necho hi\nbroken\nmissing\nflaky\nflaky\nexit\n").await;
    assert_eq!((output.stdout.as_str(), output.stderr.as_str()), ("ahi\nok\n", "b"));
    assert_eq!(output.status, Some(0));
    let exit = server.events().wait_for(event::exit()).within(SOON).await.unwrap();
    assert!(exit.at > 10 * minute);
    let problems: Vec<_> = server.events().query(event::problem()).iter().map(|it| it.text.clone()).collect();
    assert_eq!(problems[0], "the answer to a line failed: template line 1: undefined value");
    assert!(
        problems[1].starts_with("the answer to a line failed: cannot read `/nonexistent`"),
        "{problems:?}"
    );
    let output = type_in(&server, "missing\nhang up\nslow\n").await;
    assert_eq!((output.stdout.as_str(), output.status), ("bye\n", None));
    assert_eq!(type_in(&server, "missing\nexit\n").await.status, Some(1));
}

#[tokio::test]
async fn what_a_shell_does_itself_comes_behind_rules_for_exactly_that_line() {
    let shell = Shell::new("").rule(Line::on("").reply("?\n")).on("quit", "no\n").on(any(), "any\n");
    let server = open().shell(shell).start_in_memory().unwrap();
    let output = type_in(&server, "\nquit\nx\nexit 4\nx\n").await;
    assert_eq!((output.stdout.as_str(), output.status), ("?\nno\nany\n", Some(4)));
}

#[tokio::test]
async fn a_copy_of_a_shell_counts_by_itself_and_sessions_of_one_connection_together() {
    let shell = Shell::new("").rule(Line::on("x").reply_each(["one\n", "two\n"]));
    let copy = shell.clone();
    for shell in [shell, copy] {
        let server = open().shell(shell).start_in_memory().unwrap();
        let client = login(&server).await;
        let mut channels = Vec::new();
        for expected in ["one\n", "two\n"] {
            let mut channel = client.channel_open_session().await.unwrap();
            channel.request_shell(false).await.unwrap();
            channel.data(&b"x\n"[..]).await.unwrap();
            let line = event::shell_line().filter(|line| line.line == "x");
            server.events().wait_for(line).within(SOON).await.unwrap();
            assert_eq!(first(&mut channel).await, expected);
            channels.push(channel);
        }
    }
}

/// The first output of a channel.
async fn first(channel: &mut russh::Channel<russh::client::Msg>) -> String {
    loop {
        if let russh::ChannelMsg::Data { data } = channel.wait().await.expect("the channel is open") {
            return String::from_utf8(data.to_vec()).unwrap();
        }
    }
}
