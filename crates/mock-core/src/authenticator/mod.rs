//! The seam for logins: an [`Authenticator`] decides who may log in and how.
//!
//! A strategy is a value that knows no connection; what it remembers within one login lives in the
//! [`LoginState`] that it begins for each user name, and what outlives a login in the server's [`Memory`]. All is
//! synchronous: a delay is data in the [`Verdict`], played by the engine. Ready strategies are in the crate `mock-auth`.

mod endpoint;
mod first_of;
mod memory;
mod method;
mod permissions;
mod records;
mod verdict;

use std::{borrow::Cow, fmt, sync::Arc};

pub use endpoint::{Endpoint, EndpointError};
pub use first_of::FirstOf;
pub use memory::{Memory, MemoryKey};
pub use method::{Method, Methods};
use mock_base::{Expectations, Seed};
pub use permissions::{ForcedCommandsDiffer, Permissions, Privilege};
pub use records::{CommandForced, KbdintStarted, LoginRestricted, PromptAnswered};
use ssh_key::{Certificate, PublicKey};
pub use verdict::{Answer, DisconnectReason, Prompt, Round, Verdict};

use crate::Peer;
use crate::keys::ssh_key;

/// Decides who may log in and how: a strategy, shared by all connections of a server.
///
/// ```
/// use mock_core::{Answer, Attempt, Authenticator, Credential, LoginContext, LoginState, Method, Methods, Verdict};
///
/// /// Lets anybody in whose password is his name backwards.
/// #[derive(Debug)]
/// struct Backwards;
///
/// impl Authenticator for Backwards {
///     fn begin(&self, _: &LoginContext<'_>) -> Box<dyn LoginState> {
///         Box::new(Self)
///     }
/// }
///
/// impl LoginState for Backwards {
///     fn methods(&self) -> Methods {
///         Methods::from([Method::Password])
///     }
///     fn attempt(&mut self, attempt: &Attempt<'_>) -> Verdict {
///         match attempt.credential {
///             Credential::Password(given) if given.chars().rev().eq(attempt.user.chars()) => {
///                 Verdict::accept("backwards")
///             }
///             _ => Verdict::reject("not backwards"),
///         }
///     }
/// }
///
/// let mut login = Backwards.begin(&LoginContext::detached("anna"));
/// let verdict = login.attempt(&Attempt::new("anna", Credential::Password("anna")));
/// assert!(matches!(verdict.answer, Answer::Accept));
/// ```
pub trait Authenticator: Send + Sync {
    /// Begins a login: called once for each connection and user name, again when the user name changes
    /// (RFC 4252 section 5: a changed user name flushes the state).
    fn begin(&self, context: &LoginContext<'_>) -> Box<dyn LoginState>;
}

impl<S: Authenticator + ?Sized> Authenticator for Box<S> {
    fn begin(&self, context: &LoginContext<'_>) -> Box<dyn LoginState> {
        (**self).begin(context)
    }
}

impl<S: Authenticator + ?Sized> Authenticator for Arc<S> {
    fn begin(&self, context: &LoginContext<'_>) -> Box<dyn LoginState> {
        (**self).begin(context)
    }
}

/// One login under way: what a strategy remembers of it.
pub trait LoginState: Send {
    /// The methods that a client is told it may go on with, as things stand.
    ///
    /// `none` is never listed (RFC 4252 section 5.2), though it may succeed.
    fn methods(&self) -> Methods;

    /// Judges one attempt.
    fn attempt(&mut self, attempt: &Attempt<'_>) -> Verdict;
}

/// Who is about to log in.
#[derive(Debug)]
#[non_exhaustive]
pub struct LoginContext<'a> {
    /// The user name.
    pub user: &'a str,
    /// Number of the connection on its server, from 1.
    pub connection: u64,
    /// Where the connection comes from.
    pub peer: &'a Peer,
    /// What the strategies of this server remember beyond a login.
    pub memory: Memory,
    /// What the chances of this server are drawn from.
    pub seed: Seed,
    /// What is expected of this server. A strategy may add to it: then a test fails that nobody wrote a line for.
    pub expectations: Expectations,
}

impl<'a> LoginContext<'a> {
    /// A login by `user` on the connection with this number.
    #[must_use]
    pub fn new(user: &'a str, connection: u64, peer: &'a Peer) -> Self {
        let (memory, expectations) = (Memory::new(), Expectations::new());
        Self { user, connection, peer, memory, seed: Seed(0), expectations }
    }

    /// A login outside any server, for testing a strategy by itself.
    #[must_use]
    pub fn detached(user: &'a str) -> Self {
        Self::new(user, 1, &Peer::Memory)
    }

    /// The same login where this is remembered: several of them are logins on one server.
    #[must_use]
    pub fn remembering(mut self, memory: &Memory) -> Self {
        self.memory = memory.clone();
        self
    }

    /// The same login where chances are drawn from this.
    #[must_use]
    pub fn seeded(mut self, seed: Seed) -> Self {
        self.seed = seed;
        self
    }

    /// The same login where this is expected.
    #[must_use]
    pub fn expecting(mut self, expectations: &Expectations) -> Self {
        self.expectations = expectations.clone();
        self
    }
}

/// What a client presents. Its `Debug` does not show secrets.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub enum Credential<'a> {
    /// The method `none` (RFC 4252 section 5.2): most clients begin with it to learn the methods.
    None,
    /// A password (RFC 4252 section 8).
    Password(&'a str),
    /// A public key without a signature (RFC 4252 section 7): the client asks whether to go on with it.
    /// Accepting it logs nobody in.
    KeyOffered {
        /// The key.
        key: &'a PublicKey,
        /// Signature algorithm that the client named.
        algorithm: &'a str,
    },
    /// A public key whose signature the engine has verified.
    KeySigned {
        /// The key.
        key: &'a PublicKey,
        /// Algorithm of the signature.
        algorithm: &'a str,
    },
    /// An OpenSSH certificate whose signature and validity in time the engine has verified. Whether its
    /// authority is trusted and its principals fit is for the strategy to check.
    Certificate(&'a Certificate),
    /// The begin of keyboard-interactive (RFC 4256 section 3.1).
    KbdintStart {
        /// Submethods that the client prefers, comma-separated, usually empty.
        submethods: &'a str,
    },
    /// The answers to the round asked last (RFC 4256 section 3.4), in the order of its prompts. Their number
    /// is the client's choice: compare it.
    KbdintAnswers(&'a [String]),
}

impl Credential<'_> {
    /// The method by which it is presented.
    #[must_use]
    pub fn method(&self) -> Method {
        match self {
            Self::None => Method::None,
            Self::Password(_) => Method::Password,
            Self::KeyOffered { .. } | Self::KeySigned { .. } | Self::Certificate(_) => Method::PublicKey,
            Self::KbdintStart { .. } | Self::KbdintAnswers(_) => Method::KeyboardInteractive,
        }
    }
}

impl fmt::Debug for Credential<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("None"),
            Self::Password(_) => f.write_str("Password([redacted])"),
            Self::KeyOffered { algorithm, .. } => write!(f, "KeyOffered({algorithm})"),
            Self::KeySigned { algorithm, .. } => write!(f, "KeySigned({algorithm})"),
            Self::Certificate(certificate) => write!(f, "Certificate({:?})", certificate.key_id()),
            Self::KbdintStart { submethods } => write!(f, "KbdintStart({submethods:?})"),
            Self::KbdintAnswers(answers) => write!(f, "KbdintAnswers({} [redacted])", answers.len()),
        }
    }
}

/// One attempt to log in.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Attempt<'a> {
    /// The user name.
    pub user: &'a str,
    /// What is presented.
    pub credential: Credential<'a>,
    /// Number of the attempt on its connection, from 1. Offered keys carry the number of the next attempt.
    pub number: u32,
}

impl<'a> Attempt<'a> {
    /// The first attempt of a connection.
    #[must_use]
    pub fn new(user: &'a str, credential: Credential<'a>) -> Self {
        Self { user, credential, number: 1 }
    }

    /// The same attempt with another number.
    #[must_use]
    pub fn numbered(mut self, number: u32) -> Self {
        self.number = number;
        self
    }
}

/// Several whys as one, without repeating any.
pub(crate) fn join_whys<'a>(whys: impl IntoIterator<Item = &'a Cow<'static, str>>) -> Cow<'static, str> {
    let mut distinct: Vec<&str> = Vec::new();
    for why in whys {
        if !why.is_empty() && !distinct.contains(&&**why) {
            distinct.push(why);
        }
    }
    distinct.join("; ").into()
}

impl fmt::Debug for dyn Authenticator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Authenticator")
    }
}
