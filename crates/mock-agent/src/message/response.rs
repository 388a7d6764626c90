//! What agents answer. Decoding is for clients in tests; an agent only encodes.

use bytes::{BufMut, BytesMut};

use super::{EXTENSION_FAILURE, EXTENSION_RESPONSE, FAILURE, IDENTITIES_ANSWER, SIGN_RESPONSE, SUCCESS};
use crate::{
    Blob, DecodeError, Frame, Request,
    codec::{Fields, put_string, wire_length},
};

/// What an agent answered.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Response {
    /// `SSH_AGENT_FAILURE` (section 3.1).
    Failure,
    /// `SSH_AGENT_SUCCESS` (section 3.1).
    Success,
    /// `SSH_AGENT_IDENTITIES_ANSWER` (section 3.5).
    IdentitiesAnswer(Vec<ListedIdentity>),
    /// `SSH_AGENT_SIGN_RESPONSE` (section 3.6): a signature, encoded as in RFC 4253 section 6.6.
    SignResponse(Blob),
    /// `SSH_AGENT_EXTENSION_FAILURE` (section 3.8): the extension is known, but this request failed.
    ExtensionFailure,
    /// `SSH_AGENT_EXTENSION_RESPONSE` (section 3.8): what an extension answers, in its own form.
    Extension {
        /// The extension that was asked.
        name: String,
        /// What it answers.
        contents: Blob,
    },
}

/// An entry of `SSH_AGENT_IDENTITIES_ANSWER` (section 3.5).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ListedIdentity {
    /// The public key, encoded as in RFC 4253 section 6.6.
    pub key_blob: Blob,
    /// Its comment.
    pub comment: String,
}

impl ListedIdentity {
    /// An entry for this key.
    #[must_use]
    pub fn new(key_blob: impl Into<Blob>, comment: impl Into<String>) -> Self {
        Self { key_blob: key_blob.into(), comment: comment.into() }
    }
}

impl Response {
    /// The answer to the extension `query` (section 3.8.1): these extensions are known.
    #[must_use]
    pub fn extensions(names: &[&str]) -> Self {
        let mut contents = BytesMut::new();
        for name in names {
            put_string(&mut contents, name.as_bytes());
        }
        Self::Extension { name: Request::QUERY.to_owned(), contents: contents.freeze().into() }
    }

    /// Understands an answer, for a client in a test.
    ///
    /// # Errors
    ///
    /// When the type is none of an answer, or the body does not fit it.
    pub fn decode(frame: &Frame) -> Result<Self, DecodeError> {
        let mut fields = Fields::new(&frame.body);
        let response = match frame.message_type {
            FAILURE => Self::Failure,
            SUCCESS => Self::Success,
            IDENTITIES_ANSWER => {
                // The count is not trusted with an allocation: each entry has to be there.
                let mut identities = Vec::new();
                for _ in 0..fields.uint32("nkeys")? {
                    identities.push(ListedIdentity {
                        key_blob: fields.string("key blob")?,
                        comment: fields.text("comment")?,
                    });
                }
                Self::IdentitiesAnswer(identities)
            }
            SIGN_RESPONSE => Self::SignResponse(fields.string("signature")?),
            EXTENSION_FAILURE => Self::ExtensionFailure,
            EXTENSION_RESPONSE => {
                let name = fields.text("extension type")?;
                Self::Extension { name, contents: fields.take_rest() }
            }
            message_type => return Err(DecodeError::UnknownType { message_type }),
        };
        fields.finish()?;
        Ok(response)
    }

    /// The answer as a frame.
    #[must_use]
    pub fn to_frame(&self) -> Frame {
        let mut body = BytesMut::new();
        let message_type = match self {
            Self::Failure => FAILURE,
            Self::Success => SUCCESS,
            Self::IdentitiesAnswer(identities) => {
                body.put_u32(wire_length(identities.len()));
                for identity in identities {
                    put_string(&mut body, &identity.key_blob);
                    put_string(&mut body, identity.comment.as_bytes());
                }
                IDENTITIES_ANSWER
            }
            Self::SignResponse(signature) => {
                put_string(&mut body, signature);
                SIGN_RESPONSE
            }
            Self::ExtensionFailure => EXTENSION_FAILURE,
            Self::Extension { name, contents } => {
                put_string(&mut body, name.as_bytes());
                body.put_slice(contents);
                EXTENSION_RESPONSE
            }
        };
        Frame::new(message_type, body)
    }
}
