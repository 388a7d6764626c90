#![doc = include_str!("../README.md")]

pub mod event;
mod journal;

pub use event::{Data, Event, Kind, Payload, Record, Secret, Value};
pub use journal::{
    Events, Filtered, Journal, JournalOptions, Query, Recorder, Seen, Timeline, Totals, Wait, WaitError,
};
