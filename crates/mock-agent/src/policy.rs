//! Policies: what an agent does with a request before it looks at it, decided by the test.
//!
//! A policy is asked about every request and answers with an [`Action`], which is data. The agent plays it: it waits,
//! refuses, or gives a broken answer. Policies keep no counts; what they may want to count, they are told.

use mock_base::Delay;
use ssh_key::PublicKey;

use crate::{Purpose, Request, SessionBind, UserAuth};

/// A request, as a [`Policy`] is shown it.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Asked<'a> {
    /// The number of the client's connection, from 1.
    pub connection: u64,
    /// The number of the request on its connection, from 1.
    pub number: u64,
    /// What is asked.
    pub request: &'a Request,
    /// The SSH sessions that this connection serves, as far as the client has said.
    pub bindings: &'a [SessionBind],
    /// About the signature, if one is asked for that the agent could give.
    pub signing: Option<AskedToSign<'a>>,
}

/// A request for a signature by a key that the agent has.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct AskedToSign<'a> {
    /// The number of such requests so far, over all connections and keys, this one included.
    pub number: u64,
    /// The key, as it is listed.
    pub key: &'a PublicKey,
    /// Its comment.
    pub comment: &'a str,
    /// What the signature is for.
    pub purpose: &'a Purpose,
}

impl<'a> Asked<'a> {
    /// The login that is to be signed, if that is asked: user, service and session stand there.
    #[must_use]
    pub fn user_auth(&self) -> Option<&'a UserAuth> {
        self.signing.and_then(|signing| signing.purpose.user_auth())
    }

    /// Who is to log in, if a login is to be signed.
    #[must_use]
    pub fn user(&self) -> Option<&'a str> {
        self.user_auth().map(|login| login.user.as_str())
    }
}

/// Decides what is done with each request. Closures over [`Asked`] that return an [`Action`] or a `bool` are policies.
///
/// It is asked in the task of the client, and the client waits for it. To let time pass, return it as a delay.
///
/// ```
/// use mock_agent::{Action, Asked, MockAgent};
///
/// // Whoever logs in as root finds the agent gone.
/// let policy = |asked: &Asked<'_>| match asked.user() {
///     Some("root") => Action::close(),
///     _ => Action::answer(),
/// };
/// let agent = MockAgent::builder().policy(policy).start_blocking()?;
/// # Ok::<(), mock_agent::StartError>(())
/// ```
pub trait Policy: Send + Sync {
    /// What is done with this request.
    fn decide(&self, asked: &Asked<'_>) -> Action;
}

impl<F, A> Policy for F
where
    F: Fn(&Asked<'_>) -> A + Send + Sync,
    A: Into<Action>,
{
    fn decide(&self, asked: &Asked<'_>) -> Action {
        self(asked).into()
    }
}

/// What an agent does with a request: when, and with what it answers.
#[derive(Debug, Clone, Copy, PartialEq)]
#[must_use = "an action does nothing by itself: return it from a policy"]
pub struct Action {
    pub(crate) delay: Delay,
    pub(crate) answer: Answer,
}

/// With what is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    /// With what it should be.
    Proper,
    /// With a failure.
    Refusal,
    /// With something broken.
    Broken(Break),
}

/// What is wrong with an answer that was broken on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum Break {
    /// There is none, and the connection was closed.
    #[error("closed without an answer")]
    Closed,
    /// There is none, and the client waits for it.
    #[error("no answer")]
    Silence,
    /// Its second half is missing, and the connection was closed.
    #[error("cut in the middle")]
    Truncated,
    /// It claims to be longer than it is.
    #[error("a wrong length")]
    WrongLength,
    /// It is a frame with a type and a body that mean nothing.
    #[error("garbage")]
    Garbage,
    /// A bit of the signature is flipped.
    #[error("a wrong signature")]
    WrongSignature,
}

impl Action {
    const fn new(answer: Answer) -> Self {
        Self { delay: Delay::ZERO, answer }
    }

    /// Does what is asked.
    pub const fn answer() -> Self {
        Self::new(Answer::Proper)
    }

    /// Answers with a failure, and does nothing.
    pub const fn refuse() -> Self {
        Self::new(Answer::Refusal)
    }

    /// Closes the connection without an answer.
    pub const fn close() -> Self {
        Self::new(Answer::Broken(Break::Closed))
    }

    /// Sends the first half of the answer and closes the connection.
    pub const fn truncate() -> Self {
        Self::new(Answer::Broken(Break::Truncated))
    }

    /// Sends the answer with a length that is one too many.
    pub const fn wrong_length() -> Self {
        Self::new(Answer::Broken(Break::WrongLength))
    }

    /// Sends a well-formed frame of an unknown type instead of the answer.
    pub const fn garbage() -> Self {
        Self::new(Answer::Broken(Break::Garbage))
    }

    /// Flips a bit of the signature. Where none is asked for, it is [`answer`](Self::answer).
    pub const fn wrong_signature() -> Self {
        Self::new(Answer::Broken(Break::WrongSignature))
    }

    /// Waits this long before anything else, beside what other policies and faults take. What is drawn depends on the
    /// agent's seed, the connection and the number of the request.
    pub fn after(mut self, delay: impl Into<Delay>) -> Self {
        self.delay = delay.into();
        self
    }
}

/// Allowed or not.
impl From<bool> for Action {
    fn from(allowed: bool) -> Self {
        if allowed { Self::answer() } else { Self::refuse() }
    }
}

/// Ready-made policies for signatures. Everything else is answered.
///
/// ```
/// use std::time::Duration;
/// use mock_agent::{MockAgent, SignPolicy};
///
/// let slow_and_tired = SignPolicy::refuse_after(3).delayed(Duration::from_millis(20));
/// let agent = MockAgent::builder().policy(slow_and_tired).start_blocking()?;
/// # Ok::<(), mock_agent::StartError>(())
/// ```
pub struct SignPolicy {
    allows: Box<dyn Fn(&Asked<'_>) -> bool + Send + Sync>,
    delay: Delay,
}

impl SignPolicy {
    /// Signs: what an agent without a policy does.
    #[must_use]
    pub fn allow() -> Self {
        Self::confirm(|_| true)
    }

    /// Never signs.
    #[must_use]
    pub fn refuse() -> Self {
        Self::confirm(|_| false)
    }

    /// Signs so many times, and then no more, over all clients and keys.
    #[must_use]
    pub fn refuse_after(count: u64) -> Self {
        Self::confirm(move |asked| asked.signing.is_none_or(|signing| signing.number <= count))
    }

    /// Signs if the closure says so, which sees key, user, service and session.
    ///
    /// ```
    /// use mock_agent::{MockAgent, SignPolicy};
    ///
    /// let not_as_root = SignPolicy::confirm(|asked| asked.user() != Some("root"));
    /// let agent = MockAgent::builder().policy(not_as_root).start_blocking()?;
    /// # Ok::<(), mock_agent::StartError>(())
    /// ```
    #[must_use]
    pub fn confirm(allows: impl Fn(&Asked<'_>) -> bool + Send + Sync + 'static) -> Self {
        Self { allows: Box::new(allows), delay: Delay::ZERO }
    }

    /// Thinks this long about each signature.
    #[must_use]
    pub fn delayed(mut self, delay: impl Into<Delay>) -> Self {
        self.delay = delay.into();
        self
    }
}

impl Policy for SignPolicy {
    fn decide(&self, asked: &Asked<'_>) -> Action {
        match asked.signing {
            None => Action::answer(),
            Some(_) => Action::from((self.allows)(asked)).after(self.delay),
        }
    }
}

impl std::fmt::Debug for SignPolicy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SignPolicy").field("delay", &self.delay).finish_non_exhaustive()
    }
}
