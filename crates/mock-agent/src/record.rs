//! What the journal keeps of a request: the request, who signed, and how it ended.

use std::borrow::Cow;

use mock_base::{Event, Kind, Record, Value};
use ssh_key::Algorithm;

use crate::{DecodeError, Operation, Request};

/// A request with its outcome, as it stands in the journal. Its event carries the number of the connection.
///
/// Recorded before the answer is sent: a client that has its answer finds the request in the journal. As text it
/// reads like this:
///
/// ```text
/// agent sign fingerprint="SHA256:…" comment="deploy@ci" algorithm="ssh-ed25519" flags=0 length=167 outcome="answered"
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct AgentRequest {
    /// What was asked, with all its bytes.
    pub request: Request,
    /// Who signed; `None` unless a signature was given.
    pub signer: Option<Signer>,
    /// How it ended.
    pub outcome: Outcome,
}

/// The identity that signed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Signer {
    /// Its comment.
    pub comment: String,
    /// The algorithm of the signature: `ssh-ed25519`, `rsa-sha2-256`.
    pub algorithm: Algorithm,
}

/// How a request ended.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// With what was asked for.
    Answered,
    /// With a failure message, and why.
    Failed(Failure),
}

/// Why a request was answered with a failure.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// The agent does not do this.
    #[error("not supported")]
    Unsupported,
    /// The body does not fit the type of the message.
    #[error("malformed: {0}")]
    Malformed(#[source] DecodeError),
    /// The agent has no such key.
    #[error("no such key")]
    UnknownKey,
    /// The key did not sign: a broken one, or RSA with too few bits for the hash.
    #[error("the key cannot sign this")]
    Signing,
    /// The signature of a session binding is not the host key's over the session identifier.
    #[error("the binding's signature does not verify")]
    Unverified,
}

impl AgentRequest {
    /// The request that an event holds, if it holds one.
    #[must_use]
    pub fn of(event: &Event) -> Option<&Self> {
        match &event.kind {
            Kind::Operation(record) => {
                let any: &dyn std::any::Any = &**record;
                any.downcast_ref()
            }
            _ => None,
        }
    }

    /// What kind of request it was, malformed or not.
    #[must_use]
    pub fn operation(&self) -> Operation {
        self.request.operation()
    }

    /// Whether the client got what it asked for.
    #[must_use]
    pub fn answered(&self) -> bool {
        self.outcome == Outcome::Answered
    }

    /// The bytes that were to be signed, if that was the request.
    #[must_use]
    pub fn signed_data(&self) -> Option<&[u8]> {
        match &self.request {
            Request::Sign(sign) => Some(&sign.data),
            _ => None,
        }
    }
}

impl Record for AgentRequest {
    fn source(&self) -> &'static str {
        "agent"
    }

    fn name(&self) -> Cow<'static, str> {
        self.operation().name().into()
    }

    fn fields(&self, out: &mut dyn FnMut(&'static str, Value<'_>)) {
        match &self.request {
            Request::RequestIdentities => {}
            Request::Sign(sign) => {
                out("fingerprint", Value::Text(&sign.fingerprint().to_string()));
                if let Some(signer) = &self.signer {
                    out("comment", Value::Text(&signer.comment));
                    out("algorithm", Value::Text(signer.algorithm.as_str()));
                }
                out("flags", Value::U64(sign.flags.into()));
                out("length", length(&sign.data));
            }
            Request::SessionBind(bind) => {
                let fingerprint = bind.host_key.fingerprint(ssh_key::HashAlg::Sha256);
                out("host_key", Value::Text(&fingerprint.to_string()));
                out("forwarding", Value::Bool(bind.forwarding));
            }
            Request::Unsupported(unsupported) => {
                out("message_type", Value::U64(unsupported.message_type.into()));
                if let Some(name) = &unsupported.extension {
                    out("extension", Value::Text(name));
                }
                out("length", length(&unsupported.body));
            }
            Request::Malformed(malformed) => {
                out("message_type", Value::U64(malformed.frame.message_type.into()));
                out("length", length(&malformed.frame.body));
            }
        }
        match &self.outcome {
            Outcome::Answered => out("outcome", Value::Text("answered")),
            Outcome::Failed(why) => {
                out("outcome", Value::Text("failed"));
                out("why", Value::Text(&why.to_string()));
            }
        }
    }
}

fn length(bytes: &[u8]) -> Value<'static> {
    Value::U64(bytes.len() as u64)
}
