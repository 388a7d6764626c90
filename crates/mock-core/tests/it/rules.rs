//! Which calls a rule answers, what it does besides, and how rules change while a server runs.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use mock_core::{Exec, Reply, Request, Wanted, any, event, regex};
use russh::client::Handle;

use crate::support::{Trusting, exec, login, open};

async fn answers(client: &Handle<Trusting>, command: &str, count: usize) -> Vec<String> {
    let mut answers = Vec::new();
    for _ in 0..count {
        answers.push(exec(client, command).await.stdout);
    }
    answers
}

#[tokio::test]
async fn calls_are_counted_and_what_is_left_goes_on() {
    let server = open()
        .exec(Exec::on("x").nth(3).reply("third"))
        .exec(Exec::on("x").up_to(1).reply("first"))
        .exec(Exec::on("x").every(2).reply("even"))
        .exec(Exec::on("x").after(1).reply("late"))
        .exec(Exec::on(any()).reply("rest"))
        .start_in_memory()
        .unwrap();
    let client = login(&server).await;
    // Each rule counts what reaches it: of six commands `every` sees the 2nd, 4th, 5th and 6th.
    let expected = ["first", "rest", "third", "even", "late", "even"];
    assert_eq!(answers(&client, "x", 6).await, expected);
}

#[tokio::test]
async fn calls_can_be_counted_for_each_connection() {
    let server =
        open().exec(Exec::on("x").per_connection().reply_each(["one", "two"])).start_in_memory().unwrap();
    for _ in 0..2 {
        let client = login(&server).await;
        assert_eq!(answers(&client, "x", 3).await, ["one", "two", "two"]);
    }
    assert_eq!(server.rules().list()[0].hits, 6);
}

#[tokio::test]
async fn an_effect_happens_before_the_answer() {
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    let server = open()
        .exec(
            Exec::on("touch")
                .effect(move |_| _ = counted.fetch_add(1, Ordering::SeqCst))
                .effect(|request| request.state.set("by", request.user.clone()))
                .reply(move |_: &Request| count.load(Ordering::SeqCst).to_string()),
        )
        .start_in_memory()
        .unwrap();
    let client = login(&server).await;
    assert_eq!(answers(&client, "touch", 2).await, ["1", "2"]);
    assert_eq!(server.state().get("by"), "anna");
}

#[tokio::test]
async fn rules_change_while_a_client_is_connected() {
    let server = open().exec(Exec::on("uptime").reply("3 days")).start_in_memory().unwrap();
    let (client, rules) = (login(&server).await, server.rules());
    let down = rules.add_first(Exec::on(any()).reply(Reply::fail(255)).named("outage"));
    assert_eq!(exec(&client, "uptime").await.status, Some(255));
    let slow = rules.replace(down, Exec::on("uptime").reply("4 days")).unwrap();
    assert_eq!(rules.replace(down, Exec::on("uptime").expect(1)), None, "it is not there any more");
    assert_eq!(exec(&client, "uptime").await.stdout, "4 days");
    assert!(rules.remove(slow) && !rules.remove(slow));
    assert_eq!(exec(&client, "uptime").await.stdout, "3 days");
    {
        let _outage = rules.scoped(Exec::on("uptime").reply("never").named("scoped"));
        assert_eq!(exec(&client, "uptime").await.stdout, "never");
        let listed: Vec<_> = rules.list().into_iter().map(|rule| (rule.rule, rule.hits)).collect();
        assert_eq!(listed, [("scoped".to_owned(), 1), ("uptime".to_owned(), 1)]);
    }
    assert_eq!(exec(&client, "uptime").await.stdout, "3 days");
    rules.add(Exec::on("id").reply("anna"));
    assert_eq!(exec(&client, "id").await.stdout, "anna");
    server.verify().unwrap();
}

#[tokio::test]
async fn a_rule_may_change_the_rules() {
    let server = open().start_in_memory().unwrap();
    let rules = server.rules().clone();
    let add = move |_: &Request| _ = rules.add(Exec::on("tool").reply("installed"));
    server.rules().add(Exec::on("install").effect(add));
    let client = login(&server).await;
    assert_eq!(exec(&client, "tool").await.status, Some(127));
    exec(&client, "install").await;
    assert_eq!(exec(&client, "tool").await.stdout, "installed");
}

#[tokio::test]
async fn an_unknown_command_gets_a_hint_in_the_journal_and_where_wanted_on_stderr() {
    for told in [false, true] {
        let builder = open()
            .exec(Exec::on("systemctl restart nginx"))
            .exec(Exec::on("deploy --now").reply("ok"))
            .exec(Exec::on("status").up_to(1));
        let builder = if told { builder.hints_on_stderr() } else { builder };
        let server = builder.start_in_memory().unwrap();
        let client = login(&server).await;
        let output = exec(&client, "deploy -now").await;
        let hint = "nearest rule `deploy --now`: argument 1: `-now` is not `--now`";
        let not_found = "mock-ssh: deploy: command not found\n";
        let expected = if told { format!("{not_found}mock-ssh: {hint}\n") } else { not_found.to_owned() };
        assert_eq!((output.stderr.as_str(), output.status), (expected.as_str(), Some(127)));
        exec(&client, "status").await;
        exec(&client, "status").await;
        exec(&client, "nothing like any of these, and much longer").await;
        let hints: Vec<_> =
            server.events().query(event::exec()).iter().map(|exec| exec.hint.clone()).collect();
        assert_eq!(
            hints,
            [Some(hint.into()), None, Some("nearest rule `status`: it answers only call 1".into()), None]
        );
    }
}

#[tokio::test]
async fn what_would_answer_can_be_asked_without_a_trace() {
    let server = open()
        .exec(Exec::on("x").up_to(1).then_state("seen", "yes").named("first"))
        .exec(Exec::on(regex("^x").unwrap()).named("second"))
        .start_in_memory()
        .unwrap();
    let x = Request::detached("anna", Wanted::Exec("x".into()));
    for _ in 0..2 {
        assert_eq!(server.rules().would_answer(&x).unwrap().rule, "first");
    }
    assert_eq!(server.state().get("seen"), "initial");
    exec(&login(&server).await, "x").await;
    assert_eq!(server.rules().would_answer(&x).unwrap().rule, "second");
    let y = Request::detached("anna", Wanted::Exec("y".into()));
    assert_eq!(server.rules().would_answer(&y), None);
    assert_eq!(server.rules().hint(&y).unwrap(), "nearest rule `first`: command: `y` is not `x`");
}

#[tokio::test]
async fn a_reset_lets_everything_happen_again() {
    let server = open()
        .exec(Exec::on("x").up_to(1).in_state("lock", "initial").then_state("lock", "held").reply("once"))
        .start_in_memory()
        .unwrap();
    let client = login(&server).await;
    assert_eq!(answers(&client, "x", 2).await, ["once", ""]);
    server.reset();
    assert!(server.events().all().is_empty());
    assert_eq!(answers(&client, "x", 2).await, ["once", ""]);
    assert_eq!(server.rules().list()[0].hits, 1);
}

#[tokio::test]
async fn among_a_thousand_rules_the_right_one_and_the_nearest_are_found() {
    let mut builder = open();
    for number in 0..1000 {
        builder = builder.exec(Exec::on(format!("rule {number}")).reply(number.to_string()));
    }
    let server = builder.start_in_memory().unwrap();
    let client = login(&server).await;
    assert_eq!(exec(&client, "rule 0").await.stdout, "0");
    assert_eq!(exec(&client, "rule 999").await.stdout, "999");
    let hint = server.rules().hint(&Request::detached("anna", Wanted::Exec("rule 9991".into()))).unwrap();
    assert_eq!(hint, "nearest rule `rule 999`: argument 1: `9991` is not `999`");
}
