//! From words to expectations. Recursive descent over a handful of rules, each of which knows what may follow, so that an error
//! can say what was meant.

use super::{
    Form, names,
    query::{Condition, ParsedQuery, What},
    value::Value,
};
use crate::{
    GrammarError, Times,
    event::{FieldType, KindFields},
    grammar::{Token, did_you_mean, tokens},
};

/// Words that mean something wherever they stand without quotes.
const ON: &str = "on";
const THEN: &str = "then";
const NONE: &str = "none";
const NULL: &str = "null";
const ORDER: &str = "order:";
const CONNECTION: &str = "connection";

pub(super) fn expectation(text: &str) -> Result<Form, GrammarError> {
    let tokens = tokens(text, &[])?;
    let mut parser = Parser { text, tokens: &tokens, next: 0 };
    if parser.take(ORDER) {
        return parser.order();
    }
    let (query, times) = parser.event()?;
    parser.end()?;
    Ok(Form::Count(query, times.map_or_else(|| Times::from(1..), |(times, _)| times)))
}

pub(super) fn query(text: &str) -> Result<ParsedQuery, GrammarError> {
    let tokens = tokens(text, &[])?;
    let mut parser = Parser { text, tokens: &tokens, next: 0 };
    let (query, times) = parser.event()?;
    parser.end()?;
    match times {
        Some((_, token)) => Err(parser.error(token, "a query selects events and does not count them")),
        None => Ok(query),
    }
}

struct Parser<'a> {
    text: &'a str,
    tokens: &'a [Token],
    next: usize,
}

/// How often, and where it says so.
type Count<'a> = Option<(Times, &'a Token)>;

impl<'a> Parser<'a> {
    fn order(&mut self) -> Result<Form, GrammarError> {
        let mut steps = Vec::new();
        loop {
            let (step, times) = self.event()?;
            if let Some((_, token)) = times {
                return Err(self.error(token, "a step of an order has no count"));
            }
            steps.push(step);
            if !self.take(THEN) {
                self.end()?;
                return Ok(Form::Order(steps));
            }
        }
    }

    fn event(&mut self) -> Result<(ParsedQuery, Count<'a>), GrammarError> {
        let what = self.what()?;
        let mut query = ParsedQuery { what, conditions: Vec::new(), connection: None, server: None };
        let (mut times, mut subject): (Count<'a>, _) = (None, None);
        while let Some(token) = self.peek() {
            if is_word(token, THEN) {
                break;
            }
            self.next += 1;
            if is_word(token, ON) {
                self.place(token, &mut query)?;
            } else if let Some(found) = self.count(token)? {
                if times.is_some() {
                    return Err(self.error(token, "a second count"));
                }
                times = Some((found, token));
            } else {
                self.condition(token, &mut query, &mut subject)?;
            }
        }
        Ok((query, times))
    }

    fn what(&mut self) -> Result<What, GrammarError> {
        let Some(token) = self.peek() else {
            return Err(self.error_at_end("a kind of event is missing, such as `exec`"));
        };
        self.next += 1;
        if token.quoted {
            return Err(self.error(token, "a kind of event comes first, such as `exec`"));
        }
        names::named(&token.text).ok_or_else(|| {
            let meant = did_you_mean(&token.text, names::all());
            let example = if meant.is_empty() { ", as `exec`, `login` or `disconnected` are" } else { "" };
            self.error(token, format!("`{}` is no kind of event{meant}{example}", token.text))
        })
    }

    /// What follows `on`.
    fn place(&mut self, on: &Token, query: &mut ParsedQuery) -> Result<(), GrammarError> {
        let Some(token) = self.peek() else {
            return Err(self.error(on, "`on` what? Write `on connection 2` or `on \"db01\"`"));
        };
        self.next += 1;
        if !is_word(token, CONNECTION) {
            if query.server.is_some() {
                return Err(self.error(token, "a second server"));
            }
            query.server = Some(self.value(token)?);
            return Ok(());
        }
        let Some(number) = self.peek() else {
            return Err(self.error(token, "the number of the connection is missing"));
        };
        self.next += 1;
        if query.connection.is_some() {
            return Err(self.error(number, "a second connection"));
        }
        let parsed = number.text.parse();
        query.connection = Some(parsed.map_err(|_| {
            self.error(number, format!("`{}` is no number of a connection, from 1", number.text))
        })?);
        Ok(())
    }

    /// A count, if that is what this token is.
    fn count(&self, token: &Token) -> Result<Option<Times>, GrammarError> {
        if token.quoted {
            return Ok(None);
        }
        if token.text == NONE {
            return Ok(Some(Times::never()));
        }
        let Some(range) = token.text.strip_prefix('x') else {
            return Ok(None);
        };
        if range.is_empty() || !range.chars().all(|char| char.is_ascii_digit() || char == '.') {
            return Ok(None);
        }
        let wrong = || {
            self.error(token, format!("`{}` is no count: write `x2`, `x1..3`, `x2..` or `x..3`", token.text))
        };
        let number = |text: &str| text.parse::<u64>().map_err(|_| wrong());
        let times = match range.split_once("..") {
            None => Times::from(number(range)?),
            Some(("", "")) => return Err(wrong()),
            Some(("", most)) => Times::between(0, Some(number(most)?)),
            Some((least, "")) => Times::between(number(least)?, None),
            Some((least, most)) => {
                let (least, most) = (number(least)?, number(most)?);
                if least > most {
                    return Err(self.error(token, format!("no number is between {least} and {most}")));
                }
                Times::between(least, Some(most))
            }
        };
        Ok(Some(times))
    }

    /// The subject, or a field with its value.
    fn condition(
        &mut self,
        token: &'a Token,
        query: &mut ParsedQuery,
        subject: &mut Option<&'a Token>,
    ) -> Result<(), GrammarError> {
        if !self.is_field(token, &query.what) {
            if let Some(first) = subject.replace(token) {
                return Err(self.second_subject(first, token, &query.what));
            }
            query.conditions.insert(0, self.subject(token, &query.what)?);
            return Ok(());
        }
        if query.conditions.iter().any(|condition| condition.field.as_deref() == Some(&token.text)) {
            return Err(self.error(token, format!("`{}` a second time", token.text)));
        }
        let Some(value) = self.peek().filter(|value| !is_word(value, ON) && !is_word(value, THEN)) else {
            let problem = format!("`{0}` of what value? For the text \"{0}\" write it in quotes", token.text);
            return Err(self.error(token, problem));
        };
        self.next += 1;
        let parsed = self.value(value)?;
        if let Some(problem) = query.what.type_of(&token.text).and_then(|kind| unfit(&parsed, kind)) {
            return Err(self.error(value, format!("`{}` is {problem}", token.text)));
        }
        query.conditions.push(Condition { field: Some(token.text.clone()), value: parsed });
        Ok(())
    }

    /// Of a kind the fields are known; of an operation a name is one if a value follows.
    fn is_field(&self, token: &Token, what: &What) -> bool {
        if token.quoted {
            return false;
        }
        let mut chars = token.text.chars();
        let is_name = chars.next().is_some_and(|char| char.is_ascii_lowercase())
            && chars.all(|char| char.is_ascii_alphanumeric() || char == '_');
        match what {
            What::Kind { .. } => what.type_of(&token.text).is_some(),
            What::Operation { .. } => {
                let value = self.peek().filter(|next| !is_word(next, ON) && !is_word(next, THEN));
                is_name && value.is_some_and(|value| self.count(value).is_ok_and(|count| count.is_none()))
            }
            What::Any => false,
        }
    }

    fn subject(&self, token: &Token, what: &What) -> Result<Condition, GrammarError> {
        let value = self.value(token)?;
        let problem = match what {
            What::Kind { fields: KindFields { subject: Some(subject), .. }, .. } => {
                let unfit = what.type_of(subject).and_then(|kind| unfit(&value, kind));
                unfit.map(|unfit| format!("`{subject}` is {unfit}"))
            }
            What::Kind { fields, .. } => {
                let fields = names::fields(fields).join("`, `");
                Some(format!("`{what}` has no text of its own; its fields are `{fields}`"))
            }
            What::Any => Some("events of any kind have no text in common".to_owned()),
            What::Operation { .. } => None,
        };
        match problem {
            Some(problem) => Err(self.error(token, problem + &meant(token, what))),
            None => Ok(Condition { field: None, value }),
        }
    }

    /// Two values without a field: one of them is a word that was meant to be something else.
    fn second_subject(&self, first: &Token, second: &Token, what: &What) -> GrammarError {
        let subject = match what {
            What::Kind { fields, .. } => fields.subject.unwrap_or("value"),
            _ => "value without a field",
        };
        let (place, meant) = match (meant(first, what), meant(second, what)) {
            (word, meant) if meant.is_empty() && !word.is_empty() => (first, word),
            (_, meant) => (second, meant),
        };
        self.error(place, format!("a second {subject}: {} and {}{meant}", shown(first), shown(second)))
    }

    fn value(&self, token: &Token) -> Result<Value, GrammarError> {
        if is_word(token, NULL) {
            return Ok(Value::Null);
        }
        Value::parse(&token.text).map_err(|error| {
            // The last line of the source says what; those before draw it.
            let source = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
            let why = source.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
            self.error(token, format!("{error}: {why}"))
        })
    }

    fn end(&self) -> Result<(), GrammarError> {
        match self.peek() {
            Some(token) => Err(self.error(token, "`then` belongs to an order: begin with `order:`")),
            None => Ok(()),
        }
    }

    fn peek(&self) -> Option<&'a Token> {
        self.tokens.get(self.next)
    }

    /// Goes on if this word is next.
    fn take(&mut self, word: &str) -> bool {
        let there = self.peek().is_some_and(|token| is_word(token, word));
        self.next += usize::from(there);
        there
    }

    fn error(&self, token: &Token, problem: impl Into<String>) -> GrammarError {
        GrammarError::new(self.text, token.at, token.width, problem)
    }

    fn error_at_end(&self, problem: &str) -> GrammarError {
        GrammarError::new(self.text, self.text.chars().count(), 1, problem)
    }
}

fn is_word(token: &Token, word: &str) -> bool {
    !token.quoted && token.text == word
}

/// Why a value never fits a field of this type, in the words that follow "is"; `None` if it may fit.
fn unfit(value: &Value, kind: FieldType) -> Option<String> {
    let exact = value.as_exact()?;
    match kind {
        FieldType::Number if exact.parse::<u64>().is_err() => {
            Some(format!("a number, and `{exact}` is none"))
        }
        FieldType::Flag if !matches!(exact, "true" | "false") => Some("`true` or `false`".to_owned()),
        FieldType::Word(words) if !words.contains(&exact) => {
            let meant = did_you_mean(exact, words.iter().copied());
            Some(format!("one of `{}`{meant}", words.join("`, `")))
        }
        _ => None,
    }
}

/// What somebody meant by a word that is out of place.
fn meant(token: &Token, what: &What) -> String {
    let fields = match what {
        What::Kind { fields, .. } => names::fields(fields),
        _ => Vec::new(),
    };
    match token.text.as_str() {
        _ if token.quoted => String::new(),
        "once" => "; did you mean `x1`?".to_owned(),
        "twice" => "; did you mean `x2`?".to_owned(),
        "never" => "; did you mean `none`?".to_owned(),
        word if word.parse::<u64>().is_ok() => format!("; did you mean `x{word}`?"),
        word => did_you_mean(word, fields.into_iter().chain([ON, THEN, NONE])),
    }
}

fn shown(token: &Token) -> String {
    if token.quoted { format!("{:?}", token.text) } else { format!("`{}`", token.text) }
}
