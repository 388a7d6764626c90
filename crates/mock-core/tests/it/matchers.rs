//! What rules match, as a client meets it: words, circumstances, and combinations.

use mock_core::{
    Builder, Exec, MatchCommand, Pattern, Request, all_of, any, any_of, argument, arguments_in_order, argv,
    connection, env, event, flag, glob, in_state, option, peer, prefix, program, regex, user, with_pty,
};

use crate::support::{SOON, drain, exec, login, open};

/// A server that answers what this matches.
fn only(matcher: impl MatchCommand + 'static) -> Builder {
    open().exec(Exec::on(matcher).reply("yes"))
}

#[tokio::test]
async fn the_words_of_a_command_are_those_of_a_shell() {
    let server = open()
        .exec(Exec::on(argv(["echo", "two words"])).reply("argv"))
        .exec(Exec::on(argv(["git", "push"]).and_more()).reply("more"))
        .exec(Exec::on(program("tar").and(flag("-z")).and(option("-f", glob("*.gz").unwrap()))).reply("tar"))
        .exec(Exec::on(program("rsync").and(arguments_in_order(["/src", "/dst"]))).reply("rsync"))
        .exec(Exec::on(argument("--now")).reply("now"))
        .start_in_memory()
        .unwrap();
    let client = login(&server).await;
    for (command, answer) in [
        ("echo  'two words'", "argv"),
        ("git push origin main", "more"),
        ("tar -xzf site.tar.gz", "tar"),
        ("tar -z --file=x -f site.tar.gz", "tar"),
        ("tar -xf site.tar.gz", ""),
        ("rsync -a /src --delete /dst", "rsync"),
        ("rsync /dst /src", ""),
        ("systemctl enable nginx --now", "now"),
    ] {
        assert_eq!(exec(&client, command).await.stdout, answer, "{command}");
    }
}

#[tokio::test]
async fn circumstances_decide() {
    let server = open()
        .exec(Exec::on("id".and(env("ROLE", "admin"))).reply("admin"))
        .exec(Exec::on("id".and(with_pty())).reply("terminal"))
        .exec(Exec::on("id".and(in_state("mode", "night"))).reply("night"))
        .exec(Exec::on("id".and(connection(2))).reply("second"))
        .exec(Exec::on(all_of(["id", "id"]).and(user("anna")).and(peer("memory"))).reply("anna"))
        .start_in_memory()
        .unwrap();
    let client = login(&server).await;
    assert_eq!(exec(&client, "id").await.stdout, "anna");
    server.state().set("mode", "night");
    assert_eq!(exec(&client, "id").await.stdout, "night");
    server.state().clear();
    let mut channel = client.channel_open_session().await.unwrap();
    channel.request_pty(false, "xterm", 80, 24, 0, 0, &[]).await.unwrap();
    channel.exec(true, "id").await.unwrap();
    assert_eq!(drain(&mut channel).await.stdout, "terminal");
    let mut channel = client.channel_open_session().await.unwrap();
    channel.set_env(false, "ROLE", "user").await.unwrap();
    channel.set_env(false, "ROLE", "admin").await.unwrap();
    channel.exec(true, "id").await.unwrap();
    assert_eq!(drain(&mut channel).await.stdout, "admin");
    assert_eq!(exec(&login(&server).await, "id").await.stdout, "second");
}

#[tokio::test]
async fn matchers_combine() {
    let boxed: Vec<Box<dyn MatchCommand>> = vec![Box::new(prefix("rm ")), Box::new(program("dd"))];
    let server = only(any_of(boxed).and(user("root").not()).or("uptime")).start_in_memory().unwrap();
    let client = login(&server).await;
    for (command, status) in
        [("rm -rf /", Some(0)), ("dd if=x", Some(0)), ("uptime", Some(0)), ("ls", Some(127))]
    {
        assert_eq!(exec(&client, command).await.status, status, "{command}");
    }
}

#[tokio::test]
async fn the_first_in_the_order_written_wins_however_rules_are_found() {
    let server = open()
        .exec(Exec::on(|request: &Request| request.command() == b"abc x").reply("closure"))
        .exec(Exec::on(prefix("abc")).reply("long prefix"))
        .exec(Exec::on("abd").reply("exact"))
        .exec(Exec::on(prefix("ab")).reply("short prefix"))
        .exec(Exec::on("ab").reply("never: a prefix comes first"))
        .exec(Exec::on(regex("^a").unwrap()).reply("regex"))
        .exec(Exec::on(Pattern::from("a")).reply("never: a regex comes first"))
        .exec(Exec::on(any()).reply("any"))
        .exec(Exec::on("zzz").reply("never: any comes first"))
        .start_in_memory()
        .unwrap();
    let client = login(&server).await;
    for (command, answer) in [
        ("abc x", "closure"),
        ("abc y", "long prefix"),
        ("abd", "exact"),
        ("abe", "short prefix"),
        ("ab", "short prefix"),
        ("a", "regex"),
        ("zzz", "any"),
    ] {
        assert_eq!(exec(&client, command).await.stdout, answer, "{command}");
    }
}

#[tokio::test]
async fn a_matcher_that_panics_ends_its_connection_and_nothing_else() {
    let server = open()
        .exec(Exec::on("fine").reply("fine"))
        .exec(Exec::on(|request: &Request| {
            assert!(request.command() != b"panic", "matcher panics");
            false
        }))
        .start_in_memory()
        .unwrap();
    let (one, two) = (login(&server).await, login(&server).await);
    let channel = one.channel_open_session().await.unwrap();
    channel.exec(true, "panic").await.unwrap();
    let panicked = server.events().wait_for(event::panicked()).within(SOON).await.unwrap();
    assert_eq!(panicked.message, "matcher panics");
    assert_eq!(exec(&two, "fine").await.stdout, "fine");
    assert_eq!(exec(&login(&server).await, "fine").await.stdout, "fine");
}

#[tokio::test]
async fn a_hint_tells_what_each_part_of_a_rule_misses() {
    let rule = program("tar").and(flag("-z")).and(with_pty().not()).and(user("root"));
    let server = only(rule).start_in_memory().unwrap();
    let client = login(&server).await;
    exec(&client, "tar -xf a.tar").await;
    let hint = server.events().first(event::exec()).unwrap().hint.clone().unwrap();
    assert_eq!(
        hint,
        "nearest rule `program \"tar\" and flag -z and not a terminal and user \"root\"`: the flag `-z` is missing, \
         the user is \"anna\", not \"root\""
    );
}
