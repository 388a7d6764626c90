//! What a strategy answers to an attempt.

use std::{borrow::Cow, time::Duration};

use super::{Methods, Permissions};

/// The answer to an attempt, with a delay and a reason.
///
/// ```
/// use std::time::Duration;
/// use mock_core::Verdict;
///
/// let slow_refusal = Verdict::reject("wrong password").after(Duration::from_millis(300));
/// assert_eq!(slow_refusal.why, "wrong password");
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
#[must_use]
pub struct Verdict {
    /// What the client is told.
    pub answer: Answer,
    /// How long the client waits for it. Zero by default.
    pub after: Duration,
    /// Why, for the journal; the client never sees it.
    pub why: Cow<'static, str>,
    /// What an accepted login is allowed to do: by default, whatever the server takes from anybody.
    pub permissions: Permissions,
}

/// What a client is told after an attempt.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Answer {
    /// It is logged in; for an offered key: go on and sign.
    Accept,
    /// No (`SSH_MSG_USERAUTH_FAILURE`).
    Reject {
        /// The methods that can continue; `None` for those of [`LoginState::methods`](super::LoginState::methods).
        left: Option<Methods>,
    },
    /// Right, but more is needed: a failure with partial success (RFC 4252 section 5.1).
    Partial {
        /// The methods that can continue.
        left: Methods,
    },
    /// Another round of prompts (RFC 4256 section 3.2). Only keyboard-interactive can be answered so; anything
    /// else is rejected instead, and the journal says so.
    Ask(Round),
    /// No, and the connection ends with `SSH_MSG_DISCONNECT` (RFC 4253 section 11.1).
    Disconnect {
        /// The reason code.
        reason: DisconnectReason,
        /// The description that clients show.
        text: String,
    },
}

impl Verdict {
    fn new(answer: Answer, why: impl Into<Cow<'static, str>>) -> Self {
        Self { answer, after: Duration::ZERO, why: why.into(), permissions: Permissions::default() }
    }

    /// The client is logged in; for an offered key: it may go on and sign.
    pub fn accept(why: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Answer::Accept, why)
    }

    /// Rejected; the methods that can continue are those of the login's state.
    pub fn reject(why: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Answer::Reject { left: None }, why)
    }

    /// Rejected; exactly these methods can continue.
    pub fn reject_leaving(left: Methods, why: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Answer::Reject { left: Some(left) }, why)
    }

    /// Right, but one of `left` is needed as well.
    pub fn partial(left: Methods, why: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Answer::Partial { left }, why)
    }

    /// Asks a round of prompts.
    pub fn ask(round: Round) -> Self {
        Self::new(Answer::Ask(round), "")
    }

    /// Rejected, and the connection ends.
    pub fn disconnect(
        reason: DisconnectReason,
        text: impl Into<String>,
        why: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self::new(Answer::Disconnect { reason, text: text.into() }, why)
    }

    /// Lets the client wait that long for its answer.
    pub fn after(mut self, delay: Duration) -> Self {
        self.after = delay;
        self
    }

    /// Holds the login to this once it is accepted.
    pub fn permitting(mut self, permissions: Permissions) -> Self {
        self.permissions = permissions;
        self
    }
}

/// One round of keyboard-interactive: an `SSH_MSG_USERAUTH_INFO_REQUEST` (RFC 4256 section 3.2). No prompt at
/// all is legal.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Round {
    /// Its name, often shown as a title. Empty by default.
    pub name: String,
    /// Its instructions, shown before the prompts. Empty by default.
    pub instructions: String,
    /// Its prompts.
    pub prompts: Vec<Prompt>,
}

/// One prompt of a [`Round`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Prompt {
    /// What is asked: `Password: `.
    pub text: String,
    /// Whether the client may show what is typed.
    pub echo: bool,
}

impl Prompt {
    /// A prompt; `echo` says whether the client may show what is typed.
    #[must_use]
    pub fn new(text: impl Into<String>, echo: bool) -> Self {
        Self { text: text.into(), echo }
    }
}

impl Round {
    /// A round with these prompts.
    #[must_use]
    pub fn new(prompts: impl IntoIterator<Item = Prompt>) -> Self {
        Self { prompts: prompts.into_iter().collect(), ..Self::default() }
    }

    /// Sets the name.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Sets the instructions.
    #[must_use]
    pub fn instructions(mut self, instructions: impl Into<String>) -> Self {
        self.instructions = instructions.into();
        self
    }
}

/// Reason codes of `SSH_MSG_DISCONNECT` (RFC 4253 section 11.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the names are the RFC's, which defines no more than them")]
pub enum DisconnectReason {
    HostNotAllowedToConnect = 1,
    ProtocolError = 2,
    KeyExchangeFailed = 3,
    Reserved = 4,
    MacError = 5,
    CompressionError = 6,
    ServiceNotAvailable = 7,
    ProtocolVersionNotSupported = 8,
    HostKeyNotVerifiable = 9,
    ConnectionLost = 10,
    ByApplication = 11,
    TooManyConnections = 12,
    AuthCancelledByUser = 13,
    NoMoreAuthMethodsAvailable = 14,
    IllegalUserName = 15,
}

impl DisconnectReason {
    /// The code on the wire.
    #[must_use]
    pub fn code(self) -> u32 {
        self as u32
    }
}
