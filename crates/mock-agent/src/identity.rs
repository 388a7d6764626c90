//! Identities: the keys an agent starts with, and how to get one out of nothing.
//!
//! What will restrict a single key (a lifetime, a confirmation) belongs to its [`Identity`].

use rand::{
    SeedableRng,
    rngs::{StdRng, SysRng},
};
use ssh_key::{
    Algorithm, EcdsaCurve, PrivateKey, PublicKey,
    private::{KeypairData, RsaKeypair},
};

use crate::GenerateError;

/// A private key with the comment under which it is listed.
///
/// ```
/// use mock_agent::{Identity, KeyType};
///
/// let identity = Identity::generate(KeyType::Ed25519, "deploy@ci")?;
/// assert_eq!(identity.comment(), "deploy@ci");
/// assert!(identity.public_key().to_openssh()?.ends_with(" deploy@ci"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Identity {
    key: PrivateKey,
    comment: String,
}

/// A kind of key that [`Identity::generate`] makes. Keys of other sizes and curves are made with [`ssh_key`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KeyType {
    /// Ed25519: made in microseconds. What a test takes unless it is about something else.
    Ed25519,
    /// ECDSA on NIST P-256.
    Ecdsa,
    /// RSA of 2048 bits. Finding its primes takes up to some tenths of a second of one core: share one between
    /// tests.
    Rsa,
}

impl KeyType {
    const RSA_BITS: usize = 2048;
}

impl Identity {
    /// An identity of an existing key. The key's own comment is not used.
    #[must_use]
    pub fn new(key: PrivateKey, comment: impl Into<String>) -> Self {
        Self { key, comment: comment.into() }
    }

    /// An identity with a new random key. Works on the calling thread; see [`KeyType`] for how long.
    ///
    /// # Errors
    ///
    /// When the operating system gives no random bytes, or no key comes of them.
    pub fn generate(key_type: KeyType, comment: impl Into<String>) -> Result<Self, GenerateError> {
        let mut rng = StdRng::try_from_rng(&mut SysRng).map_err(GenerateError::Random)?;
        let key = match key_type {
            KeyType::Ed25519 => PrivateKey::random(&mut rng, Algorithm::Ed25519),
            KeyType::Ecdsa => PrivateKey::random(&mut rng, Algorithm::Ecdsa { curve: EcdsaCurve::NistP256 }),
            KeyType::Rsa => RsaKeypair::random(&mut rng, KeyType::RSA_BITS).map(PrivateKey::from),
        };
        Ok(Self::new(key.map_err(GenerateError::Key)?, comment))
    }

    /// The private key.
    #[must_use]
    pub fn key(&self) -> &PrivateKey {
        &self.key
    }

    /// The comment.
    #[must_use]
    pub fn comment(&self) -> &str {
        &self.comment
    }

    /// The public key, with the identity's comment.
    #[must_use]
    pub fn public_key(&self) -> PublicKey {
        PublicKey::new(self.key.public_key().key_data().clone(), self.comment.as_str())
    }

    pub(crate) fn key_data(&self) -> &KeypairData {
        self.key.key_data()
    }
}
