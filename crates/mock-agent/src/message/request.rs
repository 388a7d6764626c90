//! What clients ask.
//!
//! Decoding a request never fails: what is not understood is a variant too, with its bytes, because a mock has
//! to record and answer that as well.

use bytes::{BufMut, BytesMut};
use ssh_key::{
    Fingerprint,
    sha2::{Digest, Sha256},
};

use super::{EXTENSION, REQUEST_IDENTITIES, SIGN_REQUEST};
use crate::{
    Blob, DecodeError, Frame, SessionBind,
    codec::{Fields, put_string},
};

/// What a client asked an agent (draft-miller-ssh-agent-14 section 3).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Request {
    /// `SSH_AGENTC_REQUEST_IDENTITIES` (section 3.5): which keys are there?
    RequestIdentities,
    /// `SSH_AGENTC_SIGN_REQUEST` (section 3.6): sign this with that key.
    Sign(SignRequest),
    /// The extension `session-bind@openssh.com` (OpenSSH `PROTOCOL.agent` section 1): this connection serves that
    /// SSH session.
    SessionBind(SessionBind),
    /// A message or an extension that this agent does not know.
    Unsupported(Unsupported),
    /// A message that this agent knows, with a body that does not fit its type.
    Malformed(Malformed),
}

/// The kinds of request that are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Operation {
    /// A list of identities: `request_identities`.
    RequestIdentities,
    /// A signature: `sign`.
    Sign,
    /// `session-bind@openssh.com`: `session_bind`.
    SessionBind,
    /// Everything else: `unsupported`.
    Unsupported,
}

impl Operation {
    /// The name in text and in JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::RequestIdentities => "request_identities",
            Self::Sign => "sign",
            Self::SessionBind => "session_bind",
            Self::Unsupported => "unsupported",
        }
    }
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

    /// The SHA-256 fingerprint of the key asked for, whether the agent has it or not.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::Sha256(Sha256::digest(&*self.key_blob).into())
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
    /// Understands a frame. What cannot be understood becomes [`Unsupported`] or [`Malformed`].
    ///
    /// ```
    /// use mock_agent::{Frame, Operation, Request};
    ///
    /// assert_eq!(Request::decode(Frame::new(11, "")), Request::RequestIdentities);
    /// assert!(matches!(Request::decode(Frame::new(19, "")), Request::Unsupported(_)));
    /// let cut = Request::decode(Frame::new(13, "cut"));
    /// assert!(matches!(&cut, Request::Malformed(cut) if cut.operation == Operation::Sign));
    /// ```
    #[must_use]
    pub fn decode(frame: Frame) -> Self {
        let mut fields = Fields::new(&frame.body);
        let (operation, decoded) = match frame.message_type {
            REQUEST_IDENTITIES => {
                (Operation::RequestIdentities, fields.finish().map(|()| Self::RequestIdentities))
            }
            SIGN_REQUEST => (Operation::Sign, sign(fields).map(Self::Sign)),
            EXTENSION => match fields.text("extension type") {
                Ok(name) if name == SessionBind::NAME => {
                    (Operation::SessionBind, SessionBind::decode(fields).map(Self::SessionBind))
                }
                Ok(name) => (Operation::Unsupported, Ok(unsupported(EXTENSION, Some(name), fields))),
                Err(why) => (Operation::Unsupported, Err(why)),
            },
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
            Self::SessionBind(_) => Operation::SessionBind,
            Self::Unsupported(_) => Operation::Unsupported,
            Self::Malformed(malformed) => malformed.operation,
        }
    }
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
