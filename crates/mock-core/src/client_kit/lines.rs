//! The lines of a client kit's files, and what cannot stand in them.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    path::Path,
};

use super::{KitError, KitUser};
use crate::{HostKey, host_key::public_line, keys::PublicKey};

/// Names stand in the configuration and in names of files, so they are plain, and each is there once.
pub(super) fn check_names(users: &[KitUser]) -> Result<(), KitError> {
    let plain = |c: char| c.is_alphanumeric() || "-_.+".contains(c);
    for (index, KitUser { name, .. }) in users.iter().enumerate() {
        let usable = !name.is_empty()
            && !name.starts_with(['-', '.'])
            && Path::new(name).extension().is_none_or(|extension| extension != "pub")
            && name.chars().all(plain);
        // The certificate of `a` and the public key of `a-cert` would be one file.
        let taken = users.iter().take(index).any(|user| user.name == *name)
            || users.iter().any(|user| user.certificate.is_some() && *name == format!("{}-cert", user.name));
        if !usable || taken {
            return Err(KitError::UserName { name: name.clone() });
        }
    }
    Ok(())
}

/// The `Host` of a user, who logs in with this name.
pub(super) fn host_block(
    user: &KitUser,
    login: &str,
    identity: Option<&Path>,
    certificate: Option<&Path>,
) -> String {
    let name = &user.name;
    let keys = match (identity, &user.agent_socket) {
        (None, None) => "    PubkeyAuthentication no\n".to_owned(),
        // Otherwise only keys that are in files would be taken from the agent.
        (None, Some(_)) => "    IdentitiesOnly no\n".to_owned(),
        (Some(identity), _) => format!("    IdentityFile {}\n", quoted(identity)),
    };
    let agent = user.agent_socket.as_deref().map(|socket| format!("    IdentityAgent {}\n", quoted(socket)));
    let shown = certificate.map(|file| format!("    CertificateFile {}\n", quoted(file)));
    format!(
        "\nHost {name}\n    User {login}\n{keys}{}{}",
        shown.unwrap_or_default(),
        agent.unwrap_or_default()
    )
}

/// What a host needs beside that which is reached through another.
pub(super) fn jump_lines(name: &str, through: &str) -> String {
    format!("    HostName {name}\n    Port 22\n    ProxyJump {through}\n")
}

/// A path in an OpenSSH configuration: quoted, and without tokens that would be expanded. [`check_path`] has seen it.
pub(super) fn quoted(path: &Path) -> String {
    format!("\"{}\"", path.display().to_string().replace('%', "%%"))
}

/// Whether a path can stand in a configuration: there is no way to write a quote or a line feed, and `${` begins a
/// variable.
pub(super) fn check_path(path: &Path) -> Result<(), KitError> {
    match path.to_str() {
        Some(text) if !text.contains(['"', '\n', '\r']) && !text.contains("${") => Ok(()),
        _ => Err(KitError::Path { path: path.to_owned() }),
    }
}

/// How `known_hosts` names a server: the address, with the port unless it is 22 (sshd(8)).
pub(super) fn known_host(address: SocketAddr) -> String {
    if address.port() == 22 {
        address.ip().to_string()
    } else {
        format!("[{}]:{}", address.ip(), address.port())
    }
}

/// The lines of `known_hosts`.
pub(super) fn known_hosts(host: &str, keys: &[HostKey], authorities: &[PublicKey]) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let trusted = |authority: &PublicKey| format!("@cert-authority {host} {}", public_line(authority));
    for key in keys {
        let line = match key.certificate() {
            None => format!("{host} {}", key.to_openssh()),
            Some(_) if !authorities.is_empty() => continue,
            Some(certificate) => trusted(&PublicKey::new(certificate.signature_key().clone(), "")),
        };
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    lines.extend(authorities.iter().map(trusted));
    lines
}

impl HostKey {
    /// The line of `known_hosts` for a server at this address with this key: for a key with a certificate the one with the
    /// marker `@cert-authority`.
    ///
    /// ```
    /// use mock_core::HostKey;
    ///
    /// let key = HostKey::ed25519();
    /// let line = key.known_hosts_line(([127, 0, 0, 1], 2222).into());
    /// assert_eq!(line, format!("[127.0.0.1]:2222 {}", key.to_openssh()));
    /// ```
    #[must_use]
    pub fn known_hosts_line(&self, address: SocketAddr) -> String {
        known_hosts(&known_host(address), std::slice::from_ref(self), &[]).concat()
    }
}

/// Where a client on this machine reaches a server that listens on every address.
pub(super) fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}
