//! Logins that need more than one credential (RFC 4252 section 5.1), and the choice between several.
//!
//! A strategy knows nothing of others. What is made of several is a strategy again, so all of it nests.

mod all_of;
mod in_order;
mod methods;
mod strategies;

pub use all_of::{AllOf, all_of};
pub use in_order::{InOrder, in_order};
pub use methods::{AuthenticationMethods, AuthenticationMethodsError, Required};
use mock_core::{Credential, FirstOf, Permissions, Verdict, keys::ssh_key::public::KeyData};
pub use strategies::Strategies;

pub(crate) use self::methods::RequiredLogin;
use crate::keys::key_of;

/// These strategies as one: an attempt goes to each in turn until one does not reject it.
///
/// RFC 4252 section 5 has the server tell a client the methods that can continue, and the client choose: these are the
/// methods of all. Where one of the strategies accepts in part, the others are asked as well, so that a key that is the
/// first step of two ways in is a step on both.
///
/// ```
/// use mock_auth::{KbdintRound, KeyboardInteractive, Password, PublicKeys, first_of, in_order};
/// use mock_core::{Answer, Attempt, Authenticator, Credential, HostKey, LoginContext};
///
/// let key = HostKey::ed25519().public_key().clone(); // any key will do
/// let by_key = || PublicKeys::new("anna", [key.clone()]);
/// let code = KeyboardInteractive::any_user(KbdintRound::new([("Code: ", true, "1")]));
/// // OpenSSH: AuthenticationMethods publickey,password publickey,keyboard-interactive
/// let strategy =
///     first_of((in_order((by_key(), Password::new("anna", "hunter2"))), in_order((by_key(), code))));
///
/// let mut login = strategy.begin(&LoginContext::detached("anna"));
/// assert_eq!(login.methods().to_string(), "publickey");
/// let signed = Credential::KeySigned { key: &key, algorithm: "ssh-ed25519" };
/// let Answer::Partial { left } = login.attempt(&Attempt::new("anna", signed)).answer else {
///     panic!("a key is not enough")
/// };
/// assert_eq!(left.to_string(), "password,keyboard-interactive");
/// ```
#[must_use]
pub fn first_of(strategies: impl Strategies) -> FirstOf {
    FirstOf::new(strategies.boxed())
}

/// What a login of several credentials has got so far.
#[derive(Debug, Default)]
pub(crate) struct Gathered {
    permissions: Permissions,
    /// Keys that have done their part. None may do another's: two of the same method are to be two keys.
    used: Vec<KeyData>,
}

impl Gathered {
    /// Refuses a key that has done its part already.
    pub(crate) fn refuse_again(&self, credential: &Credential<'_>) -> Option<Verdict> {
        let used = key_of(credential).is_some_and(|key| self.used.contains(&key));
        used.then(|| Verdict::reject("this key has done its part already"))
    }

    /// Notes that a credential was right, if not yet enough.
    pub(crate) fn note(&mut self, credential: &Credential<'_>) {
        if !matches!(credential, Credential::KeyOffered { .. }) {
            self.used.extend(key_of(credential));
        }
    }

    /// Adds what an accepted credential allows. `None` where two of them cannot be had together.
    pub(crate) fn add(&mut self, verdict: &Verdict) -> Option<&Permissions> {
        let both = std::mem::take(&mut self.permissions).and(&verdict.permissions);
        self.permissions = both.ok()?;
        Some(&self.permissions)
    }
}

/// What is said where two credentials force different commands: OpenSSH refuses such a login too.
pub(crate) fn irreconcilable(verdict: &Verdict) -> Verdict {
    Verdict::reject("two credentials force different commands").after(verdict.after)
}

/// Whether a credential is an offered key, which is answered and logs nobody in.
pub(crate) fn is_offer(credential: &Credential<'_>) -> bool {
    matches!(credential, Credential::KeyOffered { .. })
}

#[cfg(test)]
mod tests;
