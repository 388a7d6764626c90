//! Events of authentication (RFC 4252).

use std::fmt::{self, Write as _};

use serde::Serialize;

use super::{Secret, connection::constructors};
use crate::journal::Describe;

/// What tells one public key from another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct PublicKeyInfo {
    /// Algorithm that the client named: `ssh-ed25519`, `rsa-sha2-512`, a certificate type.
    pub algorithm: String,
    /// `SHA256:…`, as OpenSSH prints it.
    pub fingerprint: String,
    /// The key in the form of `authorized_keys`, without a comment.
    pub public_key: String,
}

/// The banner was sent, before any user name is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Banner {
    /// Its text.
    pub text: String,
}

/// A public key was offered without a signature: the client asks whether trying it is worth it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct KeyOffered {
    /// User name of the request.
    pub user: String,
    /// The key.
    pub key: PublicKeyInfo,
    /// Whether the client was told to go on and sign with it.
    pub welcome: bool,
    /// Why it was or was not welcome.
    pub why: String,
}

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum AuthOutcome {
    /// The client is logged in.
    Accepted,
    /// Refused; the client may try again.
    Rejected,
    /// Right, but more is asked for (RFC 4252 section 5.1, partial success).
    Partial,
    /// A round of keyboard-interactive prompts was sent (RFC 4256 section 3.2).
    Prompted,
    /// Refused, and the connection ended with a disconnect message.
    Disconnected,
}

/// A login was attempted with one method.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct AuthAttempt {
    /// User name of the request.
    pub user: String,
    /// `none`, `password`, `publickey` or `keyboard-interactive`.
    pub method: String,
    /// Number of the attempt on its connection, from 1. Offered keys do not count, rounds of one login do.
    pub number: u32,
    /// How it ended.
    pub outcome: AuthOutcome,
    /// Why, in the words of the strategy that decided.
    pub why: String,
    /// What was presented: a password, or the answers of a round in order.
    pub secrets: Vec<Secret>,
    /// The key that signed.
    pub key: Option<PublicKeyInfo>,
    /// Methods that the client was told it may go on with; empty after success and within a login.
    pub methods_left: Vec<String>,
}

/// The client is logged in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct AuthAccepted {
    /// The user.
    pub user: String,
    /// The method of the last attempt.
    pub method: String,
    /// Attempts on this connection, that one included.
    pub attempts: u32,
}

constructors! {
    PublicKeyInfo(algorithm: String, fingerprint: String, public_key: String);
    Banner(text: String);
    KeyOffered(user: String, key: PublicKeyInfo, welcome: bool, why: String);
    AuthAccepted(user: String, method: String, attempts: u32);
}

impl AuthAttempt {
    /// An attempt by `user` with `method`, rejected until told otherwise.
    #[must_use]
    pub fn new(user: impl Into<String>, method: impl Into<String>, number: u32) -> Self {
        Self {
            user: user.into(),
            method: method.into(),
            number,
            outcome: AuthOutcome::Rejected,
            why: String::new(),
            secrets: Vec::new(),
            key: None,
            methods_left: Vec::new(),
        }
    }
}

impl Banner {
    pub(super) fn describe(&self, text: &mut Describe<'_>) -> fmt::Result {
        write!(text, "banner {:?}", self.text)
    }
}

impl KeyOffered {
    pub(super) fn describe(&self, text: &mut Describe<'_>) -> fmt::Result {
        let fingerprint = text.fingerprint(&self.key.fingerprint).into_owned();
        let welcome = if self.welcome { "welcome" } else { "not welcome" };
        write!(text, "{} offers {} {fingerprint}: {welcome}", self.user, self.key.algorithm)?;
        because(&self.why, text)
    }
}

impl AuthAttempt {
    pub(super) fn describe(&self, text: &mut Describe<'_>) -> fmt::Result {
        let (mark, word) = match self.outcome {
            AuthOutcome::Accepted => ('✓', "accepted"),
            AuthOutcome::Partial => ('✓', "accepted, more is needed"),
            AuthOutcome::Prompted => ('…', "asked a round"),
            AuthOutcome::Rejected => ('✗', "rejected"),
            AuthOutcome::Disconnected => ('✗', "rejected and disconnected"),
        };
        write!(text, "{mark} {} {}: {word}", self.method, self.user)?;
        because(&self.why, text)
    }
}

impl AuthAccepted {
    pub(super) fn describe(&self, text: &mut Describe<'_>) -> fmt::Result {
        write!(text, "{} logged in by {}", self.user, self.method)
    }
}

fn because(why: &str, text: &mut Describe<'_>) -> fmt::Result {
    if why.is_empty() { Ok(()) } else { write!(text, " ({why})") }
}
