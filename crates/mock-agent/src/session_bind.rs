//! The extension `session-bind@openssh.com`: ssh tells the agent which SSH session a connection serves.
//!
//! OpenSSH sends it before every login since 8.9. A binding proves itself: the host key's signature over the
//! session id is part of it. This is the message only: `binding` keeps what a connection was bound to, and `destination`
//! holds keys to it.

use bytes::{BufMut, BytesMut};
use signature::Verifier;
use ssh_key::{PublicKey, Signature, encoding::Decode, public::KeyData};

use crate::{
    Blob, DecodeError,
    codec::{Fields, put_string},
};

/// A binding of an agent connection to an SSH session (OpenSSH `PROTOCOL.agent` section 1).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SessionBind {
    /// The server's host key; of a host certificate, the key that it certifies.
    pub host_key: PublicKey,
    /// The host key, or the host certificate, as it was sent.
    pub host_key_blob: Blob,
    /// The session identifier: the exchange hash of the first key exchange (RFC 4253 section 7.2).
    pub session_id: Blob,
    /// The host key's signature over the session identifier.
    pub signature: Signature,
    /// The signature as it was sent.
    pub signature_blob: Blob,
    /// Whether the connection is forwarded to the server, rather than used to log in there.
    pub forwarding: bool,
}

impl SessionBind {
    /// The name of the extension.
    pub const NAME: &'static str = "session-bind@openssh.com";

    /// A binding made of encoded parts. The signature is parsed, not verified: see [`verifies`](Self::verifies).
    ///
    /// # Errors
    ///
    /// [`DecodeError::Key`] when the host key or the signature cannot be parsed.
    pub fn new(
        host_key: impl Into<Blob>,
        session_id: impl Into<Blob>,
        signature: impl Into<Blob>,
        forwarding: bool,
    ) -> Result<Self, DecodeError> {
        let (host_key_blob, signature_blob) = (host_key.into(), signature.into());
        let key_error = |field| move |source| DecodeError::Key { field, source };
        Ok(Self {
            host_key: parse_host_key(&host_key_blob).map_err(key_error("hostkey"))?,
            host_key_blob,
            session_id: session_id.into(),
            signature: parse_signature(&signature_blob).map_err(key_error("signature"))?,
            signature_blob,
            forwarding,
        })
    }

    /// Whether the host key made the signature over the session identifier. A signature of an algorithm that is
    /// not supported, such as `ssh-rsa` with SHA-1, counts as none.
    #[must_use]
    pub fn verifies(&self) -> bool {
        self.host_key.key_data().verify(&self.session_id, &self.signature).is_ok()
    }

    pub(crate) fn decode(mut fields: Fields) -> Result<Self, DecodeError> {
        let bind = Self::new(
            fields.string("hostkey")?,
            fields.string("session identifier")?,
            fields.string("signature")?,
            fields.boolean("is_forwarding")?,
        )?;
        fields.finish()?;
        Ok(bind)
    }

    pub(crate) fn encode(&self, body: &mut BytesMut) {
        put_string(body, &self.host_key_blob);
        put_string(body, &self.session_id);
        put_string(body, &self.signature_blob);
        body.put_u8(self.forwarding.into());
    }
}

fn parse_host_key(blob: &[u8]) -> Result<PublicKey, ssh_key::Error> {
    let key = PublicKey::from_bytes(blob)?;
    Ok(match key.key_data() {
        KeyData::Certificate(certificate) => certificate.public_key().clone().into(),
        _ => key,
    })
}

fn parse_signature(mut blob: &[u8]) -> Result<Signature, ssh_key::Error> {
    let signature = Signature::decode(&mut blob)?;
    match blob.len() {
        0 => Ok(signature),
        remaining => Err(ssh_key::encoding::Error::TrailingData { remaining }.into()),
    }
}
