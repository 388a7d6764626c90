//! All of several strategies, in whatever order.

use mock_core::{Answer, Attempt, Authenticator, Credential, LoginContext, LoginState, Methods, Verdict};

use super::{Gathered, Strategies, irreconcilable, is_offer};

/// Lets in who satisfies all of these strategies, in whatever order.
///
/// Each right credential but the last is answered with partial success and the methods of what is left (RFC 4252
/// section 5.1). One credential satisfies one strategy.
///
/// ```
/// use mock_auth::{KbdintRound, KeyboardInteractive, Password, all_of};
/// use mock_core::{Answer, Attempt, Authenticator, Credential, LoginContext};
///
/// let code = KeyboardInteractive::new("anna", KbdintRound::new([("Code: ", true, "123456")]));
/// let strategy = all_of((Password::new("anna", "hunter2"), code));
/// let mut login = strategy.begin(&LoginContext::detached("anna"));
/// let mut attempt = |credential| login.attempt(&Attempt::new("anna", credential)).answer;
///
/// // The code first: it is right, and the password is left.
/// attempt(Credential::KbdintStart { submethods: "" });
/// let right = ["123456".to_owned()];
/// let Answer::Partial { left } = attempt(Credential::KbdintAnswers(&right)) else {
///     panic!("a code is not enough")
/// };
/// assert_eq!(left.to_string(), "password");
/// assert!(matches!(attempt(Credential::Password("hunter2")), Answer::Accept));
/// ```
pub fn all_of(strategies: impl Strategies) -> AllOf {
    AllOf { parts: strategies.boxed() }
}

/// What [`all_of`] makes.
#[must_use]
pub struct AllOf {
    parts: Vec<Box<dyn Authenticator>>,
}

impl AllOf {
    /// Adds a part.
    pub(crate) fn push(&mut self, part: impl Authenticator + 'static) {
        self.parts.push(Box::new(part));
    }
}

impl std::fmt::Debug for AllOf {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AllOf").field("parts", &self.parts.len()).finish()
    }
}

impl Authenticator for AllOf {
    fn begin(&self, context: &LoginContext<'_>) -> Box<dyn LoginState> {
        let parts = self.parts.iter().map(|part| part.begin(context)).collect();
        Box::new(AllOfLogin { parts, asked: None, gathered: Gathered::default() })
    }
}

struct AllOfLogin {
    /// What is still to be done.
    parts: Vec<Box<dyn LoginState>>,
    /// Which of them asked the round that is open.
    asked: Option<usize>,
    gathered: Gathered,
}

impl AllOfLogin {
    fn accepted(&mut self, index: usize, verdict: Verdict) -> Verdict {
        drop(self.parts.remove(index));
        let Some(permissions) = self.gathered.add(&verdict) else {
            self.parts.clear();
            return irreconcilable(&verdict);
        };
        if self.parts.is_empty() {
            let permissions = permissions.clone();
            return verdict.permitting(permissions);
        }
        Verdict::partial(self.methods(), verdict.why).after(verdict.after)
    }

    /// The methods of all but one, which has said what is left of it.
    fn left(&self, index: usize, left: &Methods) -> Methods {
        let parts = self.parts.iter().enumerate();
        let each = parts.map(|(other, part)| if other == index { left.clone() } else { part.methods() });
        each.flat_map(|methods| methods.iter().collect::<Vec<_>>()).collect()
    }
}

impl LoginState for AllOfLogin {
    fn methods(&self) -> Methods {
        self.parts.iter().flat_map(|part| part.methods().iter().collect::<Vec<_>>()).collect()
    }

    fn attempt(&mut self, attempt: &Attempt<'_>) -> Verdict {
        let credential = &attempt.credential;
        if let Some(refusal) = self.gathered.refuse_again(credential) {
            return refusal;
        }
        let asked = self.asked.take();
        let answers = matches!(credential, Credential::KbdintAnswers(_));
        let mut rejected: Option<Verdict> = None;
        for index in 0..self.parts.len() {
            let Some(part) = self.parts.get_mut(index).filter(|_| !answers || asked == Some(index)) else {
                continue;
            };
            let offers_method = part.methods().contains(credential.method());
            let mut verdict = part.attempt(attempt);
            match verdict.answer {
                Answer::Accept if is_offer(credential) => return verdict,
                Answer::Accept => {
                    self.gathered.note(credential);
                    return self.accepted(index, verdict);
                }
                Answer::Partial { left } => {
                    self.gathered.note(credential);
                    verdict.answer = Answer::Partial { left: self.left(index, &left) };
                    return verdict;
                }
                Answer::Ask(_) => {
                    self.asked = Some(index);
                    return verdict;
                }
                // Who takes the method knows best why not.
                Answer::Reject { .. } if offers_method || rejected.is_none() => rejected = Some(verdict),
                Answer::Reject { .. } => {}
                _ => return verdict,
            }
        }
        match rejected {
            // A list of one part says nothing of the others.
            Some(rejected) => Verdict::reject(rejected.why).after(rejected.after),
            None if self.parts.is_empty() => Verdict::reject("no login strategy is configured"),
            None => Verdict::reject("answers without a round asked"),
        }
    }
}
