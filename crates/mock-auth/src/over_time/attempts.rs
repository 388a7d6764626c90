//! Strategies that count attempts.

use std::collections::HashMap;

use mock_core::{
    Attempt, Authenticator, DisconnectReason, LoginContext, LoginState, Memory, MemoryKey, Methods, Verdict,
    keys::ssh_key::public::KeyData,
};

use super::{is_refusal, is_try};
use crate::keys::key_of;

/// What [`Combine::fail_first`](crate::Combine::fail_first) makes.
#[derive(Debug, Clone)]
#[must_use]
pub struct FailFirst<A> {
    inner: A,
    count: u32,
    key: MemoryKey,
}

impl<A> FailFirst<A> {
    pub(crate) fn new(inner: A, count: u32) -> Self {
        Self { inner, count, key: MemoryKey::new() }
    }
}

impl<A: Authenticator> Authenticator for FailFirst<A> {
    fn begin(&self, context: &LoginContext<'_>) -> Box<dyn LoginState> {
        Box::new(FailFirstLogin {
            inner: self.inner.begin(context),
            count: self.count,
            key: self.key.clone(),
            memory: context.memory.clone(),
        })
    }
}

struct FailFirstLogin {
    inner: Box<dyn LoginState>,
    count: u32,
    key: MemoryKey,
    memory: Memory,
}

/// How often each user was failed.
type Failed = HashMap<String, u32>;

impl LoginState for FailFirstLogin {
    fn methods(&self) -> Methods {
        self.inner.methods()
    }

    fn attempt(&mut self, attempt: &Attempt<'_>) -> Verdict {
        let count = self.count;
        let number = is_try(&attempt.credential).then(|| {
            self.memory.with(&self.key, |failed: &mut Failed| {
                let failed = failed.entry(attempt.user.to_owned()).or_default();
                let number = failed.saturating_add(1);
                *failed = number.min(count);
                number
            })
        });
        match number {
            Some(number) if number <= count => {
                Verdict::reject(format!("the first {count} attempts fail: this is number {number}"))
            }
            _ => self.inner.attempt(attempt),
        }
    }
}

/// What [`Combine::nth_key`](crate::Combine::nth_key) makes.
#[derive(Debug, Clone)]
#[must_use]
pub struct NthKey<A> {
    pub(crate) inner: A,
    pub(crate) number: usize,
}

impl<A: Authenticator> Authenticator for NthKey<A> {
    fn begin(&self, context: &LoginContext<'_>) -> Box<dyn LoginState> {
        let inner = self.inner.begin(context);
        Box::new(NthKeyLogin { inner, number: self.number, seen: Vec::new() })
    }
}

struct NthKeyLogin {
    inner: Box<dyn LoginState>,
    number: usize,
    /// In the order in which they were first presented.
    seen: Vec<KeyData>,
}

impl LoginState for NthKeyLogin {
    fn methods(&self) -> Methods {
        self.inner.methods()
    }

    fn attempt(&mut self, attempt: &Attempt<'_>) -> Verdict {
        if let Some(key) = key_of(&attempt.credential) {
            let known = self.seen.iter().position(|seen| *seen == key);
            let number = 1 + known.unwrap_or_else(|| {
                self.seen.push(key);
                self.seen.len() - 1
            });
            if number != self.number {
                return Verdict::reject(format!("key number {number} is not number {}", self.number));
            }
        }
        self.inner.attempt(attempt)
    }
}

/// What [`Combine::disconnect_after`](crate::Combine::disconnect_after) makes.
#[derive(Debug, Clone)]
#[must_use]
pub struct DisconnectAfter<A> {
    pub(crate) inner: A,
    pub(crate) refusals: u32,
}

impl<A: Authenticator> Authenticator for DisconnectAfter<A> {
    fn begin(&self, context: &LoginContext<'_>) -> Box<dyn LoginState> {
        Box::new(DisconnectAfterLogin { inner: self.inner.begin(context), left: self.refusals })
    }
}

struct DisconnectAfterLogin {
    inner: Box<dyn LoginState>,
    /// Refusals that are left.
    left: u32,
}

impl LoginState for DisconnectAfterLogin {
    fn methods(&self) -> Methods {
        self.inner.methods()
    }

    fn attempt(&mut self, attempt: &Attempt<'_>) -> Verdict {
        let verdict = self.inner.attempt(attempt);
        let counts = !matches!(attempt.credential, mock_core::Credential::None);
        if !counts || !is_refusal(&verdict) {
            return verdict;
        }
        self.left = self.left.saturating_sub(1);
        if self.left > 0 {
            return verdict;
        }
        // The code and the text of OpenSSH's server.
        let text = "Too many authentication failures";
        Verdict::disconnect(DisconnectReason::ProtocolError, text, verdict.why).after(verdict.after)
    }
}
