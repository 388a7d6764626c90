//! An authority for tests: it signs what it is told to, good and bad.

use std::{
    fs, io,
    io::Write as _,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use mock_core::{
    HostKey,
    keys::{PrivateKey, PublicKey, ssh_key},
};
use ssh_key::{LineEnding, certificate::CertType};

use super::CertificateDraft;

/// An authority that signs certificates for tests, each in one line.
///
/// ```
/// use mock_auth::{Certificates, MockCa};
/// use mock_core::{HostKey, MockSshServer};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let ca = MockCa::new();
/// let key = HostKey::ed25519().private_key().clone();
/// let certificate = ca.user(key.public_key(), "anna").sign()?;
/// let host_key = ca.host_key(HostKey::ed25519(), ["127.0.0.1"])?;
///
/// let server = MockSshServer::builder()
///     .host_key(host_key)
///     .auth(Certificates::any_user([&ca]));
/// assert_eq!(certificate.valid_principals(), ["anna"]);
/// # drop(server);
/// # Ok(())
/// # }
/// ```
///
/// A client finds the certificate beside its key when the client kit writes both, and the authority of the host in
/// `known_hosts`: `server.client_kit(…).user(KitUser::new("anna").identity(key).certificate(certificate))`.
#[derive(Clone)]
pub struct MockCa {
    key: PrivateKey,
}

impl MockCa {
    /// A new authority with an Ed25519 key.
    ///
    /// # Panics
    ///
    /// When the operating system has no random numbers.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "a default that differs each time would surprise")]
    pub fn new() -> Self {
        Self::with_key(HostKey::ed25519().private_key().clone())
    }

    /// The authority with this key.
    #[must_use]
    pub fn with_key(key: PrivateKey) -> Self {
        Self { key }
    }

    /// Its public key, for those who trust it.
    #[must_use]
    pub fn public_key(&self) -> &PublicKey {
        self.key.public_key()
    }

    /// Its line for `authorized_keys`.
    #[must_use]
    pub fn authorized_line(&self) -> String {
        format!("cert-authority {}", self.public_key().to_openssh().unwrap_or_default())
    }

    /// A certificate that names this user, valid since an hour ago and for a day, with every permission.
    pub fn user(&self, key: &PublicKey, user: impl Into<String>) -> CertificateDraft<'_> {
        let draft = CertificateDraft::new(&self.key, key.clone(), CertType::User).principals([user]);
        super::EXTENSIONS.into_iter().fold(draft, |draft, (name, _)| draft.extension(name))
    }

    /// A certificate for a host with these names and addresses, valid since an hour ago and for a day.
    pub fn host(
        &self,
        key: &PublicKey,
        names: impl IntoIterator<Item = impl Into<String>>,
    ) -> CertificateDraft<'_> {
        CertificateDraft::new(&self.key, key.clone(), CertType::Host).principals(names)
    }

    /// A host key with a certificate for these names and addresses.
    ///
    /// # Errors
    ///
    /// As [`CertificateDraft::sign`].
    pub fn host_key(
        &self,
        key: HostKey,
        names: impl IntoIterator<Item = impl Into<String>>,
    ) -> Result<HostKey, ssh_key::Error> {
        let certificate = self.host(key.public_key(), names).sign()?;
        // It is for this very key, so it fits.
        key.with_certificate(certificate).map_err(|_| ssh_key::Error::CertificateValidation)
    }

    /// Writes `ca` and `ca.pub` into a directory, for `ssh-keygen -s` and `TrustedUserCAKeys`. The key has mode 0600.
    /// Returns the path of the private key.
    ///
    /// # Errors
    ///
    /// When a file cannot be written.
    pub fn write(&self, directory: impl AsRef<Path>) -> io::Result<PathBuf> {
        let path = directory.as_ref().join("ca");
        let private = self.key.to_openssh(LineEnding::LF).map_err(io::Error::other)?;
        let public = self.public_key().to_openssh().map_err(io::Error::other)?;
        let mut options = fs::OpenOptions::new();
        let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(&path)?;
        file.write_all(private.as_bytes())?;
        fs::write(directory.as_ref().join("ca.pub"), public + "\n")?;
        Ok(path)
    }
}

/// So that who trusts it can name it.
impl From<&MockCa> for PublicKey {
    fn from(authority: &MockCa) -> Self {
        authority.public_key().clone()
    }
}

impl std::fmt::Debug for MockCa {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MockCa").field("public_key", &self.public_key()).finish_non_exhaustive()
    }
}
