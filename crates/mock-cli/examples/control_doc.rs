//! Prints `docs/control.md`, and with `--schema` `docs/control.schema.json`: the reference of the control channel, made
//! from the types of requests and answers.
//!
//! `cargo xtask docs` writes both. The examples are those of `control_session.txt`; a test takes them from the page and
//! makes each request to the binary.

use std::{
    fmt::{self, Write as _},
    io::{self, Write as _},
};

use mock_cli::control_schema::{self, CommandSchema};
use serde_json::Value;

fn main() -> io::Result<()> {
    let text = if std::env::args().any(|arg| arg == "--schema") {
        format!("{:#}\n", control_schema::document())
    } else {
        // Writing into a string does not fail.
        page().unwrap_or_default()
    };
    io::stdout().write_all(text.as_bytes())
}

fn page() -> Result<String, fmt::Error> {
    let mut page = include_str!("control_intro.md").to_owned();
    writeln!(page, "\n## Errors\n")?;
    fields(&mut page, &control_schema::error())?;
    writeln!(page, "\n| Code | Meaning |\n|---|---|")?;
    let error = control_schema::error();
    for code in list(error.pointer("/properties/code/oneOf")) {
        writeln!(page, "| `{}` | {} |", text(&code["const"]), text(&code["description"]))?;
    }
    for command in control_schema::commands() {
        section(&mut page, &command, include_str!("control_session.txt"))?;
    }
    page.push('\n');
    page.push_str(include_str!("control_agent.md"));
    for command in control_schema::agent_commands() {
        section(&mut page, &command, include_str!("control_agent_session.txt"))?;
    }
    Ok(page)
}

fn section(page: &mut String, command: &CommandSchema, session: &str) -> fmt::Result {
    writeln!(page, "\n## {}\n\n{}\n", command.name, command.description)?;
    fields(page, &command.request)?;
    if has_fields(&command.answer) {
        writeln!(page, "{}Answer:\n", if has_fields(&command.request) { "\n" } else { "" })?;
        fields(page, &command.answer)?;
    }
    let mut examples = session.split("\n\n").filter_map(|part| part.split_once('\n'));
    if let Some((_, lines)) = examples.find(|(name, _)| *name == command.name) {
        let after_a_table = has_fields(&command.request) || has_fields(&command.answer);
        writeln!(page, "{}```text", if after_a_table { "\n" } else { "" })?;
        for line in lines.lines() {
            writeln!(
                page,
                "{}",
                line.replacen('>', "→", 1).replacen("< ", "← ", usize::from(line.starts_with('<')))
            )?;
        }
        writeln!(page, "```")?;
    }
    Ok(())
}

/// The members of an object but for `command`, nested ones as well.
fn members<'a>(prefix: &str, object: &'a Value) -> Vec<(String, &'a Value, bool)> {
    let required = list(object.get("required"));
    let properties = object.get("properties").and_then(Value::as_object).into_iter().flatten();
    let mut members = Vec::new();
    for (name, schema) in properties.filter(|(_, schema)| schema["const"].is_null()) {
        let is_required = required.iter().any(|required| required == name);
        members.push((format!("{prefix}{name}"), schema, is_required));
        members.extend(self::members(&format!("{prefix}{name}[]."), &schema["items"]));
    }
    members
}

fn has_fields(object: &Value) -> bool {
    !members("", object).is_empty()
}

fn fields(page: &mut String, object: &Value) -> fmt::Result {
    if !has_fields(object) {
        return Ok(());
    }
    writeln!(page, "| Field | Type | Meaning |\n|---|---|---|")?;
    for (name, schema, is_required) in members("", object) {
        let mut meaning = text(&schema["description"]).replace('\n', " ");
        match &schema["default"] {
            Value::Null if is_required => {}
            Value::Null => meaning.push_str(" Need not be there."),
            default => write!(meaning, " By default {default}.")?,
        }
        let kind = kind(schema);
        // Whether it is not there or null is the same.
        let kind = if is_required { kind.as_str() } else { kind.trim_end_matches(" or `null`") };
        writeln!(page, "| `{name}` | {kind} | {} |", meaning.trim())?;
    }
    Ok(())
}

/// The JSON type as a reader would say it.
fn kind(schema: &Value) -> String {
    let any = list(schema.get("anyOf"));
    if !any.is_empty() {
        return any.iter().map(kind).collect::<Vec<_>>().join(" or ");
    }
    if schema["oneOf"].is_array() {
        return "word".to_owned();
    }
    match &schema["type"] {
        Value::Array(types) => {
            types.iter().map(|name| type_name(text(name), schema)).collect::<Vec<_>>().join(" or ")
        }
        name => type_name(text(name), schema),
    }
}

fn type_name(name: &str, schema: &Value) -> String {
    match name {
        "string" => "text".to_owned(),
        "integer" | "number" => "number".to_owned(),
        "boolean" => "`true` or `false`".to_owned(),
        "null" => "`null`".to_owned(),
        "array" => match kind(&schema["items"]).as_str() {
            "text" => "list of text".to_owned(),
            item => format!("list of {item}s"),
        },
        "" => "any".to_owned(),
        other => other.to_owned(),
    }
}

fn list(value: Option<&Value>) -> &[Value] {
    value.and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
