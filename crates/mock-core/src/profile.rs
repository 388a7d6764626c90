//! The half of a [`Profile`] that is the transport and the connection: through the builder's own methods, so that whatever is
//! called behind it goes before it.

use mock_base::Profile;

use crate::{
    Algorithms, Builder, UnknownAlgorithm,
    config::{DefaultKeys, Options},
    engine,
};

impl Builder {
    /// Appears as this server: its version, its algorithms in its order as far as there are such here, host keys of its types, its
    /// limits and how it ends sessions. What is called after this goes before it; logins, commands and files are not touched.
    ///
    /// What is left out is told by [`Algorithms::missing_of`]. Where it has an RSA key it is of 2048 bits, made once for the process,
    /// in a few tenths of a second. With [`host_key`](Self::host_key) none is made.
    ///
    /// ```
    /// use mock_core::{MockSshServer, Profile};
    ///
    /// let builder = MockSshServer::builder().profile(&Profile::DROPBEAR).version("SSH-2.0-dropbear_2024.86");
    /// # let _ = builder;
    /// ```
    pub fn profile(self, profile: &Profile) -> Self {
        let (limits, defaults) = (profile.limits, Options::default());
        let mut builder = self
            .version(profile.version)
            .algorithms(Algorithms::of_profile(profile))
            .exit_status_after_eof(profile.exit_status_after_eof)
            .close_after_session(profile.closes_after_session);
        macro_rules! set {
            ($($limit:ident),*) => {$(
                builder = match limits.$limit {
                    Some(limit) => builder.$limit(limit),
                    None => {
                        builder.options.$limit = defaults.$limit;
                        builder
                    }
                };
            )*};
        }
        set!(max_auth_attempts, handshake_timeout, inactivity_timeout, max_channels, window, max_packet);
        let has = |start: &str| profile.host_keys.iter().any(|name| name.starts_with(start));
        let rsa = has("rsa-") || has("ssh-rsa");
        builder.options.default_keys = DefaultKeys { ed25519: has("ssh-ed25519"), ecdsa: has("ecdsa-"), rsa };
        builder
    }
}

/// The names that announce something in the list of key exchange methods.
const EXT_INFO: &str = "ext-info-s";
const STRICT_KEX: &str = "kex-strict-s-v00@openssh.com";

impl Algorithms {
    /// Those of this server that there are here, in its order, announcing what it announces.
    ///
    /// ```
    /// use mock_core::{Algorithms, Profile};
    ///
    /// let algorithms = Algorithms::of_profile(&Profile::CISCO_IOS);
    /// let (_, macs) = algorithms.lists().nth(3).ok_or("it is there")?;
    /// assert_eq!(macs, ["hmac-sha1"]);
    /// # Ok::<(), &str>(())
    /// ```
    pub fn of_profile(profile: &Profile) -> Self {
        let there_is = |kind, list: &[&'static str]| -> Vec<_> {
            list.iter().copied().filter(|name| engine::knows(kind, name)).collect()
        };
        let client_keys = profile.client_keys.iter().filter(|name| engine::knows("host key", name));
        let host_keys = there_is("host key", profile.host_keys).into_iter().chain(client_keys.copied());
        Self::compatible()
            .kex(there_is("key exchange", profile.kex))
            .host_keys(host_keys)
            .ciphers(there_is("cipher", profile.ciphers))
            .macs(there_is("MAC", profile.macs))
            .compression(there_is("compression", profile.compression))
            .ext_info(profile.kex.contains(&EXT_INFO))
            .strict_kex(profile.kex.contains(&STRICT_KEX))
    }

    /// What this server offers and a mock with its profile does not, because the engine has no such algorithm.
    ///
    /// ```
    /// use mock_core::{Algorithms, Profile};
    ///
    /// let missing: Vec<_> = Algorithms::missing_of(&Profile::CISCO_IOS).map(|missing| missing.name).collect();
    /// assert_eq!(missing, ["hmac-sha1-96", "hmac-md5", "hmac-md5-96"]);
    /// ```
    pub fn missing_of(profile: &Profile) -> impl Iterator<Item = UnknownAlgorithm> {
        profile.lists().flat_map(|(kind, names)| {
            let missing =
                |name: &&&'static str| !engine::knows(kind, name) && ![EXT_INFO, STRICT_KEX].contains(name);
            names.iter().filter(missing).map(move |name| UnknownAlgorithm { kind, name: (*name).to_owned() })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What stands in `docs/profiles.md`: algorithms that the engine comes to have are offered then.
    #[test]
    fn only_what_the_engine_lacks_is_left_out() {
        let told = |profile: &&Profile| {
            let missing: Vec<_> = Algorithms::missing_of(profile).map(|missing| missing.name).collect();
            format!("{}: {}", profile.name, missing.join(" "))
        };
        let umac =
            "umac-64-etm@openssh.com umac-128-etm@openssh.com umac-64@openssh.com umac-128@openssh.com";
        let sntrup = "sntrup761x25519-sha512@openssh.com";
        assert_eq!(
            Profile::ALL.iter().map(told).collect::<Vec<_>>(),
            [
                format!("openssh-7.4: {umac}"),
                format!("openssh-8.9: {sntrup} {umac}"),
                format!("openssh-9.6: {sntrup} {umac}"),
                format!("openssh-10.0: sntrup761x25519-sha512 {sntrup} {umac}"),
                "dropbear: kexguess2@matt.ucc.asn.au".to_owned(),
                "cisco-ios: hmac-sha1-96 hmac-md5 hmac-md5-96".to_owned(),
                "aws-transfer: ".to_owned(),
                "proftpd: curve448-sha512 rsa1024-sha1 cast128-cbc hmac-sha1-96 hmac-sha1-96-etm@openssh.com \
                 umac-64@openssh.com umac-64-etm@openssh.com umac-128@openssh.com umac-128-etm@openssh.com"
                    .to_owned(),
            ]
        );
    }
}
