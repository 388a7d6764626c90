//! The method `publickey` (RFC 4252 section 7), and the keys that it is about.

mod address;
mod authorized;
mod options;
mod ring;

pub use address::{AddressList, AddressListError};
pub use authorized::{AuthorizedKey, AuthorizedKeyError, AuthorizedKeysError};
use mock_core::{
    Authenticator, LoginContext, LoginState,
    keys::{Certificate, PublicKey},
};
pub use options::{KeyOptionError, KeyOptions};
pub(crate) use ring::{KeyRing, Presenter};

use crate::{
    Clock,
    login::{Grants, Single},
};

/// Lets in a user who has the private half of one of these keys.
///
/// A client may first offer a key without a signature, to learn whether signing is worth it; only a signature logs
/// it in. The engine has verified the signature when a strategy sees it. Comments of keys do not matter.
///
/// ```
/// use mock_auth::PublicKeys;
/// use mock_core::{Answer, Attempt, Authenticator, Credential, LoginContext, keys::PublicKey};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let known = PublicKey::from_openssh(
///     "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILM+rvN+ot98qgEN796jTiQfZfG1KaT0PtFDJ/XFSqti deploy@laptop",
/// )?;
/// let mut login = PublicKeys::new("deploy", [known.clone()]).begin(&LoginContext::detached("deploy"));
/// assert_eq!(login.methods().to_string(), "publickey");
///
/// let offer = Credential::KeyOffered { key: &known, algorithm: "ssh-ed25519" };
/// let go_on_and_sign = login.attempt(&Attempt::new("deploy", offer));
/// assert!(matches!(go_on_and_sign.answer, Answer::Accept));
///
/// let signed = Credential::KeySigned { key: &known, algorithm: "ssh-ed25519" };
/// let logged_in = login.attempt(&Attempt::new("deploy", signed));
/// assert!(matches!(logged_in.answer, Answer::Accept));
/// # Ok(())
/// # }
/// ```
///
/// A line of `authorized_keys` can hold a key to less, as sshd(8) describes it:
///
/// ```
/// use mock_auth::PublicKeys;
/// use mock_core::{Attempt, Authenticator, Credential, LoginContext, keys::PublicKey};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let line = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILM+rvN+ot98qgEN796jTiQfZfG1KaT0PtFDJ/XFSqti";
/// # let key = PublicKey::from_openssh(line)?;
/// let text = format!("restrict,command=\"backup\" {line}\n");
/// let mut login = PublicKeys::from_authorized_keys("deploy", &text)?.begin(&LoginContext::detached("deploy"));
/// let signed = Credential::KeySigned { key: &key, algorithm: "ssh-ed25519" };
/// let verdict = login.attempt(&Attempt::new("deploy", signed));
/// assert_eq!(verdict.permissions.forced_command(), Some("backup"));
///
/// let text = format!("from=\"10.0.0.0/8\" {line}\n");
/// let mut login = PublicKeys::from_authorized_keys("deploy", &text)?.begin(&LoginContext::detached("deploy"));
/// let verdict = login.attempt(&Attempt::new("deploy", signed));
/// assert_eq!(verdict.why, "key is not for use from memory, only from 10.0.0.0/8");
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct PublicKeys(Single);

impl PublicKeys {
    /// Lets in this user with each of these keys. Without a key, every one is refused.
    #[must_use]
    pub fn new(user: impl Into<String>, keys: impl IntoIterator<Item = impl Into<PublicKey>>) -> Self {
        Self(Single::named(user, plain(keys)))
    }

    /// Lets in every user with each of these keys.
    #[must_use]
    pub fn any_user(keys: impl IntoIterator<Item = impl Into<PublicKey>>) -> Self {
        Self(Single::anybody(plain(keys)))
    }

    /// Lets in this user with each of these keys, held to its options.
    #[must_use]
    pub fn authorized(user: impl Into<String>, keys: impl IntoIterator<Item = AuthorizedKey>) -> Self {
        Self(Single::named(user, grants(keys)))
    }

    /// Lets in this user with each of the keys of an `authorized_keys` file, given as text. Options are honoured; a key
    /// with `cert-authority` lets in by the certificates that it signed.
    ///
    /// # Errors
    ///
    /// [`AuthorizedKeysError`], which names the line, for one that is not a key, and for an option that is not honoured:
    /// to ignore it would let in more than the line says.
    pub fn from_authorized_keys(user: impl Into<String>, text: &str) -> Result<Self, AuthorizedKeysError> {
        Ok(Self::authorized(user, AuthorizedKey::parse_all(text)?))
    }

    /// Lets in every user with each of the keys of an `authorized_keys` file, given as text.
    ///
    /// # Errors
    ///
    /// As [`from_authorized_keys`](Self::from_authorized_keys).
    pub fn any_user_from_authorized_keys(text: &str) -> Result<Self, AuthorizedKeysError> {
        Ok(Self(Single::anybody(grants(AuthorizedKey::parse_all(text)?))))
    }

    /// Accepts signatures by these algorithms only: `rsa-sha2-256` but not `ssh-rsa`, which is SHA-1 (RFC 8332). All by
    /// default.
    ///
    /// ```
    /// use mock_auth::PublicKeys;
    /// use mock_core::{Attempt, Authenticator, Credential, HostKey, LoginContext};
    ///
    /// let key = HostKey::ed25519();
    /// let strategy = PublicKeys::new("anna", [key.public_key().clone()]).signature_algorithms(["rsa-sha2-512"]);
    /// let offer = Credential::KeyOffered { key: key.public_key(), algorithm: "ssh-ed25519" };
    /// let verdict = strategy.begin(&LoginContext::detached("anna")).attempt(&Attempt::new("anna", offer));
    /// assert_eq!(verdict.why, "signatures by ssh-ed25519 are not accepted");
    /// ```
    #[must_use]
    pub fn signature_algorithms(self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let names = names.into_iter().map(Into::into).collect();
        self.with(|ring| ring.algorithms = Some(names))
    }

    /// Lets nobody in any more with these keys, nor by certificates of them: OpenSSH's `RevokedKeys`.
    ///
    /// ```
    /// use mock_auth::PublicKeys;
    /// use mock_core::{Attempt, Authenticator, Credential, HostKey, LoginContext};
    ///
    /// let key = HostKey::ed25519().public_key().clone();
    /// let strategy = PublicKeys::new("anna", [key.clone()]).revoked([key.clone()]);
    /// let offer = Credential::KeyOffered { key: &key, algorithm: "ssh-ed25519" };
    /// let verdict = strategy.begin(&LoginContext::detached("anna")).attempt(&Attempt::new("anna", offer));
    /// assert_eq!(verdict.why, "key is revoked");
    /// ```
    #[must_use]
    pub fn revoked(self, keys: impl IntoIterator<Item = impl Into<PublicKey>>) -> Self {
        let keys: Vec<_> = keys.into_iter().map(|key| key.into().into()).collect();
        self.with(|ring| ring.revoked.extend(keys))
    }

    /// Goes by this clock, for keys with `expiry-time`.
    #[must_use]
    pub fn clock(self, clock: &Clock) -> Self {
        let clock = clock.clone();
        self.with(|ring| ring.clock = clock)
    }

    fn with(mut self, change: impl FnOnce(&mut KeyRing)) -> Self {
        change(self.0.grants_mut().keys.get_or_insert_default());
        self
    }
}

impl Authenticator for PublicKeys {
    fn begin(&self, context: &LoginContext<'_>) -> Box<dyn LoginState> {
        self.0.begin(context)
    }
}

fn plain(keys: impl IntoIterator<Item = impl Into<PublicKey>>) -> Grants {
    grants(keys.into_iter().map(|key| key.into().into()))
}

fn grants(keys: impl IntoIterator<Item = AuthorizedKey>) -> Grants {
    let keys = keys.into_iter().collect();
    Grants { keys: Some(KeyRing { keys, ..KeyRing::default() }), ..Grants::default() }
}

/// The key behind a credential, by which it is told from others: that of a certificate too.
pub(crate) fn key_of(
    credential: &mock_core::Credential<'_>,
) -> Option<mock_core::keys::ssh_key::public::KeyData> {
    use mock_core::Credential::{Certificate as Certified, KeyOffered, KeySigned};
    match credential {
        KeyOffered { key, .. } | KeySigned { key, .. } => Some(key.key_data().clone()),
        Certified(certificate) => Some(Certificate::public_key(certificate).clone()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use mock_core::{Credential, HostKey};

    use super::*;
    use crate::login::tests::attempts;

    #[test]
    fn a_key_is_known_by_its_data_whatever_its_comment() {
        let mut known = HostKey::ed25519().public_key().clone();
        let (same, other) = (known.clone(), HostKey::ed25519().public_key().clone());
        known.set_comment("one comment");
        let algorithm = "ssh-ed25519";
        assert_eq!(
            attempts(
                &PublicKeys::new("anna", [known]),
                "anna",
                [
                    Credential::KeyOffered { key: &other, algorithm },
                    Credential::KeySigned { key: &other, algorithm },
                    Credential::KeyOffered { key: &same, algorithm },
                    Credential::KeySigned { key: &same, algorithm },
                ]
            ),
            [
                "rejected: key is not known",
                "rejected: key is not known",
                "accepted: key is known",
                "accepted: key is known",
            ]
        );
    }

    #[test]
    fn of_two_lines_for_a_key_the_one_that_may_be_used_counts() {
        let key = HostKey::ed25519().public_key().clone();
        let line = key.to_openssh().unwrap();
        let text = format!("from=\"10.0.0.1\" {line}\nexpiry-time=\"20300101Z\",no-pty {line}\n");
        let clock = Clock::at_unix(1_800_000_000);
        let strategy = PublicKeys::any_user_from_authorized_keys(&text).unwrap().clock(&clock);
        let offer = [Credential::KeyOffered { key: &key, algorithm: "ssh-ed25519" }];
        assert_eq!(attempts(&strategy, "anna", offer), ["accepted: key is known"]);
        clock.advance(std::time::Duration::from_secs(100_000_000));
        assert_eq!(attempts(&strategy, "anna", offer), ["rejected: key has expired"]);
    }
}
