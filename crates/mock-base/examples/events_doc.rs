//! Prints `docs/events.md`: the reference of the JSON form, made from the types that are recorded.
//!
//! `cargo xtask docs` writes the file; names, types and meanings come from the doc comments of the structs, so the
//! page cannot say something else than the code does.

use std::{
    fmt::{self, Display, Write as _},
    io::{self, Write as _},
};

use mock_base::{
    Event,
    event::{self, KindSchema},
};
use serde_json::Value;

fn main() -> io::Result<()> {
    let mut page = include_str!("events_intro.md").replace("{version}", &Event::JSON_VERSION.to_string());
    let kinds = event::schemas();
    // Writing into a string does not fail.
    let _infallible =
        contents(&mut page, &kinds).and_then(|()| kinds.iter().try_for_each(|kind| section(&mut page, kind)));
    page.push_str(include_str!("events_operation.md"));
    io::stdout().write_all(page.as_bytes())
}

/// A list of links to the sections.
fn contents(page: &mut String, kinds: &[KindSchema]) -> fmt::Result {
    writeln!(page, "\n## Kinds\n")?;
    for kind in kinds {
        writeln!(page, "- [`{0}`](#{0}): {1}", kind.name, kind.description)?;
    }
    writeln!(
        page,
        "- [`operation`](#operation): Something that another part recorded: an agent request, a file operation."
    )
}

fn section(page: &mut String, kind: &KindSchema) -> fmt::Result {
    let mut fields = Fields::default();
    fields.add_members("", kind.fields.as_value(), "");
    writeln!(page, "\n## {}\n\n{}\n", kind.name, kind.description)?;
    write!(page, "{fields}")
}

/// The table of one kind, with the lists of values that belong under it.
#[derive(Default)]
struct Fields {
    rows: Vec<Row>,
    words: Vec<Words>,
}

struct Row {
    name: String,
    r#type: String,
    meaning: String,
}

/// The values that a field may have.
struct Words {
    field: String,
    values: Vec<(String, String)>,
}

impl Fields {
    /// A row for each member of an object, in the order of the struct.
    fn add_members(&mut self, prefix: &str, object: &Value, condition: &str) {
        for member in list(&object["required"]) {
            let name = text(member);
            let schema = object.pointer(&format!("/properties/{name}")).unwrap_or(&Value::Null);
            // The member that tells variants apart has a row of its own already.
            if schema["const"].is_null() {
                self.add(&format!("{prefix}{name}"), schema, condition);
            }
        }
    }

    fn add(&mut self, name: &str, schema: &Value, condition: &str) {
        let meaning = text(&schema["description"]).replace('\n', " ");
        self.push(name, type_in_words(schema), format!("{condition}{meaning}"));
        let variants = list(&schema["oneOf"]);
        if variants.iter().any(|variant| variant["properties"].is_object()) {
            self.add_variants(name, variants);
        } else if !variants.is_empty() {
            let values = variants.iter().map(|value| described(&value["const"], value)).collect();
            self.words.push(Words { field: name.to_owned(), values });
        }
        self.add_members(&format!("{name}."), schema, "");
        self.add_members(&format!("{name}[]."), &schema["items"], "");
    }

    /// An object of several shapes, told apart by its member `type`.
    fn add_variants(&mut self, name: &str, variants: &[Value]) {
        let field = format!("{name}.type");
        self.push(&field, "word".to_owned(), "Which of the shapes below.".to_owned());
        let word = |variant: &Value| variant.pointer("/properties/type/const").cloned().unwrap_or_default();
        let values = variants.iter().map(|variant| described(&word(variant), variant)).collect();
        self.words.push(Words { field, values });
        for variant in variants {
            self.add_members(&format!("{name}."), variant, &format!("With `{}`: ", text(&word(variant))));
        }
    }

    fn push(&mut self, name: &str, r#type: String, meaning: String) {
        self.rows.push(Row { name: name.to_owned(), r#type, meaning });
    }
}

impl Display for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "| Field | Type | Meaning |\n|---|---|---|")?;
        for Row { name, r#type, meaning } in &self.rows {
            writeln!(f, "| `{name}` | {type} | {meaning} |")?;
        }
        for Words { field, values } in &self.words {
            writeln!(f, "\nValues of `{field}`:\n")?;
            for (value, meaning) in values {
                writeln!(f, "- `{value}`: {meaning}")?;
            }
        }
        Ok(())
    }
}

/// The JSON type as a reader would say it.
fn type_in_words(schema: &Value) -> String {
    if let Some(ours) = schema["x-type"].as_str() {
        return ours.to_owned();
    }
    if let [variant, ..] = list(&schema["oneOf"]) {
        return if variant["properties"].is_object() { "object" } else { "word" }.to_owned();
    }
    match &schema["type"] {
        Value::Array(types) => {
            let words: Vec<_> = types.iter().map(|name| type_name(text(name), schema)).collect();
            words.join(" or ")
        }
        name => type_name(text(name), schema),
    }
}

fn type_name(name: &str, schema: &Value) -> String {
    match name {
        "string" => "text".to_owned(),
        "integer" => "number".to_owned(),
        "boolean" => "`true` or `false`".to_owned(),
        "null" => "`null`".to_owned(),
        "array" => format!("list of {}", plural(&type_in_words(&schema["items"]))),
        other => other.to_owned(),
    }
}

/// Text and bytes have no plural.
fn plural(word: &str) -> String {
    if matches!(word, "text" | "bytes") { word.to_owned() } else { format!("{word}s") }
}

fn described(word: &Value, schema: &Value) -> (String, String) {
    (text(word).to_owned(), text(&schema["description"]).replace('\n', " "))
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
