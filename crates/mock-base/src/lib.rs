#![doc = include_str!("../README.md")]

mod calls;
mod delay;
pub mod event;
mod expect;
pub mod fault;
mod grammar;
mod guard;
mod journal;
mod pattern;
mod profile;
pub mod socket;
mod state;

pub use calls::Calls;
pub use delay::{Delay, DelayError, Seed};
pub use event::{Data, Event, Kind, Payload, Record, Secret, Value};
pub use expect::{
    AllMatched, Expect, Expectation, Expectations, InOrder, Mismatch, ParsedExpectation, ParsedQuery, Report,
    Steps, Times, Unmet, VerificationError, expect, expect_all_matched, expect_in_order, expect_none,
};
pub use grammar::GrammarError;
pub use guard::Guard;
pub use journal::{
    ConnectionSummary, Connections, Events, Filtered, Journal, JournalOptions, Query, Recorder, Seen,
    Timeline, Totals, Wait, WaitError,
};
pub use pattern::{Pattern, PatternError, any, glob, prefix, regex};
pub use profile::{Profile, ProfileLimits, SftpProfile, UnknownProfile};
pub use state::State;
