//! Views: narrowed, followed step by step, cleared; and typed events of other crates.

use std::{borrow::Cow, time::Duration};

use mock_base::{Journal, Kind, Payload, Record, Value, event};

#[test]
fn a_view_is_narrowed_by_server_and_by_connection() {
    let journal = Journal::new();
    for server in ["bastion", "db01"] {
        for connection in 1..=2 {
            journal.recorder(server).on_connection(connection).record(event::Shell::new(true));
        }
        journal.recorder(server).record(event::Stopped::new(2u64));
    }
    let events = journal.events();
    assert_eq!(events.all().len(), 6);
    assert_eq!(events.on_server("db01").all().len(), 3);
    assert_eq!(events.on_connection(1).all().len(), 2);
    let [one] = &events.on_server("db01").on_connection(1).query(event::shell())[..] else {
        panic!("one event is in this view")
    };
    assert_eq!((&*one.server, one.connection, one.channel), ("db01", Some(1), None));
    assert!(events.on_server("nobody").all().is_empty());
}

#[test]
fn a_narrowed_view_sees_later_events_and_waits_for_its_own_only() {
    let journal = Journal::new();
    let second = journal.events().on_connection(2);
    journal.recorder("lab").on_connection(1).record(event::Shell::new(true));
    assert!(second.wait_for(event::shell()).within(Duration::ZERO).blocking().is_err());
    journal.recorder("lab").on_connection(2).record(event::Shell::new(false));
    assert!(!second.wait_for(event::shell()).blocking().unwrap().accepted);
}

#[test]
fn a_journal_is_followed_step_by_step() {
    let journal = Journal::new();
    let recorder = journal.recorder("lab");
    recorder.record(event::Shell::new(true));
    let events = journal.events();
    let seen = events.since(0);
    let next = seen.last().map_or(0, |event| event.seq + 1);
    assert!(events.since(next).is_empty());
    recorder.record(event::Exec::new("ls", true, None));
    let new = events.since(next);
    assert!(matches!(&new[..], [event] if event::Exec::of(&event.kind).is_some()));
    assert!(events.since(u64::MAX).is_empty());
}

#[test]
fn clearing_forgets_events_and_totals_and_numbers_go_on() {
    let journal = Journal::new();
    let recorder = journal.recorder("lab");
    recorder.record(event::Shell::new(true));
    let events = journal.events();
    events.clear();
    assert!(events.all().is_empty());
    assert!(events.totals().is_empty());
    recorder.record(event::Shell::new(true));
    assert_eq!(events.all()[0].seq, 1);
    assert_eq!(events.totals()["shell"], 1);
    assert_eq!(events.since(0).len(), 1);
}

#[test]
fn first_last_and_whole_events_by_closure() {
    let journal = Journal::new();
    let recorder = journal.recorder("lab");
    for command in ["a", "b", "c"] {
        recorder.record(event::Exec::new(command, true, None));
    }
    let events = journal.events();
    assert_eq!(events.first(event::exec()).unwrap().command, "a");
    assert_eq!(events.last(event::exec()).unwrap().command, "c");
    let by_number = events.query(|event: &mock_base::Event| event.seq >= 1);
    assert_eq!(by_number.iter().map(|event| event.seq).collect::<Vec<_>>(), [1, 2]);
    let commands: Vec<_> = events.payloads::<event::Exec>().into_iter().map(|exec| exec.command).collect();
    assert_eq!(commands, ["a", "b", "c"]);
}

#[derive(Debug, Clone, PartialEq)]
struct Ping(u64);

impl Record for Ping {
    fn source(&self) -> &'static str {
        "pinger"
    }

    fn name(&self) -> Cow<'static, str> {
        "ping".into()
    }

    fn fields(&self, out: &mut dyn FnMut(&'static str, Value<'_>)) {
        out("count", Value::U64(self.0));
    }
}

#[test]
fn typed_events_of_other_crates_are_read_back_counted_and_waited_for() {
    let journal = Journal::new();
    let recorder = journal.recorder("lab");
    recorder.operation(Ping(1));
    recorder.operation(Ping(2));
    recorder.record(event::Shell::new(true));
    let events = journal.events();
    assert_eq!(events.of::<Ping>(), [Ping(1), Ping(2)]);
    assert_eq!(events.count(event::operation::<Ping>()), 2);
    let second = events.wait_for(event::operation::<Ping>().filter(|ping| ping.0 > 1)).blocking().unwrap();
    assert_eq!((second.seq, &second.payload), (1, &Ping(2)));
    assert!(matches!(events.all()[0].kind, Kind::Operation(_)));
    assert_eq!(events.totals()["operation"], 2);
}
