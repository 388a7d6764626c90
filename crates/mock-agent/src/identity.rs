//! Identities: keys with their comment, their certificate, and what restricts them.
//!
//! The same type is what a builder is given and what a client adds, so both can be said in the same words.

use std::{
    fmt,
    fs::File,
    io::{self, Read as _},
    path::Path,
    sync::Arc,
};

use rand::{
    SeedableRng,
    rngs::{StdRng, SysRng},
};
use ssh_key::{
    Algorithm, Certificate, EcdsaCurve, PrivateKey, PublicKey,
    private::{KeypairData, RsaKeypair},
    public::KeyData,
};

use crate::{Constraint, GenerateError, KeyError, Policy, ReadError, token};

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
#[derive(Clone)]
pub struct Identity {
    key: PrivateKey,
    certificate: Option<Box<Certificate>>,
    comment: String,
    constraints: Vec<Constraint>,
    policy: Option<Arc<dyn Policy>>,
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
    /// Ed25519 on a security key: `sk-ssh-ed25519@openssh.com`. The token is software, and always touched.
    SkEd25519,
    /// ECDSA on a security key: `sk-ecdsa-sha2-nistp256@openssh.com`. The token is software, and always touched.
    SkEcdsa,
}

impl KeyType {
    const RSA_BITS: usize = 2048;
}

impl Identity {
    /// An identity of an existing key. The key's own comment is not used.
    #[must_use]
    pub fn new(key: PrivateKey, comment: impl Into<String>) -> Self {
        Self { key, certificate: None, comment: comment.into(), constraints: Vec::new(), policy: None }
    }

    /// As a client sent it.
    pub(crate) fn received(
        key: PrivateKey,
        certificate: Option<Box<Certificate>>,
        comment: String,
        constraints: Vec<Constraint>,
    ) -> Self {
        Self { certificate, constraints, ..Self::new(key, comment) }
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
            KeyType::SkEd25519 => token::ed25519(&mut rng),
            KeyType::SkEcdsa => token::ecdsa(&mut rng),
        };
        Ok(Self::new(key.map_err(GenerateError::Key)?, comment))
    }

    /// What `ssh-add` would add for this file in OpenSSH's format: the key, under its own comment or else the path, and
    /// the key with its certificate if there is a file beside it whose name ends in `-cert.pub`.
    ///
    /// ```
    /// use mock_agent::{Identity, KeyType, ssh_key::LineEnding};
    ///
    /// let directory = tempfile::tempdir()?;
    /// let path = directory.path().join("id_ed25519");
    /// Identity::generate(KeyType::Ed25519, "")?.key().write_openssh_file(&path, LineEnding::LF)?;
    /// assert_eq!(Identity::read(&path)?.len(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When one of the files cannot be read, has more than 1 MiB, or is not what its name says.
    pub fn read(path: impl AsRef<Path>) -> Result<Vec<Self>, ReadError> {
        let path = path.as_ref();
        let key = read_file(path)?;
        let key = PrivateKey::from_openssh(&key)
            .map_err(|source| ReadError::Key { path: path.to_owned(), source })?;
        let own = key.comment().to_string();
        let comment = if own.is_empty() { path.display().to_string() } else { own };
        let plain = Self::new(key, comment);
        let mut beside = path.as_os_str().to_owned();
        beside.push("-cert.pub");
        let beside = Path::new(&beside);
        let text = match read_file(beside) {
            Ok(text) => text,
            Err(ReadError::File { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                return Ok(vec![plain]);
            }
            Err(error) => return Err(error),
        };
        // What is not text is no certificate, with replacements as well.
        let certificate = Certificate::from_openssh(String::from_utf8_lossy(&text).trim_end())
            .map_err(|source| ReadError::Key { path: beside.to_owned(), source })?;
        let certified = plain.clone().certificate_of(certificate);
        let certified =
            certified.map_err(|source| ReadError::Certificate { path: beside.to_owned(), source })?;
        Ok(vec![plain, certified])
    }

    /// The same with a certificate of its key: clients are offered the certificate instead of the key.
    ///
    /// # Errors
    ///
    /// [`KeyError::OtherKey`] when the certificate is for another key.
    pub fn certificate_of(mut self, certificate: Certificate) -> Result<Self, KeyError> {
        if certificate.public_key() != self.key.public_key().key_data() {
            return Err(KeyError::OtherKey);
        }
        self.certificate = Some(Box::new(certificate));
        Ok(self)
    }

    /// The same with this restriction, as `ssh-add` would add it with `-t`, `-c` or `-h`. A lifetime begins when the
    /// agent starts.
    #[must_use]
    pub fn constrained(mut self, constraint: Constraint) -> Self {
        self.constraints.push(constraint);
        self
    }

    /// The same under another comment.
    #[must_use]
    pub fn commented(mut self, comment: impl Into<String>) -> Self {
        self.comment = comment.into();
        self
    }

    /// The same with a policy that is asked, after that of the agent, about each signature with this key.
    #[must_use]
    pub fn policy(mut self, policy: impl Policy + 'static) -> Self {
        self.policy = Some(Arc::new(policy));
        self
    }

    /// The private key.
    #[must_use]
    pub fn key(&self) -> &PrivateKey {
        &self.key
    }

    /// The certificate, if it has one.
    #[must_use]
    pub fn certificate(&self) -> Option<&Certificate> {
        self.certificate.as_deref()
    }

    /// The comment.
    #[must_use]
    pub fn comment(&self) -> &str {
        &self.comment
    }

    /// What restricts it.
    #[must_use]
    pub fn constraints(&self) -> &[Constraint] {
        &self.constraints
    }

    /// What is listed: the public key, or the certificate if there is one, with the identity's comment.
    #[must_use]
    pub fn public_key(&self) -> PublicKey {
        let data = match &self.certificate {
            Some(certificate) => KeyData::Certificate(certificate.clone()),
            None => self.key.public_key().key_data().clone(),
        };
        PublicKey::new(data, self.comment.as_str())
    }

    pub(crate) fn key_data(&self) -> &KeypairData {
        self.key.key_data()
    }

    pub(crate) fn own_policy(&self) -> Option<&dyn Policy> {
        self.policy.as_deref()
    }
}

/// Bytes of a file at most, as OpenSSH's `MAX_KEY_FILE_SIZE`.
const LONGEST_FILE: u64 = 1024 * 1024;

fn read_file(path: &Path) -> Result<Vec<u8>, ReadError> {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(LONGEST_FILE + 1).read_to_end(&mut bytes));
    match read {
        Ok(length) if length as u64 > LONGEST_FILE => {
            Err(ReadError::TooLong { path: path.to_owned(), limit: LONGEST_FILE })
        }
        Ok(_) => Ok(bytes),
        Err(source) => Err(ReadError::File { path: path.to_owned(), source }),
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity")
            .field("key", &self.key.fingerprint(ssh_key::HashAlg::Sha256).to_string())
            .field("certified", &self.certificate.is_some())
            .field("comment", &self.comment)
            .field("constraints", &self.constraints)
            .finish_non_exhaustive()
    }
}
