//! What a login is allowed to do afterwards, where a key or a certificate says less than everything.

use std::{collections::BTreeSet, fmt};

use mock_base::event::ChannelKind;

use super::endpoint::{self, Endpoint};
use crate::Listen;

/// Something that a login is usually allowed to ask for, and may be denied.
///
/// Whether the server grants what is not denied is another matter: that is for the builder to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Privilege {
    /// A pseudo-terminal (RFC 4254 section 6.2).
    Pty,
    /// Forwarded connections, in both directions (RFC 4254 section 7).
    PortForwarding,
    /// The client's agent (`auth-agent-req@openssh.com`).
    AgentForwarding,
    /// The client's X server (RFC 4254 section 6.3).
    X11Forwarding,
    /// The user's `~/.ssh/rc`. A mock runs none: it is only written down.
    UserRc,
}

impl Privilege {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Pty, Self::PortForwarding, Self::AgentForwarding, Self::X11Forwarding, Self::UserRc];

    /// As OpenSSH's `authorized_keys` writes it, without the `no-`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Pty => "pty",
            Self::PortForwarding => "port-forwarding",
            Self::AgentForwarding => "agent-forwarding",
            Self::X11Forwarding => "x11-forwarding",
            Self::UserRc => "user-rc",
        }
    }
}

/// What a login is allowed to do afterwards: by default, whatever the server takes from anybody.
///
/// A strategy puts it into its [`Verdict`](crate::Verdict); the built-in handler holds the session to it.
///
/// ```
/// use mock_core::{Permissions, Privilege};
///
/// let backup = Permissions::default().force_command("rsync --server").deny(Privilege::Pty);
/// assert!(!backup.allows(Privilege::Pty));
/// assert_eq!(backup.to_string(), "command=\"rsync --server\",no-pty");
/// assert_eq!(Permissions::default().to_string(), "");
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[must_use]
pub struct Permissions {
    forced_command: Option<String>,
    environment: Vec<(String, String)>,
    denied: BTreeSet<Privilege>,
    /// What may be connected to; anything if there is no list.
    opened: Option<Vec<Endpoint>>,
    /// What may be listened on; anything if there is no list.
    listened: Option<Vec<Endpoint>>,
    tunnel: Option<String>,
}

/// Two credentials of one login force different commands, so neither may run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("two credentials force different commands")]
#[non_exhaustive]
pub struct ForcedCommandsDiffer;

impl Permissions {
    /// No privilege at all; commands may be run.
    pub fn restricted() -> Self {
        Self { denied: Privilege::ALL.into(), ..Self::default() }
    }

    /// Runs this command whatever the client asks for: a command, a shell or a subsystem. What it asked for is in the
    /// environment variable `SSH_ORIGINAL_COMMAND`, as sshd(8) has it. `internal-sftp` stands for the subsystem `sftp`.
    pub fn force_command(mut self, command: impl Into<String>) -> Self {
        self.forced_command = Some(command.into());
        self
    }

    /// Sets an environment variable, whatever the client passes. The first of a name counts.
    pub fn env(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        let name = name.into();
        if self.environment.iter().all(|(set, _)| *set != name) {
            self.environment.push((name, value.into()));
        }
        self
    }

    /// Denies this.
    pub fn deny(mut self, privilege: Privilege) -> Self {
        self.denied.insert(privilege);
        self
    }

    /// Takes back that this is denied.
    pub fn allow(mut self, privilege: Privilege) -> Self {
        self.denied.remove(&privilege);
        self
    }

    /// Lets connections be forwarded to there, and nowhere else but to what further calls name (`permitopen`). Unix sockets
    /// cannot be named, so none can be reached then.
    pub fn permit_open(mut self, endpoint: Endpoint) -> Self {
        self.opened.get_or_insert_default().push(endpoint);
        self
    }

    /// Has the server listen there for the client, and nowhere else but where further calls name (`permitlisten`).
    pub fn permit_listen(mut self, endpoint: Endpoint) -> Self {
        self.listened.get_or_insert_default().push(endpoint);
        self
    }

    /// Names the tunnel device that the client would get (`tunnel`): a number, or `any`. A mock has none, so every tunnel is
    /// refused: it is only written down.
    pub fn tunnel(mut self, device: impl Into<String>) -> Self {
        self.tunnel = Some(device.into());
        self
    }

    /// What both allow, for a login that needed both.
    ///
    /// # Errors
    ///
    /// [`ForcedCommandsDiffer`], when each forces another command. OpenSSH refuses such a login too.
    pub fn and(mut self, other: &Self) -> Result<Self, ForcedCommandsDiffer> {
        match (&self.forced_command, &other.forced_command) {
            (Some(one), Some(another)) if one != another => return Err(ForcedCommandsDiffer),
            (None, Some(forced)) => self.forced_command = Some(forced.clone()),
            _ => {}
        }
        self.denied.extend(&other.denied);
        self.tunnel = self.tunnel.or_else(|| other.tunnel.clone());
        self.opened = endpoint::both(self.opened.take(), other.opened.as_deref());
        self.listened = endpoint::both(self.listened.take(), other.listened.as_deref());
        let both = other.environment.iter().fold(self, |both, (name, value)| both.env(name, value));
        Ok(both)
    }

    /// Whether this is not denied.
    #[must_use]
    pub fn allows(&self, privilege: Privilege) -> bool {
        !self.denied.contains(&privilege)
    }

    /// Whether such a channel may be opened: a forwarded connection to where these allow.
    #[must_use]
    pub fn allows_opening(&self, kind: &ChannelKind) -> bool {
        let named = |host: &str, port: u32| permitted(self.opened.as_deref(), host, port);
        match kind {
            ChannelKind::DirectTcpip { host, port, .. } => {
                self.allows(Privilege::PortForwarding) && named(host, *port)
            }
            ChannelKind::DirectStreamlocal { .. } => {
                self.allows(Privilege::PortForwarding) && self.opened.is_none()
            }
            _ => true,
        }
    }

    /// Whether the server may listen there for the client.
    #[must_use]
    pub fn allows_listening(&self, listen: &Listen) -> bool {
        self.allows(Privilege::PortForwarding)
            && match listen {
                Listen::Tcp { address, port } => permitted(self.listened.as_deref(), address, *port),
                Listen::Unix { .. } => self.listened.is_none(),
            }
    }

    /// The command that runs whatever the client asks for, if there is one.
    #[must_use]
    pub fn forced_command(&self) -> Option<&str> {
        self.forced_command.as_deref()
    }

    /// Environment variables that are set whatever the client passes.
    pub fn environment(&self) -> impl Iterator<Item = (&str, &str)> {
        self.environment.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Whether nothing is denied, forced or set.
    #[must_use]
    pub fn is_unrestricted(&self) -> bool {
        *self == Self::default()
    }
}

fn permitted(list: Option<&[Endpoint]>, host: &str, port: u32) -> bool {
    list.is_none_or(|list| list.iter().any(|endpoint| endpoint.covers(host, port)))
}

/// As options of `authorized_keys`.
impl fmt::Display for Permissions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quoted = |text: &str| text.replace('"', "\\\"");
        let command = self.forced_command.iter().map(|command| format!("command=\"{}\"", quoted(command)));
        let env = self.environment().map(|(name, value)| format!("environment=\"{name}={}\"", quoted(value)));
        let denied = self.denied.iter().map(|privilege| format!("no-{}", privilege.name()));
        let listed = |name: &'static str, list: &Option<Vec<Endpoint>>| {
            let none = list.as_ref().is_some_and(Vec::is_empty).then(|| "none".to_owned());
            let named = list.iter().flatten().map(ToString::to_string);
            named.chain(none).map(|endpoint| format!("{name}=\"{endpoint}\"")).collect::<Vec<_>>()
        };
        let permitted = [listed("permitopen", &self.opened), listed("permitlisten", &self.listened)].concat();
        let tunnel = self.tunnel.iter().map(|device| format!("tunnel=\"{device}\""));
        let options: Vec<_> = command.chain(env).chain(denied).chain(permitted).chain(tunnel).collect();
        f.write_str(&options.join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_that_needed_two_credentials_may_do_what_both_allow() {
        let key = Permissions::default().deny(Privilege::Pty).env("A", "key");
        let certificate = Permissions::restricted().allow(Privilege::Pty).allow(Privilege::AgentForwarding);
        let both = key.and(&certificate.env("A", "certificate").env("B", "b")).unwrap();
        let allowed: Vec<_> = Privilege::ALL.into_iter().filter(|one| both.allows(*one)).collect();
        assert_eq!(allowed, [Privilege::AgentForwarding]);
        assert_eq!(both.environment().collect::<Vec<_>>(), [("A", "key"), ("B", "b")]);
    }

    #[test]
    fn only_what_is_named_can_be_forwarded_to() {
        let to = |host: &str, port| ChannelKind::DirectTcpip {
            host: host.to_owned(),
            port,
            originator: String::new(),
            originator_port: 0,
        };
        let socket = ChannelKind::DirectStreamlocal { path: "/run/app.sock".to_owned() };
        let anything = Permissions::default();
        assert!(anything.allows_opening(&to("db01", 22)) && anything.allows_opening(&socket));
        let open = |endpoint: &str| Permissions::default().permit_open(endpoint.parse().unwrap());
        let some = open("db01:22").permit_open("web01:*".parse().unwrap());
        assert!(some.allows_opening(&to("db01", 22)) && some.allows_opening(&to("web01", 80)));
        assert!(!some.allows_opening(&to("db01", 23)) && !some.allows_opening(&socket));
        assert_eq!(some.to_string(), r#"permitopen="db01:22",permitopen="web01:*""#);
        let both = some.clone().and(&open("*:22")).unwrap();
        assert_eq!(both.to_string(), r#"permitopen="db01:22",permitopen="web01:22""#);
        let neither = both.and(&open("mail:25")).unwrap();
        assert_eq!(neither.to_string(), r#"permitopen="none""#);
        assert!(!neither.allows_opening(&to("db01", 22)) && !neither.allows_opening(&to("mail", 25)));
        assert!(!some.deny(Privilege::PortForwarding).allows_opening(&to("db01", 22)));
    }

    #[test]
    fn only_what_is_named_can_be_listened_on() {
        let on = |address: &str, port| Listen::Tcp { address: address.to_owned(), port };
        let some = Permissions::default().permit_listen("localhost:8080".parse().unwrap());
        assert!(some.allows_listening(&on("localhost", 8080)));
        assert!(!some.allows_listening(&on("", 8080)) && !some.allows_listening(&on("localhost", 0)));
        let any = Permissions::default().permit_listen("8080".parse().unwrap());
        assert!(any.allows_listening(&on("", 8080)) && any.allows_listening(&on("::1", 8080)));
        assert_eq!(any.to_string(), r#"permitlisten="*:8080""#);
    }

    #[test]
    fn two_forced_commands_must_be_the_same() {
        let force = |command: &str| Permissions::default().force_command(command);
        assert_eq!(force("a").and(&force("a")).unwrap().forced_command(), Some("a"));
        assert_eq!(force("a").and(&Permissions::default()).unwrap().forced_command(), Some("a"));
        assert_eq!(Permissions::default().and(&force("a")).unwrap().forced_command(), Some("a"));
        assert_eq!(force("a").and(&force("b")), Err(ForcedCommandsDiffer));
    }
}
