//! Forwarding: rules for connections that clients want to be let through, and what is at their far end.
//!
//! Everything here is made of the seam [`Connect`](crate::Connect): a far end of one's own has no less power.

mod connect;
mod ends;
mod host;
mod listeners;
mod network;
mod offered;
mod remote;
mod rule;
mod rules;
mod socket;

pub use connect::ConnectForwarded;
pub(crate) use listeners::{ForwardedTo, Listeners};
pub use network::{NamedHost, Network};
pub(crate) use offered::{Offer, Offered, Taken};
pub use remote::RemoteForward;
pub use rule::Forward;
pub use rules::{ForwardRule, ForwardRules};
