//! JSON Schema of requests and answers, from which `docs/control.md` and `docs/control.schema.json` are generated.

use schemars::{JsonSchema, generate::SchemaSettings};
use serde_json::{Value, json};

use super::{
    agent::{self, Identities},
    answer::{
        ClientKit, Done, Door, Expecting, Failure, FaultNumber, Faults, Forwards, Page, RuleNumber, Rules,
        Seen, States,
    },
    request::Request,
};
use crate::verdict::VerdictLine;

/// A command, and what it is answered with.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct CommandSchema {
    /// Its name, the value of `command`.
    pub name: String,
    /// What it does, as sentences.
    pub description: String,
    /// The whole request but for `id`, nested types written in place.
    pub request: Value,
    /// The answer but for `id` and `ok`.
    pub answer: Value,
}

/// Every command of a server.
#[must_use]
pub fn commands() -> Vec<CommandSchema> {
    of::<Request>()
}

/// Every command of `mock-ssh agent`.
#[must_use]
pub fn agent_commands() -> Vec<CommandSchema> {
    of::<agent::Request>()
}

fn of<R: JsonSchema>() -> Vec<CommandSchema> {
    let requests = of_request::<R>();
    let variants = requests.get("oneOf").and_then(Value::as_array).cloned().unwrap_or_default();
    let text = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or_default().replace('\n', " ");
    let command = |request: Value| {
        let name = text(request.pointer("/properties/command/const"));
        CommandSchema {
            description: text(request.get("description")),
            answer: answer_to(&name),
            name,
            request,
        }
    };
    variants.into_iter().map(command).collect()
}

/// What a request is answered with that is not obeyed: the value of `error`.
#[must_use]
pub fn error() -> Value {
    of_answer::<Failure>()
}

/// All of it as one document.
#[must_use]
pub fn document() -> Value {
    let id = json!({ "description": "Comes back with the answer." });
    let with_id = |mut schema: Value, ok: Option<bool>| {
        if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
            properties.insert("id".into(), id.clone());
            properties.extend(ok.map(|ok| ("ok".to_owned(), json!({ "const": ok }))));
        }
        schema
    };
    let requests = |commands: &[CommandSchema]| -> Vec<Value> {
        commands.iter().map(|command| with_id(command.request.clone(), None)).collect()
    };
    let (commands, of_agent) = (commands(), agent_commands());
    let (to_server, to_agent) = (requests(&commands), requests(&of_agent));
    let answers = commands.into_iter().chain(of_agent);
    let answers = answers.map(|command| (command.name, with_id(command.answer, Some(true))));
    let error = json!({
        "type": "object",
        "properties": { "error": error() },
        "required": ["ok", "error"],
    });
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Requests to mock-ssh --control, one on each line",
        "oneOf": to_server,
        "$defs": {
            "agent": { "oneOf": to_agent },
            "answers": answers.collect::<serde_json::Map<_, _>>(),
            "error": with_id(error, Some(false)),
        },
    })
}

fn answer_to(command: &str) -> Value {
    let mut schema = match command {
        "verify" => of_answer::<VerdictLine>(),
        "expect" => of_answer::<Expecting>(),
        "rule.add"
        | "rule.replace"
        | "forward.add"
        | "forward.replace"
        | "remote_forward.add"
        | "remote_forward.replace" => of_answer::<RuleNumber>(),
        "forward.list" | "remote_forward.list" => of_answer::<Forwards>(),
        "connect_forwarded" | "connect_agent" | "connect_x11" => of_answer::<Door>(),
        "rule.list" => of_answer::<Rules>(),
        "fault.add" => of_answer::<FaultNumber>(),
        "fault.list" => of_answer::<Faults>(),
        "state.get" => of_answer::<States>(),
        "events" => of_answer::<Page>(),
        "wait" => of_answer::<Seen>(),
        "client_kit" => of_answer::<ClientKit>(),
        "identities.list" | "identities.add" | "identities.remove" => of_answer::<Identities>(),
        _ => of_answer::<Done>(),
    };
    if let Some(fields) = schema.as_object_mut() {
        fields.entry("properties").or_insert_with(|| json!({}));
    }
    schema
}

fn of_request<T: JsonSchema>() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
    without_names(settings.for_deserialize().into_generator().into_root_schema_for::<T>().to_value())
}

fn of_answer<T: JsonSchema>() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
    without_names(settings.for_serialize().into_generator().into_root_schema_for::<T>().to_value())
}

/// Names of types in Rust are nobody else's concern.
fn without_names(mut schema: Value) -> Value {
    if let Some(fields) = schema.as_object_mut() {
        fields.remove("$schema");
        fields.remove("title");
    }
    schema
}
