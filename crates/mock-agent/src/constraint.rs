//! Constraints: how long a key is kept, whether its use is confirmed, and where it may be used (RFC 9987 section
//! 3.2.7).
//!
//! A constraint that is not known cannot be skipped, because its length is not told. It is kept with all that follows
//! it, and the key is refused, as the RFC demands.

use std::time::Duration;

use bytes::{BufMut, BytesMut};

use crate::{
    Blob, DecodeError, Destination,
    codec::{Fields, put_string},
    destination,
};

/// `SSH_AGENT_CONSTRAIN_LIFETIME`.
const LIFETIME: u8 = 1;
/// `SSH_AGENT_CONSTRAIN_CONFIRM`.
const CONFIRM: u8 = 2;
/// `SSH_AGENT_CONSTRAIN_EXTENSION`.
const EXTENSION: u8 = 255;

/// What restricts a key (RFC 9987 section 3.2.7).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Constraint {
    /// The key is forgotten after so many seconds: `ssh-add -t`.
    Lifetime(u32),
    /// Each use of the key has to be confirmed: `ssh-add -c`.
    Confirm,
    /// The key may only be used towards these hosts: `restrict-destination-v00@openssh.com`, `ssh-add -h`.
    RestrictDestination(Vec<Destination>),
    /// The middleware that reaches the security key: `sk-provider@openssh.com`, `ssh-add -S`.
    SkProvider(String),
    /// Certificates for the keys of a smart card: `associated-certs-v00@openssh.com`.
    AssociatedCertificates {
        /// Whether keys without a certificate are left out.
        only: bool,
        /// The certificates, each encoded as a `string`.
        certificates: Blob,
    },
    /// One that this agent does not know, and with which it refuses a key.
    Unknown {
        /// The type; 255 for an extension.
        kind: u8,
        /// The name of the extension, if it is one.
        name: Option<String>,
        /// All that follows in the message.
        rest: Blob,
    },
}

impl Constraint {
    /// The name of the extension that restricts destinations.
    pub const RESTRICT_DESTINATION: &'static str = "restrict-destination-v00@openssh.com";
    /// The name of the extension that names a middleware.
    pub const SK_PROVIDER: &'static str = "sk-provider@openssh.com";
    /// The name of the extension that brings certificates.
    pub const ASSOCIATED_CERTIFICATES: &'static str = "associated-certs-v00@openssh.com";

    /// A lifetime, in whole seconds, at least one.
    #[must_use]
    pub fn lifetime(lifetime: Duration) -> Self {
        Self::Lifetime(u32::try_from(lifetime.as_secs().max(1)).unwrap_or(u32::MAX))
    }

    /// In a word, for the journal.
    pub(crate) fn word(&self) -> String {
        match self {
            Self::Lifetime(seconds) => format!("lifetime={seconds}s"),
            Self::Confirm => "confirm".to_owned(),
            Self::RestrictDestination(destinations) => {
                let shown: Vec<_> = destinations.iter().map(ToString::to_string).collect();
                format!("destinations=[{}]", shown.join(", "))
            }
            Self::SkProvider(provider) => format!("sk-provider={provider}"),
            Self::AssociatedCertificates { .. } => Self::ASSOCIATED_CERTIFICATES.to_owned(),
            Self::Unknown { name: Some(name), .. } => name.clone(),
            Self::Unknown { kind, .. } => format!("type {kind}"),
        }
    }

    fn decode(fields: &mut Fields) -> Result<Self, DecodeError> {
        Ok(match fields.byte("constraint type")? {
            LIFETIME => Self::Lifetime(fields.uint32("seconds")?),
            CONFIRM => Self::Confirm,
            EXTENSION => {
                let name = fields.text("constraint name")?;
                match name.as_str() {
                    Self::RESTRICT_DESTINATION => {
                        let listed = fields.string("constraints")?;
                        Self::RestrictDestination(destination::decode_all(&listed)?)
                    }
                    Self::SK_PROVIDER => Self::SkProvider(fields.text("provider")?),
                    Self::ASSOCIATED_CERTIFICATES => Self::AssociatedCertificates {
                        only: fields.boolean("certs_only")?,
                        certificates: fields.string("certsblob")?,
                    },
                    _ => Self::Unknown { kind: EXTENSION, name: Some(name), rest: fields.take_rest() },
                }
            }
            kind => Self::Unknown { kind, name: None, rest: fields.take_rest() },
        })
    }

    fn encode(&self, body: &mut BytesMut) {
        let mut extension = |name: &str| {
            body.put_u8(EXTENSION);
            put_string(body, name.as_bytes());
        };
        match self {
            Self::Lifetime(seconds) => {
                body.put_u8(LIFETIME);
                body.put_u32(*seconds);
            }
            Self::Confirm => body.put_u8(CONFIRM),
            Self::RestrictDestination(destinations) => {
                extension(Self::RESTRICT_DESTINATION);
                put_string(body, &destination::encode_all(destinations));
            }
            Self::SkProvider(provider) => {
                extension(Self::SK_PROVIDER);
                put_string(body, provider.as_bytes());
            }
            Self::AssociatedCertificates { only, certificates } => {
                extension(Self::ASSOCIATED_CERTIFICATES);
                body.put_u8((*only).into());
                put_string(body, certificates);
            }
            Self::Unknown { kind, name, rest } => {
                body.put_u8(*kind);
                if let Some(name) = name {
                    put_string(body, name.as_bytes());
                }
                body.put_slice(rest);
            }
        }
    }
}

/// All that is left of a message.
pub(crate) fn decode_all(mut fields: Fields) -> Result<Vec<Constraint>, DecodeError> {
    let mut constraints = Vec::new();
    while !fields.is_empty() {
        constraints.push(Constraint::decode(&mut fields)?);
    }
    Ok(constraints)
}

pub(crate) fn encode_all(constraints: &[Constraint], body: &mut BytesMut) {
    for constraint in constraints {
        constraint.encode(body);
    }
}
