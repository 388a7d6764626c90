//! The text form of lists of keys: `authorized_keys`, as sshd(8) describes it.

use std::{
    fmt, fs, io,
    path::{Path, PathBuf},
    str::FromStr,
};

use mock_core::keys::{PublicKey, ssh_key};

use super::{KeyOptionError, KeyOptions, options};

/// A key that somebody may log in with, and what holds for it: one line of `authorized_keys`.
///
/// ```
/// use mock_auth::AuthorizedKey;
///
/// let line = "command=\"uptime\",no-pty ssh-ed25519 \
///             AAAAC3NzaC1lZDI1NTE5AAAAILM+rvN+ot98qgEN796jTiQfZfG1KaT0PtFDJ/XFSqti deploy@laptop";
/// let key: AuthorizedKey = line.parse()?;
/// assert_eq!(key.key().comment().as_str_lossy(), "deploy@laptop");
/// assert_eq!(key.options().permissions().forced_command(), Some("uptime"));
/// # Ok::<(), mock_auth::AuthorizedKeyError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorizedKey {
    key: PublicKey,
    options: KeyOptions,
}

/// A line that is no key, or has an option that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AuthorizedKeyError {
    /// It is not a public key.
    #[error("not a public key")]
    Key(#[source] ssh_key::Error),
    /// It has an option that cannot be used. To ignore it would let in more than the line says.
    #[error(transparent)]
    Option(KeyOptionError),
}

/// A line of an `authorized_keys` text that cannot be used, or a file that cannot be read. Lines count from 1.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AuthorizedKeysError {
    /// A line cannot be used.
    #[error("line {line}: {error}")]
    Line {
        /// Its number.
        line: usize,
        /// What is wrong. It is a part of the text, so it is not told again as its source.
        error: AuthorizedKeyError,
    },
    /// The file cannot be read.
    #[error("cannot read `{}`", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl AuthorizedKey {
    /// This key, with these options.
    #[must_use]
    pub fn new(key: impl Into<PublicKey>, options: KeyOptions) -> Self {
        Self { key: key.into(), options }
    }

    /// The key.
    #[must_use]
    pub fn key(&self) -> &PublicKey {
        &self.key
    }

    /// What holds for it.
    #[must_use]
    pub fn options(&self) -> &KeyOptions {
        &self.options
    }

    /// The keys of an `authorized_keys` text. Empty lines and lines that begin with `#` are skipped.
    ///
    /// # Errors
    ///
    /// [`AuthorizedKeysError::Line`] for a line that cannot be used.
    pub fn parse_all(text: &str) -> Result<Vec<Self>, AuthorizedKeysError> {
        let numbered = (1..).zip(text.lines().map(str::trim));
        numbered
            .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
            .map(|(line, text)| text.parse().map_err(|error| AuthorizedKeysError::Line { line, error }))
            .collect()
    }

    /// The keys of an `authorized_keys` file.
    ///
    /// # Errors
    ///
    /// As [`parse_all`](Self::parse_all), and [`AuthorizedKeysError::Read`].
    pub fn read_all(path: impl AsRef<Path>) -> Result<Vec<Self>, AuthorizedKeysError> {
        let path = path.as_ref();
        let read = fs::read_to_string(path);
        let text = read.map_err(|source| AuthorizedKeysError::Read { path: path.to_owned(), source })?;
        Self::parse_all(&text)
    }
}

impl<K: Into<PublicKey>> From<K> for AuthorizedKey {
    fn from(key: K) -> Self {
        Self::new(key, KeyOptions::default())
    }
}

/// As sshd does: what is not a key by itself may be one behind options.
impl FromStr for AuthorizedKey {
    type Err = AuthorizedKeyError;

    fn from_str(line: &str) -> Result<Self, AuthorizedKeyError> {
        let line = line.trim();
        match key(line) {
            Ok(key) => Ok(key.into()),
            Err(error) => {
                let (options, rest) = options::split(line, char::is_whitespace);
                let key = key(rest).map_err(|_| AuthorizedKeyError::Key(error))?;
                let options = options.parse().map_err(AuthorizedKeyError::Option)?;
                Ok(Self { key, options })
            }
        }
    }
}

/// The line, without a line end.
impl fmt::Display for AuthorizedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let options = self.options.to_string();
        let blank = if options.is_empty() { "" } else { " " };
        write!(f, "{options}{blank}{}", self.key.to_openssh().unwrap_or_default())
    }
}

/// Reads the algorithm, the data, and as a comment what follows.
fn key(text: &str) -> Result<PublicKey, ssh_key::Error> {
    let mut rest = text.trim_start();
    let mut field = || {
        let (field, after) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        rest = after.trim_start();
        field
    };
    let data = [field(), field()].join(" ");
    let mut key = PublicKey::from_openssh(&data)?;
    key.set_comment(rest.trim_end());
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILM+rvN+ot98qgEN796jTiQfZfG1KaT0PtFDJ/XFSqti";
    const OTHER: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEX/dQ0v4127bEo8eeG1EV0ApO2lWbSnN6RWusn/NjqI";

    fn error(text: &str) -> String {
        AuthorizedKey::parse_all(text).unwrap_err().to_string()
    }

    #[test]
    fn there_may_be_comments_and_blanks() {
        let text =
            format!("# who may deploy\n\n  {KNOWN}\r\n\t{} of  the # office \n", OTHER.replace(' ', "\t "));
        let keys = AuthorizedKey::parse_all(&text).unwrap();
        let lines: Vec<_> = keys.iter().map(ToString::to_string).collect();
        assert_eq!(lines, [KNOWN.to_owned(), format!("{OTHER} of  the # office")]);
        assert!(AuthorizedKey::parse_all("").unwrap().is_empty());
    }

    #[test]
    fn options_stand_before_the_key() {
        let line = format!(r#"from="10.0.0.0/8,!10.1.2.3",command="echo \"a b\" , c" {KNOWN} anna@laptop"#);
        let key: AuthorizedKey = line.parse().unwrap();
        assert_eq!(key.options().permissions().forced_command(), Some(r#"echo "a b" , c"#));
        assert_eq!(key.to_string().parse::<AuthorizedKey>().unwrap(), key);
    }

    #[test]
    fn a_line_that_is_no_key_is_named() {
        for line in ["ssh-ed25519", "ssh-ed25519 AAAA", "nonsense", "a b c d", "\"", "é\" \\ ü"] {
            assert_eq!(error(&format!("{KNOWN}\n# two\n{line}")), "line 3: not a public key");
        }
    }

    #[test]
    fn an_option_that_is_not_honoured_is_an_error() {
        let said = error(&format!("x-unknown {KNOWN} anna@laptop"));
        assert_eq!(said, "line 1: option `x-unknown` is not implemented");
    }

    #[test]
    fn a_file_that_is_not_there_is_named() {
        let error = AuthorizedKey::read_all("/nowhere/authorized_keys").unwrap_err();
        assert_eq!(error.to_string(), "cannot read `/nowhere/authorized_keys`");
    }
}
