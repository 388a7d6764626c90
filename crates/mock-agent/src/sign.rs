//! Signing: what a private key makes of some data and the flags of a request.
//!
//! RSA is done by AWS-LC, which is several times as fast as the library that holds the keys. It is not touched before
//! the first such signature: its generator takes tens of milliseconds to start. Keys that it does not take, below 2048
//! bits, and SHA-1 are left to the other library.

use std::sync::OnceLock;

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{RSA_PKCS1_SHA256, RSA_PKCS1_SHA512, RsaEncoding, RsaKeyPair},
};
use rsa::{Pkcs1v15Sign, RsaPrivateKey, pkcs1::EncodeRsaPrivateKey as _};
use signature::Signer as _;
use ssh_key::{
    Algorithm, HashAlg, Signature,
    private::{Ed25519Keypair, KeypairData, RsaKeypair},
};

use crate::{SignRequest, token::Token};

/// What is kept for a private key beside it.
#[derive(Debug, Default)]
pub(crate) struct Signing {
    /// For an Ed25519 key that has signed: the same with all that can be worked out beforehand.
    ed25519: OnceLock<Option<ed25519_dalek::SigningKey>>,
    /// For an RSA key that has signed: the key in the form of the fast library, unless it does not take it.
    rsa: OnceLock<Option<RsaKeyPair>>,
    /// For the key of a security key.
    token: Token,
}

impl Signing {
    /// Signs. Of the flags, those for RSA count, and only for RSA keys; OpenSSH's agent does the same.
    pub(crate) fn sign(
        &self,
        key: &KeypairData,
        data: &[u8],
        flags: u32,
    ) -> Result<Signature, signature::Error> {
        match key {
            KeypairData::Ed25519(key) => self.sign_ed25519(key, data),
            KeypairData::Rsa(key) => self.sign_rsa(key, data, rsa_hash(flags)),
            KeypairData::SkEd25519(key) => self.token.sign_ed25519(key, data),
            KeypairData::SkEcdsaSha2NistP256(key) => self.token.sign_ecdsa(key, data),
            key => key.try_sign(data),
        }
    }

    /// Whether a signature takes long enough to be made elsewhere than in a task.
    pub(crate) fn is_slow(key: &KeypairData) -> bool {
        matches!(key, KeypairData::Rsa(_))
    }

    fn sign_ed25519(&self, key: &Ed25519Keypair, data: &[u8]) -> Result<Signature, signature::Error> {
        let ready = self.ed25519.get_or_init(|| key.try_into().ok());
        let signature = ready.as_ref().ok_or_else(signature::Error::new)?.try_sign(data)?;
        Ok(Signature::new(Algorithm::Ed25519, signature.to_bytes())?)
    }

    fn sign_rsa(
        &self,
        key: &RsaKeypair,
        data: &[u8],
        hash: Option<HashAlg>,
    ) -> Result<Signature, signature::Error> {
        let padding: &'static dyn RsaEncoding = match hash {
            Some(HashAlg::Sha256) => &RSA_PKCS1_SHA256,
            Some(HashAlg::Sha512) => &RSA_PKCS1_SHA512,
            _ => return sign_sha1(key, data),
        };
        let Some(fast) = self.rsa.get_or_init(|| fast_rsa(key)) else {
            return (key, hash).try_sign(data);
        };
        let mut signature = vec![0; fast.public_modulus_len()];
        let signed = fast.sign(padding, &SystemRandom::new(), data, &mut signature);
        signed.map_err(|_unspecified| signature::Error::new())?;
        Ok(Signature::new(Algorithm::Rsa { hash }, signature)?)
    }
}

fn fast_rsa(key: &RsaKeypair) -> Option<RsaKeyPair> {
    let der = RsaPrivateKey::try_from(key).ok()?.to_pkcs1_der().ok()?;
    RsaKeyPair::from_der(der.as_bytes()).ok()
}

/// `ssh-rsa`: what no flag means. Servers have refused it by default for years, and a client that forgets the flags
/// finds out here.
fn sign_sha1(key: &RsaKeypair, data: &[u8]) -> Result<Signature, signature::Error> {
    /// The `DigestInfo` of RFC 8017 section 9.2 in front of a digest of SHA-1.
    const SHA1: [u8; 15] =
        [0x30, 0x21, 0x30, 0x09, 0x06, 0x05, 0x2b, 0x0e, 0x03, 0x02, 0x1a, 0x05, 0x00, 0x04, 0x14];
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY, data);
    let scheme = Pkcs1v15Sign { hash_len: Some(digest.as_ref().len()), prefix: SHA1.into() };
    let signature = RsaPrivateKey::try_from(key)?.sign(scheme, digest.as_ref());
    let signature = signature.map_err(|_unspecified| signature::Error::new())?;
    Ok(Signature::new(Algorithm::Rsa { hash: None }, signature)?)
}

/// SHA-256 where it is asked for, else SHA-512 where that is, else SHA-1: as in OpenSSH.
fn rsa_hash(flags: u32) -> Option<HashAlg> {
    if flags & SignRequest::RSA_SHA2_256 != 0 {
        Some(HashAlg::Sha256)
    } else if flags & SignRequest::RSA_SHA2_512 != 0 {
        Some(HashAlg::Sha512)
    } else {
        None
    }
}
