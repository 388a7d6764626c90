//! Below the engine: the stream that it reads and writes, wrapped so that it can be cut, counted and watched.

mod clear;
mod gate;
mod observer;
mod socket;
mod stream;
mod traffic;

pub(crate) use clear::disconnect_packet;
pub(crate) use observer::Observer;
pub(crate) use socket::Stream;
pub(crate) use stream::Transport;
pub(crate) use traffic::Traffic;
