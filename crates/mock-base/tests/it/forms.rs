//! The two forms of events, as snapshots: JSON Lines for programs, the timeline for people.

use crate::every_kind;

const ENVELOPE: [&str; 7] = ["event", "seq", "time", "at", "server", "connection", "channel"];

fn without_times(check: impl FnOnce()) {
    insta::with_settings!({
        filters => vec![
            (r#""time":"[^"]+","at":[0-9.e-]+"#, r#""time":"TIME","at":AT"#),
            (r"(?m)^ *\d+\.\d{4}s", "  TIMEs"),
        ],
    }, { check() });
}

#[test]
fn json_lines_of_every_kind() {
    let lines = every_kind::journal().events().to_json_lines();
    without_times(|| insta::assert_snapshot!(lines));
}

#[test]
fn timeline_of_every_kind() {
    let timeline = every_kind::journal().events().timeline().to_string();
    without_times(|| insta::assert_snapshot!(timeline));
}

#[test]
fn normalized_timeline_of_every_kind() {
    insta::assert_snapshot!(every_kind::journal().events().timeline().normalized().to_string());
}

#[test]
fn a_timeline_of_several_servers_names_them() {
    use mock_base::{Journal, event};
    let journal = Journal::new();
    journal.recorder("bastion").on_connection(1).record(event::Shell::new(true));
    journal.recorder("db01").record(event::Stopped::new(0u64));
    let timeline = journal.events().timeline().normalized().to_string();
    assert_eq!(timeline, "bastion 1  shell\ndb01 -     stopped after 0 connections\n");
}

#[test]
fn no_field_of_a_kind_hides_a_field_of_the_envelope() {
    for event in every_kind::journal().events().all() {
        let json = event.to_json();
        let envelope = [event.connection.is_some(), event.channel.is_some()];
        let own = 5 + envelope.into_iter().filter(|there| *there).count();
        let names: Vec<_> = json.as_object().unwrap().keys().map(String::as_str).collect();
        let (envelope, fields) = names.split_at(own);
        assert!(ENVELOPE.iter().filter(|name| envelope.contains(name)).eq(envelope), "{names:?}");
        assert!(fields.iter().all(|name| !ENVELOPE.contains(name)), "{names:?}");
        assert_eq!(json["server"], "lab");
        assert_eq!(serde_json::to_value(&*event).unwrap(), json);
    }
}

/// Whoever adds a kind adds it to the snapshots.
#[cfg(feature = "schema")]
#[test]
fn the_snapshots_hold_every_kind() {
    use std::collections::BTreeSet;
    let journal = every_kind::journal();
    let recorded: BTreeSet<_> = journal.events().all().iter().map(|event| event.kind.name()).collect();
    let documented = mock_base::event::schemas().into_iter().map(|kind| kind.name);
    assert_eq!(recorded, documented.chain(["operation"]).collect());
}
