//! Options of a server, with their defaults in one place.

use std::{
    net::{IpAddr, Ipv4Addr},
    time::Duration,
};

use mock_base::Seed;

use crate::Algorithms;

/// Numbers and texts that a server runs by. The builder's methods say what each means.
#[derive(Debug, Clone)]
pub(crate) struct Options {
    pub(crate) name: String,
    pub(crate) address: IpAddr,
    pub(crate) port: u16,
    pub(crate) version: String,
    pub(crate) algorithms: Algorithms,
    pub(crate) handshake_timeout: Option<Duration>,
    pub(crate) connection_timeout: Option<Duration>,
    pub(crate) inactivity_timeout: Option<Duration>,
    pub(crate) max_connections: usize,
    pub(crate) max_auth_attempts: u32,
    pub(crate) max_channels: usize,
    pub(crate) rekey_after_bytes: usize,
    pub(crate) rekey_after: Duration,
    /// After which time without a word a client is asked, and how often without an answer.
    pub(crate) keepalive: Option<(Duration, usize)>,
    pub(crate) window: u32,
    pub(crate) max_packet: u32,
    pub(crate) grace: Duration,
    pub(crate) reveal_secrets: bool,
    pub(crate) recorded_stdin: usize,
    pub(crate) seed: Option<Seed>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            name: "default".to_owned(),
            address: IpAddr::V4(Ipv4Addr::LOCALHOST),
            port: 0,
            version: concat!("SSH-2.0-mock-ssh_", env!("CARGO_PKG_VERSION")).to_owned(),
            algorithms: Algorithms::compatible(),
            handshake_timeout: Some(Duration::from_secs(30)),
            connection_timeout: None,
            inactivity_timeout: None,
            max_connections: 10_000,
            max_auth_attempts: 20,
            max_channels: 1000,
            rekey_after_bytes: 1 << 30,
            rekey_after: Duration::from_secs(3600),
            keepalive: None,
            window: 2 << 20,
            max_packet: 32 * 1024,
            grace: Duration::ZERO,
            reveal_secrets: false,
            recorded_stdin: 64 * 1024,
            seed: None,
        }
    }
}

/// How long a disconnect message may take to get out before the connection is cut.
pub(crate) const FAREWELL: Duration = Duration::from_millis(500);

/// How long a client that was told to leave may take to close its side before the connection is cut.
pub(crate) const LINGER: Duration = Duration::from_millis(100);
