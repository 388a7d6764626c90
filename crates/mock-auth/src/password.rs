//! The method `password` (RFC 4252 section 8).

use mock_core::{Authenticator, LoginContext, LoginState, Verdict, event::Secret};

use crate::login::{Grants, Single};

/// Lets in a user who knows the password.
///
/// The password is sent as it is, inside the encrypted connection. After a wrong one the client may try again.
///
/// ```
/// use mock_auth::Password;
/// use mock_core::{Answer, Attempt, Authenticator, Credential, LoginContext};
///
/// let mut login = Password::new("deploy", "hunter2").begin(&LoginContext::detached("deploy"));
/// assert_eq!(login.methods().to_string(), "password");
///
/// let wrong = login.attempt(&Attempt::new("deploy", Credential::Password("letmein")));
/// assert!(matches!(wrong.answer, Answer::Reject { .. }));
/// assert_eq!(wrong.why, "wrong password");
///
/// let right = login.attempt(&Attempt::new("deploy", Credential::Password("hunter2")));
/// assert!(matches!(right.answer, Answer::Accept));
/// ```
#[derive(Debug, Clone)]
pub struct Password(Single);

impl Password {
    /// Lets in this user with this password.
    #[must_use]
    pub fn new(user: impl Into<String>, password: impl Into<String>) -> Self {
        Self(Single::named(user, grants(password)))
    }

    /// Lets in every user with this password.
    #[must_use]
    pub fn any_user(password: impl Into<String>) -> Self {
        Self(Single::anybody(grants(password)))
    }
}

impl Authenticator for Password {
    fn begin(&self, context: &LoginContext<'_>) -> Box<dyn LoginState> {
        self.0.begin(context)
    }
}

fn grants(password: impl Into<String>) -> Grants {
    Grants { password: Some(Secret::new(password.into())), ..Grants::default() }
}

pub(crate) fn judge(right: &Secret, given: &str) -> Verdict {
    // Compared plainly, here as in all of this crate: a mock has nothing that the time it takes could give away.
    if right.reveal() == given {
        Verdict::accept("right password")
    } else {
        Verdict::reject("wrong password")
    }
}

#[cfg(test)]
mod tests {
    use mock_core::Credential;

    use super::*;
    use crate::login::tests::attempts;

    #[test]
    fn only_exactly_this_password_lets_in() {
        let given = ["", "Hunter2", "hunter2 ", "hunter2"].map(Credential::Password);
        assert_eq!(
            attempts(&Password::any_user("hunter2"), "anna", given),
            [
                "rejected: wrong password",
                "rejected: wrong password",
                "rejected: wrong password",
                "accepted: right password",
            ]
        );
    }
}
