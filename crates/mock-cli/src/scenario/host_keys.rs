//! Host keys: those of the server, and those that some connections meet instead.
//!
//! A key is made when it is read, so that every server of one scenario has the same, and a client that knows it finds it again.

use std::net::SocketAddr;

use mock_base::{Pattern, Times};
use mock_core::{Builder, Connection, HostKey, Profile, keys::Certificate};

use super::{
    files::Parts,
    forward::{of_keys, on_one_line},
    keys::{HOST_KEY, OTHER_HOST_KEYS},
    login::{CertificateTable, Lender},
    pattern,
    reader::{Node, Table},
    rules, times,
};
use crate::args::PubkeyType;

/// A host key of the server's own.
#[derive(Debug, Clone)]
pub(crate) struct OwnKey {
    pub(super) key: HostKey,
    /// Whether it is to have no certificate, whatever the others have.
    pub(super) bare: bool,
}

impl From<HostKey> for OwnKey {
    fn from(key: HostKey) -> Self {
        Self { key, bare: false }
    }
}

/// Host keys that some connections meet instead of the server's own.
#[derive(Debug, Clone)]
pub(crate) struct OtherHostKeys {
    /// The numbers of the connections, if not all.
    connection: Option<Times>,
    /// Where they come from.
    peer: Option<Pattern>,
    /// States that have to be so.
    states: Vec<(String, String)>,
    pub(crate) keys: Vec<HostKey>,
}

impl OtherHostKeys {
    fn is_for(&self, connection: &Connection) -> bool {
        self.connection.is_none_or(|numbers| numbers.holds(connection.number()))
            && self.peer.as_ref().is_none_or(|peer| is_from(peer, &connection.peer().to_string()))
            && self.states.iter().all(|(name, value)| connection.state().is(name, value))
    }

    fn read(node: &Node<'_>, lender: &Lender) -> Option<Self> {
        let table = node.table(&[&OTHER_HOST_KEYS])?;
        let keys = table.require("keys", "\"other_host_key\"").map(|node| read(&node, lender))?;
        let keys: Vec<_> = keys.into_iter().map(|own| own.key).collect();
        if keys.is_empty() {
            table.node.report_with("there is no key", "add `keys = \"other_host_key\"`");
        }
        Some(Self {
            connection: table.get("connection").and_then(|node| times::read(&node)),
            peer: table.get("peer").and_then(|node| pattern::read(&node)),
            states: rules::states(&table, "in_state"),
            keys,
        })
    }
}

/// Whether a client's address is so, with or without the port.
fn is_from(peer: &Pattern, address: &str) -> bool {
    let host = || address.parse::<SocketAddr>().map(|address| address.ip().to_string());
    peer.is_match(address) || host().is_ok_and(|host| peer.is_match(host))
}

/// Has a server show these keys: the first that are for a connection, or else its own.
pub(super) fn build(others: Vec<OtherHostKeys>, builder: Builder) -> Builder {
    builder.host_keys_for(move |connection| {
        let found = others.iter().find(|others| others.is_for(connection));
        found.map(|others| others.keys.clone()).unwrap_or_default()
    })
}

/// The keys of a list, or the only one.
pub(super) fn read(node: &Node<'_>, lender: &Lender) -> Vec<OwnKey> {
    node.one_or_more().iter().filter_map(|node| key(node, lender)).collect()
}

pub(super) fn read_others(node: &Node<'_>, lender: &Lender) -> Vec<OtherHostKeys> {
    node.one_or_more().iter().filter_map(|node| OtherHostKeys::read(node, lender)).collect()
}

/// A rule for other host keys as a flag has it: the keys of `[[server.other_host_keys]]` on one line.
pub(crate) fn other_of_flag(text: &str) -> Result<OtherHostKeys, String> {
    let others = |parts: Parts| parts.server.other_host_keys.unwrap_or_default();
    of_keys("server.other_host_keys", text, "flag", others).map_err(|error| on_one_line(&error))
}

/// The path of a file, or a table that says where the key comes from and what certifies it.
fn key(node: &Node<'_>, lender: &Lender) -> Option<OwnKey> {
    if !node.is_table() {
        return of_file(node).map(OwnKey::from);
    }
    let table = node.table(&[&HOST_KEY])?;
    table.excludes("file", &["generate"], "a key is read, or it is made");
    let key = match table.get("generate") {
        Some(node) => generated(&node)?,
        None => of_file(&table.require("file", "\"host_key\"")?)?,
    };
    certified(key, &table, lender)
}

fn of_file(node: &Node<'_>) -> Option<HostKey> {
    let path = node.file()?;
    HostKey::read(path).map_err(|error| node.report(error.to_string())).ok()
}

fn generated(node: &Node<'_>) -> Option<HostKey> {
    let types = [("ed25519", PubkeyType::Ed25519), ("ecdsa", PubkeyType::Ecdsa), ("rsa", PubkeyType::Rsa)];
    let made = generate(node.choice(&types)?);
    made.map_err(|error| node.report(format!("the key cannot be made: {error}"))).ok()
}

/// A new host key of this type.
pub(crate) fn generate(key_type: PubkeyType) -> Result<HostKey, mock_core::keys::ssh_key::Error> {
    match key_type {
        PubkeyType::Ed25519 => Ok(HostKey::ed25519()),
        PubkeyType::Ecdsa => Ok(HostKey::ecdsa()),
        PubkeyType::Rsa => HostKey::rsa(RSA_BITS),
    }
}

/// A key of each type that a server with this profile has; an Ed25519 key without one. That of a type that cannot be made
/// is missed by the server that starts.
pub(super) fn by_default(profile: Option<&Profile>) -> Vec<HostKey> {
    let Some(profile) = profile else {
        return vec![HostKey::ed25519()];
    };
    let types = [
        (PubkeyType::Ed25519, &["ssh-ed25519"][..]),
        (PubkeyType::Ecdsa, &["ecdsa-"]),
        (PubkeyType::Rsa, &["rsa-", "ssh-rsa"]),
    ];
    let has = |start: &&str| profile.host_keys.iter().any(|name| name.starts_with(start));
    let types = types.into_iter().filter(|(_, starts)| starts.iter().any(has));
    types.filter_map(|(key_type, _)| generate(key_type).ok()).collect()
}

const RSA_BITS: usize = 2048;

/// With a certificate from a file, or by the authority of the scenario.
fn certified(key: HostKey, table: &Table<'_>, lender: &Lender) -> Option<OwnKey> {
    let Some(node) = table.get("certificate") else {
        return Some(key.into());
    };
    let reported =
        |error: &dyn std::fmt::Display| node.report(format!("the certificate cannot be used: {error}"));
    if node.is_text() {
        let certificate = Certificate::from_openssh(node.contents()?.trim());
        let certificate = certificate.map_err(|error| reported(&error)).ok()?;
        return key.with_certificate(certificate).map_err(|error| reported(&error)).ok().map(OwnKey::from);
    }
    match CertificateTable::read(&node) {
        Some(certificate) => {
            certificate.of_host(lender, key).map_err(|error| reported(&error)).ok().map(OwnKey::from)
        }
        None => Some(OwnKey { key, bare: true }),
    }
}
