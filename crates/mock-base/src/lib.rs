#![doc = include_str!("../README.md")]

mod delay;
pub mod event;
mod expect;
mod guard;
mod journal;
mod pattern;
mod state;

pub use delay::{Delay, DelayError, Seed};
pub use event::{Data, Event, Kind, Payload, Record, Secret, Value};
pub use expect::{
    Expect, Expectation, Expectations, GrammarError, InOrder, Mismatch, ParsedExpectation, ParsedQuery,
    Report, Steps, Times, Unmet, VerificationError, expect, expect_in_order, expect_none,
};
pub use guard::Guard;
pub use journal::{
    Events, Filtered, Journal, JournalOptions, Query, Recorder, Seen, Timeline, Totals, Wait, WaitError,
};
pub use pattern::{Pattern, PatternError, any, glob, prefix, regex};
pub use state::State;
