//! What a client needs to talk to a server: keys, `known_hosts`, a configuration, environment variables, URLs.
//!
//! The configuration makes OpenSSH's programs independent of the machine: they read no key, no `known_hosts` and no
//! agent of the user, and write none.

mod lines;

use std::{
    fs, io,
    io::Write as _,
    net::SocketAddr,
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

use ssh_key::{Certificate, LineEnding, PrivateKey, PublicKey};

use self::lines::{check_names, check_path, host_block, jump_lines, known_host, quoted, reachable};
use crate::{HostKey, MockSshServer, keys::ssh_key};

/// A client kit that is being put together.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use mock_core::{KitUser, MockSshServer};
///
/// # let directory = tempfile::tempdir()?;
/// let server = MockSshServer::builder().start().await?;
/// let kit = server.client_kit(directory.path()).user(KitUser::new("deploy")).write()?;
/// assert!(kit.config_file().exists());
/// assert_eq!(kit.ssh_url("deploy"), format!("ssh://deploy@127.0.0.1:{}", server.port()));
/// # server.shutdown().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[must_use = "nothing is written until `write` is called"]
pub struct KitBuilder {
    directory: PathBuf,
    address: SocketAddr,
    host_keys: Vec<HostKey>,
    authorities: Vec<PublicKey>,
    users: Vec<KitUser>,
    hops: Vec<Hop>,
    agent_socket: Option<PathBuf>,
}

/// A host that is reached through another.
#[derive(Debug)]
struct Hop {
    /// The user, with the host's name in place of his own.
    host: KitUser,
    login: String,
    through: String,
    host_keys: Vec<HostKey>,
}

/// A user in a client kit: one `Host` of the configuration.
#[derive(Debug, Clone)]
#[must_use]
pub struct KitUser {
    name: String,
    identity: Option<PrivateKey>,
    certificate: Option<Certificate>,
    agent_socket: Option<PathBuf>,
}

/// A client kit that could not be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KitError {
    /// A file or directory could not be written.
    #[error("cannot write `{}`", path.display())]
    Write {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A path that cannot stand in a configuration: not UTF-8, or with a quote, a line end or `${`.
    #[error("the path {path:?} cannot be written into a configuration")]
    Path {
        /// Which.
        path: PathBuf,
    },
    /// A name that cannot stand in a configuration or in a file name, or that was given twice.
    #[error("user name `{name}` cannot be used as a `Host`, or is there twice")]
    UserName {
        /// The name.
        name: String,
    },
    /// A host is to be reached through one that the kit does not have.
    #[error("the host `{name}` is behind `{through}`, which is neither a user nor a host of the kit")]
    Through {
        /// The host.
        name: String,
        /// What it is to be reached through.
        through: String,
    },
    /// A server that runs in memory has no address to reach it at.
    #[error("the server has no socket")]
    NoSocket,
    /// A key that has no OpenSSH form.
    #[error("the key of user `{name}` cannot be written")]
    Key {
        /// Whose.
        name: String,
        /// Why.
        source: ssh_key::Error,
    },
}

impl KitUser {
    /// A user who logs in without a key.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), identity: None, certificate: None, agent_socket: None }
    }

    /// Logs in with this key, which is written to a file of mode 0600.
    pub fn identity(mut self, key: PrivateKey) -> Self {
        self.identity = Some(key);
        self
    }

    /// Shows this certificate for its key, which is the [`identity`](Self::identity) or in the agent. It is written beside
    /// the key, where OpenSSH looks for it.
    pub fn certificate(mut self, certificate: Certificate) -> Self {
        self.certificate = Some(certificate);
        self
    }

    /// Logs in with the agent at this socket.
    pub fn agent_socket(mut self, path: impl Into<PathBuf>) -> Self {
        self.agent_socket = Some(path.into());
        self
    }
}

impl KitBuilder {
    pub(crate) fn new(server: &MockSshServer, directory: &Path) -> Self {
        Self {
            directory: directory.to_owned(),
            address: reachable(server.addr()),
            host_keys: server.host_keys().to_vec(),
            authorities: Vec::new(),
            users: Vec::new(),
            hops: Vec::new(),
            agent_socket: None,
        }
    }

    /// Trusts host certificates of this authority, with a line `@cert-authority` in `known_hosts`. Without this, the
    /// authority of each certificate that the server has is trusted.
    pub fn trust_host_authority(mut self, authority: impl Into<PublicKey>) -> Self {
        self.authorities.push(authority.into());
        self
    }

    /// Adds a user; the name is the `Host` of the configuration.
    pub fn user(mut self, user: KitUser) -> Self {
        self.users.push(user);
        self
    }

    /// Adds a server that is reached through this one, as a `Host` by its own name: `ssh -F config db01` jumps. `through` is
    /// the `Host` to jump from: a user of this kit, or another server behind it. The user logs in there.
    pub fn behind(mut self, server: &MockSshServer, user: KitUser, through: impl Into<String>) -> Self {
        let login = user.name.clone();
        let host = KitUser { name: server.name().to_owned(), ..user };
        let host_keys = server.host_keys().to_vec();
        self.hops.push(Hop { host, login, through: through.into(), host_keys });
        self
    }

    /// Puts the agent at this socket into the environment as `SSH_AUTH_SOCK`. Users log in with it only if they name it
    /// themselves; to forward it, the others say `ssh -A -o IdentityAgent=SSH_AUTH_SOCK`.
    pub fn agent_socket(mut self, path: impl Into<PathBuf>) -> Self {
        self.agent_socket = Some(path.into());
        self
    }

    /// Writes the files. The directory is made with mode 0700 if it is not there; files have mode 0600.
    ///
    /// # Errors
    ///
    /// [`KitError`], which names the file, or the user.
    pub fn write(self) -> Result<ClientKit, KitError> {
        let at = |path: &Path| {
            let path = path.to_owned();
            move |source| KitError::Write { path, source }
        };
        let Self { directory, address, host_keys, authorities, users, hops, agent_socket } = self;
        if address.port() == 0 {
            return Err(KitError::NoSocket);
        }
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&directory).map_err(at(&directory))?;
        let directory = directory.canonicalize().map_err(at(&directory))?;
        let hosts: Vec<_> = users.iter().chain(hops.iter().map(|hop| &hop.host)).cloned().collect();
        let sockets = hosts.iter().map(|user| &user.agent_socket).chain([&agent_socket]).flatten();
        for path in sockets.chain([&directory]) {
            check_path(path)?;
        }
        check_names(&hosts)?;
        let mut known_hosts = lines::known_hosts(&known_host(address), &host_keys, &authorities);
        for hop in &hops {
            if !hosts.iter().any(|host| host.name == hop.through) {
                return Err(KitError::Through { name: hop.host.name.clone(), through: hop.through.clone() });
            }
            known_hosts.extend(lines::known_hosts(&hop.host.name, &hop.host_keys, &authorities));
        }
        let mut kit = ClientKit { directory, address, known_hosts, identities: Vec::new(), agent_socket };
        write_private(&kit.known_hosts_file(), &(kit.known_hosts.join("\n") + "\n"))?;
        let mut config = String::from("# Made by mock-ssh. Use it with `ssh -F`, `sftp -F`, `scp -F`.\n");
        for user in &users {
            let identity = kit.write_identity(user)?;
            let certificate = user.certificate.is_some().then(|| kit.certificate_file(&user.name));
            config.push_str(&host_block(user, &user.name, identity.as_deref(), certificate.as_deref()));
        }
        for Hop { host, login, through, host_keys: _ } in &hops {
            let identity = kit.write_identity(host)?;
            let certificate = host.certificate.is_some().then(|| kit.certificate_file(&host.name));
            config.push_str(&host_block(host, login, identity.as_deref(), certificate.as_deref()));
            config.push_str(&jump_lines(&host.name, through));
        }
        config.push_str(&kit.common_block());
        write_private(&kit.config_file(), &config)?;
        Ok(kit)
    }
}

/// Files by which clients reach a server.
#[derive(Debug, Clone)]
pub struct ClientKit {
    directory: PathBuf,
    address: SocketAddr,
    known_hosts: Vec<String>,
    /// Names of users, each with its key file.
    identities: Vec<(String, PathBuf)>,
    agent_socket: Option<PathBuf>,
}

impl ClientKit {
    /// The directory that holds the files.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Where a client reaches the server: its address, or the loopback address where it listens on all.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The configuration for `ssh -F`: a `Host` for each user.
    #[must_use]
    pub fn config_file(&self) -> PathBuf {
        self.directory.join("config")
    }

    /// The `known_hosts` file, with a line for each host key. For a key with a certificate it is one with the marker
    /// `@cert-authority` and no other: a client that cannot verify the certificate then knows no key to fall back to.
    #[must_use]
    pub fn known_hosts_file(&self) -> PathBuf {
        self.directory.join("known_hosts")
    }

    /// The lines of that file.
    #[must_use]
    pub fn known_hosts(&self) -> &[String] {
        &self.known_hosts
    }

    /// The key file of a user who has one.
    #[must_use]
    pub fn identity_file(&self, user: &str) -> Option<&Path> {
        self.identities.iter().find(|(name, _)| name == user).map(|(_, path)| path.as_path())
    }

    /// Variables for a client's environment: `MOCK_SSH_HOST`, `MOCK_SSH_PORT`, `MOCK_SSH_CONFIG`,
    /// `MOCK_SSH_KNOWN_HOSTS`, and `SSH_AUTH_SOCK` where there is an agent.
    #[must_use]
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        let mut environment = vec![
            ("MOCK_SSH_HOST", self.address.ip().to_string()),
            ("MOCK_SSH_PORT", self.address.port().to_string()),
            ("MOCK_SSH_CONFIG", self.config_file().display().to_string()),
            ("MOCK_SSH_KNOWN_HOSTS", self.known_hosts_file().display().to_string()),
        ];
        if let Some(socket) = &self.agent_socket {
            environment.push(("SSH_AUTH_SOCK", socket.display().to_string()));
        }
        environment
    }

    /// `ssh://user@host:port`.
    #[must_use]
    pub fn ssh_url(&self, user: &str) -> String {
        format!("ssh://{user}@{}", self.address)
    }

    /// `sftp://user@host:port/`.
    #[must_use]
    pub fn sftp_url(&self, user: &str) -> String {
        format!("sftp://{user}@{}/", self.address)
    }

    /// Where the certificate of a user is written who has one.
    #[must_use]
    pub fn certificate_file(&self, user: &str) -> PathBuf {
        self.directory.join(format!("id_{user}-cert.pub"))
    }

    fn write_identity(&mut self, user: &KitUser) -> Result<Option<PathBuf>, KitError> {
        let name = &user.name;
        let failed = |source| KitError::Key { name: name.clone(), source };
        if let Some(certificate) = &user.certificate {
            let line = certificate.to_openssh().map_err(failed)?;
            write_private(&self.certificate_file(name), &(line + "\n"))?;
        }
        let Some(key) = &user.identity else {
            return Ok(None);
        };
        let path = self.directory.join(format!("id_{name}"));
        let mut key = key.clone();
        if key.comment().is_empty() {
            // Paramiko cannot read some keys without one, and people like to see whose a key is.
            key.set_comment(name.as_str());
        }
        write_private(&path, &key.to_openssh(LineEnding::LF).map_err(failed)?)?;
        let public = key.public_key().to_openssh().map_err(failed)?;
        write_private(&self.directory.join(format!("id_{name}.pub")), &(public + "\n"))?;
        self.identities.push((name.clone(), path.clone()));
        Ok(Some(path))
    }

    /// What holds for every user. A client asks an agent that it is told of at each login, whether it needs it or not.
    fn common_block(&self) -> String {
        format!(
            "\nHost *\n    HostName {}\n    Port {}\n    UserKnownHostsFile {}\n    GlobalKnownHostsFile /dev/null\n    \
             StrictHostKeyChecking yes\n    UpdateHostKeys no\n    CheckHostIP no\n    IdentitiesOnly yes\n    \
             IdentityFile none\n    IdentityAgent none\n",
            self.address.ip(),
            self.address.port(),
            quoted(&self.known_hosts_file()),
        )
    }
}

/// Writes a new file that only its owner may read. What was there before is removed, not written to: somebody may have
/// it open, or it may be a link.
fn write_private(path: &Path, text: &str) -> Result<(), KitError> {
    let write = || -> io::Result<()> {
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        file.write_all(text.as_bytes())
    };
    write().map_err(|source| KitError::Write { path: path.to_owned(), source })
}
