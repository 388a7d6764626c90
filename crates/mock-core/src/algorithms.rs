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
    pub(crate) ext_info: bool,
    pub(crate) strict_kex: bool,
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
    ///
    /// `ssh-audit` fails of it the three NIST curves, an ECDSA host key on one, and `hmac-sha1`, which old clients need.
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
            ext_info: true,
            strict_kex: true,
        }
    }

    /// What is in no set any more and what devices of fifteen years ago have nothing but: SHA-1 signatures and exchanges, group
    /// 1, triple DES, CBC. First in each list, before all of [`compatible`](Self::compatible); a client that has something
    /// better takes that by its own order.
    pub fn legacy() -> Self {
        let Self { kex, host_keys, ciphers, macs, compression, ext_info, strict_kex } = Self::compatible();
        let and = |first: &[&str], rest: Vec<String>| {
            first.iter().map(|name| (*name).to_owned()).chain(rest).collect()
        };
        let old_kex = [
            "diffie-hellman-group1-sha1",
            "diffie-hellman-group14-sha1",
            "diffie-hellman-group-exchange-sha1",
        ];
        Self {
            kex: and(&old_kex, kex),
            host_keys: and(&["ssh-rsa"], host_keys),
            ciphers: and(&["3des-cbc", "aes128-cbc", "aes192-cbc", "aes256-cbc"], ciphers),
            macs: and(
                &["hmac-sha1", "hmac-sha1-etm@openssh.com"],
                macs.into_iter().filter(|name| name != "hmac-sha1").collect(),
            ),
            compression,
            ext_info,
            strict_kex,
        }
    }

    /// What current OpenSSH prefers, and nothing that anybody advises against: `ssh-audit` fails nothing of it.
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
            ext_info: true,
            strict_kex: true,
        }
    }

    /// The names in each list, in order: `kex`, `host_keys`, `ciphers`, `macs`, `compression`.
    pub fn lists(&self) -> impl Iterator<Item = (&'static str, &[String])> {
        let Self { kex, host_keys, ciphers, macs, compression, ext_info: _, strict_kex: _ } = self;
        let names = ["kex", "host_keys", "ciphers", "macs", "compression"];
        names.into_iter().zip([kex, host_keys, ciphers, macs, compression].map(Vec::as_slice))
    }

    /// Announces with `ext-info-s` that it takes what clients say of themselves (RFC 8308 section 2.1), or does not: announced
    /// by default. What a client then says is not looked at; a client that asks for it is told `server-sig-algs` in any case.
    pub fn ext_info(mut self, announced: bool) -> Self {
        self.ext_info = announced;
        self
    }

    /// Announces strict key exchange (OpenSSH PROTOCOL section 1.10), or not: announced by default. It is in force if the
    /// client announces it too.
    pub fn strict_kex(mut self, announced: bool) -> Self {
        self.strict_kex = announced;
        self
    }

    /// Offers these key exchange methods. What is announced behind them is no method: see [`ext_info`](Self::ext_info) and
    /// [`strict_kex`](Self::strict_kex).
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
