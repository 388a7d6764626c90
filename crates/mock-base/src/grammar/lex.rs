//! Words and quoted texts, each with its place.
//!
//! Quotes are double or single, so that either is at hand on a command line. Within the quotes of a regular expression a
//! backslash is the expression's own; elsewhere it begins an escape.

use super::error::GrammarError;

/// One word or one quoted text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Token {
    /// A word as it stands; of what is quoted the text in the form of [`Pattern::parse`](crate::Pattern::parse).
    pub(crate) text: String,
    pub(crate) quoted: bool,
    /// The first character, from 0, and how many there are.
    pub(crate) at: usize,
    pub(crate) width: usize,
}

/// The words of a text. A mark is a word of its own.
pub(crate) fn tokens(text: &str, marks: &'static [char]) -> Result<Vec<Token>, GrammarError> {
    let chars: Vec<char> = text.chars().collect();
    let mut lexer = Lexer { text, chars: &chars, marks, at: 0 };
    let mut tokens = Vec::new();
    while let Some(char) = lexer.peek() {
        if char.is_whitespace() {
            lexer.at += 1;
        } else {
            tokens.push(lexer.token()?);
        }
    }
    Ok(tokens)
}

struct Lexer<'a> {
    text: &'a str,
    chars: &'a [char],
    marks: &'static [char],
    at: usize,
}

impl Lexer<'_> {
    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn next(&mut self) -> Option<char> {
        let char = self.peek();
        self.at += 1;
        char
    }

    /// Whether a mark stands here that ends a word. A colon within a word is the word's own, as in an address.
    fn at_mark(&self) -> bool {
        let after = self.chars.get(self.at + 1);
        let alone = |mark| mark != ':' || after.is_none_or(|char| char.is_whitespace());
        self.peek().is_some_and(|char| self.marks.contains(&char) && alone(char))
    }

    fn token(&mut self) -> Result<Token, GrammarError> {
        let begin = self.at;
        if self.at_mark() {
            let text = self.next().into_iter().collect();
            return Ok(Token { text, quoted: false, at: begin, width: 1 });
        }
        let sign = self.peek().filter(|char| matches!(char, '~' | '='));
        let quote =
            self.chars.get(begin + usize::from(sign.is_some())).copied().filter(|char| is_quote(*char));
        let Some(quote) = quote else {
            return self.word();
        };
        self.at += 1 + usize::from(sign.is_some());
        let mut text = String::from_iter(sign);
        if sign == Some('~') { self.expression(quote, &mut text) } else { self.literal(quote, &mut text) }
            .ok_or_else(|| self.error(begin, 1, "the quotes that begin here do not end"))?;
        if let Some(char) = self.peek().filter(|char| !char.is_whitespace() && !self.at_mark()) {
            let behind = if self.marks.contains(&char) { "the colon" } else { "the quotes" };
            return Err(self.error(self.at, 1, format!("a space is missing behind {behind}")));
        }
        Ok(Token { text, quoted: true, at: begin, width: self.at - begin })
    }

    fn word(&mut self) -> Result<Token, GrammarError> {
        let begin = self.at;
        let mut text = String::new();
        while let Some(char) = self.peek().filter(|char| !char.is_whitespace()) {
            if self.at_mark() {
                break;
            }
            match char {
                '“' | '”' | '„' | '‘' | '’' => {
                    return Err(self.error(self.at, 1, format!("{char} is no quote here: write \"")));
                }
                _ if is_quote(char) => {
                    return Err(self.error(self.at, 1, "a quote within a word: put all of it in quotes"));
                }
                _ => text.push(char),
            }
            self.at += 1;
        }
        Ok(Token { text, quoted: false, at: begin, width: self.at - begin })
    }

    /// Up to the quote that ends it; `None` if none does.
    fn literal(&mut self, quote: char, text: &mut String) -> Option<()> {
        loop {
            match self.next()? {
                '\\' => match self.next()? {
                    'n' => text.push('\n'),
                    'r' => text.push('\r'),
                    't' => text.push('\t'),
                    '0' => text.push('\0'),
                    char if is_quote(char) || char == '\\' => text.push(char),
                    'u' if self.peek() == Some('{') => self.scalar(text),
                    // A path of Windows, or an expression in quotes that say so inside: `"~\d+"`.
                    char => text.extend(['\\', char]),
                },
                char if char == quote => return Some(()),
                char => text.push(char),
            }
        }
    }

    /// `\u{1b}`; the `\u` was read. What is none stays as it is.
    fn scalar(&mut self, text: &mut String) {
        let digits: String =
            self.chars.iter().skip(self.at + 1).take_while(|char| char.is_ascii_hexdigit()).collect();
        let end = self.at + 1 + digits.len();
        let char = u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32);
        match (char, self.chars.get(end)) {
            (Some(char), Some('}')) => {
                text.push(char);
                self.at = end + 1;
            }
            _ => text.push_str("\\u"),
        }
    }

    /// As [`literal`](Self::literal), with backslashes left to the expression: it takes `\"` for a quote as well.
    fn expression(&mut self, quote: char, text: &mut String) -> Option<()> {
        loop {
            match self.next()? {
                '\\' => text.extend(['\\', self.next()?]),
                char if char == quote => return Some(()),
                char => text.push(char),
            }
        }
    }

    fn error(&self, at: usize, width: usize, problem: impl Into<String>) -> GrammarError {
        GrammarError::new(self.text, at, width, problem)
    }
}

fn is_quote(char: char) -> bool {
    matches!(char, '"' | '\'')
}
