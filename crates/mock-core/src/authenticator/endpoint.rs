//! Hosts and ports that a login may forward to or listen on, as `permitopen` and `permitlisten` name them.

use std::{fmt, str::FromStr};

/// A host and a port, either of which may be any: `db01:5432`, `[::1]:22`, `db01:*`, `*:443`. Hosts are compared as they
/// are written; no name is looked up (sshd(8)).
///
/// ```
/// use mock_core::Endpoint;
///
/// let endpoint: Endpoint = "[2001:db8::1]:22".parse()?;
/// assert_eq!(endpoint.to_string(), "[2001:db8::1]:22");
/// assert_eq!("8080".parse::<Endpoint>()?.to_string(), "*:8080");
/// # Ok::<(), mock_core::EndpointError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    host: Option<String>,
    port: Option<u16>,
}

/// A text that names no endpoint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not like `host:port`, with `*` for any")]
#[non_exhaustive]
pub struct EndpointError {
    /// The text.
    pub text: String,
}

impl Endpoint {
    /// Whether this host and port are meant.
    #[must_use]
    pub fn covers(&self, host: &str, port: u32) -> bool {
        self.host.as_deref().is_none_or(|named| named == host)
            && self.port.is_none_or(|named| u32::from(named) == port)
    }

    /// What both mean, if they have anything in common.
    fn meet(&self, other: &Self) -> Option<Self> {
        fn differ<T: PartialEq>(one: Option<&T>, other: Option<&T>) -> bool {
            one.zip(other).is_some_and(|(one, other)| one != other)
        }
        let apart = differ(self.host.as_ref(), other.host.as_ref())
            || differ(self.port.as_ref(), other.port.as_ref());
        let host = self.host.clone().or_else(|| other.host.clone());
        (!apart).then(|| Self { host, port: self.port.or(other.port) })
    }
}

/// What both lists mean; no list means anything.
pub(super) fn both(one: Option<Vec<Endpoint>>, other: Option<&[Endpoint]>) -> Option<Vec<Endpoint>> {
    let Some(other) = other else {
        return one;
    };
    let Some(one) = one else {
        return Some(other.to_vec());
    };
    Some(one.iter().flat_map(|one| other.iter().filter_map(|other| one.meet(other))).collect())
}

/// `host:port`, or a port by itself for any host.
impl FromStr for Endpoint {
    type Err = EndpointError;

    fn from_str(text: &str) -> Result<Self, EndpointError> {
        let failed = || EndpointError { text: text.to_owned() };
        let (host, port) = text.rsplit_once(':').unwrap_or(("*", text));
        let host = match host.strip_prefix('[') {
            Some(bracketed) => bracketed.strip_suffix(']').ok_or_else(failed)?,
            None if host.contains(':') => return Err(failed()),
            None => host,
        };
        let port = match port {
            "*" => None,
            port => Some(port.parse().ok().filter(|port| *port > 0).ok_or_else(failed)?),
        };
        if host.is_empty() || host.contains(['"', ',', ' ']) {
            return Err(failed());
        }
        Ok(Self { host: (host != "*").then(|| host.to_owned()), port })
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.host {
            None => f.write_str("*:")?,
            Some(host) if host.contains(':') => write!(f, "[{host}]:")?,
            Some(host) => write!(f, "{host}:")?,
        }
        match self.port {
            Some(port) => write!(f, "{port}"),
            None => f.write_str("*"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_names_no_endpoint_is_an_error() {
        for text in ["", ":", "db01", "db01:", "db01:0", "db01:65536", "::1:22", "[::1:22", ":22", "a b:1"] {
            assert_eq!(text.parse::<Endpoint>().unwrap_err().text, text);
        }
    }
}
