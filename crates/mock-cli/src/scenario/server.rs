//! `[server]`: how the server appears, where it listens, and what it puts up with.
//!
//! Each option is there or not, so that an including file goes before what it includes, and flags before both.

use std::{
    net::IpAddr,
    time::{Duration, SystemTime},
};

use mock_base::{Pattern, expect_all_matched};
use mock_core::{Builder, HostKey, Methods, Profile};

use super::{
    algorithms::AlgorithmTable,
    engine,
    host_keys::{self, OtherHostKeys, OwnKey},
    keys::SERVER,
    login::{self, CertificateTable, Lender},
    pattern,
    reader::{Node, Table},
};

/// An option of which the first that speaks counts.
macro_rules! options {
    ($($(#[$doc:meta])* $field:ident: $type:ty,)*) => {
        /// What `[server]` says.
        #[derive(Debug, Clone, Default)]
        pub(super) struct ServerOptions {
            $($(#[$doc])* pub(super) $field: Option<$type>,)*
        }

        impl ServerOptions {
            /// These, and where they say nothing the others.
            pub(super) fn or(self, other: Self) -> Self {
                Self { $($field: self.$field.or(other.$field),)* }
            }
        }
    };
}

options! {
    name: String,
    address: IpAddr,
    port: u16,
    /// On top of this is everything else.
    profile: &'static Profile,
    version: String,
    /// For the first connection, the second; the last for all that follow.
    banner: Vec<String>,
    algorithms: AlgorithmTable,
    host_keys: Vec<OwnKey>,
    other_host_keys: Vec<OtherHostKeys>,
    max_connections: usize,
    max_auth_attempts: u32,
    handshake_timeout: Limit,
    connection_timeout: Limit,
    inactivity_timeout: Limit,
    grace: Duration,
    seed: u64,
    strict: bool,
    hints_on_stderr: bool,
    reveal_secrets: bool,
    recorded_stdin: usize,
    agent_forwarding: bool,
    x11_forwarding: bool,
    max_channels: usize,
    accept_env: Vec<Pattern>,
    rekey_after: Duration,
    rekey_after_bytes: usize,
    keepalive: Duration,
    window: u32,
    max_packet: u32,
    exit_status_after_eof: bool,
    close_after_session: bool,
    clock: SystemTime,
    host_certificate: CertificateTable,
    unknown_users_see: Methods,
}

/// Keepalive requests that a client may leave without an answer, as OpenSSH's `ClientAliveCountMax` has it by default.
const UNANSWERED: usize = 3;

/// When something is given up.
#[derive(Debug, Clone, Copy)]
pub(super) enum Limit {
    Never,
    After(Duration),
}

impl From<Limit> for Option<Duration> {
    fn from(limit: Limit) -> Self {
        match limit {
            Limit::Never => None,
            Limit::After(duration) => Some(duration),
        }
    }
}

impl ServerOptions {
    pub(super) fn read(node: &Node<'_>, lender: &Lender) -> Self {
        node.table(&[&SERVER]).map(|table| Self::read_table(&table, lender)).unwrap_or_default()
    }

    pub(super) fn read_table(table: &Table<'_>, lender: &Lender) -> Self {
        Self {
            name: table.get("name").and_then(|node| name(&node)),
            address: table
                .get("address")
                .and_then(|node| node.parsed("IP address", "`\"127.0.0.1\"` or the like")),
            port: narrow(table.number("port", 0, u64::from(u16::MAX))),
            profile: table.get("profile").and_then(|node| node.choice(&profiles())),
            version: table.get("version").and_then(|node| version(&node)),
            banner: table.get("banner").map(|node| node.texts()),
            algorithms: table.get("algorithms").and_then(|node| AlgorithmTable::read(&node)),
            host_keys: table.get("host_keys").map(|node| host_keys::read(&node, lender)),
            other_host_keys: table.get("other_host_keys").map(|node| host_keys::read_others(&node, lender)),
            max_connections: narrow(table.number("max_connections", 1, u64::from(u32::MAX))),
            max_auth_attempts: narrow(table.number("max_auth_attempts", 1, u64::from(u32::MAX))),
            handshake_timeout: limit(table, "handshake_timeout"),
            connection_timeout: limit(table, "connection_timeout"),
            inactivity_timeout: limit(table, "inactivity_timeout"),
            grace: table.get("grace").and_then(|node| duration(&node)),
            // TOML has no larger numbers.
            seed: table.number("seed", 0, i64::MAX.unsigned_abs()),
            strict: table.flag("strict"),
            hints_on_stderr: table.flag("hints_on_stderr"),
            reveal_secrets: table.flag("reveal_secrets"),
            recorded_stdin: narrow(table.number("recorded_stdin", 0, u64::from(u32::MAX))),
            agent_forwarding: table.flag("agent_forwarding"),
            x11_forwarding: table.flag("x11_forwarding"),
            max_channels: narrow(table.number("max_channels", 1, u64::from(u32::MAX))),
            accept_env: table
                .get("accept_env")
                .map(|node| node.one_or_more().iter().filter_map(pattern::read).collect()),
            rekey_after: table.get("rekey_after").and_then(|node| interval(&node)),
            rekey_after_bytes: narrow(table.number("rekey_after_bytes", 1, 1 << 30)),
            keepalive: table.get("keepalive").and_then(|node| interval(&node)),
            window: narrow(table.number("window", 2, u64::from(u32::MAX))),
            max_packet: narrow(table.number("max_packet", 1, u64::from(u32::MAX))),
            exit_status_after_eof: table.flag("exit_status_after_eof"),
            close_after_session: table.flag("close_after_session"),
            clock: table.get("clock").and_then(|node| node.moment()),
            host_certificate: table.get("host_certificate").and_then(|node| certificate(&node, lender)),
            unknown_users_see: table.get("unknown_users_see").map(|node| login::methods(&node)),
        }
    }

    pub(super) fn build(&self, lender: &Lender) -> Builder {
        let options = self.clone();
        let mut keys = options.host_keys.unwrap_or_default();
        if let Some(table) = &options.host_certificate {
            if keys.is_empty() {
                keys = host_keys::by_default(options.profile).into_iter().map(OwnKey::from).collect();
            }
            // A certificate that cannot be made was reported when the file was read.
            let certified = |own: OwnKey| match own.key.certificate() {
                None if !own.bare => table.of_host(lender, own.key.clone()).map_or(own, OwnKey::from),
                _ => own,
            };
            keys = keys.into_iter().map(certified).collect();
        }
        let appearance = match options.profile {
            Some(profile) => Builder::default().profile(profile),
            None => Builder::default(),
        };
        let keys = keys.into_iter().map(|own| own.key);
        let mut builder = keys.fold(appearance, Builder::host_key);
        if let Some(table) = options.algorithms {
            builder = builder.algorithms(table.on(options.profile));
        }
        macro_rules! set {
            ($($option:ident),*) => {$(
                if let Some(value) = options.$option {
                    builder = builder.$option(value);
                }
            )*};
        }
        set!(name, address, port, version, max_connections, max_auth_attempts);
        set!(
            handshake_timeout,
            connection_timeout,
            inactivity_timeout,
            grace,
            seed,
            recorded_stdin,
            max_channels,
            rekey_after,
            rekey_after_bytes,
            window,
            max_packet,
            exit_status_after_eof,
            close_after_session
        );
        if let Some(texts) = options.banner {
            builder = builder.banner_for(move |connection| {
                let index = usize::try_from(connection.number().saturating_sub(1)).unwrap_or(usize::MAX);
                texts.get(index).or(texts.last()).cloned()
            });
        }
        if let Some(others) = options.other_host_keys {
            builder = host_keys::build(others, builder);
        }
        if options.strict == Some(true) {
            builder = builder.verify_with(expect_all_matched());
        }
        if options.hints_on_stderr == Some(true) {
            builder = builder.hints_on_stderr();
        }
        if options.reveal_secrets == Some(true) {
            builder = builder.reveal_secrets();
        }
        if options.agent_forwarding == Some(true) {
            builder = builder.accept_agent_forwarding();
        }
        builder = options.accept_env.into_iter().flatten().fold(builder, Builder::accept_env);
        if let Some(interval) = options.keepalive {
            builder = builder.keepalive(interval, UNANSWERED);
        }
        if options.x11_forwarding == Some(true) {
            builder = builder.accept_x11_forwarding();
        }
        builder
    }
}

fn narrow<T: TryFrom<u64>>(number: Option<u64>) -> Option<T> {
    number.and_then(|number| T::try_from(number).ok())
}

fn name(node: &Node<'_>) -> Option<String> {
    let name = crate::args::server_name(node.text()?);
    name.map_err(|hint| node.report_with("this cannot be the name of a server", hint)).ok()
}

fn profiles() -> [(&'static str, &'static Profile); Profile::ALL.len()] {
    Profile::ALL.map(|profile| (profile.name, profile))
}

fn version(node: &Node<'_>) -> Option<String> {
    let version = node.text()?;
    if let Some(error) = engine::refuses(|builder| builder.version(version)) {
        node.report(error.to_string());
        return None;
    }
    Some(version.to_owned())
}

fn limit(table: &Table<'_>, key: &str) -> Option<Limit> {
    let node = table.get(key)?;
    if node.is_text() && node.text() == Some("never") {
        return Some(Limit::Never);
    }
    duration(&node).map(Limit::After)
}

pub(super) fn duration(node: &Node<'_>) -> Option<Duration> {
    let example = "a time such as `\"250ms\"`, `\"30s\"` or `\"1m 30s\"`";
    node.parsed("duration", example).map(humantime::Duration::into)
}

/// What happens again and again would never end happening without a time between.
fn interval(node: &Node<'_>) -> Option<Duration> {
    let interval = duration(node)?;
    if interval.is_zero() {
        node.report_with("there has to be time between", "leave it out for what the default is");
        return None;
    }
    Some(interval)
}

/// What the certificates of host keys say, tried with a key that nobody has.
fn certificate(node: &Node<'_>, lender: &Lender) -> Option<CertificateTable> {
    let table = CertificateTable::read(node)?;
    let tried = table.of_host(lender, HostKey::ed25519());
    let reported = |error| node.report(format!("the certificate cannot be made: {error}"));
    tried.map(|_certified| table).map_err(reported).ok()
}
