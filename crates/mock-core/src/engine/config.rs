//! Our options as the engine's configuration.

use std::{borrow::Cow, time::Duration};

use russh::{
    Limits, MethodKind, MethodSet, Preferred, SshId, cipher, compression, kex,
    keys::{Algorithm, PrivateKey},
    mac,
    server::Config,
};

use crate::{Algorithms, HostKey, UnknownAlgorithm, config::Options};

/// Messages between tasks and the session; more of them did not make output faster.
const EVENT_BUFFER: usize = 128;

/// Refused attempts beyond our own limit that the engine puts up with.
const UNSEEN_ATTEMPTS: usize = 16;

pub(crate) fn config(options: &Options, host_keys: &[HostKey]) -> Result<Config, UnknownAlgorithm> {
    Ok(Config {
        server_id: SshId::Standard(Cow::Owned(options.version.clone())),
        // Only what a client is told before its user name is known.
        methods: MethodSet::from(
            [MethodKind::PublicKey, MethodKind::Password, MethodKind::KeyboardInteractive].as_slice(),
        ),
        // The engine's second of penance for every refused attempt would make tests slow; verdicts have delays.
        auth_rejection_time: Duration::ZERO,
        auth_rejection_time_initial: Some(Duration::ZERO),
        // The engine's own limit counts what no hook sees, such as bad signatures; ours ends a login earlier.
        max_auth_attempts: options.max_auth_attempts as usize + UNSEEN_ATTEMPTS,
        keys: host_keys.iter().map(|key| PrivateKey::clone(key.private_key())).collect(),
        certificates: host_keys.iter().filter_map(HostKey::certificate).cloned().collect(),
        window_size: options.window,
        maximum_packet_size: options.max_packet,
        limits: Limits {
            rekey_write_limit: options.rekey_after_bytes,
            rekey_read_limit: options.rekey_after_bytes,
            rekey_time_limit: options.rekey_after,
        },
        keepalive_interval: options.keepalive.map(|(interval, _)| interval),
        keepalive_max: options.keepalive.map_or(0, |(_, unanswered)| unanswered),
        event_buffer_size: EVENT_BUFFER,
        inactivity_timeout: options.inactivity_timeout,
        preferred: preferred(&options.algorithms)?,
        ..Config::default()
    })
}

fn preferred(algorithms: &Algorithms) -> Result<Preferred, UnknownAlgorithm> {
    let mut kex = parse("key exchange", &algorithms.kex, |name| kex::Name::try_from(name).ok())?;
    if algorithms.ext_info {
        kex.push(kex::EXTENSION_SUPPORT_AS_SERVER);
    }
    if algorithms.strict_kex {
        kex.push(kex::EXTENSION_OPENSSH_STRICT_KEX_AS_SERVER);
    }
    Ok(Preferred {
        kex: kex.into(),
        key: parse("host key", &algorithms.host_keys, |name| Algorithm::new(name).ok())?.into(),
        cipher: parse("cipher", &algorithms.ciphers, |name| cipher::Name::try_from(name).ok())?.into(),
        mac: parse("MAC", &algorithms.macs, |name| mac::Name::try_from(name).ok())?.into(),
        compression: parse("compression", &algorithms.compression, |name| {
            compression::Name::try_from(name).ok()
        })?
        .into(),
        host_key_certificates: Cow::Borrowed(&[]),
    })
}

/// Whether the engine has an algorithm for a list of this kind.
pub(crate) fn knows(kind: &str, name: &str) -> bool {
    match kind {
        "key exchange" => kex::Name::try_from(name).is_ok(),
        "host key" => Algorithm::new(name).is_ok(),
        "cipher" => cipher::Name::try_from(name).is_ok(),
        "MAC" => mac::Name::try_from(name).is_ok(),
        "compression" => compression::Name::try_from(name).is_ok(),
        _ => false,
    }
}

fn parse<T>(
    kind: &'static str,
    names: &[String],
    known: impl Fn(&str) -> Option<T>,
) -> Result<Vec<T>, UnknownAlgorithm> {
    names
        .iter()
        .map(|name| known(name).ok_or_else(|| UnknownAlgorithm { kind, name: name.clone() }))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sets_consist_of_algorithms_that_the_engine_has() {
        for algorithms in [Algorithms::compatible(), Algorithms::modern(), Algorithms::legacy()] {
            let options = Options { algorithms, ..Options::default() };
            config(&options, &[]).unwrap();
        }
    }

    #[test]
    fn an_unknown_algorithm_is_named_with_its_list() {
        let algorithms = Algorithms::modern().ciphers(["rot13"]);
        let error = config(&Options { algorithms, ..Options::default() }, &[]).unwrap_err();
        assert_eq!(error.to_string(), "unknown cipher algorithm `rot13`");
    }
}
