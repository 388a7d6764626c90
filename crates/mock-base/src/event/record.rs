//! Events of other crates: values of their own types, readable as text and JSON without this crate knowing them.

use std::{any::Any, borrow::Cow, fmt};

use serde_json::json;

use crate::{Data, journal::Describe};

/// A typed event of another crate: an agent request, a file operation.
///
/// Recorded with [`Recorder::operation`](crate::Recorder::operation), read back typed with
/// [`Events::of`](crate::Events::of).
///
/// ```
/// use std::borrow::Cow;
/// use mock_base::{Journal, Record, Value};
///
/// #[derive(Debug, Clone, PartialEq)]
/// struct Ping { count: u64 }
///
/// impl Record for Ping {
///     fn source(&self) -> &'static str { "pinger" }
///     fn name(&self) -> Cow<'static, str> { "ping".into() }
///     fn fields(&self, out: &mut dyn FnMut(&'static str, Value<'_>)) {
///         out("count", Value::U64(self.count));
///     }
/// }
///
/// let journal = Journal::new();
/// journal.recorder("lab").operation(Ping { count: 3 });
/// assert_eq!(journal.events().of::<Ping>(), [Ping { count: 3 }]);
/// ```
pub trait Record: Any + fmt::Debug + Send + Sync {
    /// The crate or part that recorded it, in lower case: `agent`, `sftp`.
    fn source(&self) -> &'static str;
    /// What was done, in lower case: `sign`, `open`.
    fn name(&self) -> Cow<'static, str>;
    /// Hands each field to `out`, in the order in which they are shown.
    fn fields(&self, out: &mut dyn FnMut(&'static str, Value<'_>));
}

/// A field of a [`Record`].
#[derive(Debug, Clone, Copy)]
pub enum Value<'a> {
    /// A count, a size, a code.
    U64(u64),
    /// Text.
    Text(&'a str),
    /// Bytes that need not be text.
    Bytes(&'a [u8]),
    /// Yes or no.
    Bool(bool),
}

pub(super) fn to_json(record: &dyn Record) -> serde_json::Value {
    let mut fields = serde_json::Map::new();
    record.fields(&mut |name, value| {
        let value = match value {
            Value::U64(number) => json!(number),
            Value::Text(text) => json!(text),
            Value::Bytes(bytes) => json!(Data::from(bytes.to_vec())),
            Value::Bool(flag) => json!(flag),
        };
        fields.insert(name.to_owned(), value);
    });
    json!({ "source": record.source(), "name": record.name(), "fields": fields })
}

pub(super) fn describe(record: &dyn Record, text: &mut Describe<'_>) -> fmt::Result {
    use fmt::Write as _;
    write!(text, "{} {}", record.source(), record.name())?;
    let mut result = Ok(());
    record.fields(&mut |name, value| {
        if result.is_ok() {
            result = match value {
                Value::U64(number) => write!(text, " {name}={number}"),
                Value::Text(value) => {
                    let value = text.normal(value).into_owned();
                    write!(text, " {name}={value:?}")
                }
                Value::Bytes(bytes) => write!(text, " {name}={:?}", Data::from(bytes.to_vec())),
                Value::Bool(flag) => write!(text, " {name}={flag}"),
            };
        }
    });
    result
}
