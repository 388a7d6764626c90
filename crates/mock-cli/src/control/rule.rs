//! A rule as a request writes it: with the keys of `[[exec]]` in a scenario file, as JSON.
//!
//! It is put into TOML and read as such, so that a rule means the same in both, and what is wrong with it is told in the
//! same words.

use std::fmt::Write as _;

use mock_core::Exec;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::answer::{Code, Failure};
use crate::{Problem, Scenario, ScenarioError};

/// A rule for commands: which it is for, and what answers them. The keys are those of `[[exec]]` in a scenario file: `on`
/// for the command, `stdout`, `stderr`, `exit`, `name`, `up_to`, `in_state`, `then_state`, `expect` and more, see
/// `docs/scenario.md`.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub(crate) struct Rule(Map<String, Value>);

/// A rule for connections: which it is for, and where they lead. The keys are those of `[[forward]]` in a scenario file: `to`
/// for the target, and `reply`, `echo`, `refuse`, `server` or another place, see `docs/scenario.md`.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub(crate) struct Forward(pub(super) Map<String, Value>);

/// A rule for where clients want the server to listen. The keys are those of `[[remote_forward]]` in a scenario file: `at` for
/// the place, and `refuse`, `host` or `port`, see `docs/scenario.md`.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub(crate) struct RemoteForward(pub(super) Map<String, Value>);

impl Rule {
    pub(super) fn into_exec(self) -> Result<Exec, Failure> {
        let text = format!("exec = {{ {} }}", keys(&self.0));
        let scenario = Scenario::parse(&text, "rule").map_err(|error| bad_rule(&error))?;
        let rule = scenario.rules().first().cloned();
        rule.ok_or_else(|| Failure::new(Code::BadRule, "there is nothing in the rule"))
    }
}

/// The keys of a table, in the form in which they stand in one on a line.
pub(super) fn keys(fields: &Map<String, Value>) -> String {
    let mut text = String::new();
    for (index, (key, value)) in fields.iter().filter(|(_, value)| !value.is_null()).enumerate() {
        text.push_str(if index > 0 { ", " } else { "" });
        quote(key, &mut text);
        text.push_str(" = ");
        write_toml(value, &mut text);
    }
    text
}

/// All that is wrong, and what to do about the first of it.
pub(super) fn bad_rule(error: &ScenarioError) -> Failure {
    let ScenarioError::Invalid { problems } = error else {
        return Failure::new(Code::BadRule, error.to_string());
    };
    let messages: Vec<_> = problems.iter().map(Problem::message).collect();
    let hint = problems.iter().find_map(Problem::hint).map(str::to_owned);
    Failure::new(Code::BadRule, messages.join("; ")).hint(hint)
}

/// On one line, as tables within others are.
fn write_toml(value: &Value, text: &mut String) {
    match value {
        // There is nothing like it; whoever reads it says so.
        Value::Null => quote("null", text),
        Value::Bool(flag) => text.push_str(if *flag { "true" } else { "false" }),
        Value::Number(number) => {
            let _infallible = write!(text, "{number}");
        }
        Value::String(string) => quote(string, text),
        Value::Array(list) => {
            text.push('[');
            for value in list {
                write_toml(value, text);
                text.push_str(", ");
            }
            text.push(']');
        }
        Value::Object(fields) => {
            let _infallible = write!(text, "{{ {} }}", keys(fields));
        }
    }
}

/// A basic string (TOML 1.0, section String): control characters must be escaped, DEL as well.
fn quote(string: &str, text: &mut String) {
    text.push('"');
    for char in string.chars() {
        match char {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            char if char.is_control() => {
                let _infallible = write!(text, "\\u{:04X}", u32::from(char));
            }
            char => text.push(char),
        }
    }
    text.push('"');
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn rule(value: Value) -> Result<Exec, String> {
        let Value::Object(fields) = value else { panic!("a rule is an object") };
        Rule(fields).into_exec().map_err(|failure| json!(failure).to_string())
    }

    #[test]
    fn a_rule_has_the_keys_of_a_scenario() {
        let full = json!({
            "on": "deploy *",
            "stdin": { "is": "yes\n" },
            "in_state": { "lock": "free" },
            "then_state": { "lock": "held" },
            "pieces": [{ "stdout": "a \"quoted\"\ttext\u{7f}" }, { "pause": "1s" }],
            "exit": 3,
            "name": null,
        });
        let _rule = rule(full).unwrap();
        let wrong = rule(json!({ "on": "ls", "stdot": "x" })).unwrap_err();
        assert!(wrong.contains("stdot") && wrong.contains("stdout"), "{wrong}");
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 16, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::hash_map(any::<String>(), inner, 0..4)
                    .prop_map(|fields| Value::Object(fields.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_written_is_toml_that_says_the_same(value in any_json()) {
            let mut text = "value = ".to_owned();
            write_toml(&value, &mut text);
            prop_assert!(toml::de::DeTable::parse(&text).is_ok(), "{text}");
        }

        #[test]
        fn no_rule_is_so_wrong_that_it_is_not_answered(key in "(on|stdout|exit|pieces|stdin|argv|expect|.*)", value in any_json()) {
            let _either = rule(json!({ "on": "x", key: value }));
        }
    }
}
