//! Lists of addresses: `from=` in `authorized_keys`, and `source-address` in certificates.

use std::{fmt, net::IpAddr, str::FromStr};

use ipnet::IpNet;
use mock_core::Peer;

/// A list of addresses as sshd(8) describes it at `from=`: patterns with `*` and `?`, addresses, and networks in CIDR
/// form, separated by commas. An entry with `!` excludes, wherever it stands.
///
/// ```
/// use mock_auth::AddressList;
///
/// let office: AddressList = "10.0.0.0/8,!10.9.*,2001:db8::1".parse()?;
/// assert!(office.contains("10.1.2.3".parse()?));
/// assert!(!office.contains("10.9.2.3".parse()?), "excluded");
/// assert!(!office.contains("192.0.2.1".parse()?), "not listed");
/// assert!("10.0.0.1/8".parse::<AddressList>().is_err(), "a network has no host part");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddressList {
    entries: Vec<Entry>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    excludes: bool,
    what: What,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum What {
    Network(IpNet),
    Pattern(String),
}

/// An entry that is no address, no network and no pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{entry}` is no address, network or pattern")]
#[non_exhaustive]
pub struct AddressListError {
    /// The entry.
    pub entry: String,
}

impl AddressList {
    /// Whether this address is listed and not excluded.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        let mut matching = self.entries.iter().filter(|entry| entry.matches(address)).peekable();
        matching.peek().is_some() && matching.all(|entry| !entry.excludes)
    }

    /// Whether the other end of a connection is. One that is no socket has no address, so it is not.
    #[must_use]
    pub fn contains_peer(&self, peer: &Peer) -> bool {
        matches!(peer, Peer::Tcp(address) if self.contains(address.ip()))
    }

    /// Reads the list of a certificate (OpenSSH PROTOCOL.certkeys, `source-address`): addresses and networks only.
    ///
    /// # Errors
    ///
    /// [`AddressListError`], which names the entry.
    pub fn networks(text: &str) -> Result<Self, AddressListError> {
        let entries = text.split(',').map(|entry| {
            let network = network(entry).map_err(|()| error(entry))?.ok_or_else(|| error(entry))?;
            Ok(Entry { excludes: false, what: What::Network(network) })
        });
        Ok(Self { entries: entries.collect::<Result<_, _>>()? })
    }
}

impl FromStr for AddressList {
    type Err = AddressListError;

    fn from_str(text: &str) -> Result<Self, AddressListError> {
        let entries = text.split(',').map(|entry| {
            let (excludes, rest) = entry.strip_prefix('!').map_or((false, entry), |rest| (true, rest));
            if rest.is_empty() || rest.contains(char::is_whitespace) {
                return Err(error(entry));
            }
            let what = match network(rest).map_err(|()| error(entry))? {
                Some(network) => What::Network(network),
                None => What::Pattern(rest.to_ascii_lowercase()),
            };
            Ok(Entry { excludes, what })
        });
        Ok(Self { entries: entries.collect::<Result<_, _>>()? })
    }
}

impl fmt::Display for AddressList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, Entry { excludes, what }) in self.entries.iter().enumerate() {
            let (comma, not) = (if number > 0 { "," } else { "" }, if *excludes { "!" } else { "" });
            match what {
                What::Network(network) => write!(f, "{comma}{not}{network}")?,
                What::Pattern(pattern) => write!(f, "{comma}{not}{pattern}")?,
            }
        }
        Ok(())
    }
}

impl Entry {
    fn matches(&self, address: IpAddr) -> bool {
        match &self.what {
            What::Network(network) => network.contains(&address),
            What::Pattern(pattern) => matches_pattern(pattern.as_bytes(), address.to_string().as_bytes()),
        }
    }
}

fn error(entry: &str) -> AddressListError {
    AddressListError { entry: entry.to_owned() }
}

/// The network of an entry that is one. What has a slash and is none is an error, as in OpenSSH.
fn network(entry: &str) -> Result<Option<IpNet>, ()> {
    if let Ok(address) = entry.parse::<IpAddr>() {
        return Ok(Some(IpNet::from(address)));
    }
    if !entry.contains('/') {
        return Ok(None);
    }
    let network: IpNet = entry.parse().map_err(|_| ())?;
    if network.addr() == network.network() { Ok(Some(network)) } else { Err(()) }
}

/// Whether a pattern with `*` and `?` is this text: goes back to the last star when it is not.
fn matches_pattern(pattern: &[u8], text: &[u8]) -> bool {
    let (mut at, mut seen) = (0, 0);
    let mut star = None;
    while let Some(byte) = text.get(seen) {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at, seen));
                at += 1;
            }
            Some(one) if *one == b'?' || one == byte => {
                at += 1;
                seen += 1;
            }
            _ => {
                let Some((back, from)) = star else {
                    return false;
                };
                star = Some((back, from + 1));
                at = back + 1;
                seen = from + 1;
            }
        }
    }
    pattern.iter().skip(at).all(|rest| *rest == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_openssh_has_them() {
        for (pattern, text, is) in [
            ("10.*", "10.1.2.3", true),
            ("10.*.3", "10.1.2.3", true),
            ("10.*.4", "10.1.2.3", false),
            ("*", "::1", true),
            ("10.1.2.?", "10.1.2.3", true),
            ("10.1.2.?", "10.1.2.33", false),
            ("**3", "10.1.2.3", true),
            ("", "1", false),
        ] {
            assert_eq!(matches_pattern(pattern.as_bytes(), text.as_bytes()), is, "{pattern} {text}");
        }
    }

    #[test]
    fn what_excludes_counts_wherever_it_stands() {
        for text in ["!10.0.0.1,10.0.0.0/8", "10.0.0.0/8,!10.0.0.1"] {
            let list: AddressList = text.parse().unwrap();
            assert!(!list.contains([10, 0, 0, 1].into()) && list.contains([10, 0, 0, 2].into()));
            assert_eq!(list.to_string().len(), text.len() + "/32".len());
        }
        let nobody: AddressList = "!10.0.0.1".parse().unwrap();
        assert!(!nobody.contains([10, 0, 0, 2].into()), "a list of exclusions lists nobody");
    }

    #[test]
    fn an_address_is_the_same_however_it_is_written() {
        let list: AddressList = "127.0.0.1".parse().unwrap();
        assert!(list.contains("::ffff:127.0.0.1".parse().unwrap()));
        assert!(!list.contains_peer(&Peer::Memory));
        assert!(list.contains_peer(&Peer::Tcp(([127, 0, 0, 1], 5).into())));
    }

    #[test]
    fn what_is_no_network_is_an_error() {
        for text in ["", "!", "10.0.0.1/8", "10.0.0.0/33", "a/b", "10.0.0.1,", "a b"] {
            assert!(text.parse::<AddressList>().is_err(), "{text:?}");
        }
        for text in ["", "10.*", "!10.0.0.1", "host"] {
            assert!(AddressList::networks(text).is_err(), "{text:?}");
        }
    }
}
