//! What a connection has said about itself, and what restricted keys make of it: OpenSSH's rules, to the letter.
//!
//! A client binds its connection to SSH sessions, hop by hop: first the forwardings that it came through, at last the
//! session in which it logs in. A restricted key has to be allowed for every hop on that way.

use std::time::{SystemTime, UNIX_EPOCH};

use ssh_key::{PublicKey, certificate::CertType, public::KeyData};

use crate::{Constraint, Destination, Failure, Hop, Identity, Purpose, SessionBind};

/// The sessions that a connection serves, in the order in which they were bound.
#[derive(Debug, Default)]
pub(crate) struct Bindings {
    list: Vec<SessionBind>,
    /// Whether the client tried, with or without success.
    attempted: bool,
}

/// Bindings that one connection may have; OpenSSH's number.
const MOST: usize = 16;

impl Bindings {
    pub(crate) fn list(&self) -> &[SessionBind] {
        &self.list
    }

    /// The binding to the session in which this is to be signed.
    pub(crate) fn session_of(&self, purpose: &Purpose) -> Option<&SessionBind> {
        let login = purpose.user_auth()?;
        self.list.iter().find(|bind| bind.session_id == login.session_id)
    }

    /// The client tried to bind, in whatever way.
    pub(crate) fn attempt(&mut self) {
        self.attempted = true;
    }

    /// Adds one, if it proves itself and if it may follow what is there.
    pub(crate) fn add(&mut self, bind: &SessionBind) -> Result<(), Failure> {
        if !bind.verifies() {
            return Err(Failure::Unverified);
        }
        for known in &self.list {
            if !known.forwarding {
                return Err(Failure::Bound);
            }
            if known.session_id == bind.session_id {
                let same = known.host_key_blob == bind.host_key_blob;
                return if same { Ok(()) } else { Err(Failure::OtherHostKey) };
            }
        }
        if self.list.len() >= MOST {
            return Err(Failure::TooManySessions);
        }
        self.list.push(bind.clone());
        Ok(())
    }

    /// Whether the key may be seen here: listed, removed or replaced.
    pub(crate) fn shows(&self, identity: &Identity) -> bool {
        self.permits(identity, None)
    }

    /// Whether the key may sign this here.
    pub(crate) fn permits_signing(
        &self,
        identity: &Identity,
        key_blob: &[u8],
        purpose: &Purpose,
    ) -> Result<(), Failure> {
        if destinations(identity).is_none() {
            return Ok(());
        }
        // Without a session that it is bound to, nobody knows where the signature goes.
        let last = self.list.last().ok_or(Failure::Destination)?;
        let login = purpose.user_auth().ok_or(Failure::Destination)?;
        let proper = login.service == "ssh-connection"
            && *login.key_blob == *key_blob
            && login.session_id == last.session_id;
        let host_key_fits = match &login.host_key {
            Some(host_key) => *host_key == last.host_key_blob,
            None => self.list.len() == 1,
        };
        if proper && host_key_fits && self.permits(identity, Some(&login.user)) {
            Ok(())
        } else {
            Err(Failure::Destination)
        }
    }

    /// Walks the hops. With a user it is about a signature, without about being seen.
    fn permits(&self, identity: &Identity, user: Option<&str>) -> bool {
        let Some(destinations) = destinations(identity) else {
            return true;
        };
        let Some((last, before)) = self.list.split_last() else {
            return !self.attempted;
        };
        let mut from = None;
        for hop in before {
            if !hop.forwarding || !permitted(destinations, from, Some(hop), None) {
                return false;
            }
            from = Some(hop);
        }
        if last.forwarding && user.is_some() {
            return false;
        }
        if !permitted(destinations, from, Some(last), user) {
            return false;
        }
        // At a host that it may be used to reach, but not beyond, a key is not shown.
        !last.forwarding || permitted(destinations, Some(last), None, None)
    }
}

fn destinations(identity: &Identity) -> Option<&[Destination]> {
    identity.constraints().iter().find_map(|constraint| match constraint {
        Constraint::RestrictDestination(destinations) if !destinations.is_empty() => Some(&**destinations),
        _ => None,
    })
}

/// Whether one of the destinations is this hop, to wherever or by whomever if that is not said.
fn permitted(
    destinations: &[Destination],
    from: Option<&SessionBind>,
    to: Option<&SessionBind>,
    user: Option<&str>,
) -> bool {
    destinations.iter().any(|destination| {
        let starts = match from {
            None => destination.from.hostname.is_empty() && destination.from.keys.is_empty(),
            Some(from) => is_hop(from, &destination.from),
        };
        let ends = to.is_none_or(|to| is_hop(to, &destination.to));
        let pattern = &destination.to.user;
        let for_user =
            pattern.is_empty() || user.is_none_or(|user| matches(user.as_bytes(), pattern.as_bytes()));
        starts && ends && for_user
    })
}

/// Whether the host that this session goes to is the one of the hop.
fn is_hop(bind: &SessionBind, hop: &Hop) -> bool {
    let presented = PublicKey::from_bytes(&bind.host_key_blob);
    let Ok(KeyData::Certificate(certificate)) = presented.as_ref().map(PublicKey::key_data) else {
        return hop.keys.iter().any(|key| !key.is_ca && key.key_blob == bind.host_key_blob);
    };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let principals = certificate.valid_principals();
    let named = principals.is_empty()
        || principals.iter().any(|principal| matches(hop.hostname.as_bytes(), principal.as_bytes()));
    let holds = certificate.cert_type() == CertType::Host
        && (certificate.valid_after()..certificate.valid_before()).contains(&now)
        && certificate.critical_options().is_empty()
        && certificate.verify_signature().is_ok();
    let authority = PublicKey::from(certificate.signature_key().clone()).to_bytes();
    let trusted = |authority: Vec<u8>| hop.keys.iter().any(|key| key.is_ca && *key.key_blob == *authority);
    named && holds && authority.is_ok_and(trusted)
}

/// Whether the text is of the pattern, in which `*` is anything and `?` one character. Only the last `*` is ever tried
/// again, so that no pattern of a client's takes long.
fn matches(text: &[u8], pattern: &[u8]) -> bool {
    let (mut left, mut wanted) = (text, pattern);
    let mut again: Option<(&[u8], &[u8])> = None;
    loop {
        match (left, wanted) {
            ([], []) => return true,
            (_, [b'*', rest @ ..]) => {
                again = Some((left, rest));
                wanted = rest;
            }
            ([_, text @ ..], [b'?', pattern @ ..]) => (left, wanted) = (text, pattern),
            ([a, text @ ..], [b, pattern @ ..]) if a == b => (left, wanted) = (text, pattern),
            _ => match again {
                Some(([_, text @ ..], rest)) => {
                    again = Some((text, rest));
                    (left, wanted) = (text, rest);
                }
                _ => return false,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn patterns_are_those_of_openssh() {
        for (text, pattern, fits) in [
            ("anna", "anna", true),
            ("anna", "an*", true),
            ("anna", "?nn?", true),
            ("anna", "*", true),
            ("", "*", true),
            ("anna", "ann", false),
            ("ann", "anna", false),
            ("anna", "?", false),
            ("a*b", "a*c", false),
            ("db01.prod.example", "db*.prod.*", true),
            ("aab", "*ab", true),
            ("aab", "*a", false),
        ] {
            assert_eq!(matches(text.as_bytes(), pattern.as_bytes()), fits, "{text} {pattern}");
        }
    }
}
