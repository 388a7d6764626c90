//! Below the engine: the stream that it reads and writes, wrapped so that it can be cut, counted and watched.

mod clear;
mod observer;
mod stream;

pub(crate) use clear::disconnect_packet;
pub(crate) use observer::Observer;
pub(crate) use stream::{Stream, Traffic, Transport};
