//! Methods that are not there any more.

use mock_core::{Answer, Attempt, Authenticator, LoginContext, LoginState, Method, Methods, Verdict};

use super::{is_refusal, is_try};

/// What [`Combine::withdraw`](crate::Combine::withdraw) makes.
#[derive(Debug, Clone)]
#[must_use]
pub struct Withdrawn<A> {
    pub(crate) inner: A,
    pub(crate) method: Method,
    pub(crate) after: u32,
}

impl<A: Authenticator> Authenticator for Withdrawn<A> {
    fn begin(&self, context: &LoginContext<'_>) -> Box<dyn LoginState> {
        Box::new(WithdrawnLogin { inner: self.inner.begin(context), method: self.method, left: self.after })
    }
}

struct WithdrawnLogin {
    inner: Box<dyn LoginState>,
    method: Method,
    /// Refused tries with the method that are left until it goes.
    left: u32,
}

impl WithdrawnLogin {
    fn without(&self, methods: &Methods) -> Methods {
        methods.iter().filter(|method| self.left > 0 || *method != self.method).collect()
    }
}

impl LoginState for WithdrawnLogin {
    fn methods(&self) -> Methods {
        self.without(&self.inner.methods())
    }

    fn attempt(&mut self, attempt: &Attempt<'_>) -> Verdict {
        let by_it = attempt.credential.method() == self.method;
        if by_it && self.left == 0 {
            return Verdict::reject(format!("{} is withdrawn", self.method));
        }
        let mut verdict = self.inner.attempt(attempt);
        if by_it && is_try(&attempt.credential) && is_refusal(&verdict) {
            self.left -= 1;
        }
        verdict.answer = match verdict.answer {
            Answer::Reject { left: Some(left) } => Answer::Reject { left: Some(self.without(&left)) },
            Answer::Partial { left } => Answer::Partial { left: self.without(&left) },
            answer => answer,
        };
        verdict
    }
}
