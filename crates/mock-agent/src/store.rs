//! The key store: identities in order, looked up by key blob, and signing.
//!
//! It knows nothing of connections or messages on the wire. It does not change yet, so there is no lock; adding
//! and removing keys will put one around `entries`.

use signature::Signer;
use ssh_key::{HashAlg, PublicKey, Signature, private::KeypairData};

use crate::{Blob, Identity, KeyError, ListedIdentity, SignRequest, StartError};

#[derive(Debug)]
pub(crate) struct Store {
    /// In the order in which they are listed. The same key may be there twice: clients have to cope.
    entries: Vec<Entry>,
}

#[derive(Debug)]
pub(crate) struct Entry {
    identity: Identity,
    /// The encoded public key, by which clients name it.
    key_blob: Blob,
}

impl Store {
    pub(crate) fn new(identities: Vec<Identity>) -> Result<Self, StartError> {
        let entry = |identity: Identity| match usable_key_blob(&identity) {
            Ok(key_blob) => Ok(Entry { identity, key_blob }),
            Err(source) => Err(StartError::Identity { comment: identity.comment().to_owned(), source }),
        };
        Ok(Self { entries: identities.into_iter().map(entry).collect::<Result<_, _>>()? })
    }

    pub(crate) fn list(&self) -> Vec<ListedIdentity> {
        let listed = |entry: &Entry| ListedIdentity::new(entry.key_blob.clone(), entry.identity.comment());
        self.entries.iter().map(listed).collect()
    }

    pub(crate) fn public_keys(&self) -> Vec<PublicKey> {
        self.entries.iter().map(|entry| entry.identity.public_key()).collect()
    }

    pub(crate) fn find(&self, key_blob: &Blob) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.key_blob == *key_blob)
    }
}

impl Entry {
    pub(crate) fn comment(&self) -> &str {
        self.identity.comment()
    }

    /// Signs. Of the flags, those for RSA count, and only for RSA keys; OpenSSH's agent does the same.
    pub(crate) fn sign(&self, data: &[u8], flags: u32) -> Result<Signature, signature::Error> {
        match self.identity.key_data() {
            KeypairData::Rsa(key) => (key, Some(rsa_hash(flags))).try_sign(data),
            key => key.try_sign(data),
        }
    }
}

/// SHA-512 where only that is asked for, otherwise SHA-256.
///
/// Without a flag, other agents sign `ssh-rsa` with SHA-1. OpenSSH refuses that by default since 8.8, and the
/// libraries this is built from do not make it, so no flag means SHA-256 here. Of both flags, SHA-256 wins as in
/// OpenSSH.
fn rsa_hash(flags: u32) -> HashAlg {
    match flags & (SignRequest::RSA_SHA2_256 | SignRequest::RSA_SHA2_512) {
        SignRequest::RSA_SHA2_512 => HashAlg::Sha512,
        _ => HashAlg::Sha256,
    }
}

/// The encoded public key, if the private one can sign.
fn usable_key_blob(identity: &Identity) -> Result<Blob, KeyError> {
    let key = identity.key();
    match identity.key_data() {
        KeypairData::Ed25519(_) | KeypairData::Ecdsa(_) | KeypairData::Rsa(_) => {}
        _ if key.is_encrypted() => return Err(KeyError::Encrypted),
        _ => {
            return Err(KeyError::Unsupported { algorithm: key.algorithm() });
        }
    }
    key.public_key().to_bytes().map(Blob::from).map_err(KeyError::Encoding)
}
