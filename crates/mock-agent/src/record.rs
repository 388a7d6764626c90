//! What the journal keeps of a request: the request, who signed, and how it ended.

use std::borrow::Cow;

use mock_base::{Event, Kind, Record, Value};
use ssh_key::{
    Algorithm, Fingerprint, HashAlg, PublicKey,
    public::KeyData,
    sha2::{Digest, Sha256},
};

use crate::{
    Blob, Break, Constraint, DecodeError, KeyError, Operation, Purpose, Request, SessionBind, UserAuth,
};

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
    /// What the signature was asked for; `None` for other requests.
    pub purpose: Option<Purpose>,
    /// The session that the login is for, if the client has bound its connection to it.
    pub session: Option<SessionBind>,
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
    /// With an answer that was broken on purpose.
    Broken(Break),
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
    /// The key did not sign: a broken one, RSA with too few bits for the hash, or a security key that is not here.
    #[error("the key cannot sign this")]
    Signing,
    /// The signature of a session binding is not the host key's over the session identifier.
    #[error("the binding's signature does not verify")]
    Unverified,
    /// The connection is bound to a session for a login, so there is nothing behind it.
    #[error("the connection is bound to a login already")]
    Bound,
    /// The session is bound with another host key.
    #[error("the session is bound with another host key")]
    OtherHostKey,
    /// The connection is bound to as many sessions as may be.
    #[error("too many sessions")]
    TooManySessions,
    /// The key is restricted to destinations, and this is none of them.
    #[error("not for this destination")]
    Destination,
    /// A policy said so.
    #[error("refused by a policy")]
    Refused,
    /// Each use of the key has to be confirmed, and this was not.
    #[error("not confirmed")]
    Unconfirmed,
    /// The agent is locked.
    #[error("the agent is locked")]
    Locked,
    /// The agent is not locked.
    #[error("the agent is not locked")]
    NotLocked,
    /// The passphrase is empty, or not the one that the agent was locked with.
    #[error("not the passphrase")]
    Passphrase,
    /// There is no such smart card, or none of its keys is there.
    #[error("no such smart card")]
    UnknownCard,
    /// It is not the PIN of the smart card.
    #[error("not the PIN")]
    Pin,
    /// The agent does not know this constraint, and must not add a key without it.
    #[error("unknown constraint: {0}")]
    Constraint(String),
    /// A middleware was named for a key that is on no security key.
    #[error("not the key of a security key")]
    NoSecurityKey,
    /// The key that was to be added cannot be used.
    #[error("the key cannot be used")]
    Key(#[source] KeyError),
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

    /// The login that was to be signed, if it was one.
    #[must_use]
    pub fn user_auth(&self) -> Option<&UserAuth> {
        self.purpose.as_ref().and_then(Purpose::user_auth)
    }

    /// Who was to log in, if a login was to be signed.
    #[must_use]
    pub fn user(&self) -> Option<&str> {
        self.user_auth().map(|login| login.user.as_str())
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
            Request::Sign(sign) => {
                out("fingerprint", Value::Text(&sign.fingerprint().to_string()));
                if let Some(signer) = &self.signer {
                    out("comment", Value::Text(&signer.comment));
                    out("algorithm", Value::Text(signer.algorithm.as_str()));
                }
                purpose(self, out);
                out("flags", Value::U64(sign.flags.into()));
                out("length", length(&sign.data));
            }
            Request::AddIdentity(add) => {
                let key = add.identity.key();
                out("fingerprint", Value::Text(&key.fingerprint(HashAlg::Sha256).to_string()));
                out("comment", Value::Text(add.identity.comment()));
                out("algorithm", Value::Text(add.identity.public_key().algorithm().as_str()));
                if add.identity.certificate().is_some() {
                    out("certificate", Value::Bool(true));
                }
                constraints(add.constraints(), out);
            }
            Request::RemoveIdentity(key_blob) => {
                out("fingerprint", Value::Text(&fingerprint(key_blob).to_string()));
            }
            Request::AddSmartcard(add) => {
                out("reader", Value::Text(&add.reader));
                constraints(&add.constraints, out);
            }
            Request::RemoveSmartcard(remove) => out("reader", Value::Text(&remove.reader)),
            Request::SessionBind(bind) => {
                let fingerprint = bind.host_key.fingerprint(HashAlg::Sha256);
                out("host_key", Value::Text(&fingerprint.to_string()));
                out("session", Value::Text(&hex(&bind.session_id)));
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
            Request::RequestIdentities
            | Request::RemoveAllIdentities
            | Request::RemoveAllRsaIdentities
            | Request::Lock(_)
            | Request::Unlock(_)
            | Request::Query => {}
        }
        match &self.outcome {
            Outcome::Answered => out("outcome", Value::Text("answered")),
            Outcome::Failed(why) => {
                out("outcome", Value::Text("failed"));
                out("why", Value::Text(&why.to_string()));
            }
            Outcome::Broken(fault) => {
                out("outcome", Value::Text("broken"));
                out("why", Value::Text(&fault.to_string()));
            }
        }
    }
}

fn length(bytes: &[u8]) -> Value<'static> {
    Value::U64(bytes.len() as u64)
}

/// What a signature is for, and for which session.
fn purpose(request: &AgentRequest, out: &mut dyn FnMut(&'static str, Value<'_>)) {
    match &request.purpose {
        Some(Purpose::UserAuth(login)) => {
            out("user", Value::Text(&login.user));
            out("service", Value::Text(&login.service));
            out("session", Value::Text(&hex(&login.session_id)));
        }
        Some(Purpose::SshSig(sig)) => out("namespace", Value::Text(&sig.namespace)),
        Some(Purpose::Other) | None => {}
    }
    if let Some(bind) = &request.session {
        let fingerprint = bind.host_key.fingerprint(HashAlg::Sha256);
        out("host_key", Value::Text(&fingerprint.to_string()));
    }
}

fn constraints(constraints: &[Constraint], out: &mut dyn FnMut(&'static str, Value<'_>)) {
    if !constraints.is_empty() {
        let words: Vec<_> = constraints.iter().map(Constraint::word).collect();
        out("constraints", Value::Text(&words.join(" ")));
    }
}

/// The SHA-256 fingerprint of a key; of a certificate, that of the key that it certifies, as OpenSSH shows it.
pub(crate) fn fingerprint(key_blob: &Blob) -> Fingerprint {
    if let Ok(key) = PublicKey::from_bytes(key_blob)
        && let KeyData::Certificate(certificate) = key.key_data()
    {
        return certificate.public_key().fingerprint(HashAlg::Sha256);
    }
    Fingerprint::Sha256(Sha256::digest(&**key_blob).into())
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _infallible = write!(text, "{byte:02x}");
        text
    })
}
