//! Answers that take their time.

use mock_core::{
    Attempt, Authenticator, Credential, Delay, LoginContext, LoginState, Method, Methods, Seed, Verdict,
};

/// What [`Combine::delay`](crate::Combine::delay) and [`Combine::delay_method`](crate::Combine::delay_method) make.
#[derive(Debug, Clone)]
#[must_use]
pub struct Delayed<A> {
    pub(crate) inner: A,
    /// Of which method; of each, if there is none.
    pub(crate) of: Option<Method>,
    pub(crate) by: Delay,
}

/// What chances are drawn for: delays of logins, as others have other numbers.
const PURPOSE: u64 = 0x006c_6f67_696e; // login

impl<A: Authenticator> Authenticator for Delayed<A> {
    fn begin(&self, context: &LoginContext<'_>) -> Box<dyn LoginState> {
        Box::new(DelayedLogin {
            inner: self.inner.begin(context),
            of: self.of,
            by: self.by,
            seed: context.seed,
            connection: context.connection,
        })
    }
}

struct DelayedLogin {
    inner: Box<dyn LoginState>,
    of: Option<Method>,
    by: Delay,
    seed: Seed,
    connection: u64,
}

impl LoginState for DelayedLogin {
    fn methods(&self) -> Methods {
        self.inner.methods()
    }

    fn attempt(&mut self, attempt: &Attempt<'_>) -> Verdict {
        let verdict = self.inner.attempt(attempt);
        let method = attempt.credential.method();
        let offer = matches!(attempt.credential, Credential::KeyOffered { .. });
        if offer || self.of.is_some_and(|of| of != method) {
            return verdict;
        }
        let purpose = [PURPOSE, self.connection, attempt.number.into()];
        let drawn = self.by.sample(&mut self.seed.rng(&purpose));
        let after = verdict.after.saturating_add(drawn);
        verdict.after(after)
    }
}
