//! Events of a server and of its connections.

use std::fmt::{self, Write as _};

use serde::Serialize;

use crate::journal::Describe;

/// The server listens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Started {
    /// `address:port`, or `memory` for a server without a socket.
    pub address: String,
    /// What repeats the server's chances: delays, orders, failures that are drawn.
    pub seed: Option<u64>,
}

/// The server has ended every connection and closed its socket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Stopped {
    /// Connections served since the start.
    pub connections: u64,
}

/// A client connected; nothing was read from it yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Connected {
    /// `address:port` of the client, or `memory` for an in-memory stream.
    pub peer: String,
    /// The servers that forwarded it, the first hop first. Empty for a client that came by itself.
    pub via: Vec<String>,
}

/// A connection was closed before a single byte of SSH.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Refused {
    /// `address:port` of the client.
    pub peer: String,
    /// Which limit was reached.
    pub why: String,
}

/// The client sent its identification line (RFC 4253 section 4.2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct ClientVersion {
    /// The line without its line end: `SSH-2.0-OpenSSH_9.6`.
    pub version: String,
}

/// The first key exchange agreed on algorithms (RFC 4253 section 7.1).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Negotiated {
    /// Key exchange method.
    pub kex: String,
    /// Signature algorithm of the host key.
    pub host_key: String,
    /// Cipher from the client to the server.
    pub cipher_in: String,
    /// Cipher from the server to the client.
    pub cipher_out: String,
    /// MAC from the client to the server; empty where the cipher authenticates by itself.
    pub mac_in: String,
    /// MAC from the server to the client; empty where the cipher authenticates by itself.
    pub mac_out: String,
    /// Compression from the client to the server.
    pub compression_in: String,
    /// Compression from the server to the client.
    pub compression_out: String,
    /// Whether both sides announced strict key exchange (OpenSSH PROTOCOL section 1.10).
    pub strict: bool,
    /// Whether the client sent a first key exchange packet on a guess (RFC 4253 section 7).
    pub guessed: bool,
}

/// Something that is no event of its own: a request that could not be served, a limit that was reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Problem {
    /// What happened, as a sentence fragment.
    pub text: String,
}

/// Code that the test supplied panicked. Its channel or connection ended; nothing else did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Panicked {
    /// What panicked: `program`, `handler`.
    pub what: String,
    /// The panic's message.
    pub message: String,
}

/// Who ended a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ClosedBy {
    /// The client: by a disconnect message, or by closing its socket.
    Client,
    /// This server: a shutdown, a limit, a decision of the test.
    Server,
    /// Neither on purpose: what came was not SSH, or the socket failed.
    Error,
}

/// A connection is over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Disconnected {
    /// Who ended it.
    pub by: ClosedBy,
    /// Why, as far as it is known.
    pub reason: String,
    /// Bytes received on the socket.
    pub received: u64,
    /// Bytes sent on the socket.
    pub sent: u64,
}

macro_rules! constructors {
    ($($name:ident($($field:ident: $kind:ty),*);)*) => {$(
        impl $name {
            /// Makes the event; what it means is said at its fields.
            #[must_use]
            pub fn new($($field: impl Into<$kind>),*) -> Self {
                Self { $($field: $field.into()),* }
            }
        }
    )*};
}
pub(super) use constructors;

constructors! {
    Stopped(connections: u64);
    Refused(peer: String, why: String);
    ClientVersion(version: String);
    Problem(text: String);
    Panicked(what: String, message: String);
    Disconnected(by: ClosedBy, reason: String, received: u64, sent: u64);
}

impl Started {
    /// Listens at this address, without chances until told otherwise.
    #[must_use]
    pub fn new(address: impl Into<String>) -> Self {
        Self { address: address.into(), seed: None }
    }

    /// Draws its chances from this seed.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    pub(super) fn describe(&self, text: &mut Describe<'_>) -> fmt::Result {
        let address = text.address(&self.address).into_owned();
        write!(text, "listening on {address}")?;
        self.seed.map_or(Ok(()), |seed| text.unless_normal(format_args!(", seed {seed}")))
    }
}

impl Stopped {
    pub(super) fn describe(&self, text: &mut Describe<'_>) -> fmt::Result {
        write!(text, "stopped after {} connection{}", self.connections, plural(self.connections))
    }
}

impl Connected {
    /// From there, and by itself until told otherwise.
    #[must_use]
    pub fn new(peer: impl Into<String>) -> Self {
        Self { peer: peer.into(), via: Vec::new() }
    }

    /// Forwarded by these servers, the first hop first.
    #[must_use]
    pub fn via(mut self, hops: &[String]) -> Self {
        self.via = hops.to_vec();
        self
    }

    pub(super) fn describe(&self, text: &mut Describe<'_>) -> fmt::Result {
        if !self.via.is_empty() {
            return write!(text, "connected via {}", self.via.join(", "));
        }
        let peer = text.address(&self.peer).into_owned();
        write!(text, "connected from {peer}")
    }
}

impl Refused {
    pub(super) fn describe(&self, text: &mut Describe<'_>) -> fmt::Result {
        let peer = text.address(&self.peer).into_owned();
        write!(text, "refused {peer}: {}", self.why)
    }
}

impl ClientVersion {
    pub(super) fn describe(&self, text: &mut Describe<'_>) -> fmt::Result {
        write!(text, "client is {}", self.version)
    }
}

impl Negotiated {
    pub(super) fn describe(&self, text: &mut Describe<'_>) -> fmt::Result {
        write!(text, "negotiated {}, {}, {}", self.kex, self.host_key, self.cipher_in)?;
        if !self.mac_in.is_empty() {
            write!(text, ", {}", self.mac_in)?;
        }
        if self.strict { text.write_str(", strict") } else { Ok(()) }
    }
}

impl Problem {
    pub(super) fn describe(&self, text: &mut Describe<'_>) -> fmt::Result {
        write!(text, "problem: {}", self.text)
    }
}

impl Panicked {
    pub(super) fn describe(&self, text: &mut Describe<'_>) -> fmt::Result {
        write!(text, "{} panicked: {}", self.what, self.message)
    }
}

impl Disconnected {
    pub(super) fn describe(&self, text: &mut Describe<'_>) -> fmt::Result {
        let by = match self.by {
            ClosedBy::Client => "by the client",
            ClosedBy::Server => "by the server",
            ClosedBy::Error => "by an error",
        };
        write!(text, "disconnected {by}: {}", self.reason)?;
        text.unless_normal(format_args!(" ({} bytes in, {} bytes out)", self.received, self.sent))
    }
}

pub(super) fn plural(count: u64) -> &'static str {
    if count == 1 { "" } else { "s" }
}
