//! What a signature is for, read from the data that is to be signed.
//!
//! An agent is not told: it gets bytes. But what SSH clients have signed says itself what it is, and for a test that is
//! the interesting part: who is to log in, by which key, in which session.

use crate::{Blob, DecodeError, codec::Fields};

/// What data is for that an agent is to sign.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Purpose {
    /// A login (RFC 4252 section 7).
    UserAuth(UserAuth),
    /// A signature over a file, a commit or a text (OpenSSH `PROTOCOL.sshsig`): `ssh-keygen -Y sign`, `git commit -S`.
    SshSig(SshSig),
    /// Something else.
    Other,
}

/// A login that is to be signed (RFC 4252 section 7).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct UserAuth {
    /// The session identifier.
    pub session_id: Blob,
    /// Who is to log in.
    pub user: String,
    /// For which service: `ssh-connection`.
    pub service: String,
    /// By which method: `publickey`, or `publickey-hostbound-v00@openssh.com`.
    pub method: String,
    /// The algorithm of the signature: `rsa-sha2-512`.
    pub algorithm: String,
    /// The key, or the certificate, that the server is offered.
    pub key_blob: Blob,
    /// The server's host key, of a login that is bound to it.
    pub host_key: Option<Blob>,
}

/// A signature that is not for a login (OpenSSH `PROTOCOL.sshsig`).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SshSig {
    /// What it is for: `git`, `file`.
    pub namespace: String,
    /// The hash: `sha512`.
    pub hash: String,
    /// What was hashed, hashed.
    pub digest: Blob,
}

impl UserAuth {
    /// The method by which every client logs in with a key.
    pub const PUBLICKEY: &'static str = "publickey";
    /// The method that also names the server's host key (OpenSSH `PROTOCOL` section 3.1).
    pub const HOSTBOUND: &'static str = "publickey-hostbound-v00@openssh.com";
}

/// `SSH_MSG_USERAUTH_REQUEST`.
const USERAUTH_REQUEST: u8 = 50;

impl Purpose {
    /// What these bytes are for.
    #[must_use]
    pub fn of(data: &Blob) -> Self {
        if let Some(rest) = data.strip_prefix(b"SSHSIG") {
            let rest = data.clone().into_bytes().slice(data.len() - rest.len()..).into();
            return ssh_sig(&rest).map_or(Self::Other, Self::SshSig);
        }
        match user_auth(data) {
            Ok(Some(login)) => Self::UserAuth(login),
            _ => Self::Other,
        }
    }

    /// The login, if it is one.
    #[must_use]
    pub fn user_auth(&self) -> Option<&UserAuth> {
        match self {
            Self::UserAuth(login) => Some(login),
            _ => None,
        }
    }
}

/// A login. Anything that is left over makes it something else: a signature must not count for two things.
fn user_auth(data: &Blob) -> Result<Option<UserAuth>, DecodeError> {
    let mut fields = Fields::new(data);
    let session_id = fields.string("session identifier")?;
    if session_id.is_empty() || fields.byte("message number")? != USERAUTH_REQUEST {
        return Ok(None);
    }
    let user = fields.text("user name")?;
    let service = fields.text("service name")?;
    let method = fields.text("method name")?;
    if !fields.boolean("a signature follows")? {
        return Ok(None);
    }
    let (algorithm, key_blob) = (fields.text("algorithm")?, fields.string("public key")?);
    let host_key = match method.as_str() {
        UserAuth::PUBLICKEY => None,
        UserAuth::HOSTBOUND => Some(fields.string("host key")?),
        _ => return Ok(None),
    };
    fields.finish()?;
    Ok(Some(UserAuth { session_id, user, service, method, algorithm, key_blob, host_key }))
}

fn ssh_sig(rest: &Blob) -> Result<SshSig, DecodeError> {
    let mut fields = Fields::new(rest);
    let namespace = fields.text("namespace")?;
    let _reserved = fields.string("reserved")?;
    let sig = SshSig { namespace, hash: fields.text("hash")?, digest: fields.string("digest")? };
    fields.finish()?;
    Ok(sig)
}
