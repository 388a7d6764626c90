//! Writing words so that they are read again as they were.

/// A word, in quotes where it is not plain.
#[must_use]
pub fn word(text: &str) -> String {
    let plain = |char: char| char.is_alphanumeric() || "-_./=*?@+,%~[]:".contains(char);
    let is_plain = !text.is_empty() && !text.ends_with(':') && text.chars().all(plain);
    if is_plain { text.to_owned() } else { quoted(text) }
}

/// A text in quotes.
#[must_use]
pub fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for char in text.chars() {
        match char {
            '"' | '\\' => quoted.extend(['\\', char]),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            _ if char.is_control() => quoted.extend(char.escape_unicode()),
            _ => quoted.push(char),
        }
    }
    quoted.push('"');
    quoted
}
