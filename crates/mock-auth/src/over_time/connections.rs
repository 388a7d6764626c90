//! A strategy for each connection.

use mock_core::{Authenticator, LoginContext, LoginState};

use crate::{RejectAny, Strategies};

/// Another strategy for each connection of a server: the first for the first, and so on; the last for all that follow.
///
/// What a server knows of a login belongs to its connection (RFC 4252 section 5): a client that connects again begins
/// anew, and here it meets other terms. The count is the server's and includes connections that never log in.
///
/// ```
/// use mock_auth::{AcceptAny, RejectAny, by_connection};
/// use mock_core::{Answer, Attempt, Authenticator, Credential, LoginContext, Peer};
///
/// let up_again = by_connection((RejectAny::new(), AcceptAny));
/// let try_on = |connection| {
///     let context = LoginContext::new("anna", connection, &Peer::Memory);
///     up_again.begin(&context).attempt(&Attempt::new("anna", Credential::Password("x"))).answer
/// };
/// assert!(matches!(try_on(1), Answer::Reject { .. }));
/// assert!(matches!(try_on(2), Answer::Accept));
/// assert!(matches!(try_on(3), Answer::Accept));
/// ```
pub fn by_connection(strategies: impl Strategies) -> ByConnection {
    ByConnection { strategies: strategies.boxed() }
}

/// What [`by_connection`] makes.
#[must_use]
pub struct ByConnection {
    strategies: Vec<Box<dyn Authenticator>>,
}

impl std::fmt::Debug for ByConnection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ByConnection").field("strategies", &self.strategies.len()).finish()
    }
}

impl Authenticator for ByConnection {
    fn begin(&self, context: &LoginContext<'_>) -> Box<dyn LoginState> {
        let index = usize::try_from(context.connection.saturating_sub(1)).unwrap_or(usize::MAX);
        match self.strategies.get(index).or(self.strategies.last()) {
            Some(strategy) => strategy.begin(context),
            None => RejectAny::new().begin(context),
        }
    }
}
