//! Adding a key: `SSH_AGENTC_ADD_IDENTITY` and its constrained form, which differ in their number only.
//!
//! OpenSSH's agent reads constraints from both, so this does.

use bytes::BytesMut;
use ssh_key::PrivateKey;

use super::{ADD_ID_CONSTRAINED, ADD_IDENTITY, keypair};
use crate::{
    Blob, Constraint, DecodeError, Identity, KeyError,
    codec::{Fields, put_string},
    constraint,
};

/// `SSH_AGENTC_ADD_IDENTITY` or `SSH_AGENTC_ADD_ID_CONSTRAINED` (RFC 9987 section 3.2).
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct AddIdentity {
    /// The key with its comment, its certificate and its constraints.
    pub identity: Identity,
    /// The key as it was sent, so that it is encoded in the same way.
    key: Blob,
    message_type: u8,
}

impl PartialEq for AddIdentity {
    fn eq(&self, other: &Self) -> bool {
        let parts = |add: &Self| (add.message_type, add.identity.comment().to_owned());
        self.key == other.key
            && parts(self) == parts(other)
            && self.identity.constraints() == other.identity.constraints()
    }
}

impl Eq for AddIdentity {}

impl AddIdentity {
    /// A request to add this key, with its constraints if it has any.
    ///
    /// # Errors
    ///
    /// [`KeyError`] when the private key is encrypted or cannot be encoded.
    pub fn new(identity: Identity) -> Result<Self, KeyError> {
        if identity.key().is_encrypted() {
            return Err(KeyError::Encrypted);
        }
        let key = keypair::encode(identity.key().key_data(), identity.certificate());
        let key = key.map_err(|error| KeyError::Encoding(error.into()))?.into();
        let message_type = if identity.constraints().is_empty() { ADD_IDENTITY } else { ADD_ID_CONSTRAINED };
        Ok(Self { identity, key, message_type })
    }

    pub(super) fn decode(message_type: u8, mut fields: Fields) -> Result<Self, DecodeError> {
        let key_error = |source| DecodeError::Key { field: "key", source };
        let (key, (keypair, certificate)) = fields.parsed(keypair::decode).map_err(key_error)?;
        let comment = fields.text("comment")?;
        let constraints = constraint::decode_all(fields)?;
        let private = PrivateKey::new(keypair, "").map_err(key_error)?;
        let identity = Identity::received(private, certificate, comment, constraints);
        Ok(Self { identity, key, message_type })
    }

    pub(super) fn encode(&self, body: &mut BytesMut) -> u8 {
        body.extend_from_slice(&self.key);
        put_string(body, self.identity.comment().as_bytes());
        constraint::encode_all(self.identity.constraints(), body);
        self.message_type
    }

    /// What restricts the key.
    #[must_use]
    pub fn constraints(&self) -> &[Constraint] {
        self.identity.constraints()
    }
}
