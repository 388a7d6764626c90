//! Expectations as text, for command lines, scenario files and control protocols: the same as in Rust, in any language.
//!
//! What is parsed is checked as what is typed: the same counts, orders, near misses and reports. Names are those of
//! the JSON form, so whoever reads events can write expectations.

mod grammar;
mod names;
mod query;
mod value;

use std::{fmt, str::FromStr};

pub use query::ParsedQuery;

use super::{Expectation, Times, Unmet, expect, expect_in_order};
use crate::{Events, GrammarError};

/// An expectation as text: `exec "systemctl restart *" x1`.
#[doc = include_str!("grammar.md")]
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "an expectation does nothing by itself: hand it to a builder, a server or `Events::verify`"]
pub struct ParsedExpectation(Form);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Form {
    Count(ParsedQuery, Times),
    Order(Vec<ParsedQuery>),
}

impl FromStr for ParsedExpectation {
    type Err = GrammarError;

    fn from_str(text: &str) -> Result<Self, GrammarError> {
        grammar::expectation(text).map(Self)
    }
}

impl FromStr for ParsedQuery {
    type Err = GrammarError;

    fn from_str(text: &str) -> Result<Self, GrammarError> {
        grammar::query(text)
    }
}

impl Expectation for ParsedExpectation {
    fn unmet(&self, events: &Events) -> Option<Unmet> {
        match &self.0 {
            Form::Count(query, times) => expect(query.clone(), *times).unmet(events),
            Form::Order(steps) => expect_in_order(steps.clone()).unmet(events),
        }
    }
}

/// As it can be read again.
impl fmt::Display for ParsedExpectation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Form::Count(query, times) => {
                write!(f, "{query}")?;
                match (times.least(), times.most()) {
                    (1, None) => Ok(()),
                    (0, Some(0)) => f.write_str(" none"),
                    (least, Some(most)) if least == most => write!(f, " x{least}"),
                    (0, Some(most)) => write!(f, " x..{most}"),
                    (least, Some(most)) => write!(f, " x{least}..{most}"),
                    (least, None) => write!(f, " x{least}.."),
                }
            }
            Form::Order(steps) => {
                let steps: Vec<_> = steps.iter().map(ToString::to_string).collect();
                write!(f, "order: {}", steps.join(" then "))
            }
        }
    }
}
