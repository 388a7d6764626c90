//! Messages of the agent protocol, decoded and encoded: what was said, not what is answered.
//!
//! A further message of the protocol is a number here and a variant in `request` or `response`. What is more than a
//! few fields has a module of its own.

mod add;
mod keypair;
mod operation;
mod request;
mod response;
mod smartcard;

pub use add::AddIdentity;
pub use operation::Operation;
pub use request::{Malformed, Request, SignRequest, Unsupported};
pub use response::{ListedIdentity, Response};
pub use smartcard::{AddSmartcard, RemoveSmartcard};

/// `SSH_AGENT_FAILURE`, section 3.1 of RFC 9987.
const FAILURE: u8 = 5;
/// `SSH_AGENT_SUCCESS`, section 3.1.
const SUCCESS: u8 = 6;
/// `SSH_AGENTC_REMOVE_ALL_RSA_IDENTITIES` of the agent for SSH 1, which `ssh-add -D` still sends.
const REMOVE_ALL_RSA_IDENTITIES: u8 = 9;
/// `SSH_AGENTC_REQUEST_IDENTITIES`, section 3.5.
const REQUEST_IDENTITIES: u8 = 11;
/// `SSH_AGENT_IDENTITIES_ANSWER`, section 3.5.
const IDENTITIES_ANSWER: u8 = 12;
/// `SSH_AGENTC_SIGN_REQUEST`, section 3.6.
const SIGN_REQUEST: u8 = 13;
/// `SSH_AGENT_SIGN_RESPONSE`, section 3.6.
const SIGN_RESPONSE: u8 = 14;
/// `SSH_AGENTC_ADD_IDENTITY`, section 3.2.
const ADD_IDENTITY: u8 = 17;
/// `SSH_AGENTC_REMOVE_IDENTITY`, section 3.4.
const REMOVE_IDENTITY: u8 = 18;
/// `SSH_AGENTC_REMOVE_ALL_IDENTITIES`, section 3.4.
const REMOVE_ALL_IDENTITIES: u8 = 19;
/// `SSH_AGENTC_ADD_SMARTCARD_KEY`, section 3.2.6.
const ADD_SMARTCARD_KEY: u8 = 20;
/// `SSH_AGENTC_REMOVE_SMARTCARD_KEY`, section 3.4.
const REMOVE_SMARTCARD_KEY: u8 = 21;
/// `SSH_AGENTC_LOCK`, section 3.7.
const LOCK: u8 = 22;
/// `SSH_AGENTC_UNLOCK`, section 3.7.
const UNLOCK: u8 = 23;
/// `SSH_AGENTC_ADD_ID_CONSTRAINED`, section 3.2.
const ADD_ID_CONSTRAINED: u8 = 25;
/// `SSH_AGENTC_ADD_SMARTCARD_KEY_CONSTRAINED`, section 3.2.6.
const ADD_SMARTCARD_KEY_CONSTRAINED: u8 = 26;
/// `SSH_AGENTC_EXTENSION`, section 3.8.
const EXTENSION: u8 = 27;
/// `SSH_AGENT_EXTENSION_FAILURE`, section 3.8.
const EXTENSION_FAILURE: u8 = 28;
/// `SSH_AGENT_EXTENSION_RESPONSE`, section 3.8.
const EXTENSION_RESPONSE: u8 = 29;
