#![doc = include_str!("../README.md")]

mod accept;
mod agent;
mod answer;
mod binding;
mod blob;
mod builder;
mod codec;
mod constraint;
mod control;
mod destination;
mod error;
pub mod fault;
mod identity;
mod message;
mod policy;
mod purpose;
mod query;
mod record;
mod serve;
mod session_bind;
mod shutdown;
mod sign;
mod smartcard;
mod socket;
mod store;
mod token;
mod verify;

pub use agent::MockAgent;
pub use blob::Blob;
pub use builder::MockAgentBuilder;
pub use codec::{DecodeError, Frame, FrameError};
pub use constraint::Constraint;
pub use destination::{Destination, Hop, HopKey};
pub use error::{GenerateError, KeyError, ReadError, ShutdownError, SocketError, StartError};
pub use fault::Fault;
pub use identity::{Identity, KeyType};
pub use message::{
    AddIdentity, AddSmartcard, ListedIdentity, Malformed, Operation, RemoveSmartcard, Request, Response,
    SignRequest, Unsupported,
};
pub use mock_base::{Delay, Events, Journal, Seed, VerificationError, WaitError};
pub use policy::{Action, Asked, AskedToSign, Break, Policy, SignPolicy};
pub use purpose::{Purpose, SshSig, UserAuth};
pub use query::{AgentEvents, AgentRequests, agent_request};
pub use record::{AgentRequest, Failure, Outcome, Signer};
pub use session_bind::SessionBind;
pub use shutdown::{Shutdown, Stopper};
pub use smartcard::Smartcard;
pub use ssh_key;
