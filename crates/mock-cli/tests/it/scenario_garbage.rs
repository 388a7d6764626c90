//! Text that is no scenario: it is refused, and never a panic.

use std::{fs, path::Path};

use mock_cli::{Scenario, ScenarioError};
use proptest::{prelude::*, sample::Index};

/// The reference, without what takes time or leaves this directory.
fn reference() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios/reference.toml");
    fs::read_to_string(path).unwrap()
}

/// Reads it, and looks at whatever is said about it.
fn read(text: &str) {
    match Scenario::parse(text, "tests/scenarios/mutated.toml") {
        Ok(scenario) => drop(format!("{scenario:?} {:?}", scenario.builder())),
        Err(error) => {
            let shown = error.to_string();
            assert!(shown.starts_with("error: "), "{shown}");
            let ScenarioError::Invalid { problems } = error else {
                panic!("text needs no file");
            };
            assert!(!problems.is_empty());
            for problem in &problems {
                assert!(serde_json::to_string(problem).unwrap().starts_with('{'));
            }
        }
    }
}

/// A change to a text, at a place that need not be between two characters.
#[derive(Debug, Clone)]
enum Change {
    Remove(Index, usize),
    Insert(Index, String),
    Double(Index, usize),
    Swap(Index, Index),
}

fn change() -> impl Strategy<Value = Change> {
    let any = any::<Index>;
    prop_oneof![
        (any(), 1..40_usize).prop_map(|(at, count)| Change::Remove(at, count)),
        (any(), "[\\[\\]{}=\"'.,#~*\\\\\n a-zé0-9_-]{1,6}").prop_map(|(at, text)| Change::Insert(at, text)),
        (any(), 1..60_usize).prop_map(|(at, count)| Change::Double(at, count)),
        (any(), any()).prop_map(|(one, other)| Change::Swap(one, other)),
    ]
}

fn changed(text: &str, change: &Change) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    if chars.is_empty() {
        return String::new();
    }
    match change {
        Change::Remove(at, count) => {
            let at = at.index(chars.len());
            chars.drain(at..chars.len().min(at + count));
        }
        Change::Insert(at, text) => {
            let at = at.index(chars.len());
            chars.splice(at..at, text.chars());
        }
        Change::Double(at, count) => {
            let at = at.index(chars.len());
            let piece: Vec<char> = chars.iter().skip(at).take(*count).copied().collect();
            chars.splice(at..at, piece);
        }
        Change::Swap(one, other) => {
            let mut lines: Vec<&str> = text.lines().collect();
            let (one, other) = (one.index(lines.len()), other.index(lines.len()));
            lines.swap(one, other);
            return lines.join("\n");
        }
    }
    chars.into_iter().collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

    #[test]
    fn random_text_is_no_panic(text in "\\PC{0,200}") {
        read(&text);
    }

    #[test]
    fn random_toml_is_no_panic(text in "([\\[\\]{}=\"'.,#~*\\\\\n a-z0-9_-]|exec|users|commands|shell|server){0,80}") {
        read(&text);
    }

    #[test]
    fn a_changed_reference_is_no_panic(changes in proptest::collection::vec(change(), 1..6)) {
        read(&changes.iter().fold(reference(), |text, change| changed(&text, change)));
    }
}
