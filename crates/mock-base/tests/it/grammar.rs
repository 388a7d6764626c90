//! Expectations as text: what they select, how they are shown again, and what is said about those that are wrong.

use std::borrow::Cow;

use mock_base::{
    Event, Expectation, GrammarError, Journal, ParsedExpectation, ParsedQuery, Record, Value as Field, event,
};
use proptest::prelude::*;
use serde_json::Value;

use crate::every_kind;

fn met(journal: &Journal, text: &str) -> Result<bool, GrammarError> {
    Ok(text.parse::<ParsedExpectation>()?.unmet(&journal.events()).is_none())
}

fn count(journal: &Journal, text: &str) -> Result<usize, GrammarError> {
    Ok(journal.events().count(text.parse::<ParsedQuery>()?))
}

#[derive(Debug)]
struct Open(&'static str);

impl Record for Open {
    fn source(&self) -> &'static str {
        "sftp"
    }

    fn name(&self) -> Cow<'static, str> {
        "open".into()
    }

    fn fields(&self, out: &mut dyn FnMut(&'static str, Field<'_>)) {
        out("mode", Field::Text("read"));
        out("path", Field::Bytes(self.0.as_bytes()));
        out("flags", Field::U64(1));
    }
}

/// Two hosts, two connections.
fn lab() -> Journal {
    let journal = Journal::new();
    let (web, db) = (journal.recorder("web01").on_connection(1), journal.recorder("db01").on_connection(2));
    web.record(event::AuthAccepted::new("deploy", "password", 1u32));
    for command in ["systemctl restart nginx", "systemctl restart php", "rm -r /srv/old"] {
        web.on_channel(0).record(event::Exec::new(command, true, None).by("deploy"));
    }
    db.record(event::AuthAccepted::new("root", "publickey", 1u32));
    db.on_channel(0).record(event::Exec::new("rm -r /srv/old", true, None).by("root"));
    db.on_channel(0).record(event::SignalReceived::new("TERM"));
    db.on_channel(0).record(event::Exit::new(Some(3), None));
    db.operation(Open("/etc/passwd"));
    db.operation(Open("/srv/data"));
    db.record(event::Disconnected::new(event::ClosedBy::Client, "closed", 1u64, 2u64));
    journal
}

#[test]
fn forwarded_means_channels_that_lead_somewhere() {
    let journal = Journal::new();
    let bastion = journal.recorder("bastion");
    bastion.record(event::ChannelOpened::new(event::ChannelKind::Session));
    let kind = event::ChannelKind::DirectTcpip {
        host: "db01".to_owned(),
        port: 22,
        originator: "127.0.0.1".to_owned(),
        originator_port: 1,
    };
    bastion.record(event::ChannelOpened::new(kind));
    let count = |text: &str| journal.events().count(text.parse::<ParsedQuery>().unwrap());
    let counted = ["forwarded", r#"forwarded "db01:*""#, r#"forwarded "db02:*""#, "channel kind.host db01"];
    assert_eq!(counted.map(count), [1, 1, 0, 1]);
    assert_eq!(count(r#"channel "session""#), 1);
}

#[test]
fn expectations_are_met_or_not() {
    let journal = lab();
    for text in [
        r#"exec "systemctl restart *" x2"#,
        r#"exec "systemctl restart nginx" x1"#,
        r#"exec ~"^rm " x2"#,
        r#"exec "~^rm " x1..2"#,
        "exec uname none",
        "exec x4",
        "exec x2..",
        "exec x..4",
        "exec",
        r#"exec ="rm *" none"#,
        r#"exec x1 on "db01""#,
        "exec x3 on connection 1",
        "exec on connection 1 on db01 none",
        r#"exec user "root" "rm *" x1"#,
        "command user root rule null x1",
        r#"login user "deploy" method "password" x1"#,
        "login deploy x1",
        "login x2 on *01",
        "signal TERM x1",
        "exit 3 x1",
        "exit signal KILL none",
        "exit status ~^[1-9] x1",
        "disconnected by client reason closed x1",
        "sftp.open x2",
        r#"sftp.open "/etc/*" x1"#,
        "sftp.open mode read x2",
        "sftp.* path /srv/data flags 1 x1",
        "sftp.close none",
        "agent.* none",
        "any x11",
        "any on web01 x4",
        r#"order: login then exec "rm *" then disconnected"#,
        "order: exec on web01 then exec on db01",
        "exec '~^systemctl (restart|reload) ' x2",
    ] {
        assert_eq!(met(&journal, text), Ok(true), "{text}");
    }
    for text in [
        "exec x1",
        "exec none",
        "exec x5..",
        "signal INT",
        "order: disconnected then login",
        "exec accepted false",
        "exec command ls",
    ] {
        assert_eq!(met(&journal, text), Ok(false), "{text}");
    }
}

#[test]
fn the_field_of_an_event_is_addressed_as_json_names_it() {
    let journal = every_kind::journal();
    for recorded in journal.events().all() {
        let json = recorded.to_json();
        let Value::Object(members) = &json else { panic!("{json}") };
        let envelope = ["event", "seq", "time", "at", "server", "connection", "channel"];
        let own = members.iter().filter(|(name, _)| !envelope.contains(&name.as_str()));
        for (path, value) in own.flat_map(|(name, value)| leaves(&recorded, name, value)) {
            let kind = match &recorded.kind {
                mock_base::Kind::Operation(record) => format!("{}.{}", record.source(), record.name()),
                kind => kind.name().to_owned(),
            };
            let query: ParsedQuery = format!("{kind} {path} {value}").parse().unwrap();
            let found = journal.events().query(query.clone());
            assert!(found.iter().any(|found| found.seq == recorded.seq), "{query} of {json}");
        }
    }
}

/// Every value of a member, with its path and as the grammar writes it.
fn leaves(recorded: &Event, path: &str, value: &Value) -> Vec<(String, String)> {
    let operation = matches!(recorded.kind, mock_base::Kind::Operation(_));
    match value {
        Value::Object(members) if members.contains_key("hex") => Vec::new(),
        Value::Object(members) if operation && path == "fields" => {
            members.iter().flat_map(|(name, value)| leaves(recorded, name, value)).collect()
        }
        _ if operation && matches!(path, "source" | "name") => Vec::new(),
        Value::Object(members) => members
            .iter()
            .flat_map(|(name, value)| leaves(recorded, &format!("{path}.{name}"), value))
            .collect(),
        Value::Array(values) => {
            let values = values.iter().filter(|value| !value.is_object());
            values.flat_map(|value| leaves(recorded, path, value)).collect()
        }
        Value::String(text) => {
            let escaped = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
            vec![(path.to_owned(), format!("=\"{escaped}\""))]
        }
        other => vec![(path.to_owned(), other.to_string())],
    }
}

#[test]
fn every_kind_is_found_by_its_name() {
    let journal = every_kind::journal();
    for (name, total) in journal.events().totals() {
        if name != "operation" {
            assert_eq!(count(&journal, name), Ok(usize::try_from(total).unwrap()), "{name}");
        }
    }
    assert_eq!(count(&journal, "pty modes ECHO=1"), Ok(1));
    assert_eq!(count(&journal, r#"channel "direct-tcpip to db01:*""#), Ok(1));
    assert_eq!(count(&journal, r"stdin ~(?-u)\xff"), Ok(1));
}

#[test]
fn what_is_parsed_is_shown_in_one_way() {
    for (text, shown) in [
        ("exec  x1   ls", r#"exec "ls" x1"#),
        ("exec 'it\\'s' x1..", r#"exec "it's""#),
        (r#"exec ~"^ls\s\"" x0"#, r#"exec ~"^ls\s\"" none"#),
        (r#"exec ~'"\d' x..3"#, r#"exec ~"\"\d" x..3"#),
        (r#"exec "~\"x""#, r#"exec ~"\"x""#),
        (r"exec C:\temp\*", r#"exec "C:\\temp\\*""#),
        (r#"exec "\u{1b}[1m\0""#, r#"exec "\u{1b}[1m\u{0}""#),
        ("exec ==x", r#"exec ="=x""#),
        ("exit 1 on db01 on connection 2", r#"exit 1 on connection 2 on "db01""#),
        ("login method password user deploy", r#"login method "password" user "deploy""#),
        ("login method password deploy", r#"login "deploy" method "password""#),
        ("exec accepted false rule null", "exec accepted false rule null"),
        ("agent.sign   x2..2", "agent.sign x2"),
        ("order: login then exec a", r#"order: login then exec "a""#),
    ] {
        let parsed: ParsedExpectation = text.parse().unwrap();
        assert_eq!(parsed.to_string(), shown);
        assert_eq!(shown.parse::<ParsedExpectation>().unwrap(), parsed);
    }
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    let wrong = [
        "",
        "exce \"rm *\" none",
        "frobnicate x1",
        "\"exec\" x1",
        "exec \"rm *",
        "exec rm\"x\"",
        "exec “rm”",
        "exec \"a\"x1",
        "exec usr \"deploy\"",
        "exec \"a\" 2",
        "exec \"a\" once",
        "exec \"a\" \"b\"",
        "exec a x1 x2",
        "exec a x3..1",
        "exec a x1.5",
        "exec user",
        "exec user on db01",
        "exec user a user b",
        "exec ~\"(\" none",
        "exit staus 0",
        "exit status one",
        "exec accepted maybe",
        "disconnected by clinet",
        "shell yes",
        "any \"x\"",
        "exec on",
        "exec on connection",
        "exec on connection two",
        "exec on a on b",
        "exec a then exec b",
        "order: exec a x2 then exec b",
        "order: exec a then",
        "sftp.open /a /b",
        "login deploy method password and some more words that make this line far too long for any terminal",
    ];
    let page = wrong.map(|text| {
        let error = text.parse::<ParsedExpectation>().expect_err(text);
        assert!(error.to_string().starts_with(error.problem()));
        error.to_string()
    });
    insta::assert_snapshot!(page.join("\n\n"));
    let counted = "exec a x2".parse::<ParsedQuery>().unwrap_err();
    assert_eq!((counted.problem(), counted.column()), ("a query selects events and does not count them", 8));
}

fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(vec![
            "exec",
            "login",
            "sftp.open",
            "any",
            "exit",
            "user",
            "method",
            "status",
            "accepted",
            "on",
            "then",
            "order:",
            "none",
            "null",
            "connection",
            "x1",
            "x1..2",
            "x..3",
            "x",
            "0",
            "true",
            "=a",
            "~^a",
            "ls",
        ])
        .prop_map(str::to_owned),
        any::<String>().prop_map(|text| format!("{text:?}")),
        any::<String>().prop_map(|text| format!("'{text}'")),
        r#"[~=]?"[a-z \\"'*?n(){}\[\]]{0,12}""#,
        any::<String>(),
    ]
}

proptest! {
    #[test]
    fn anything_is_parsed_or_refused(text in any::<String>()) {
        let _either: Result<ParsedExpectation, GrammarError> = text.parse();
    }

    #[test]
    fn what_is_shown_is_read_again(words in prop::collection::vec(word(), 1..8)) {
        let text = words.join(" ");
        match text.parse::<ParsedExpectation>() {
            Ok(parsed) => {
                let shown = parsed.to_string();
                let again = shown.parse::<ParsedExpectation>();
                prop_assert_eq!(again.as_ref().map(ToString::to_string), Ok(shown));
                prop_assert_eq!(again.unwrap(), parsed);
            }
            Err(error) => {
                prop_assert!(error.column() <= text.chars().count() + 1);
                prop_assert_eq!(error.to_string().lines().count(), if text.trim().is_empty() { 1 } else { 3 });
            }
        }
    }

    #[test]
    fn any_exact_text_can_be_written(text in any::<String>()) {
        let journal = Journal::new();
        journal.recorder("lab").record(event::Exec::new(text.clone(), true, None));
        let query: ParsedQuery = format!("exec =\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")).parse().unwrap();
        prop_assert_eq!(journal.events().count(query.clone()), 1);
        let again: ParsedQuery = query.to_string().parse().unwrap();
        prop_assert_eq!(journal.events().count(again), 1);
    }
}
