//! What a field is compared with: a pattern that remembers how it was written, or `null`.
//!
//! Every field is compared as text, numbers in decimal. So there is one kind of pattern for all of them.

use std::fmt;

use crate::{Pattern, PatternError, Value as FieldValue, grammar::quoted};

/// A pattern, or that there is no value.
#[derive(Debug, Clone)]
pub(super) enum Value {
    Null,
    Like { source: String, pattern: Pattern },
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        self.source() == other.source()
    }
}

impl Eq for Value {}

impl Value {
    /// A pattern in the form of [`Pattern::parse`].
    pub(super) fn parse(source: &str) -> Result<Self, PatternError> {
        let pattern = Pattern::parse(source)?;
        let source = match source.strip_prefix('~') {
            Some(expression) => format!("~{}", escaped_quotes(expression)),
            None => source.to_owned(),
        };
        Ok(Self::Like { source, pattern })
    }

    fn source(&self) -> Option<&str> {
        match self {
            Self::Null => None,
            Self::Like { source, .. } => Some(source),
        }
    }

    /// The exact text that it stands for, where it stands for one.
    pub(super) fn as_exact(&self) -> Option<&str> {
        match self {
            Self::Null => None,
            Self::Like { pattern, .. } => pattern.as_exact(),
        }
    }

    pub(super) fn pattern(&self) -> Option<&Pattern> {
        match self {
            Self::Null => None,
            Self::Like { pattern, .. } => Some(pattern),
        }
    }

    /// As a number, a flag or a word is written: without quotes.
    pub(super) fn bare(&self) -> Option<&str> {
        self.as_exact().filter(|text| {
            let plain = |char: char| char.is_ascii_alphanumeric() || char == '_';
            self.source() == Some(*text) && !text.is_empty() && text.chars().all(plain)
        })
    }
}

/// As it can be read again.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(source) = self.source() else {
            return f.write_str("null");
        };
        if source.starts_with('~') {
            return write!(f, "~\"{}\"", source.get(1..).unwrap_or_default());
        }
        let (sign, text) = match source.strip_prefix('=') {
            Some(text) => ("=", text),
            None => ("", source),
        };
        write!(f, "{sign}{}", quoted(text))
    }
}

/// With a backslash before each quote that has none, which means the same within an expression.
fn escaped_quotes(expression: &str) -> String {
    let mut text = String::new();
    let mut chars = expression.chars();
    while let Some(char) = chars.next() {
        if char == '"' {
            text.push('\\');
        }
        text.push(char);
        if char == '\\' {
            text.extend(chars.next());
        }
    }
    text
}

/// Hands over a field's value as the bytes that are compared.
pub(super) fn with_bytes<T>(value: FieldValue<'_>, look: impl FnOnce(&[u8]) -> T) -> T {
    match value {
        FieldValue::Text(text) => look(text.as_bytes()),
        FieldValue::Bytes(bytes) => look(bytes),
        FieldValue::Bool(true) => look(b"true"),
        FieldValue::Bool(false) => look(b"false"),
        FieldValue::U64(number) => look(number.to_string().as_bytes()),
    }
}
