//! Faults as text, for command lines, scenario files and control protocols: `kex: stall; first 2`.

use std::{error::Error, fmt, ops::RangeInclusive, str::FromStr};

use super::{FaultRule, Stage, Trigger, Words, trigger::PatternText};
use crate::{
    GrammarError, Pattern,
    grammar::{Token, tokens, word},
};

/// A fault that cannot be had: its text is wrong, or its action does not fit its stage.
#[derive(Clone, PartialEq, Eq)]
pub struct FaultError(Problem);

#[derive(Clone, PartialEq, Eq)]
enum Problem {
    Text(GrammarError),
    Unfit { fault: String, why: String },
}

impl FaultError {
    pub(super) fn unfit(fault: String, why: String) -> Self {
        Self(Problem::Unfit { fault, why })
    }

    /// What is wrong, as one line.
    #[must_use]
    pub fn problem(&self) -> &str {
        match &self.0 {
            Problem::Text(error) => error.problem(),
            Problem::Unfit { why, .. } => why,
        }
    }

    /// Where in the text it is, for one that was read.
    #[must_use]
    pub fn grammar(&self) -> Option<&GrammarError> {
        match &self.0 {
            Problem::Text(error) => Some(error),
            Problem::Unfit { .. } => None,
        }
    }
}

impl From<GrammarError> for FaultError {
    fn from(error: GrammarError) -> Self {
        Self(Problem::Text(error))
    }
}

impl Error for FaultError {}

impl fmt::Display for FaultError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Problem::Text(error) => error.fmt(f),
            Problem::Unfit { fault, why } => write!(f, "the fault `{fault}` cannot be had: {why}"),
        }
    }
}

/// The same text as `Display`: it is what `unwrap` prints.
impl fmt::Debug for FaultError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Words of their own: behind the stage, and between the triggers.
const MARKS: &[char] = &[':', ';'];

/// Which of these words a fault begins with: for those who read faults of several crates as one language.
///
/// ```
/// use mock_base::fault::first_word;
///
/// let stages = [("kex", 'c'), ("agent", 'a')];
/// assert_eq!(first_word("agent sign: refuse", &stages)?, 'a');
/// let error = first_word("agnet sign: refuse", &stages).unwrap_err();
/// assert_eq!(error.problem(), "`agnet` is no stage; did you mean `agent`?");
/// # Ok::<(), mock_base::fault::FaultError>(())
/// ```
///
/// # Errors
///
/// That it begins with none of them, and the one that is nearest.
pub fn first_word<T: Copy>(text: &str, known: &[(&str, T)]) -> Result<T, FaultError> {
    let tokens = tokens(text, MARKS)?;
    let is_mark = |token: &Token| !token.quoted && matches!(token.text.as_str(), ":" | ";");
    let first = tokens.get(..1).filter(|first| !first.iter().any(is_mark)).unwrap_or_default();
    if let [Token { text: glued, quoted: false, .. }] = first
        && let Some((word, _action)) = glued.split_once(':')
        && let Some((_, found)) = known.iter().find(|(known, _)| *known == word)
    {
        // Whoever reads the whole tells that a space is missing.
        return Ok(*found);
    }
    Ok(Words::new(text, first, 0).one_of("a stage", known)?)
}

impl<S: Stage> FromStr for FaultRule<S> {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        let tokens = tokens(text, MARKS)?;
        let mut clauses = tokens.split(|token| !token.quoted && token.text == ";");
        let head = clauses.next().unwrap_or_default();
        let colon = head.iter().position(|token| !token.quoted && token.text == ":");
        let end = |tokens: &[Token]| tokens.last().map_or(0, |token| token.at + token.width);
        let Some((stage, action)) = colon.and_then(|at| Some((head.get(..at)?, head.get(at + 1..)?))) else {
            if let Some(error) = glued::<S>(text, head) {
                return Err(error.into());
            }
            let stage = S::read(&mut Words::new(text, head, end(head)));
            // A stage that is misspelt is what matters first.
            stage?;
            let problem = "a colon is missing between the stage and the action: `STAGE: ACTION`";
            return Err(GrammarError::new(text, end(head), 1, problem).into());
        };
        let mut words = Words::new(text, stage, end(stage));
        let stage = S::read(&mut words)?;
        words.end()?;
        let mut words = Words::new(text, action, end(head));
        let action = stage.read_action(&mut words)?;
        if let Err(why) = stage.check(&action) {
            return Err(words.error(why).into());
        }
        words.end()?;
        let mut rule = Self::new(stage, action);
        let mut clauses = clauses.peekable();
        while let Some(clause) = clauses.next() {
            if clause.is_empty() && clauses.peek().is_none() {
                break; // a semicolon at the end
            }
            let mut words = Words::new(text, clause, end(clause).max(end(head)));
            rule = rule.triggered(&mut words)?;
            words.end()?;
        }
        Ok(rule)
    }
}

/// That a space is missing behind the colon, as in `accept:reset`. A colon may be a word's own, as in `agent sign SHA256:x`, so
/// behind it there has to be an action, unless it is the first word.
fn glued<S: Stage>(text: &str, head: &[Token]) -> Option<GrammarError> {
    let candidates = head.iter().enumerate().filter(|(_, token)| !token.quoted);
    candidates.into_iter().find_map(|(index, token)| {
        let (word, rest) = token.text.split_once(':').filter(|(word, _)| !word.is_empty())?;
        let width = word.chars().count();
        let piece = |text: &str, from: usize| Token {
            text: text.to_owned(),
            quoted: false,
            at: token.at + from,
            width: text.chars().count(),
        };
        let stage = [head.get(..index)?, &[piece(word, 0)]].concat();
        let action = [&[piece(rest, width + 1)], head.get(index + 1..)?].concat();
        let mut words = Words::new(text, &stage, token.at + width);
        let stage = S::read(&mut words).ok()?;
        words.end().ok()?;
        let is_action = index == 0 || stage.read_action(&mut Words::new(text, &action, 0)).is_ok();
        let problem = format!("a space is missing behind the colon: write `{stage}: {rest}`");
        is_action.then(|| GrammarError::new(text, token.at + width, 1, problem))
    })
}

/// The words that begin a trigger.
const TRIGGERS: [(&str, Kind); 13] = [
    ("once", Kind::Once),
    ("first", Kind::First),
    ("after", Kind::After),
    ("nth", Kind::Nth),
    ("every", Kind::Every),
    ("chance", Kind::Chance),
    ("in-state", Kind::InState),
    ("then-state", Kind::ThenState),
    ("connection", Kind::Connection),
    ("user", Kind::User),
    ("peer", Kind::Peer),
    ("per-connection", Kind::PerConnection),
    ("named", Kind::Named),
];

#[derive(Clone, Copy)]
enum Kind {
    Once,
    First,
    After,
    Nth,
    Every,
    Chance,
    InState,
    ThenState,
    Connection,
    User,
    Peer,
    PerConnection,
    Named,
}

impl<S: Stage> FaultRule<S> {
    /// With one more clause.
    fn triggered(self, words: &mut Words<'_>) -> Result<Self, GrammarError> {
        let positive = |words: &mut Words<'_>, what| match words.number(what)? {
            0 => Err(words.error("counting begins with 1")),
            number => Ok(number),
        };
        Ok(match words.one_of("a trigger", &TRIGGERS)? {
            Kind::Once => self.once(),
            Kind::First => self.first(positive(words, "a number of occasions")?),
            Kind::After => self.after(words.number("a number of occasions")?),
            Kind::Nth => self.nth(positive(words, "a number of an occasion")?),
            Kind::Every => self.every(positive(words, "a number of occasions")?),
            Kind::Chance => self.chance(chance(words)?),
            Kind::InState => {
                let (name, value) = state(words)?;
                self.in_state(name, value)
            }
            Kind::ThenState => {
                let (name, value) = state(words)?;
                self.then_state(name, value)
            }
            Kind::Connection => self.on_connections(connections(words)?),
            Kind::User => self.pattern(words, "the user's name", |trigger| &mut trigger.user)?,
            Kind::Peer => self.pattern(words, "the peer's address", |trigger| &mut trigger.peer)?,
            Kind::PerConnection => self.per_connection(),
            Kind::Named => {
                let name = words.word("the name")?;
                self.named(name)
            }
        })
    }

    fn pattern(
        mut self,
        words: &mut Words<'_>,
        what: &str,
        place: impl FnOnce(&mut Trigger) -> &mut Option<PatternText>,
    ) -> Result<Self, GrammarError> {
        let source = words.word(what)?;
        let pattern = Pattern::parse(source).map_err(|error| words.error(error.to_string()))?;
        *place(&mut self.trigger) = Some(PatternText { pattern, source: Some(source.to_owned()) });
        Ok(self)
    }
}

fn chance(words: &mut Words<'_>) -> Result<f64, GrammarError> {
    let word = words.word("the probability, such as `10%`")?;
    let percent = word.strip_suffix('%').and_then(|number| number.parse::<f64>().ok());
    percent
        .filter(|percent| (0.0..=100.0).contains(percent))
        .map(|percent| percent / 100.0)
        .ok_or_else(|| words.error(format!("`{word}` is no probability: write `10%`, from `0%` to `100%`")))
}

fn state<'a>(words: &mut Words<'a>) -> Result<(&'a str, &'a str), GrammarError> {
    let word = words.word("the state, as `NAME=VALUE`,")?;
    let pair = word.split_once('=').filter(|(name, _)| !name.is_empty());
    pair.ok_or_else(|| words.error(format!("`{word}` is no state: write `NAME=VALUE`")))
}

fn connections(words: &mut Words<'_>) -> Result<RangeInclusive<u64>, GrammarError> {
    let word = words.word("the number of the connection, from 1,")?;
    let number = |text: &str, otherwise| if text.is_empty() { Some(otherwise) } else { text.parse().ok() };
    let range = match word.split_once("..") {
        None => word.parse().ok().map(|number: u64| number..=number),
        Some((first, last)) => number(first, 1)
            .zip(number(last, u64::MAX))
            .filter(|(first, last)| first <= last)
            .map(|(first, last)| first..=last),
    };
    range.ok_or_else(|| words.error(format!("`{word}` is no connection: write `2`, `2..4`, `2..` or `..4`")))
}

impl Trigger {
    /// As it is written behind the action.
    pub(super) fn clauses(&self) -> Vec<String> {
        let mut clauses = Vec::new();
        match (self.after, self.first) {
            (0, Some(1)) => clauses.push("once".to_owned()),
            (after, Some(1)) => clauses.push(format!("nth {}", after.saturating_add(1))),
            (after, first) => {
                clauses.extend((after > 0).then(|| format!("after {after}")));
                clauses.extend(first.map(|first| format!("first {first}")));
            }
        }
        clauses.extend((self.every > 1).then(|| format!("every {}", self.every)));
        clauses.extend(self.chance.map(|chance| format!("chance {}%", chance * 100.0)));
        let states = |begin: &str, states: &[(String, String)]| {
            let pairs = states.iter().map(|(name, value)| format!("{name}={value}"));
            pairs.map(|pair| format!("{begin} {}", word(&pair))).collect::<Vec<_>>()
        };
        clauses.extend(states("in-state", &self.when));
        clauses.extend(states("then-state", &self.then));
        clauses.extend(self.connections.as_ref().map(|numbers| match (*numbers.start(), *numbers.end()) {
            (first, last) if first == last => format!("connection {first}"),
            (first, u64::MAX) => format!("connection {first}.."),
            (first, last) => format!("connection {first}..{last}"),
        }));
        let like = |begin: &str, like: &Option<PatternText>| {
            let like = like.as_ref()?;
            let shown = like.source.as_deref().map_or_else(|| like.pattern.to_string(), word);
            Some(format!("{begin} {shown}"))
        };
        clauses.extend(like("user", &self.user));
        clauses.extend(like("peer", &self.peer));
        clauses.extend(self.per_connection.then(|| "per-connection".to_owned()));
        clauses.extend(self.only_if.iter().map(|(name, _)| format!("only if {name}")));
        clauses
    }
}
