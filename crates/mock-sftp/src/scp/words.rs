//! A command line as a POSIX shell splits it: words, and which of their bytes were quoted.
//!
//! A client's command goes through a shell on a real server, so clients quote, and users write patterns. What only a
//! real shell could do (variables, substitutions, several commands) is not done: `$` stands for itself, and a command
//! line that is more than one simple command has no words here.

/// A word. Bytes that were quoted mean themselves.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Word(pub(super) Vec<Letter>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Letter {
    pub(super) byte: u8,
    pub(super) quoted: bool,
}

impl Word {
    pub(super) fn text(&self) -> Vec<u8> {
        self.0.iter().map(|letter| letter.byte).collect()
    }
}

impl Letter {
    /// Whether it is this byte, unquoted.
    pub(super) fn is(self, byte: u8) -> bool {
        self.byte == byte && !self.quoted
    }
}

/// The words of one simple command, or `None` where it is none.
pub(super) fn split(command: &[u8]) -> Option<Vec<Word>> {
    let mut words = Vec::new();
    let mut word: Option<Word> = None;
    let mut rest = command.iter().copied().peekable();
    while let Some(byte) = rest.next() {
        match byte {
            b' ' | b'\t' => words.extend(word.take()),
            b';' | b'&' | b'|' | b'<' | b'>' | b'(' | b')' | b'`' | b'\n' => return None,
            b'\'' => single_quoted(&mut rest, word.get_or_insert_default())?,
            b'"' => double_quoted(&mut rest, word.get_or_insert_default())?,
            b'\\' => match rest.next()? {
                b'\n' => {}
                byte => word.get_or_insert_default().0.push(Letter { byte, quoted: true }),
            },
            byte => word.get_or_insert_default().0.push(Letter { byte, quoted: false }),
        }
    }
    words.extend(word);
    Some(words)
}

fn single_quoted(rest: &mut impl Iterator<Item = u8>, word: &mut Word) -> Option<()> {
    loop {
        match rest.next()? {
            b'\'' => return Some(()),
            byte => word.0.push(Letter { byte, quoted: true }),
        }
    }
}

fn double_quoted<I: Iterator<Item = u8>>(rest: &mut std::iter::Peekable<I>, word: &mut Word) -> Option<()> {
    loop {
        let byte = match rest.next()? {
            b'"' => return Some(()),
            b'`' => return None,
            b'\\' => match rest.next_if(|next| matches!(next, b'$' | b'`' | b'"' | b'\\' | b'\n')) {
                Some(b'\n') => continue,
                Some(escaped) => escaped,
                None => b'\\',
            },
            byte => byte,
        };
        word.0.push(Letter { byte, quoted: true });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(command: &str) -> Option<Vec<String>> {
        let words = split(command.as_bytes())?;
        Some(words.iter().map(|word| String::from_utf8(word.text()).unwrap()).collect())
    }

    #[test]
    fn words_are_split_as_a_shell_splits_them() {
        for (command, words) in [
            ("scp -t /tmp", &["scp", "-t", "/tmp"][..]),
            ("  scp \t -f   a ", &["scp", "-f", "a"]),
            ("scp -f 'a b' \"c d\" e\\ f", &["scp", "-f", "a b", "c d", "e f"]),
            (r"scp -f 'it'\''s'", &["scp", "-f", "it's"]),
            (r#"scp -f "a\"b\$c\d""#, &["scp", "-f", r#"a"b$c\d"#]),
            ("scp -f '' \"\"", &["scp", "-f", "", ""]),
            ("scp -f 'a\nb' $HOME", &["scp", "-f", "a\nb", "$HOME"]),
            ("scp -f a\\\nb \"c\\\nd\"", &["scp", "-f", "ab", "cd"]),
        ] {
            assert_eq!(texts(command).unwrap(), words, "{command}");
        }
    }

    #[test]
    fn what_is_no_simple_command_has_no_words() {
        for command in [
            "scp -t a; rm a",
            "scp -f a | cat",
            "scp -f 'a",
            "scp -f \"a",
            "scp \\",
            "a\nb",
            "`a`",
            "\"`a`\"",
        ] {
            assert_eq!(texts(command), None, "{command}");
        }
        assert!(texts("scp -f 'a; b' \"c | d\" e\\;f").is_some());
    }

    #[test]
    fn quoted_letters_are_known() {
        let words = split(b"*'*'\"*\"\\*").unwrap();
        let quoted: Vec<_> = words[0].0.iter().map(|letter| letter.quoted).collect();
        assert_eq!(quoted, [false, true, true, true]);
    }
}
