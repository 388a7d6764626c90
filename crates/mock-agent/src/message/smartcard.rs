//! Keys on smart cards, which an agent reaches through a provider (PKCS#11 in OpenSSH) named by a path.

use bytes::BytesMut;

use super::{ADD_SMARTCARD_KEY, ADD_SMARTCARD_KEY_CONSTRAINED};
use crate::{
    Blob, Constraint, DecodeError,
    codec::{Fields, put_string},
    constraint,
};

/// `SSH_AGENTC_ADD_SMARTCARD_KEY` or its constrained form (RFC 9987 section 3.2.6).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct AddSmartcard {
    /// The provider: for OpenSSH, the path of a PKCS#11 library.
    pub reader: String,
    /// The PIN. It is never shown.
    pub pin: Blob,
    /// What is to restrict the keys.
    pub constraints: Vec<Constraint>,
    message_type: u8,
}

impl AddSmartcard {
    /// A request to add the keys of this card.
    #[must_use]
    pub fn new(
        reader: impl Into<String>,
        pin: impl Into<Blob>,
        constraints: impl IntoIterator<Item = Constraint>,
    ) -> Self {
        let constraints: Vec<_> = constraints.into_iter().collect();
        let message_type =
            if constraints.is_empty() { ADD_SMARTCARD_KEY } else { ADD_SMARTCARD_KEY_CONSTRAINED };
        Self { reader: reader.into(), pin: pin.into(), constraints, message_type }
    }

    pub(super) fn decode(message_type: u8, mut fields: Fields) -> Result<Self, DecodeError> {
        let (reader, pin) = (fields.text("reader id")?, fields.string("PIN")?);
        Ok(Self { reader, pin, constraints: constraint::decode_all(fields)?, message_type })
    }

    pub(super) fn encode(&self, body: &mut BytesMut) -> u8 {
        put_string(body, self.reader.as_bytes());
        put_string(body, &self.pin);
        constraint::encode_all(&self.constraints, body);
        self.message_type
    }
}

/// `SSH_AGENTC_REMOVE_SMARTCARD_KEY` (RFC 9987 section 3.4).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RemoveSmartcard {
    /// The provider.
    pub reader: String,
    /// The PIN, which agents ignore. It is never shown.
    pub pin: Blob,
}

impl RemoveSmartcard {
    /// A request to forget the keys of this card.
    #[must_use]
    pub fn new(reader: impl Into<String>, pin: impl Into<Blob>) -> Self {
        Self { reader: reader.into(), pin: pin.into() }
    }

    pub(super) fn decode(mut fields: Fields) -> Result<Self, DecodeError> {
        let card = Self { reader: fields.text("reader id")?, pin: fields.string("PIN")? };
        fields.finish()?;
        Ok(card)
    }

    pub(super) fn encode(&self, body: &mut BytesMut) {
        put_string(body, self.reader.as_bytes());
        put_string(body, &self.pin);
    }
}
