//! Tests of the journal as its users see it, in one binary.

mod bounded;
mod concurrent;
mod connections;
mod data;
mod every_kind;
mod fault;
mod forms;
mod grammar;
mod reports;
mod views;
mod wait;
