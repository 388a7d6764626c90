//! What clients ask.
//!
//! Decoding a request never fails: what is not understood is a variant too, with its bytes, because a mock has
//! to record and answer that as well.

use bytes::{BufMut, BytesMut};
use ssh_key::Fingerprint;

use super::{
    ADD_ID_CONSTRAINED, ADD_IDENTITY, ADD_SMARTCARD_KEY, ADD_SMARTCARD_KEY_CONSTRAINED, AddIdentity,
    AddSmartcard, EXTENSION, LOCK, Operation, REMOVE_ALL_IDENTITIES, REMOVE_ALL_RSA_IDENTITIES,
    REMOVE_IDENTITY, REMOVE_SMARTCARD_KEY, REQUEST_IDENTITIES, RemoveSmartcard, SIGN_REQUEST, UNLOCK,
};
use crate::{
    Blob, DecodeError, Frame, SessionBind,
    codec::{Fields, put_string},
    record::fingerprint,
};

/// What a client asked an agent (RFC 9987 section 3, formerly draft-miller-ssh-agent).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Request {
    /// `SSH_AGENTC_REQUEST_IDENTITIES` (section 3.5): which keys are there?
    RequestIdentities,
    /// `SSH_AGENTC_SIGN_REQUEST` (section 3.6): sign this with that key.
    Sign(SignRequest),
    /// `SSH_AGENTC_ADD_IDENTITY` and `SSH_AGENTC_ADD_ID_CONSTRAINED` (section 3.2): keep this key.
    AddIdentity(Box<AddIdentity>),
    /// `SSH_AGENTC_REMOVE_IDENTITY` (section 3.4): forget the key with this blob.
    RemoveIdentity(Blob),
    /// `SSH_AGENTC_REMOVE_ALL_IDENTITIES` (section 3.4): forget all keys.
    RemoveAllIdentities,
    /// `SSH_AGENTC_REMOVE_ALL_RSA_IDENTITIES` of the agent for SSH 1. OpenSSH sends it along with the other, and its
    /// agent forgets all keys as well.
    RemoveAllRsaIdentities,
    /// `SSH_AGENTC_ADD_SMARTCARD_KEY` and its constrained form (section 3.2.6): use the keys of this card.
    AddSmartcard(AddSmartcard),
    /// `SSH_AGENTC_REMOVE_SMARTCARD_KEY` (section 3.4): forget the keys of this card.
    RemoveSmartcard(RemoveSmartcard),
    /// `SSH_AGENTC_LOCK` (section 3.7), with the passphrase.
    Lock(Blob),
    /// `SSH_AGENTC_UNLOCK` (section 3.7), with the passphrase.
    Unlock(Blob),
    /// The extension `query` (section 3.8.1): which extensions are known?
    Query,
    /// The extension `session-bind@openssh.com` (OpenSSH `PROTOCOL.agent` section 1): this connection serves that
    /// SSH session.
    SessionBind(SessionBind),
    /// A message or an extension that this agent does not know.
    Unsupported(Unsupported),
    /// A message that this agent knows, with a body that does not fit its type.
    Malformed(Malformed),
}

/// `SSH_AGENTC_SIGN_REQUEST` (section 3.6).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SignRequest {
    /// The public key, encoded as in RFC 4253 section 6.6.
    pub key_blob: Blob,
    /// What is to be signed; at most 256 KiB, as the request is.
    pub data: Blob,
    /// Which signature is wanted: 0, [`RSA_SHA2_256`](Self::RSA_SHA2_256) or [`RSA_SHA2_512`](Self::RSA_SHA2_512).
    pub flags: u32,
}

impl SignRequest {
    /// `SSH_AGENT_RSA_SHA2_256` (section 3.6.1): an RSA key is to sign with SHA-256.
    pub const RSA_SHA2_256: u32 = 2;
    /// `SSH_AGENT_RSA_SHA2_512` (section 3.6.1): an RSA key is to sign with SHA-512.
    pub const RSA_SHA2_512: u32 = 4;

    /// A request to sign `data` with the key that `key_blob` encodes.
    #[must_use]
    pub fn new(key_blob: impl Into<Blob>, data: impl Into<Blob>, flags: u32) -> Self {
        Self { key_blob: key_blob.into(), data: data.into(), flags }
    }

    /// The SHA-256 fingerprint of the key asked for, whether the agent has it or not; for a certificate, that of its key.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        fingerprint(&self.key_blob)
    }
}

/// A message or an extension that this agent does not know.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Unsupported {
    /// The message number.
    pub message_type: u8,
    /// Name of the extension, if the message was one (section 3.8).
    pub extension: Option<String>,
    /// What followed the type, or the extension's name.
    pub body: Blob,
}

/// A known message with a body that does not fit its type.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Malformed {
    /// What the client was about to ask.
    pub operation: Operation,
    /// The message as it came.
    pub frame: Frame,
    /// What is wrong with it.
    pub why: DecodeError,
}

impl Request {
    /// The name of the extension that asks for extensions.
    pub const QUERY: &'static str = "query";

    /// Understands a frame. What cannot be understood becomes [`Unsupported`] or [`Malformed`].
    ///
    /// ```
    /// use mock_agent::{Frame, Operation, Request};
    ///
    /// assert_eq!(Request::decode(Frame::new(11, "")), Request::RequestIdentities);
    /// assert!(matches!(Request::decode(Frame::new(99, "")), Request::Unsupported(_)));
    /// let cut = Request::decode(Frame::new(13, "cut"));
    /// assert!(matches!(&cut, Request::Malformed(cut) if cut.operation == Operation::Sign));
    /// ```
    #[must_use]
    pub fn decode(frame: Frame) -> Self {
        let fields = Fields::new(&frame.body);
        let kind = frame.message_type;
        let (operation, decoded) = match kind {
            REQUEST_IDENTITIES => (Operation::RequestIdentities, bare(fields, Self::RequestIdentities)),
            SIGN_REQUEST => (Operation::Sign, sign(fields).map(Self::Sign)),
            ADD_IDENTITY | ADD_ID_CONSTRAINED => (
                Operation::AddIdentity,
                AddIdentity::decode(kind, fields).map(Box::new).map(Self::AddIdentity),
            ),
            REMOVE_IDENTITY => {
                (Operation::RemoveIdentity, single(fields, "key blob").map(Self::RemoveIdentity))
            }
            REMOVE_ALL_IDENTITIES => {
                (Operation::RemoveAllIdentities, bare(fields, Self::RemoveAllIdentities))
            }
            REMOVE_ALL_RSA_IDENTITIES => {
                (Operation::RemoveAllRsaIdentities, bare(fields, Self::RemoveAllRsaIdentities))
            }
            ADD_SMARTCARD_KEY | ADD_SMARTCARD_KEY_CONSTRAINED => {
                (Operation::AddSmartcard, AddSmartcard::decode(kind, fields).map(Self::AddSmartcard))
            }
            REMOVE_SMARTCARD_KEY => {
                (Operation::RemoveSmartcard, RemoveSmartcard::decode(fields).map(Self::RemoveSmartcard))
            }
            LOCK => (Operation::Lock, single(fields, "passphrase").map(Self::Lock)),
            UNLOCK => (Operation::Unlock, single(fields, "passphrase").map(Self::Unlock)),
            EXTENSION => extension(fields),
            message_type => (Operation::Unsupported, Ok(unsupported(message_type, None, fields))),
        };
        decoded.unwrap_or_else(|why| Self::Malformed(Malformed { operation, frame, why }))
    }

    /// The request as a frame, for a client in a test.
    #[must_use]
    pub fn to_frame(&self) -> Frame {
        let mut body = BytesMut::new();
        let message_type = match self {
            Self::RequestIdentities => REQUEST_IDENTITIES,
            Self::Sign(sign) => {
                put_string(&mut body, &sign.key_blob);
                put_string(&mut body, &sign.data);
                body.put_u32(sign.flags);
                SIGN_REQUEST
            }
            Self::AddIdentity(add) => add.encode(&mut body),
            Self::RemoveIdentity(key_blob) => {
                put_string(&mut body, key_blob);
                REMOVE_IDENTITY
            }
            Self::RemoveAllIdentities => REMOVE_ALL_IDENTITIES,
            Self::RemoveAllRsaIdentities => REMOVE_ALL_RSA_IDENTITIES,
            Self::AddSmartcard(add) => add.encode(&mut body),
            Self::RemoveSmartcard(remove) => {
                remove.encode(&mut body);
                REMOVE_SMARTCARD_KEY
            }
            Self::Lock(passphrase) => {
                put_string(&mut body, passphrase);
                LOCK
            }
            Self::Unlock(passphrase) => {
                put_string(&mut body, passphrase);
                UNLOCK
            }
            Self::Query => {
                put_string(&mut body, Self::QUERY.as_bytes());
                EXTENSION
            }
            Self::SessionBind(bind) => {
                put_string(&mut body, SessionBind::NAME.as_bytes());
                bind.encode(&mut body);
                EXTENSION
            }
            Self::Unsupported(unsupported) => {
                if let Some(name) = &unsupported.extension {
                    put_string(&mut body, name.as_bytes());
                }
                body.put_slice(&unsupported.body);
                unsupported.message_type
            }
            Self::Malformed(malformed) => return malformed.frame.clone(),
        };
        Frame::new(message_type, body)
    }

    /// What kind of request it is, malformed or not.
    #[must_use]
    pub fn operation(&self) -> Operation {
        match self {
            Self::RequestIdentities => Operation::RequestIdentities,
            Self::Sign(_) => Operation::Sign,
            Self::AddIdentity(_) => Operation::AddIdentity,
            Self::RemoveIdentity(_) => Operation::RemoveIdentity,
            Self::RemoveAllIdentities => Operation::RemoveAllIdentities,
            Self::RemoveAllRsaIdentities => Operation::RemoveAllRsaIdentities,
            Self::AddSmartcard(_) => Operation::AddSmartcard,
            Self::RemoveSmartcard(_) => Operation::RemoveSmartcard,
            Self::Lock(_) => Operation::Lock,
            Self::Unlock(_) => Operation::Unlock,
            Self::Query => Operation::Query,
            Self::SessionBind(_) => Operation::SessionBind,
            Self::Unsupported(_) => Operation::Unsupported,
            Self::Malformed(malformed) => malformed.operation,
        }
    }
}

fn extension(mut fields: Fields) -> (Operation, Result<Request, DecodeError>) {
    match fields.text("extension type") {
        Ok(name) if name == SessionBind::NAME => {
            (Operation::SessionBind, SessionBind::decode(fields).map(Request::SessionBind))
        }
        Ok(name) if name == Request::QUERY => (Operation::Query, bare(fields, Request::Query)),
        Ok(name) => (Operation::Unsupported, Ok(unsupported(EXTENSION, Some(name), fields))),
        Err(why) => (Operation::Unsupported, Err(why)),
    }
}

/// A request that has nothing but its type.
fn bare(fields: Fields, request: Request) -> Result<Request, DecodeError> {
    fields.finish().map(|()| request)
}

/// The only field of a request.
fn single(mut fields: Fields, name: &'static str) -> Result<Blob, DecodeError> {
    let field = fields.string(name)?;
    fields.finish().map(|()| field)
}

fn sign(mut fields: Fields) -> Result<SignRequest, DecodeError> {
    let request = SignRequest {
        key_blob: fields.string("key blob")?,
        data: fields.string("data")?,
        flags: fields.uint32("flags")?,
    };
    fields.finish()?;
    Ok(request)
}

fn unsupported(message_type: u8, extension: Option<String>, fields: Fields) -> Request {
    Request::Unsupported(Unsupported { message_type, extension, body: fields.rest() })
}
