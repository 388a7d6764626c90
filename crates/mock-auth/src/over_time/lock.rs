//! A lock after too many failures.

use std::{collections::HashMap, time::Duration};

use mock_core::{
    Answer, Attempt, Authenticator, Credential, LoginContext, LoginState, Memory, MemoryKey, Methods, Verdict,
};
use tokio::time::Instant;

use super::{is_refusal, is_try};

/// What [`Combine::lock_after`](crate::Combine::lock_after) makes: it locks a user for good, or
/// [for a while](Self::for_a).
#[derive(Debug, Clone)]
#[must_use]
pub struct LockAfter<A> {
    inner: A,
    failures: u32,
    lasting: Option<Duration>,
    key: MemoryKey,
}

impl<A> LockAfter<A> {
    pub(crate) fn new(inner: A, failures: u32) -> Self {
        Self { inner, failures: failures.max(1), lasting: None, key: MemoryKey::new() }
    }

    /// Unlocks a user after this time on tokio's clock, which a test can pause and move.
    ///
    /// ```
    /// use std::time::Duration;
    /// use mock_auth::{Combine, Password};
    ///
    /// let strategy = Password::new("anna", "hunter2").lock_after(3).for_a(Duration::from_secs(600));
    /// # drop(strategy);
    /// ```
    pub fn for_a(mut self, while_: Duration) -> Self {
        self.lasting = Some(while_);
        self
    }
}

impl<A: Authenticator> Authenticator for LockAfter<A> {
    fn begin(&self, context: &LoginContext<'_>) -> Box<dyn LoginState> {
        Box::new(LockAfterLogin {
            inner: self.inner.begin(context),
            failures: self.failures,
            lasting: self.lasting,
            key: self.key.clone(),
            memory: context.memory.clone(),
        })
    }
}

struct LockAfterLogin {
    inner: Box<dyn LoginState>,
    failures: u32,
    lasting: Option<Duration>,
    key: MemoryKey,
    memory: Memory,
}

/// What is remembered of each user.
type Users = HashMap<String, Failures>;

#[derive(Debug, Default)]
struct Failures {
    count: u32,
    locked: Option<Instant>,
}

impl LockAfterLogin {
    /// Whether the user is locked; a lock that is over is taken off.
    fn is_locked(&self, user: &str) -> bool {
        self.memory.with(&self.key, |users: &mut Users| {
            let since = users.get(user).and_then(|failures| failures.locked);
            let over = |since: Instant| self.lasting.is_some_and(|lasting| since.elapsed() >= lasting);
            if since.is_some_and(over) {
                users.remove(user);
                return false;
            }
            since.is_some()
        })
    }

    /// Counts a failure. Returns whether it was one too many.
    fn failed(&self, user: &str) -> bool {
        self.memory.with(&self.key, |users: &mut Users| {
            let failures = users.entry(user.to_owned()).or_default();
            failures.count = failures.count.saturating_add(1);
            let locks = failures.count >= self.failures;
            if locks {
                failures.locked = Some(Instant::now());
            }
            locks
        })
    }
}

impl LoginState for LockAfterLogin {
    fn methods(&self) -> Methods {
        self.inner.methods()
    }

    fn attempt(&mut self, attempt: &Attempt<'_>) -> Verdict {
        if !matches!(attempt.credential, Credential::None) && self.is_locked(attempt.user) {
            return Verdict::reject(format!("locked after {} failures", self.failures));
        }
        let mut verdict = self.inner.attempt(attempt);
        if is_try(&attempt.credential) {
            if matches!(verdict.answer, Answer::Accept) {
                self.memory.with(&self.key, |users: &mut Users| users.remove(attempt.user));
            } else if is_refusal(&verdict) && self.failed(attempt.user) {
                verdict.why = format!("{}; locked from now on", verdict.why).into();
            }
        }
        verdict
    }
}
