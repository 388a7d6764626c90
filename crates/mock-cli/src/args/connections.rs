//! Flags for how connections are kept, and for the host keys that they meet: named as OpenSSH names them, where it does.

use std::{path::PathBuf, str::FromStr, time::Duration};

use clap::Args;
use mock_base::Pattern;
use mock_core::Algorithms;

use super::PubkeyType;
use crate::scenario::{OtherHostKeys, other_of_flag, unknown_algorithm};

/// Host keys beside those in files.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Host keys")]
pub(crate) struct HostKeyArgs {
    /// Have a new host key of this type; may be repeated
    #[arg(long, value_enum, value_name = "TYPE")]
    pub(crate) host_key_type: Vec<PubkeyType>,

    /// Have the certificate in this file for the host key that it is about; may be repeated
    #[arg(long, value_name = "FILE")]
    pub(crate) host_certificate: Vec<PathBuf>,

    /// Show some connections other host keys, such as `connection = "2..", keys = [{ generate = "ed25519" }]`; may be
    /// repeated. The keys are those of other host keys in docs/scenario.md
    #[arg(long, value_name = "RULE", value_parser = other_of_flag)]
    pub(crate) other_host_key: Vec<OtherHostKeys>,
}

/// What connections are like.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Connections")]
pub(crate) struct ConnectionArgs {
    /// Offer these key exchange methods, separated by commas, instead of those of `--algorithms`
    #[arg(long, value_name = "LIST", value_parser = |text: &str| algorithms(text, Algorithms::kex))]
    pub(crate) kex_algorithms: Option<List>,

    /// Offer these signature algorithms of host keys
    #[arg(long, value_name = "LIST", value_parser = |text: &str| algorithms(text, Algorithms::host_keys))]
    pub(crate) host_key_algorithms: Option<List>,

    /// Offer these ciphers
    #[arg(long, value_name = "LIST", value_parser = |text: &str| algorithms(text, Algorithms::ciphers))]
    pub(crate) ciphers: Option<List>,

    /// Offer these MACs
    #[arg(long, value_name = "LIST", value_parser = |text: &str| algorithms(text, Algorithms::macs))]
    pub(crate) macs: Option<List>,

    /// Exchange keys anew after so many bytes, and after a time if there is one: `64K`, `1G 1h`, `default 10s`
    /// [default: 1G 1h]
    #[arg(long, value_name = "LIMIT")]
    pub(crate) rekey_limit: Option<RekeyLimit>,

    /// Ask a client that is silent for this time whether it is there, and give it up after three questions without an
    /// answer [default: never]
    #[arg(long, value_name = "TIME", visible_alias = "client-alive-interval", value_parser = time)]
    pub(crate) keepalive: Option<Duration>,

    /// Disconnect who is not logged in within this time, or `never` [default: 30s]
    #[arg(long, value_name = "TIME", visible_alias = "handshake-timeout", value_parser = grace)]
    pub(crate) login_grace_time: Option<Grace>,

    /// Disconnect after so many refused attempts to log in [default: 20]
    #[arg(
        long,
        value_name = "COUNT",
        visible_alias = "max-auth-attempts",
        value_parser = clap::value_parser!(u32).range(1..)
    )]
    pub(crate) max_auth_tries: Option<u32>,

    /// Have so many channels at once on a connection [default: 1000]
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) max_channels: Option<u32>,

    /// Take environment variables with this name, in which `*` and `?` are wild; may be repeated [default: all]
    #[arg(long, value_name = "NAME", value_parser = pattern)]
    pub(crate) accept_env: Vec<Pattern>,

    /// Take offers of X11 forwarding
    #[arg(long)]
    pub(crate) x11_forwarding: bool,

    /// Let a client send so many bytes on a channel before it has to wait, from 2 [default: 2M]
    #[arg(long, value_name = "BYTES", value_parser = window)]
    pub(crate) window: Option<u32>,

    /// Take packets with so many bytes of data at most [default: 32K]
    #[arg(long, value_name = "BYTES", value_parser = packet)]
    pub(crate) max_packet: Option<u32>,
}

/// Names of algorithms, in order.
#[derive(Debug, Clone)]
pub(crate) struct List(pub(crate) Vec<String>);

fn algorithms(text: &str, offer: fn(Algorithms, Vec<String>) -> Algorithms) -> Result<List, String> {
    let names: Vec<String> = text.split(',').map(|name| name.trim().to_owned()).collect();
    match names.iter().find_map(|name| unknown_algorithm(name, offer)) {
        Some(problem) => Err(problem),
        None => Ok(List(names)),
    }
}

/// A time that may be none.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Grace(pub(crate) Option<Duration>);

fn grace(text: &str) -> Result<Grace, String> {
    // OpenSSH writes `0`.
    if matches!(text, "never" | "0") {
        return Ok(Grace(None));
    }
    time(text).map(|time| Grace(Some(time))).map_err(|error| format!("{error}, or `never`"))
}

fn time(text: &str) -> Result<Duration, String> {
    let time = humantime::parse_duration(text).ok().filter(|time| !time.is_zero());
    time.ok_or_else(|| format!("`{text}` is no time: write `500ms`, `30s` or `1m 30s`"))
}

fn pattern(text: &str) -> Result<Pattern, String> {
    Pattern::parse(text).map_err(|error| error.to_string())
}

fn window(text: &str) -> Result<u32, String> {
    bytes(text, 2)
}

fn packet(text: &str) -> Result<u32, String> {
    bytes(text, 1)
}

/// A number of bytes, also in `K`, `M` or `G`, as OpenSSH writes it: 1024 of the next smaller one.
fn bytes(text: &str, least: u32) -> Result<u32, String> {
    let units = [(['K', 'k'], 1 << 10), (['M', 'm'], 1 << 20), (['G', 'g'], 1 << 30)];
    let split = |(unit, factor): ([char; 2], u32)| Some((text.strip_suffix(unit)?, factor));
    let (number, factor) = units.into_iter().find_map(split).unwrap_or((text, 1));
    let count = number.parse::<u32>().ok().and_then(|number| number.checked_mul(factor));
    count
        .filter(|count| *count >= least)
        .ok_or_else(|| format!("`{text}` is no number of bytes from {least} on: write `4096`, `64K` or `2M`"))
}

/// When keys are exchanged anew, as OpenSSH's `RekeyLimit`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RekeyLimit {
    pub(crate) bytes: Option<u32>,
    pub(crate) time: Option<Duration>,
}

impl FromStr for RekeyLimit {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        const MOST: u32 = 1 << 30;
        let (first, second) = text.trim().split_once(char::is_whitespace).unwrap_or((text.trim(), ""));
        let bytes = match first {
            "default" => None,
            first => Some(bytes(first, 1)?),
        };
        if bytes.is_some_and(|bytes| bytes > MOST) {
            return Err(format!("`{first}` is more than `1G`, after which keys are exchanged in any case"));
        }
        let time = if second.is_empty() { None } else { Some(time(second.trim())?) };
        Ok(Self { bytes, time })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grace_time_may_be_none() {
        for (text, time) in [("never", None), ("0", None), ("1m", Some(60))] {
            assert_eq!(grace(text).unwrap().0, time.map(Duration::from_secs), "{text}");
        }
        for wrong in ["", "0s", "soon"] {
            assert!(grace(wrong).unwrap_err().ends_with("or `never`"), "{wrong}");
        }
    }

    #[test]
    fn a_limit_is_bytes_and_a_time() {
        let limit =
            |bytes, seconds: Option<u64>| Ok(RekeyLimit { bytes, time: seconds.map(Duration::from_secs) });
        assert_eq!("64K".parse(), limit(Some(65536), None));
        assert_eq!("1G 1h".parse(), limit(Some(1 << 30), Some(3600)));
        assert_eq!("default 1m 30s".parse(), limit(None, Some(90)));
        for wrong in ["", "64KB", "-1", "2G", "64K soon", "0", "64K 0s", "9999999999"] {
            wrong.parse::<RekeyLimit>().unwrap_err();
        }
    }
}
