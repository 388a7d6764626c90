//! A certificate before it is signed: everything that it says can be wrong on purpose.

use std::{
    collections::BTreeMap,
    time::{Duration, SystemTime},
};

use mock_core::keys::{Certificate, PrivateKey, PublicKey, safe_rng, ssh_key};
use ssh_key::certificate::{Builder, CertType};

const HOUR: Duration = Duration::from_secs(60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A certificate that is about to be signed by a [`MockCa`](crate::MockCa).
#[derive(Debug, Clone)]
#[must_use = "a draft does nothing until it is signed"]
pub struct CertificateDraft<'a> {
    authority: &'a PrivateKey,
    key: PublicKey,
    of: CertType,
    principals: Vec<String>,
    key_id: String,
    serial: u64,
    after: SystemTime,
    before: SystemTime,
    critical: BTreeMap<String, String>,
    extensions: BTreeMap<String, String>,
}

impl<'a> CertificateDraft<'a> {
    pub(super) fn new(authority: &'a PrivateKey, key: PublicKey, of: CertType) -> Self {
        let now = SystemTime::now();
        Self {
            authority,
            key,
            of,
            principals: Vec::new(),
            key_id: "mock".to_owned(),
            serial: 1,
            after: now.checked_sub(HOUR).unwrap_or(now),
            before: now.checked_add(DAY).unwrap_or(now),
            critical: BTreeMap::new(),
            extensions: BTreeMap::new(),
        }
    }

    /// Names these users, or hosts, and no others.
    pub fn principals(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.principals = names.into_iter().map(Into::into).collect();
        self
    }

    /// Names nobody. Most who check a certificate do not take that for everybody.
    pub fn without_principals(self) -> Self {
        self.principals(Vec::<String>::new())
    }

    /// Is called this, for logs: `mock` by default.
    pub fn key_id(mut self, text: impl Into<String>) -> Self {
        self.key_id = text.into();
        self
    }

    /// Has this number: 1 by default.
    pub fn serial(mut self, number: u64) -> Self {
        self.serial = number;
        self
    }

    /// Is valid from `after` until just before `before`.
    pub fn valid(mut self, after: SystemTime, before: SystemTime) -> Self {
        (self.after, self.before) = (after, before);
        self
    }

    /// Was valid until an hour ago.
    pub fn expired(self) -> Self {
        let now = SystemTime::now();
        let ago = |time| now.checked_sub(time).unwrap_or(now);
        self.valid(ago(DAY), ago(HOUR))
    }

    /// Will be valid in an hour.
    pub fn not_yet_valid(self) -> Self {
        let now = SystemTime::now();
        let ahead = |time| now.checked_add(time).unwrap_or(now);
        self.valid(ahead(HOUR), ahead(DAY))
    }

    /// Runs this command whatever the client asks for.
    pub fn force_command(self, command: impl Into<String>) -> Self {
        self.critical_option("force-command", command)
    }

    /// May only be used from these addresses and networks.
    pub fn source_address(self, networks: impl Into<String>) -> Self {
        self.critical_option("source-address", networks)
    }

    /// Has this critical option. A server that does not know it must refuse the certificate.
    pub fn critical_option(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.critical.insert(name.into(), value.into());
        self
    }

    /// Has this extension. A server that does not know it ignores it.
    pub fn extension(mut self, name: impl Into<String>) -> Self {
        self.extensions.insert(name.into(), String::new());
        self
    }

    /// Has no extension: a login with it may do nothing but run commands.
    pub fn without_extensions(mut self) -> Self {
        self.extensions.clear();
        self
    }

    /// Has not this extension: `permit-pty` for one, which a user's certificate has otherwise.
    pub fn without_extension(mut self, name: &str) -> Self {
        self.extensions.remove(name);
        self
    }

    /// Signs it.
    ///
    /// # Errors
    ///
    /// When the authority's key cannot sign, or a time cannot stand in a certificate.
    pub fn sign(self) -> Result<Certificate, ssh_key::Error> {
        let key = self.key.key_data().clone();
        let unix = |time: SystemTime| {
            let since = time.duration_since(SystemTime::UNIX_EPOCH).map_err(|_| ssh_key::Error::Time)?;
            Ok::<_, ssh_key::Error>(since.as_secs())
        };
        let (after, before) = (unix(self.after)?, unix(self.before)?);
        let mut builder = Builder::new_with_random_nonce(&mut safe_rng(), key, after, before)?;
        builder.cert_type(self.of)?.key_id(self.key_id)?.serial(self.serial)?;
        if self.principals.is_empty() {
            builder.all_principals_valid()?;
        }
        for name in self.principals {
            builder.valid_principal(name)?;
        }
        for (name, value) in self.critical {
            builder.critical_option(name, value)?;
        }
        for (name, value) in self.extensions {
            builder.extension(name, value)?;
        }
        builder.sign(self.authority)
    }
}
