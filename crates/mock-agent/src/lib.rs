#![doc = include_str!("../README.md")]

mod accept;
mod agent;
mod answer;
mod blob;
mod builder;
mod codec;
mod error;
mod identity;
mod message;
mod query;
mod record;
mod serve;
mod session_bind;
mod socket;
mod store;

pub use agent::{MockAgent, Shutdown, Stopper};
pub use blob::Blob;
pub use builder::MockAgentBuilder;
pub use codec::{DecodeError, Frame, FrameError};
pub use error::{GenerateError, KeyError, StartError};
pub use identity::{Identity, KeyType};
pub use message::{ListedIdentity, Malformed, Operation, Request, Response, SignRequest, Unsupported};
pub use mock_base::{Events, Journal, WaitError};
pub use query::{AgentEvents, AgentRequests, agent_request};
pub use record::{AgentRequest, Failure, Outcome, Signer};
pub use session_bind::SessionBind;
pub use ssh_key;
