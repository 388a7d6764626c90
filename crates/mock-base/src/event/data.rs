//! Bytes and secrets as they appear in events: readable where they are text, exact where they are not.

use std::{borrow::Cow, fmt, sync::Arc};

use bytes::Bytes;
use serde::{Serialize, Serializer, ser::SerializeStruct};

/// Bytes that a peer sent: a command, a piece of standard input, a path.
///
/// In JSON a string where the bytes are UTF-8, otherwise `{"hex": "…"}`, so nothing is lost. As text they are
/// printed like a Rust string literal without its quotes.
#[derive(Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Data(Bytes);

impl Data {
    /// The bytes as they came.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The text, with U+FFFD where the bytes are not UTF-8.
    #[must_use]
    pub fn to_text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.0)
    }
}

impl<T: Into<Bytes>> From<T> for Data {
    fn from(bytes: T) -> Self {
        Self(bytes.into())
    }
}

impl PartialEq<str> for Data {
    fn eq(&self, other: &str) -> bool {
        self.0 == other.as_bytes()
    }
}

impl PartialEq<&str> for Data {
    fn eq(&self, other: &&str) -> bool {
        self.0 == other.as_bytes()
    }
}

impl fmt::Display for Data {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for chunk in self.0.utf8_chunks() {
            // As `Debug` of a `str`: within double quotes a single one needs no escape.
            for (number, part) in chunk.valid().split('\'').enumerate() {
                f.write_str(if number > 0 { "'" } else { "" })?;
                write!(f, "{}", part.escape_debug())?;
            }
            for byte in chunk.invalid() {
                write!(f, "\\x{byte:02x}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Data {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}

impl Serialize for Data {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if let Ok(text) = std::str::from_utf8(&self.0) {
            return serializer.serialize_str(text);
        }
        let mut hex = String::with_capacity(self.0.len() * 2);
        for byte in &self.0 {
            use fmt::Write as _;
            let _infallible = write!(hex, "{byte:02x}");
        }
        let mut object = serializer.serialize_struct("Data", 1)?;
        object.serialize_field("hex", &hex)?;
        object.end()
    }
}

/// A password, an answer or a cookie: kept, but not shown unless somebody asks for it by name.
///
/// `Debug`, `Display` and JSON give `[redacted]`, unless the server was told to reveal secrets.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret {
    value: Arc<str>,
    shown: bool,
}

impl Secret {
    /// Text shown in place of the value.
    pub const REDACTED: &'static str = "[redacted]";

    /// Keeps `value` out of every rendering.
    #[must_use]
    pub fn new(value: impl Into<Arc<str>>) -> Self {
        Self { value: value.into(), shown: false }
    }

    /// The same secret, printed in the clear if `shown`.
    #[must_use]
    pub fn shown_if(mut self, shown: bool) -> Self {
        self.shown = shown;
        self
    }

    /// The value itself.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.value
    }

    /// What renderings show.
    pub(super) fn visible(&self) -> &str {
        if self.shown { &self.value } else { Self::REDACTED }
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.visible())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.visible())
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.visible())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_is_readable_where_it_is_text_and_exact_where_it_is_not() {
        let text = Data::from("uname -r\n");
        assert_eq!(text.to_string(), "uname -r\\n");
        assert_eq!(serde_json::to_string(&text).unwrap(), r#""uname -r\n""#);
        let raw = Data::from(&b"a\xff\x00"[..]);
        assert_eq!(raw.to_string(), "a\\xff\\0");
        assert_eq!(serde_json::to_string(&raw).unwrap(), r#"{"hex":"61ff00"}"#);
    }

    #[test]
    fn a_secret_shows_itself_only_on_purpose() {
        let secret = Secret::new("hunter2");
        assert_eq!(format!("{secret} {secret:?}"), r#"[redacted] "[redacted]""#);
        assert_eq!(serde_json::to_string(&secret).unwrap(), r#""[redacted]""#);
        assert_eq!(secret.reveal(), "hunter2");
        assert_eq!(secret.shown_if(true).to_string(), "hunter2");
    }
}
