//! All of several strategies, one after the other.

use std::collections::VecDeque;

use mock_core::{Answer, Attempt, Authenticator, LoginContext, LoginState, Methods, Verdict};

use super::{Gathered, Strategies, irreconcilable, is_offer};

/// Lets in who satisfies all of these strategies, in this order.
///
/// A credential that is right but not enough is answered with a failure whose flag `partial success` is set, and with
/// the methods of the next step (RFC 4252 section 5.1). What is not the next step is refused, right or wrong. A user name
/// that changes begins anew (section 5).
///
/// ```
/// use mock_auth::{Password, PublicKeys, in_order};
/// use mock_core::{Answer, Attempt, Authenticator, Credential, HostKey, LoginContext};
///
/// let key = HostKey::ed25519().public_key().clone(); // any key will do
/// // OpenSSH: AuthenticationMethods publickey,password
/// let strategy = in_order((PublicKeys::new("anna", [key.clone()]), Password::new("anna", "hunter2")));
/// let mut login = strategy.begin(&LoginContext::detached("anna"));
/// let mut attempt = |credential| login.attempt(&Attempt::new("anna", credential)).answer;
///
/// let too_early = attempt(Credential::Password("hunter2"));
/// assert!(matches!(too_early, Answer::Reject { .. }));
///
/// let Answer::Partial { left } = attempt(Credential::KeySigned { key: &key, algorithm: "ssh-ed25519" }) else {
///     panic!("a key is not enough")
/// };
/// assert_eq!(left.to_string(), "password");
/// assert!(matches!(attempt(Credential::Password("hunter2")), Answer::Accept));
/// ```
///
/// The same method may be asked for twice: two keys, which must be two, or two devices that prompt.
pub fn in_order(strategies: impl Strategies) -> InOrder {
    InOrder { steps: strategies.boxed() }
}

/// What [`in_order`] makes.
#[must_use]
pub struct InOrder {
    steps: Vec<Box<dyn Authenticator>>,
}

impl InOrder {
    /// Adds a step at the end.
    pub(crate) fn push(&mut self, step: impl Authenticator + 'static) {
        self.steps.push(Box::new(step));
    }
}

impl std::fmt::Debug for InOrder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("InOrder").field("steps", &self.steps.len()).finish()
    }
}

impl Authenticator for InOrder {
    fn begin(&self, context: &LoginContext<'_>) -> Box<dyn LoginState> {
        let steps = self.steps.iter().map(|step| step.begin(context)).collect();
        Box::new(InOrderLogin { steps, gathered: Gathered::default() })
    }
}

struct InOrderLogin {
    /// What is still to be done.
    steps: VecDeque<Box<dyn LoginState>>,
    gathered: Gathered,
}

impl LoginState for InOrderLogin {
    fn methods(&self) -> Methods {
        self.steps.front().map(|step| step.methods()).unwrap_or_default()
    }

    fn attempt(&mut self, attempt: &Attempt<'_>) -> Verdict {
        let credential = &attempt.credential;
        if let Some(refusal) = self.gathered.refuse_again(credential) {
            return refusal;
        }
        let Some(step) = self.steps.front_mut() else {
            return Verdict::reject("no login strategy is configured");
        };
        let verdict = step.attempt(attempt);
        match verdict.answer {
            Answer::Accept if is_offer(credential) => verdict,
            Answer::Accept => {
                self.gathered.note(credential);
                self.steps.pop_front();
                let Some(permissions) = self.gathered.add(&verdict) else {
                    self.steps.clear();
                    return irreconcilable(&verdict);
                };
                if self.steps.is_empty() {
                    let permissions = permissions.clone();
                    return verdict.permitting(permissions);
                }
                Verdict::partial(self.methods(), verdict.why).after(verdict.after)
            }
            Answer::Partial { .. } => {
                self.gathered.note(credential);
                verdict
            }
            _ => verdict,
        }
    }
}
