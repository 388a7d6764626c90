//! Options of a server, with their defaults in one place.

use std::{
    net::{IpAddr, Ipv4Addr},
    time::Duration,
};

use mock_base::Seed;

use crate::{Algorithms, HostKey};

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
    pub(crate) habits: Habits,
    pub(crate) default_keys: DefaultKeys,
    pub(crate) grace: Duration,
    pub(crate) reveal_secrets: bool,
    pub(crate) recorded_stdin: usize,
    pub(crate) seed: Option<Seed>,
}

/// What a server does when a session has ended.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Habits {
    pub(crate) exit_status_after_eof: bool,
    pub(crate) closes_after_session: bool,
}

/// Types of host keys of a server that is given none.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DefaultKeys {
    pub(crate) ed25519: bool,
    pub(crate) ecdsa: bool,
    pub(crate) rsa: bool,
}

impl Default for DefaultKeys {
    fn default() -> Self {
        Self { ed25519: true, ecdsa: true, rsa: false }
    }
}

impl DefaultKeys {
    /// A key of each type, the shared ones made if nobody has needed them yet.
    pub(crate) fn make(self) -> Vec<HostKey> {
        let keys: [(bool, fn() -> HostKey); 3] = [
            (self.ed25519, HostKey::ed25519),
            (self.ecdsa, HostKey::shared_ecdsa),
            (self.rsa, HostKey::shared_rsa),
        ];
        keys.into_iter().filter(|(wanted, _)| *wanted).map(|(_, make)| make()).collect()
    }
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
            habits: Habits::default(),
            default_keys: DefaultKeys::default(),
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
