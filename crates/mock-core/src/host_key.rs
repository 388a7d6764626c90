//! Host keys: made, read, and told apart by their fingerprints.

use std::{
    fmt,
    fs::File,
    io::{self, Read as _},
    path::{Path, PathBuf},
    sync::OnceLock,
};

use md5::{Digest as _, Md5};
use ssh_key::{Algorithm, EcdsaCurve, HashAlg, PrivateKey, PublicKey, private::RsaKeypair};

use crate::keys::{Certificate, decode_secret_key, safe_rng, ssh_key};

/// The private key by which a server proves who it is (RFC 4253 section 7).
///
/// ```
/// use mock_core::HostKey;
///
/// let key = HostKey::ed25519();
/// assert_eq!(key.algorithm(), "ssh-ed25519");
/// assert!(key.sha256().starts_with("SHA256:"));
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct HostKey {
    key: PrivateKey,
    certificate: Option<Certificate>,
}

/// Bytes of a file at most, as OpenSSH's `MAX_KEY_FILE_SIZE`.
const LONGEST_FILE: u64 = 1024 * 1024;

/// A host key that cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HostKeyError {
    /// The file cannot be read.
    #[error("cannot read host key `{}`", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is longer than any key.
    #[error("host key `{}` is no key: it has more than {limit} bytes", path.display())]
    TooLong {
        /// The file.
        path: PathBuf,
        /// How many bytes a key may have.
        limit: u64,
    },
    /// The key is protected by a passphrase, which a server cannot ask for.
    #[error("host key{} is encrypted: remove its passphrase with `ssh-keygen -p -N ''`", named(path.as_deref()))]
    Encrypted {
        /// The file, if it came from one.
        path: Option<PathBuf>,
    },
    /// Not a private key in a form that OpenSSH or PuTTY writes.
    #[error("host key{} is not a private key", named(path.as_deref()))]
    Invalid {
        /// The file, if it came from one.
        path: Option<PathBuf>,
        /// What is wrong with it.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A certificate is for another key.
    #[error("the certificate `{key_id}` is not for this host key")]
    Certificate {
        /// Its key identifier.
        key_id: String,
    },
}

fn named(path: Option<&Path>) -> String {
    path.map_or_else(String::new, |path| format!(" `{}`", path.display()))
}

impl HostKey {
    /// A new Ed25519 key. Takes some 40 µs.
    ///
    /// # Panics
    ///
    /// When the operating system has no random numbers.
    #[must_use]
    pub fn ed25519() -> Self {
        Self::random(Algorithm::Ed25519)
    }

    /// A new ECDSA key on NIST P-256.
    ///
    /// # Panics
    ///
    /// When the operating system has no random numbers.
    #[must_use]
    pub fn ecdsa() -> Self {
        Self::random(Algorithm::Ecdsa { curve: EcdsaCurve::NistP256 })
    }

    /// A new RSA key with a modulus of this many bits. Takes a tenth of a second for 2048 bits, a second for 4096,
    /// and far longer where dependencies are not optimised.
    ///
    /// # Errors
    ///
    /// For a number of bits that no RSA key can have.
    pub fn rsa(bits: usize) -> Result<Self, ssh_key::Error> {
        let pair = RsaKeypair::random(&mut safe_rng(), bits)?;
        Ok(PrivateKey::from(pair).into())
    }

    /// Another key where a client expects one of these: of the type of the first that is made in no time, if there is any.
    #[expect(clippy::expect_used, reason = "2048 bits are a size of RSA keys")]
    pub(crate) fn unlike(keys: &[Self]) -> Self {
        let mut types = keys.iter().map(|key| key.private_key().algorithm());
        match types.find(|algorithm| !matches!(algorithm, Algorithm::Rsa { .. })) {
            Some(algorithm) => Self::random(algorithm),
            None if keys.is_empty() => Self::ed25519(),
            None => Self::rsa(2048).expect("2048 bits are a size of RSA keys"),
        }
    }

    /// The ECDSA key that servers of this process share unless they are given keys: made once, at first use.
    pub(crate) fn shared_ecdsa() -> Self {
        static SHARED: OnceLock<HostKey> = OnceLock::new();
        SHARED.get_or_init(Self::ecdsa).clone()
    }

    /// The RSA key that servers of this process share which imitate one that has such a key: made once, at first use.
    #[expect(clippy::expect_used, reason = "2048 bits are a size of RSA keys")]
    pub(crate) fn shared_rsa() -> Self {
        static SHARED: OnceLock<HostKey> = OnceLock::new();
        SHARED.get_or_init(|| Self::rsa(2048).expect("2048 bits are a size of RSA keys")).clone()
    }

    #[expect(
        clippy::expect_used,
        reason = "both algorithms are compiled in, and the generator aborts by itself"
    )]
    fn random(algorithm: Algorithm) -> Self {
        PrivateKey::random(&mut safe_rng(), algorithm).expect("algorithm is supported").into()
    }

    /// Reads a key in any form that OpenSSH writes or reads (its own, PKCS#1, PKCS#8, SEC1), or PuTTY's.
    ///
    /// # Errors
    ///
    /// [`HostKeyError::Encrypted`] for a key with a passphrase, [`HostKeyError::Invalid`] for anything that is no key.
    pub fn parse(text: &str) -> Result<Self, HostKeyError> {
        Self::parse_from(text, None)
    }

    /// Reads a key file; see [`parse`](Self::parse).
    ///
    /// # Errors
    ///
    /// As [`parse`](Self::parse), [`HostKeyError::Read`], and [`HostKeyError::TooLong`] for more than 1 MiB, which is OpenSSH's
    /// limit as well; each names the file.
    pub fn read(path: impl AsRef<Path>) -> Result<Self, HostKeyError> {
        let path = path.as_ref();
        let mut text = String::new();
        // One more, by which a file that is too long is told from one that is not. Devices never end.
        let read = File::open(path).and_then(|file| file.take(LONGEST_FILE + 1).read_to_string(&mut text));
        let length = read.map_err(|source| HostKeyError::Read { path: path.to_owned(), source })?;
        if length as u64 > LONGEST_FILE {
            return Err(HostKeyError::TooLong { path: path.to_owned(), limit: LONGEST_FILE });
        }
        Self::parse_from(&text, Some(path))
    }

    fn parse_from(text: &str, path: Option<&Path>) -> Result<Self, HostKeyError> {
        let path = path.map(Path::to_owned);
        match decode_secret_key(text, None) {
            Ok(key) if key.is_encrypted() => Err(HostKeyError::Encrypted { path }),
            Ok(key) => Ok(key.into()),
            Err(russh::keys::Error::KeyIsEncrypted) => Err(HostKeyError::Encrypted { path }),
            Err(_) if text.contains("Proc-Type: 4,ENCRYPTED") => Err(HostKeyError::Encrypted { path }),
            Err(source) => Err(HostKeyError::Invalid { path, source: source.into() }),
        }
    }

    /// Proves with this OpenSSH certificate as well whose the key is (OpenSSH PROTOCOL.certkeys). Clients that trust its
    /// authority need not know the key. What it says is not checked here: a test may want one that is expired.
    ///
    /// # Errors
    ///
    /// [`HostKeyError::Certificate`], when it is for another key: no client could be shown it.
    pub fn with_certificate(mut self, certificate: Certificate) -> Result<Self, HostKeyError> {
        if certificate.public_key() != self.public_key().key_data() {
            return Err(HostKeyError::Certificate { key_id: certificate.key_id().to_owned() });
        }
        self.certificate = Some(certificate);
        Ok(self)
    }

    /// Its certificate, if it has one.
    #[must_use]
    pub fn certificate(&self) -> Option<&Certificate> {
        self.certificate.as_ref()
    }

    /// The public half.
    #[must_use]
    pub fn public_key(&self) -> &PublicKey {
        self.key.public_key()
    }

    /// The private half, for whoever has to write it to a file.
    #[must_use]
    pub fn private_key(&self) -> &PrivateKey {
        &self.key
    }

    /// Name of the key's algorithm: `ssh-ed25519`, `ecdsa-sha2-nistp256`, `ssh-rsa`.
    #[must_use]
    pub fn algorithm(&self) -> String {
        self.public_key().algorithm().to_string()
    }

    /// The public key as one line in the form of `authorized_keys`, without a comment.
    #[must_use]
    pub fn to_openssh(&self) -> String {
        public_line(self.public_key())
    }

    /// The fingerprint as OpenSSH prints it: `SHA256:…`.
    #[must_use]
    pub fn sha256(&self) -> String {
        self.public_key().fingerprint(HashAlg::Sha256).to_string()
    }

    /// The fingerprint with SHA-512: `SHA512:…`.
    #[must_use]
    pub fn sha512(&self) -> String {
        self.public_key().fingerprint(HashAlg::Sha512).to_string()
    }

    /// The fingerprint of old clients: `MD5:aa:bb:…`.
    #[must_use]
    pub fn md5(&self) -> String {
        let blob = self.public_key().to_bytes().unwrap_or_default();
        let bytes: Vec<_> = Md5::digest(blob).iter().map(|byte| format!("{byte:02x}")).collect();
        format!("MD5:{}", bytes.join(":"))
    }
}

/// A public key as one line without a comment; a key in memory always has one.
pub(crate) fn public_line(key: &PublicKey) -> String {
    let line = key.to_openssh().unwrap_or_default();
    line.splitn(3, ' ').take(2).collect::<Vec<_>>().join(" ")
}

impl fmt::Debug for HostKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HostKey").field("public_key", &self.to_openssh()).finish_non_exhaustive()
    }
}

impl From<PrivateKey> for HostKey {
    fn from(key: PrivateKey) -> Self {
        Self { key, certificate: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_key_is_of_a_type_that_clients_expect() {
        let (rsa, ecdsa) = (HostKey::shared_rsa(), HostKey::ecdsa());
        let unlike = |keys: &[HostKey]| HostKey::unlike(keys).algorithm();
        assert_eq!(unlike(&[]), "ssh-ed25519");
        assert_eq!(unlike(&[rsa.clone(), ecdsa.clone(), HostKey::ed25519()]), "ecdsa-sha2-nistp256");
        assert_ne!(HostKey::unlike(std::slice::from_ref(&ecdsa)).sha256(), ecdsa.sha256());
        assert_eq!(unlike(&[rsa]), "ssh-rsa");
    }
}
