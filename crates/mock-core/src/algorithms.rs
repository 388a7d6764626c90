//! Which algorithms a server offers, in which order (RFC 4253 section 7.1).

/// Lists of algorithm names, in the order in which they are offered. The client's order decides.
///
/// ```
/// use mock_core::Algorithms;
///
/// let only_one = Algorithms::modern().kex(["curve25519-sha256"]).ciphers(["aes256-gcm@openssh.com"]);
/// # let _ = only_one;
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct Algorithms {
    pub(crate) kex: Vec<String>,
    pub(crate) host_keys: Vec<String>,
    pub(crate) ciphers: Vec<String>,
    pub(crate) macs: Vec<String>,
    pub(crate) compression: Vec<String>,
}

/// A name that the engine does not implement.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown {kind} algorithm `{name}`")]
#[non_exhaustive]
pub struct UnknownAlgorithm {
    /// Which list it stands in: `key exchange`, `host key`, `cipher`, `MAC`, `compression`.
    pub kind: &'static str,
    /// The name.
    pub name: String,
}

fn names<I: IntoIterator<Item: Into<String>>>(list: I) -> Vec<String> {
    list.into_iter().map(Into::into).collect()
}

impl Default for Algorithms {
    fn default() -> Self {
        Self::compatible()
    }
}

impl Algorithms {
    /// What clients of the last ten years can meet (OpenSSH 6.6 to 10, PuTTY, libssh2, `JSch`, paramiko, Go, Node,
    /// .NET), without SHA-1 signatures and without CBC. The default.
    pub fn compatible() -> Self {
        Self {
            kex: names([
                "mlkem768x25519-sha256",
                "curve25519-sha256",
                "curve25519-sha256@libssh.org",
                "ecdh-sha2-nistp256",
                "ecdh-sha2-nistp384",
                "ecdh-sha2-nistp521",
                "diffie-hellman-group-exchange-sha256",
                "diffie-hellman-group16-sha512",
                "diffie-hellman-group18-sha512",
                "diffie-hellman-group14-sha256",
            ]),
            host_keys: names([
                "ssh-ed25519",
                "ecdsa-sha2-nistp256",
                "ecdsa-sha2-nistp384",
                "ecdsa-sha2-nistp521",
                "rsa-sha2-512",
                "rsa-sha2-256",
            ]),
            ciphers: names([
                "aes256-gcm@openssh.com",
                "chacha20-poly1305@openssh.com",
                "aes128-gcm@openssh.com",
                "aes256-ctr",
                "aes192-ctr",
                "aes128-ctr",
            ]),
            macs: names([
                "hmac-sha2-256-etm@openssh.com",
                "hmac-sha2-512-etm@openssh.com",
                "hmac-sha2-256",
                "hmac-sha2-512",
                "hmac-sha1",
            ]),
            compression: names(["none", "zlib@openssh.com", "zlib"]),
        }
    }

    /// What current OpenSSH prefers, and nothing that anybody advises against.
    pub fn modern() -> Self {
        Self {
            kex: names([
                "mlkem768x25519-sha256",
                "curve25519-sha256",
                "curve25519-sha256@libssh.org",
                "diffie-hellman-group16-sha512",
                "diffie-hellman-group18-sha512",
            ]),
            host_keys: names(["ssh-ed25519", "rsa-sha2-512", "rsa-sha2-256"]),
            ciphers: names([
                "aes256-gcm@openssh.com",
                "chacha20-poly1305@openssh.com",
                "aes128-gcm@openssh.com",
                "aes256-ctr",
                "aes192-ctr",
                "aes128-ctr",
            ]),
            macs: names(["hmac-sha2-256-etm@openssh.com", "hmac-sha2-512-etm@openssh.com"]),
            compression: names(["none", "zlib@openssh.com"]),
        }
    }

    /// Offers these key exchange methods. `ext-info-s` and strict key exchange are announced in any case.
    pub fn kex<I: IntoIterator<Item: Into<String>>>(mut self, list: I) -> Self {
        self.kex = names(list);
        self
    }

    /// Offers these signature algorithms of host keys, as far as there is a key for them, and accepts these of
    /// clients (RFC 8308 section 3.1): the engine has one list for both.
    pub fn host_keys<I: IntoIterator<Item: Into<String>>>(mut self, list: I) -> Self {
        self.host_keys = names(list);
        self
    }

    /// Offers these ciphers, in both directions.
    pub fn ciphers<I: IntoIterator<Item: Into<String>>>(mut self, list: I) -> Self {
        self.ciphers = names(list);
        self
    }

    /// Offers these MACs, in both directions. Ciphers that authenticate by themselves use none.
    pub fn macs<I: IntoIterator<Item: Into<String>>>(mut self, list: I) -> Self {
        self.macs = names(list);
        self
    }

    /// Offers these compression methods, in both directions.
    pub fn compression<I: IntoIterator<Item: Into<String>>>(mut self, list: I) -> Self {
        self.compression = names(list);
        self
    }
}
