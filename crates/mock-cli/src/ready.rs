//! What `--json` prints: a line once the server accepts connections, and one when it has stopped.
//!
//! The format is public: fields are added, never renamed.

use std::{borrow::Cow, path::Path};

use mock_base::{Event, Totals};
use mock_core::HostKey;
use serde::Serialize;
use serde_json::{Value, json};

use crate::{
    credentials::{Account, Login, Round},
    lab::Lab,
    signals::Reason,
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
    known_hosts: &'a [String],
    directory: Cow<'a, str>,
    ssh_config: String,
    known_hosts_file: String,
    users: Vec<UserLine<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    agent_socket: Option<Cow<'a, str>>,
}

#[derive(Debug, Serialize)]
struct HostKeyLine {
    algorithm: String,
    public_key: String,
    sha256: String,
    sha512: String,
    md5: String,
}

#[derive(Debug, Serialize)]
struct UserLine<'a> {
    name: &'a str,
    methods: [&'static str; 1],
    #[serde(flatten)]
    credential: CredentialLine<'a>,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum CredentialLine<'a> {
    None {},
    Password { password: &'a str },
    PublicKey { identity_file: Option<Cow<'a, str>>, public_key: String, agent_socket: Option<Cow<'a, str>> },
    KeyboardInteractive { rounds: &'a [Round] },
}

impl<'a> Ready<'a> {
    pub(crate) fn new(lab: &'a Lab) -> Self {
        let address = lab.server.addr();
        Self {
            event: "ready",
            version: env!("CARGO_PKG_VERSION"),
            pid: std::process::id(),
            name: lab.server.name(),
            address: address.ip().to_string(),
            port: address.port(),
            host_keys: lab.server.host_keys().iter().map(HostKeyLine::new).collect(),
            known_hosts: lab.kit.known_hosts(),
            directory: lab.kit.directory().to_string_lossy(),
            ssh_config: lab.kit.config_file().display().to_string(),
            known_hosts_file: lab.kit.known_hosts_file().display().to_string(),
            users: lab.accounts.iter().map(|account| UserLine::new(account, lab)).collect(),
            agent_socket: lab.agent_socket().map(Path::to_string_lossy),
        }
    }
}

impl HostKeyLine {
    fn new(key: &HostKey) -> Self {
        Self {
            algorithm: key.algorithm(),
            public_key: key.to_openssh(),
            sha256: key.sha256(),
            sha512: key.sha512(),
            md5: key.md5(),
        }
    }
}

impl<'a> UserLine<'a> {
    fn new(account: &'a Account, lab: &'a Lab) -> Self {
        Self {
            name: &account.name,
            methods: [account.login.method().name()],
            credential: match &account.login {
                Login::None => CredentialLine::None {},
                Login::Password(password) => CredentialLine::Password { password },
                Login::PublicKey(identity) => CredentialLine::PublicKey {
                    identity_file: lab.kit.identity_file(&account.name).map(Path::to_string_lossy),
                    public_key: HostKey::from(identity.key().clone()).to_openssh(),
                    agent_socket: lab.agent_socket().map(Path::to_string_lossy),
                },
                Login::KeyboardInteractive(rounds) => CredentialLine::KeyboardInteractive { rounds },
            },
        }
    }
}

/// The last line: the journal's own `stopped` with the server's name, why it stopped, and how often each kind of event
/// was recorded. So there is one `stopped` in the stream, and it is both.
pub(crate) fn stopped(event: &Event, reason: Reason, totals: &Totals) -> Value {
    let mut line = event.to_json();
    if let Value::Object(fields) = &mut line {
        fields.insert("name".into(), json!(&*event.server));
        fields.insert("reason".into(), json!(reason.to_string()));
        fields.insert("totals".into(), json!(totals));
    }
    line
}
