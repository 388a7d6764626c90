//! Strategies made of strategies.

use mock_core::{Authenticator, FirstOf};

/// These strategies as one: an attempt goes to each in turn until one does not reject it.
///
/// For lists that are made at run time; where they are written down, [`Combine::or`] reads better.
///
/// ```
/// use mock_auth::{NoneAuth, Password, first_of};
/// use mock_core::{Authenticator, LoginContext};
///
/// let mut strategies: Vec<Box<dyn Authenticator>> = vec![Box::new(Password::new("anna", "hunter2"))];
/// if cfg!(debug_assertions) {
///     strategies.push(Box::new(NoneAuth::new("guest")));
/// }
/// let login = first_of(strategies).begin(&LoginContext::detached("anna"));
/// assert_eq!(login.methods().to_string(), "password");
/// ```
#[must_use]
pub fn first_of(strategies: impl IntoIterator<Item = Box<dyn Authenticator>>) -> FirstOf {
    FirstOf::new(strategies)
}

/// Ways to make a strategy of others, for every [`Authenticator`].
pub trait Combine: Authenticator + Sized + 'static {
    /// Tries `other` where this one rejects.
    ///
    /// ```
    /// use mock_auth::{Combine, NoneAuth, Password};
    /// use mock_core::{Answer, Attempt, Authenticator, Credential, LoginContext};
    ///
    /// let strategy = Password::new("anna", "hunter2").or(NoneAuth::any_user());
    /// let mut login = strategy.begin(&LoginContext::detached("anna"));
    /// let verdict = login.attempt(&Attempt::new("anna", Credential::None));
    /// assert!(matches!(verdict.answer, Answer::Accept));
    /// ```
    #[must_use]
    fn or(self, other: impl Authenticator + 'static) -> FirstOf {
        first_of([Box::new(self) as Box<dyn Authenticator>, Box::new(other)])
    }
}

impl<A: Authenticator + 'static> Combine for A {}
