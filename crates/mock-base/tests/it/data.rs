//! Bytes in events: exact in JSON, harmless as text, whatever a peer sends.

use mock_base::{Data, Journal, event};
use proptest::prelude::*;

/// What a reader of the JSON makes of it.
fn bytes_of(json: &serde_json::Value) -> Vec<u8> {
    if let Some(text) = json.as_str() {
        return text.as_bytes().to_vec();
    }
    let hex = json["hex"].as_str().unwrap_or_default();
    (0..hex.len()).step_by(2).filter_map(|at| u8::from_str_radix(hex.get(at..at + 2)?, 16).ok()).collect()
}

/// Bytes that are sometimes text, sometimes not, sometimes both in turn.
fn peer_bytes() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        any::<Vec<u8>>(),
        any::<String>().prop_map(String::into_bytes),
        (any::<String>(), any::<Vec<u8>>()).prop_map(|(text, bytes)| [text.into_bytes(), bytes].concat()),
    ]
}

proptest! {
    #[test]
    fn json_gives_the_bytes_back(bytes in peer_bytes()) {
        let json = serde_json::to_string(&Data::from(bytes.clone())).unwrap();
        prop_assert_eq!(bytes_of(&serde_json::from_str(&json).unwrap()), bytes);
    }

    #[test]
    fn text_holds_no_control_characters(bytes in peer_bytes()) {
        let data = Data::from(bytes);
        prop_assert!(!data.to_string().contains(char::is_control));
        let debug = format!("{data:?}");
        prop_assert!(!debug.contains(char::is_control));
    }

    /// Names, paths and messages are text of the peer's choice: no line of a timeline is broken or forged by them.
    #[test]
    fn a_timeline_has_a_line_for_each_event(name in any::<String>(), path in any::<String>()) {
        let journal = Journal::new();
        let recorder = journal.recorder("lab").on_connection(1);
        recorder.record(event::Env::new(name.clone(), path.clone(), true));
        recorder.record(event::Subsystem::new(name.clone(), true));
        recorder.record(event::Forward::new(path, None, true));
        recorder.record(event::Panicked::new("program", name));
        let timeline = journal.events().timeline().to_string();
        prop_assert_eq!(timeline.lines().count(), 4);
        prop_assert!(!timeline.replace('\n', "").contains(char::is_control));
    }
}
