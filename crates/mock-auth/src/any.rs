//! The strategy that lets everybody in.

use mock_core::{Attempt, Authenticator, LoginContext, LoginState, Method, Methods, Verdict};

/// Lets in every user with every method, at once. What was presented is in the journal.
///
/// ```
/// use mock_auth::AcceptAny;
/// use mock_core::{Answer, Attempt, Authenticator, Credential, LoginContext};
///
/// let mut login = AcceptAny.begin(&LoginContext::detached("anna"));
/// for credential in [Credential::None, Credential::Password("whatever")] {
///     let verdict = login.attempt(&Attempt::new("anna", credential));
///     assert!(matches!(verdict.answer, Answer::Accept));
/// }
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct AcceptAny;

impl Authenticator for AcceptAny {
    fn begin(&self, _: &LoginContext<'_>) -> Box<dyn LoginState> {
        Box::new(*self)
    }
}

impl LoginState for AcceptAny {
    fn methods(&self) -> Methods {
        [Method::PublicKey, Method::Password, Method::KeyboardInteractive].into()
    }

    fn attempt(&mut self, _: &Attempt<'_>) -> Verdict {
        Verdict::accept("anybody is let in")
    }
}

#[cfg(test)]
mod tests {
    use mock_core::Credential;

    use super::*;
    use crate::login::tests::attempts;

    #[test]
    fn every_method_is_accepted_at_once() {
        let credentials = [
            Credential::None,
            Credential::Password(""),
            Credential::KbdintStart { submethods: "pam" },
            Credential::KbdintAnswers(&[]),
        ];
        for said in attempts(&AcceptAny, "", credentials) {
            assert_eq!(said, "accepted: anybody is let in");
        }
    }
}
