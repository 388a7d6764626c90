//! The method `none` (RFC 4252 section 5.2).

use mock_core::{Authenticator, LoginContext, LoginState};

use crate::login::{Grants, Single};

/// Lets a user in without any credential.
///
/// Clients begin with the method `none` to learn which methods there are; a server that asks for nothing lets them
/// in then. The method is never listed among those that can continue.
///
/// ```
/// use mock_auth::NoneAuth;
/// use mock_core::{Answer, Attempt, Authenticator, Credential, LoginContext, Methods};
///
/// let mut login = NoneAuth::new("guest").begin(&LoginContext::detached("guest"));
/// assert_eq!(login.methods(), Methods::empty());
/// let verdict = login.attempt(&Attempt::new("guest", Credential::None));
/// assert!(matches!(verdict.answer, Answer::Accept));
/// ```
#[derive(Debug, Clone)]
pub struct NoneAuth(Single);

impl NoneAuth {
    /// Lets this one user in.
    #[must_use]
    pub fn new(user: impl Into<String>) -> Self {
        Self(Single::named(user, grants()))
    }

    /// Lets every user in.
    #[must_use]
    pub fn any_user() -> Self {
        Self(Single::anybody(grants()))
    }
}

impl Authenticator for NoneAuth {
    fn begin(&self, context: &LoginContext<'_>) -> Box<dyn LoginState> {
        self.0.begin(context)
    }
}

fn grants() -> Grants {
    Grants { none: true, ..Grants::default() }
}

#[cfg(test)]
mod tests {
    use mock_core::Credential;

    use super::*;
    use crate::login::tests::attempts;

    #[test]
    fn only_the_method_none_lets_in() {
        for strategy in [NoneAuth::new("guest"), NoneAuth::any_user()] {
            assert_eq!(
                attempts(&strategy, "guest", [Credential::Password(""), Credential::None]),
                ["rejected: password is not accepted", "accepted: no credential is needed"]
            );
        }
    }
}
