//! The method `publickey` (RFC 4252 section 7), and the text form of lists of keys.

use mock_core::{
    Authenticator, LoginContext, LoginState, Verdict,
    keys::{PublicKey, ssh_key},
};
use ssh_key::public::KeyData;

use crate::login::{Grants, Single};

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
#[derive(Debug, Clone)]
pub struct PublicKeys(Single);

impl PublicKeys {
    /// Lets in this user with each of these keys. Without a key, every one is refused.
    #[must_use]
    pub fn new(user: impl Into<String>, keys: impl IntoIterator<Item = impl Into<PublicKey>>) -> Self {
        Self(Single::named(user, grants(keys)))
    }

    /// Lets in every user with each of these keys.
    #[must_use]
    pub fn any_user(keys: impl IntoIterator<Item = impl Into<PublicKey>>) -> Self {
        Self(Single::anybody(grants(keys)))
    }

    /// Lets in this user with each of the keys of an `authorized_keys` file, given as text.
    ///
    /// # Errors
    ///
    /// [`AuthorizedKeysError`], which names the line, for one that is not a key, and for one with options: they
    /// would restrict the key, which is not implemented.
    pub fn from_authorized_keys(user: impl Into<String>, text: &str) -> Result<Self, AuthorizedKeysError> {
        Ok(Self::new(user, authorized_keys(text)?))
    }

    /// Lets in every user with each of the keys of an `authorized_keys` file, given as text.
    ///
    /// # Errors
    ///
    /// As [`from_authorized_keys`](Self::from_authorized_keys).
    pub fn any_user_from_authorized_keys(text: &str) -> Result<Self, AuthorizedKeysError> {
        Ok(Self::any_user(authorized_keys(text)?))
    }
}

impl Authenticator for PublicKeys {
    fn begin(&self, context: &LoginContext<'_>) -> Box<dyn LoginState> {
        self.0.begin(context)
    }
}

/// A line of an `authorized_keys` text that cannot be used. Lines count from 1.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AuthorizedKeysError {
    /// It is not a public key.
    #[error("line {line}: not a public key")]
    Key {
        /// Its number.
        line: usize,
        /// What is wrong.
        source: ssh_key::Error,
    },
    /// It has options. To ignore them would let in more than the line says.
    #[error("line {line}: option `{option}` is not implemented")]
    Option {
        /// Its number.
        line: usize,
        /// Name of its first option.
        option: String,
    },
}

/// The keys of an `authorized_keys` text. Empty lines and lines that begin with `#` are skipped, as sshd(8) says.
pub(crate) fn authorized_keys(text: &str) -> Result<Vec<PublicKey>, AuthorizedKeysError> {
    let numbered = (1..).zip(text.lines().map(str::trim));
    numbered
        .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
        .map(|(number, line)| authorized_key(number, line))
        .collect()
}

/// As sshd does: what is not a key by itself may be one behind options.
fn authorized_key(number: usize, line: &str) -> Result<PublicKey, AuthorizedKeysError> {
    parse_key(line).map_err(|source| {
        let (options, rest) = split_options(line);
        if parse_key(rest).is_err() {
            return AuthorizedKeysError::Key { line: number, source };
        }
        let name = options.split([',', '=']).next().unwrap_or(options);
        AuthorizedKeysError::Option { line: number, option: name.to_owned() }
    })
}

/// Reads the algorithm and the data; what follows is a comment.
fn parse_key(text: &str) -> Result<PublicKey, ssh_key::Error> {
    let fields: Vec<_> = text.split_whitespace().take(2).collect();
    PublicKey::from_openssh(&fields.join(" "))
}

/// Splits at the first blank that is not within double quotes; in there, `\"` stands for a quote.
fn split_options(line: &str) -> (&str, &str) {
    let (mut quoted, mut escaped) = (false, false);
    let end = line.find(|c: char| {
        quoted ^= c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        c.is_whitespace() && !quoted
    });
    line.split_at(end.unwrap_or(line.len()))
}

fn grants(keys: impl IntoIterator<Item = impl Into<PublicKey>>) -> Grants {
    let keys = keys.into_iter().map(|key| key.into().into());
    Grants { keys: Some(keys.collect()), ..Grants::default() }
}

pub(crate) fn judge(known: &[KeyData], key: &PublicKey) -> Verdict {
    if known.contains(key.key_data()) {
        Verdict::accept("key is known")
    } else {
        Verdict::reject("key is not known")
    }
}

#[cfg(test)]
mod tests {
    use mock_core::Credential;

    use super::*;
    use crate::login::tests::attempts;

    const KNOWN: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILM+rvN+ot98qgEN796jTiQfZfG1KaT0PtFDJ/XFSqti";
    const OTHER: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEX/dQ0v4127bEo8eeG1EV0ApO2lWbSnN6RWusn/NjqI";

    fn key(line: &str) -> PublicKey {
        PublicKey::from_openssh(line).unwrap()
    }

    fn error(text: &str) -> String {
        PublicKeys::any_user_from_authorized_keys(text).unwrap_err().to_string()
    }

    #[test]
    fn a_key_is_known_by_its_data_whatever_its_comment() {
        let strategy = PublicKeys::new("anna", [key(&format!("{KNOWN} one comment"))]);
        let (same, other) = (key(&format!("{KNOWN} another")), key(OTHER));
        let algorithm = "ssh-ed25519";
        assert_eq!(
            attempts(
                &strategy,
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
    fn authorized_keys_may_have_comments_and_blanks() {
        let text =
            format!("# who may deploy\n\n  {KNOWN}\r\n\t{} of  the # office \n", OTHER.replace(' ', "\t "));
        let keys = authorized_keys(&text).unwrap();
        assert_eq!(keys, [key(KNOWN), key(OTHER)]);
        assert!(authorized_keys("").unwrap().is_empty());
    }

    #[test]
    fn a_line_that_is_no_key_is_named() {
        for line in ["ssh-ed25519", "ssh-ed25519 AAAA", "nonsense", "a b c d", "\"", "é\" \\ ü"] {
            assert_eq!(error(&format!("{KNOWN}\n# two\n{line}")), "line 3: not a public key");
        }
    }

    #[test]
    fn options_are_refused_rather_than_ignored() {
        for (options, named) in [
            ("no-pty", "no-pty"),
            ("cert-authority,no-pty", "cert-authority"),
            ("from=\"10.0.0.0/8,!10.1.2.3\"", "from"),
            (r#"command="echo \"a b\" , c",no-pty"#, "command"),
        ] {
            assert_eq!(
                error(&format!("{options} {KNOWN} anna@laptop")),
                format!("line 1: option `{named}` is not implemented")
            );
        }
    }
}
