//! Events as JSON Lines: the envelope and the payload in one flat object.

use std::sync::Arc;

use serde::{Serialize, Serializer};
use serde_json::{Map, Value, json};

use crate::Event;

/// Version of the format, in `docs/events.md` too. Fields are added, never renamed.
pub(super) const VERSION: u32 = 1;

impl Event {
    /// The event as a JSON object: `event`, `seq`, `time`, `at`, `server`, `connection`, `channel`, then the fields of its kind.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut object = Map::new();
        object.insert("event".into(), json!(self.kind.name()));
        object.insert("seq".into(), json!(self.seq));
        object.insert("time".into(), json!(humantime::format_rfc3339_micros(self.time).to_string()));
        object.insert("at".into(), json!(self.at.as_secs_f64()));
        object.insert("server".into(), json!(&*self.server));
        if let Some(connection) = self.connection {
            object.insert("connection".into(), json!(connection));
        }
        if let Some(channel) = self.channel {
            object.insert("channel".into(), json!(channel));
        }
        // Payloads are plain structs of ours: serialising one into memory does not fail.
        if let Ok(Value::Object(fields)) = self.kind.to_json() {
            object.extend(fields);
        }
        Value::Object(object)
    }

    /// Version of the JSON form.
    pub const JSON_VERSION: u32 = VERSION;
}

impl Serialize for Event {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_json().serialize(serializer)
    }
}

pub(super) fn lines(events: &[Arc<Event>]) -> String {
    let mut text = String::new();
    for event in events {
        text.push_str(&event.to_json().to_string());
        text.push('\n');
    }
    text
}
