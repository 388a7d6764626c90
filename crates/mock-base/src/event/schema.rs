//! JSON Schema of the events, from which `docs/events.md` is generated.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, generate::SchemaSettings, json_schema};

use super::{Data, Secret};

/// One kind of event as JSON carries it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct KindSchema {
    /// Its name, the value of `event`.
    pub name: &'static str,
    /// What happened, as a sentence.
    pub description: &'static str,
    /// Its fields, nested types written in place. Bytes and secrets carry a keyword `x-type` that names them.
    pub fields: Schema,
}

impl KindSchema {
    pub(super) fn of<P: JsonSchema>(name: &'static str, doc: &'static str) -> Self {
        let settings = SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
        let fields = settings.for_serialize().into_generator().into_root_schema_for::<P>();
        Self { name, description: doc.trim(), fields }
    }
}

impl JsonSchema for Data {
    fn schema_name() -> Cow<'static, str> {
        "Data".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "x-type": "bytes" })
    }
}

impl JsonSchema for Secret {
    fn schema_name() -> Cow<'static, str> {
        "Secret".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "x-type": "secret" })
    }
}
