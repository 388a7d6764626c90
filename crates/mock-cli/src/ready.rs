//! What `--json` prints once the server accepts connections. The line at its end is made in `outputs`.
//!
//! The format is public: fields are added, never renamed.

use std::{borrow::Cow, path::Path};

use mock_core::HostKey;
use serde::Serialize;

use crate::{
    credentials::{Login, Round, by_user},
    lab::Lab,
    profile,
};

/// The first line: where the server is, and what a client needs to log in.
#[derive(Debug, Serialize)]
pub(crate) struct Ready<'a> {
    event: &'static str,
    version: &'static str,
    pid: u32,
    name: &'a str,
    address: String,
    port: u16,
    host_keys: Vec<HostKeyLine>,
    /// What some connections meet instead, rule by rule.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    other_host_keys: Vec<Vec<HostKeyLine>>,
    known_hosts: &'a [String],
    directory: Cow<'a, str>,
    ssh_config: String,
    known_hosts_file: String,
    users: Vec<UserLine<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    agent_socket: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    control_socket: Option<Cow<'a, str>>,
    /// The real server that this one is like, and what of it there is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    profile: Option<ProfileLine>,
    /// A directory that every user may write to.
    #[serde(skip_serializing_if = "Option::is_none")]
    sftp_root: Option<&'static str>,
}

#[derive(Debug, Serialize)]
struct ProfileLine {
    name: &'static str,
    left_out: Vec<String>,
}

#[derive(Debug, Serialize)]
struct HostKeyLine {
    algorithm: String,
    public_key: String,
    sha256: String,
    sha512: String,
    md5: String,
    /// With the marker `@cert-authority`, if there is a certificate.
    known_hosts_line: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    certificate: Option<String>,
}

#[derive(Debug, Default, Serialize)]
struct UserLine<'a> {
    name: &'a str,
    methods: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    password: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    identity_file: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    public_key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    agent_socket: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rounds: Option<&'a [Round]>,
}

impl<'a> Ready<'a> {
    pub(crate) fn new(lab: &'a Lab) -> Self {
        let address = lab.server.addr();
        let users = by_user(&lab.accounts);
        let lines = |keys: &[HostKey]| keys.iter().map(|key| HostKeyLine::new(key, lab)).collect();
        Self {
            event: "ready",
            version: env!("CARGO_PKG_VERSION"),
            pid: std::process::id(),
            name: lab.server.name(),
            address: address.ip().to_string(),
            port: address.port(),
            host_keys: lines(lab.server.host_keys()),
            other_host_keys: lab.other_host_keys.iter().map(|keys| lines(keys)).collect(),
            known_hosts: lab.kit.known_hosts(),
            directory: lab.kit.directory().to_string_lossy(),
            ssh_config: lab.kit.config_file().display().to_string(),
            known_hosts_file: lab.kit.known_hosts_file().display().to_string(),
            users: users.iter().map(|(name, ways)| UserLine::new(name, ways, lab)).collect(),
            agent_socket: lab.agent_socket().map(Path::to_string_lossy),
            control_socket: lab.control.as_deref().map(Path::to_string_lossy),
            profile: lab
                .profile
                .map(|known| ProfileLine { name: known.name, left_out: profile::left_out(known) }),
            sftp_root: lab.files.as_ref().map(|_| "/"),
        }
    }
}

impl HostKeyLine {
    fn new(key: &HostKey, lab: &Lab) -> Self {
        Self {
            algorithm: key.algorithm(),
            public_key: key.to_openssh(),
            sha256: key.sha256(),
            sha512: key.sha512(),
            md5: key.md5(),
            known_hosts_line: key.known_hosts_line(lab.kit.address()),
            certificate: key.certificate().and_then(|certificate| certificate.to_openssh().ok()),
        }
    }
}

impl<'a> UserLine<'a> {
    fn new(name: &'a str, ways: &[&'a Login], lab: &'a Lab) -> Self {
        let mut line = Self { name, ..Self::default() };
        for login in ways {
            let method = login.method().name();
            if !line.methods.contains(&method) {
                line.methods.push(method);
            }
            match login {
                Login::None | Login::OwnKey => {}
                Login::Password(password) => line.password = Some(password),
                Login::PublicKey(identity) => {
                    line.identity_file = lab.kit.identity_file(name).map(Path::to_string_lossy);
                    line.public_key = Some(HostKey::from(identity.key().clone()).to_openssh());
                    line.agent_socket = lab.agent_socket().map(Path::to_string_lossy);
                }
                Login::KeyboardInteractive(rounds) => line.rounds = Some(rounds),
            }
        }
        line
    }
}
