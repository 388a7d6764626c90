//! The options of a line of `authorized_keys`, as sshd(8) describes the file's format.
//!
//! What is not honoured is an error: a line must never grant more than it says.

use std::{fmt, str::FromStr, time::SystemTime};

use jiff::{Timestamp, Zoned, civil, tz::TimeZone};
use mock_core::{Peer, Permissions, Privilege, keys::ssh_key::public::KeyData};

use super::{AddressList, AddressListError};
use crate::Clock;

/// What the options of a line of `authorized_keys` say.
///
/// ```
/// use mock_auth::KeyOptions;
/// use mock_core::Privilege;
///
/// let options: KeyOptions = r#"restrict,pty,command="echo \"hello\"""#.parse()?;
/// assert_eq!(options.permissions().forced_command(), Some(r#"echo "hello""#));
/// assert!(options.permissions().allows(Privilege::Pty), "taken back after `restrict`");
/// assert!(!options.permissions().allows(Privilege::AgentForwarding));
/// # Ok::<(), mock_auth::KeyOptionError>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeyOptions {
    permissions: Permissions,
    from: Option<AddressList>,
    expires: Option<SystemTime>,
    authority: bool,
    principals: Option<Vec<String>>,
    verify_required: bool,
}

/// An option that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyOptionError {
    /// One that OpenSSH does not have either, or that is not honoured here.
    #[error("option `{name}` is not implemented")]
    Unknown {
        /// Its name.
        name: String,
    },
    /// A value where there is none, or the other way round, or one without its quotes.
    #[error("option `{name}` has no value in double quotes")]
    NoValue {
        /// Its name.
        name: String,
    },
    /// A flag with a value.
    #[error("option `{name}` has a value, and takes none")]
    Value {
        /// Its name.
        name: String,
    },
    /// Said twice, where that could mean two things.
    #[error("option `{name}` is there twice")]
    Twice {
        /// Its name.
        name: String,
    },
    /// A list of addresses that is none.
    #[error("option `from`: {0}")]
    From(AddressListError),
    /// A time in another form than `YYYYMMDD[HHMM[SS]][Z]`.
    #[error("option `expiry-time`: `{value}` is no time like 20301231 or 20301231235959Z")]
    Time {
        /// The value.
        value: String,
    },
    /// A host and a port in another form than `host:port`.
    #[error("option `{name}`: `{value}` is not like host:port, with `*` for any")]
    Endpoint {
        /// Which option.
        name: String,
        /// The value.
        value: String,
    },
    /// A tunnel device that is neither a number nor `any`.
    #[error("option `tunnel`: `{value}` is no number of a device, nor `any`")]
    Tunnel {
        /// The value.
        value: String,
    },
    /// An environment variable in another form than `NAME=value`.
    #[error("option `environment`: `{value}` is not like NAME=value")]
    Environment {
        /// The value.
        value: String,
    },
}

impl KeyOptions {
    /// What a login with the key may do.
    pub fn permissions(&self) -> &Permissions {
        &self.permissions
    }

    /// Whether the key is that of an authority, which signs certificates (`cert-authority`).
    #[must_use]
    pub fn is_authority(&self) -> bool {
        self.authority
    }

    /// Whom a certificate must name instead of the user (`principals=`).
    #[must_use]
    pub fn principals(&self) -> Option<&[String]> {
        self.principals.as_deref()
    }

    /// Why this key may not be used from there at this time, if so.
    pub(crate) fn objection(&self, key: &KeyData, peer: &Peer, clock: &Clock) -> Option<String> {
        if self.verify_required && matches!(key, KeyData::SkEd25519(_) | KeyData::SkEcdsaSha2NistP256(_)) {
            // The engine verifies the signature, and does not tell what the security key has seen: docs/engine.md.
            return Some("that its holder was verified is required, and cannot be seen".to_owned());
        }
        if let Some(from) = self.from.as_ref().filter(|from| !from.contains_peer(peer)) {
            return Some(format!("key is not for use from {peer}, only from {from}"));
        }
        let expired = self.expires.is_some_and(|expires| clock.now() >= expires);
        expired.then(|| "key has expired".to_owned())
    }

    fn add(mut self, name: &str, value: Option<String>) -> Result<Self, KeyOptionError> {
        let lower = name.to_ascii_lowercase();
        let name = || name.to_owned();
        if let Some((privilege, allowed)) = privilege(&lower) {
            if value.is_some() {
                return Err(KeyOptionError::Value { name: name() });
            }
            let change = if allowed { Permissions::allow } else { Permissions::deny };
            self.permissions = change(self.permissions, privilege);
            return Ok(self);
        }
        let flag =
            matches!(lower.as_str(), "restrict" | "cert-authority" | "no-touch-required" | "verify-required");
        let taken = matches!(
            lower.as_str(),
            "command"
                | "environment"
                | "expiry-time"
                | "from"
                | "permitlisten"
                | "permitopen"
                | "principals"
                | "tunnel"
        );
        let value = match value {
            _ if !flag && !taken => return Err(KeyOptionError::Unknown { name: name() }),
            Some(_) if flag => return Err(KeyOptionError::Value { name: name() }),
            None if taken => return Err(KeyOptionError::NoValue { name: name() }),
            value => value.unwrap_or_default(),
        };
        let twice = match lower.as_str() {
            "command" => self.permissions.forced_command().is_some(),
            "from" => self.from.is_some(),
            "principals" => self.principals.is_some(),
            _ => false,
        };
        if twice {
            return Err(KeyOptionError::Twice { name: name() });
        }
        match lower.as_str() {
            "restrict" => {
                self.permissions = Privilege::ALL.into_iter().fold(self.permissions, Permissions::deny);
            }
            "cert-authority" => self.authority = true,
            "command" => self.permissions = self.permissions.force_command(value),
            "environment" => {
                let (name, value) = variable(&value)?;
                self.permissions = self.permissions.env(name, value);
            }
            "expiry-time" => {
                let time = expiry(&value).ok_or(KeyOptionError::Time { value })?;
                // Of several the earliest counts, as in OpenSSH.
                self.expires = Some(self.expires.map_or(time, |earlier| earlier.min(time)));
            }
            "from" => self.from = Some(value.parse().map_err(KeyOptionError::From)?),
            "permitopen" => {
                // Here a host has to be named, as in OpenSSH; a port by itself means any where one listens.
                let endpoint = value.contains(':').then(|| value.parse().ok()).flatten();
                let endpoint = endpoint.ok_or(KeyOptionError::Endpoint { name: name(), value })?;
                self.permissions = self.permissions.permit_open(endpoint);
            }
            "permitlisten" => {
                let endpoint = value.parse().ok();
                let endpoint = endpoint.ok_or(KeyOptionError::Endpoint { name: name(), value })?;
                self.permissions = self.permissions.permit_listen(endpoint);
            }
            "principals" => self.principals = Some(value.split(',').map(str::to_owned).collect()),
            "tunnel" if value == "any" || value.parse::<u32>().is_ok() => {
                self.permissions = self.permissions.tunnel(value);
            }
            "tunnel" => return Err(KeyOptionError::Tunnel { value }),
            "verify-required" => self.verify_required = true,
            // That the key was touched is not checked in any case: the engine does not tell.
            _ => {}
        }
        Ok(self)
    }
}

/// Reads options as they stand before a key: separated by commas, without blanks outside quotes.
impl FromStr for KeyOptions {
    type Err = KeyOptionError;

    fn from_str(text: &str) -> Result<Self, KeyOptionError> {
        let mut options = Self::default();
        let mut rest = text;
        while !rest.is_empty() {
            let (option, after) = split(rest, |c| c == ',');
            let (name, value) = match option.split_once('=') {
                Some((name, value)) => {
                    let value = unquoted(value);
                    (name, Some(value.ok_or_else(|| KeyOptionError::NoValue { name: name.to_owned() })?))
                }
                None => (option, None),
            };
            options = options.add(name, value)?;
            rest = match after.strip_prefix(',') {
                Some("") => return Err(KeyOptionError::Unknown { name: String::new() }),
                Some(rest) => rest,
                None => after,
            };
        }
        Ok(options)
    }
}

impl fmt::Display for KeyOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut options = vec![self.permissions.to_string()];
        options.retain(|options| !options.is_empty());
        options.extend(self.authority.then(|| "cert-authority".to_owned()));
        options.extend(self.verify_required.then(|| "verify-required".to_owned()));
        let quoted = |text: &str| text.replace('"', "\\\"");
        options.extend(self.from.iter().map(|from| format!("from=\"{}\"", quoted(&from.to_string()))));
        let principals = self.principals.iter().map(|names| quoted(&names.join(",")));
        options.extend(principals.map(|names| format!("principals=\"{names}\"")));
        options.extend(self.expires.and_then(|expires| {
            let time = Timestamp::try_from(expires).ok()?;
            Some(format!("expiry-time=\"{}\"", time.strftime("%Y%m%d%H%M%SZ")))
        }));
        f.write_str(&options.join(","))
    }
}

/// Splits where `ends` says so, but not within double quotes. As in OpenSSH, a backslash right before a quote stands with
/// it for a quote, and for itself anywhere else.
pub(super) fn split(text: &str, ends: impl Fn(char) -> bool) -> (&str, &str) {
    let (mut quoted, mut escaped) = (false, false);
    let end = text.find(|c: char| {
        quoted ^= c == '"' && !escaped;
        escaped = c == '\\';
        ends(c) && !quoted
    });
    text.split_at(end.unwrap_or(text.len()))
}

/// What stands in double quotes.
fn unquoted(value: &str) -> Option<String> {
    let inner = value.strip_prefix('"')?.strip_suffix('"')?;
    let plain = inner.replace("\\\"", "");
    (!plain.contains('"') && !inner.ends_with('\\')).then(|| inner.replace("\\\"", "\""))
}

fn privilege(option: &str) -> Option<(Privilege, bool)> {
    let (name, allowed) = option.strip_prefix("no-").map_or((option, true), |name| (name, false));
    Privilege::ALL.into_iter().find(|privilege| privilege.name() == name).map(|found| (found, allowed))
}

fn variable(text: &str) -> Result<(String, String), KeyOptionError> {
    let failed = || KeyOptionError::Environment { value: text.to_owned() };
    let (name, value) = text.split_once('=').ok_or_else(failed)?;
    let plain = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if plain { Ok((name.to_owned(), value.to_owned())) } else { Err(failed()) }
}

/// `YYYYMMDD[HHMM[SS]]`, in the machine's time zone unless a `Z` says UTC.
fn expiry(text: &str) -> Option<SystemTime> {
    let (digits, utc) = text.strip_suffix(['Z', 'z']).map_or((text, false), |digits| (digits, true));
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number = |from: usize, to: usize| digits.get(from..to)?.parse::<i16>().ok();
    let small = |from: usize| i8::try_from(number(from, from + 2)?).ok();
    let (hour, minute, second) = match digits.len() {
        8 => (0, 0, 0),
        12 => (small(8)?, small(10)?, 0),
        14 => (small(8)?, small(10)?, small(12)?),
        _ => return None,
    };
    let time = civil::DateTime::new(number(0, 4)?, small(4)?, small(6)?, hour, minute, second, 0).ok()?;
    let zone = if utc { TimeZone::UTC } else { TimeZone::system() };
    let time: Zoned = time.to_zoned(zone).ok()?;
    Some(time.timestamp().into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::from_unix;

    fn read(text: &str) -> KeyOptions {
        text.parse().unwrap()
    }

    #[test]
    fn a_flag_and_its_opposite_count_in_order() {
        for (text, shown) in [
            ("no-pty", "no-pty"),
            ("no-pty,pty", ""),
            ("pty,no-pty", "no-pty"),
            ("NO-PTY", "no-pty"),
            ("restrict", "no-pty,no-port-forwarding,no-agent-forwarding,no-x11-forwarding,no-user-rc"),
            ("restrict,port-forwarding,pty", "no-agent-forwarding,no-x11-forwarding,no-user-rc"),
            ("no-touch-required", ""),
            ("", ""),
        ] {
            assert_eq!(read(text).to_string(), shown, "{text}");
        }
    }

    #[test]
    fn values_stand_in_quotes_and_are_written_back() {
        for text in [
            r#"command="echo \"a, b\"",no-pty"#,
            r#"environment="A=1",environment="B=x=y""#,
            r#"cert-authority,from="10.0.0.0/8,!10.0.*",principals="a,b""#,
            r#"expiry-time="20300102030405Z""#,
            r#"no-pty,tunnel="any",verify-required"#,
            r#"no-pty,permitopen="db01:22",permitopen="[::1]:*",permitlisten="localhost:8080""#,
        ] {
            assert_eq!(read(text).to_string(), text);
            assert_eq!(read(&read(text).to_string()), read(text));
        }
    }

    #[test]
    fn a_time_is_that_of_the_zone_it_names() {
        assert_eq!(expiry("19700102Z"), Some(from_unix(86_400)));
        assert_eq!(expiry("197001010001Z"), Some(from_unix(60)));
        assert_eq!(expiry("19700101000001z"), Some(from_unix(1)));
        assert!(expiry("20300101").is_some(), "the machine's zone");
        for text in [
            "",
            "Z",
            "2030",
            "20301301",
            "20300230Z",
            "2030010",
            "+2030101",
            "203001012400",
            "２０３００１０１",
        ] {
            assert_eq!(expiry(text), None, "{text}");
        }
    }

    #[test]
    fn what_cannot_be_honoured_is_named() {
        for (text, said) in [
            ("tunnel=\"-1\"", "option `tunnel`: `-1` is no number of a device, nor `any`"),
            ("agent", "option `agent` is not implemented"),
            ("no-pty,", "option `` is not implemented"),
            ("command", "option `command` has no value in double quotes"),
            ("command=ls", "option `command` has no value in double quotes"),
            ("command=\"a\"b\"", "option `command` has no value in double quotes"),
            ("restrict=\"1\"", "option `restrict` has a value, and takes none"),
            ("no-pty=\"1\"", "option `no-pty` has a value, and takes none"),
            ("from=\"a\",from=\"b\"", "option `from` is there twice"),
            ("from=\"1.2.3.4/8\"", "option `from`: `1.2.3.4/8` is no address, network or pattern"),
            ("permitopen=\"22\"", "option `permitopen`: `22` is not like host:port, with `*` for any"),
            ("permitlisten=\"a:b\"", "option `permitlisten`: `a:b` is not like host:port, with `*` for any"),
            ("environment=\"1\"", "option `environment`: `1` is not like NAME=value"),
            (
                "expiry-time=\"soon\"",
                "option `expiry-time`: `soon` is no time like 20301231 or 20301231235959Z",
            ),
        ] {
            assert_eq!(text.parse::<KeyOptions>().unwrap_err().to_string(), said, "{text}");
        }
    }
}
