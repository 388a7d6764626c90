//! Forwarding: rules for connections that clients want to be let through, and what is at their far end.
//!
//! Everything here is made of the seam [`Connect`](crate::Connect): a far end of one's own has no less power.

mod ends;
mod host;
mod network;
mod rule;

pub use network::Network;
pub use rule::Forward;
