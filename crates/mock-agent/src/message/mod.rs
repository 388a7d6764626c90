//! Messages of the agent protocol, decoded and encoded: what was said, not what is answered.
//!
//! A further message of the protocol is a number here and a variant in `request` or `response`.

mod request;
mod response;

pub use request::{Malformed, Operation, Request, SignRequest, Unsupported};
pub use response::{ListedIdentity, Response};

/// `SSH_AGENT_FAILURE`, section 3.1 of the draft.
const FAILURE: u8 = 5;
/// `SSH_AGENT_SUCCESS`, section 3.1.
const SUCCESS: u8 = 6;
/// `SSH_AGENTC_REQUEST_IDENTITIES`, section 3.5.
const REQUEST_IDENTITIES: u8 = 11;
/// `SSH_AGENT_IDENTITIES_ANSWER`, section 3.5.
const IDENTITIES_ANSWER: u8 = 12;
/// `SSH_AGENTC_SIGN_REQUEST`, section 3.6.
const SIGN_REQUEST: u8 = 13;
/// `SSH_AGENT_SIGN_RESPONSE`, section 3.6.
const SIGN_RESPONSE: u8 = 14;
/// `SSH_AGENTC_EXTENSION`, section 3.8.
const EXTENSION: u8 = 27;
/// `SSH_AGENT_EXTENSION_FAILURE`, section 3.8.
const EXTENSION_FAILURE: u8 = 28;
