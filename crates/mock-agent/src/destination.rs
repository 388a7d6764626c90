//! Keys that are restricted to destinations: `restrict-destination-v00@openssh.com` (OpenSSH `PROTOCOL.agent`).
//!
//! Each destination is one hop that the key may go: from a host, or from where the agent runs, to a host. What it
//! means for a connection is the business of `binding`.

use std::fmt;

use bytes::{BufMut, BytesMut};
use ssh_key::PublicKey;

use crate::{
    Blob, DecodeError,
    codec::{Fields, put_string},
};

/// One hop that a restricted key may be used for.
///
/// ```
/// use mock_agent::{Destination, Hop, Identity, KeyType};
///
/// let host = Identity::generate(KeyType::Ed25519, "")?.public_key();
/// let only_there = Destination::to(Hop::host("db01").key(&host)?.user("deploy"));
/// assert_eq!(only_there.to_string(), "deploy@db01");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Destination {
    /// Where it starts: a host to which the agent is forwarded, or [`Hop::origin`].
    pub from: Hop,
    /// Where it goes.
    pub to: Hop,
}

/// One end of a [`Destination`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Hop {
    /// The user to log in as, a pattern with `*` and `?`; empty for any.
    pub user: String,
    /// The name of the host. It is shown, and compared with what certificates are for; otherwise the keys count.
    pub hostname: String,
    /// The host keys by which it is known.
    pub keys: Vec<HopKey>,
}

/// A host key of a [`Hop`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct HopKey {
    /// The key, encoded as in RFC 4253 section 6.6.
    pub key_blob: Blob,
    /// Whether it is the key of an authority that certifies host keys.
    pub is_ca: bool,
}

impl Destination {
    /// From where the agent runs to this host.
    #[must_use]
    pub fn to(to: Hop) -> Self {
        Self { from: Hop::origin(), to }
    }

    /// From a host to which the agent is forwarded to another.
    #[must_use]
    pub fn between(from: Hop, to: Hop) -> Self {
        Self { from, to }
    }
}

impl Hop {
    /// Where the agent runs.
    #[must_use]
    pub fn origin() -> Self {
        Self::default()
    }

    /// A host of this name. Add its keys: without one, nothing is it.
    #[must_use]
    pub fn host(hostname: impl Into<String>) -> Self {
        Self { hostname: hostname.into(), ..Self::default() }
    }

    /// Only for this user: a pattern with `*` and `?`.
    #[must_use]
    pub fn user(mut self, user: impl Into<String>) -> Self {
        self.user = user.into();
        self
    }

    /// It is known by this host key.
    ///
    /// # Errors
    ///
    /// When the key cannot be encoded.
    pub fn key(self, key: &PublicKey) -> Result<Self, ssh_key::Error> {
        self.with(key, false)
    }

    /// It is known by a certificate of this authority, for its host name.
    ///
    /// # Errors
    ///
    /// When the key cannot be encoded.
    pub fn authority(self, key: &PublicKey) -> Result<Self, ssh_key::Error> {
        self.with(key, true)
    }

    fn with(mut self, key: &PublicKey, is_ca: bool) -> Result<Self, ssh_key::Error> {
        self.keys.push(HopKey { key_blob: key.to_bytes()?.into(), is_ca });
        Ok(self)
    }

    fn decode(body: &Blob) -> Result<Self, DecodeError> {
        let mut fields = Fields::new(body);
        let (user, hostname) = (fields.text("username")?, fields.text("hostname")?);
        reserved(&fields.string("reserved")?)?;
        let mut keys = Vec::new();
        while !fields.is_empty() {
            let key_blob = fields.string("keyblob")?;
            // One that cannot be read could never be matched, and nobody would know why.
            PublicKey::from_bytes(&key_blob)
                .map_err(|source| DecodeError::Key { field: "keyblob", source })?;
            keys.push(HopKey { key_blob, is_ca: fields.boolean("key_is_ca")? });
        }
        Ok(Self { user, hostname, keys })
    }

    fn encode(&self, body: &mut BytesMut) {
        put_string(body, self.user.as_bytes());
        put_string(body, self.hostname.as_bytes());
        put_string(body, b"");
        for key in &self.keys {
            put_string(body, &key.key_blob);
            body.put_u8(key.is_ca.into());
        }
    }
}

impl fmt::Display for Hop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.user.is_empty() {
            write!(f, "{}@", self.user)?;
        }
        f.write_str(if self.hostname.is_empty() { "*" } else { &self.hostname })
    }
}

/// As `ssh-add -h` takes it: `deploy@db01`, `bastion>db01`.
impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.from != Hop::origin() {
            write!(f, "{}>", self.from)?;
        }
        self.to.fmt(f)
    }
}

/// The contents of the extension.
pub(crate) fn decode_all(contents: &Blob) -> Result<Vec<Destination>, DecodeError> {
    let mut fields = Fields::new(contents);
    let mut destinations = Vec::new();
    while !fields.is_empty() {
        let mut one = Fields::new(&fields.string("constraint")?);
        let (from, to) = (one.string("from")?, one.string("to")?);
        reserved(&one.string("reserved")?)?;
        one.finish()?;
        destinations.push(Destination { from: Hop::decode(&from)?, to: Hop::decode(&to)? });
    }
    Ok(destinations)
}

/// What later versions may put there: OpenSSH refuses it, because it might restrict further.
fn reserved(bytes: &Blob) -> Result<(), DecodeError> {
    match bytes.len() {
        0 => Ok(()),
        count => Err(DecodeError::Trailing { count }),
    }
}

pub(crate) fn encode_all(destinations: &[Destination]) -> BytesMut {
    let (mut body, mut one, mut hop) = (BytesMut::new(), BytesMut::new(), BytesMut::new());
    for destination in destinations {
        one.clear();
        for end in [&destination.from, &destination.to] {
            hop.clear();
            end.encode(&mut hop);
            put_string(&mut one, &hop);
        }
        put_string(&mut one, b"");
        put_string(&mut body, &one);
    }
    body
}
