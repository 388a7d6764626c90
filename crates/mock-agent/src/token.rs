//! Security keys in software: what a FIDO token does with a key that OpenSSH calls `sk-…` (OpenSSH `PROTOCOL.u2f`).
//!
//! The file of such a key holds no private part but a handle, which the token makes and only it understands. Many
//! tokens put the encrypted private key there; this one puts the plain one, so that its keys work in any mock agent,
//! also after `ssh-add`. A handle of a real token is not understood, and its key does not sign.

use std::sync::atomic::{AtomicU32, Ordering};

use rand::{CryptoRng, RngExt as _};
use ssh_key::{
    Algorithm, EcdsaCurve, Error, PrivateKey, Signature,
    private::{
        EcdsaKeypair, EcdsaPrivateKey, Ed25519Keypair, SkEcdsaSha2NistP256 as EcdsaToken,
        SkEd25519 as EdToken,
    },
    public,
    sha2::{Digest as _, Sha256},
};

/// What OpenSSH's keys are for unless another application is named.
const APPLICATION: &str = "ssh:";
/// In front of the private key in a handle.
const MAGIC: &[u8] = b"mock-agent software token:";
/// Bytes of a private key.
const SECRET: usize = 32;
/// Somebody touched the token. As nobody can, somebody always has.
const USER_PRESENT: u8 = 1;
/// The key wants a PIN for each use, and the token has seen it.
const USER_VERIFIED: u8 = 4;

/// The state of a token: it counts its signatures.
#[derive(Debug, Default)]
pub(crate) struct Token {
    counter: AtomicU32,
}

/// A new key of a software token: `sk-ssh-ed25519@openssh.com`.
pub(crate) fn ed25519(rng: &mut impl CryptoRng) -> Result<PrivateKey, Error> {
    let seed: [u8; SECRET] = rng.random();
    let public = public::SkEd25519::new(Ed25519Keypair::from_seed(&seed).public, APPLICATION);
    EdToken::new(public, USER_PRESENT, [MAGIC, &seed].concat()).map(PrivateKey::from)
}

/// A new key of a software token: `sk-ecdsa-sha2-nistp256@openssh.com`.
pub(crate) fn ecdsa(rng: &mut impl CryptoRng) -> Result<PrivateKey, Error> {
    let EcdsaKeypair::NistP256 { public, private } = EcdsaKeypair::random(rng, EcdsaCurve::NistP256)? else {
        return Err(Error::Crypto);
    };
    let handle = [MAGIC, private.as_slice()].concat();
    let token = EcdsaToken::new(public::SkEcdsaSha2NistP256::new(public, APPLICATION), USER_PRESENT, handle)?;
    Ok(PrivateKey::from(token))
}

impl Token {
    pub(crate) fn sign_ed25519(&self, key: &EdToken, data: &[u8]) -> Result<Signature, signature::Error> {
        let secret = secret(key.key_handle())?;
        self.sign(&Ed25519Keypair::from_seed(&secret), key.public().application(), key.flags(), data)
            .and_then(|bytes| Ok(Signature::new(Algorithm::SkEd25519, bytes)?))
    }

    pub(crate) fn sign_ecdsa(&self, key: &EcdsaToken, data: &[u8]) -> Result<Signature, signature::Error> {
        let secret = EcdsaPrivateKey::<SECRET>::from(secret(key.key_handle())?);
        self.sign(&secret, key.public().application(), key.flags(), data)
            .and_then(|bytes| Ok(Signature::new(Algorithm::SkEcdsaSha2NistP256, bytes)?))
    }

    /// The signature proper, then the flags and the counter, which it covers.
    fn sign(
        &self,
        secret: &impl signature::Signer<Signature>,
        application: &str,
        flags: u8,
        data: &[u8],
    ) -> Result<Vec<u8>, signature::Error> {
        let count = self.counter.fetch_add(1, Ordering::Relaxed).wrapping_add(1);
        let mut seen = vec![USER_PRESENT | flags & USER_VERIFIED];
        seen.extend(count.to_be_bytes());
        let mut signed = Sha256::digest(application).to_vec();
        signed.extend(&seen);
        signed.extend(Sha256::digest(data));
        let mut signature = secret.try_sign(&signed)?.as_bytes().to_vec();
        signature.extend(seen);
        Ok(signature)
    }
}

/// The private key in a handle, if it is of a software token.
fn secret(handle: &[u8]) -> Result<[u8; SECRET], signature::Error> {
    let secret = handle.strip_prefix(MAGIC).and_then(|secret| secret.try_into().ok());
    secret.ok_or_else(signature::Error::new)
}
