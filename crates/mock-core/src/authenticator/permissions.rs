//! What a login is allowed to do afterwards, where a key or a certificate says less than everything.

use std::{collections::BTreeSet, fmt};

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
        let both = other.environment.iter().fold(self, |both, (name, value)| both.env(name, value));
        Ok(both)
    }

    /// Whether this is not denied.
    #[must_use]
    pub fn allows(&self, privilege: Privilege) -> bool {
        !self.denied.contains(&privilege)
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

/// As options of `authorized_keys`.
impl fmt::Display for Permissions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quoted = |text: &str| text.replace('"', "\\\"");
        let command = self.forced_command.iter().map(|command| format!("command=\"{}\"", quoted(command)));
        let env = self.environment().map(|(name, value)| format!("environment=\"{name}={}\"", quoted(value)));
        let denied = self.denied.iter().map(|privilege| format!("no-{}", privilege.name()));
        let options: Vec<_> = command.chain(env).chain(denied).collect();
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
    fn two_forced_commands_must_be_the_same() {
        let force = |command: &str| Permissions::default().force_command(command);
        assert_eq!(force("a").and(&force("a")).unwrap().forced_command(), Some("a"));
        assert_eq!(force("a").and(&Permissions::default()).unwrap().forced_command(), Some("a"));
        assert_eq!(Permissions::default().and(&force("a")).unwrap().forced_command(), Some("a"));
        assert_eq!(force("a").and(&force("b")), Err(ForcedCommandsDiffer));
    }
}
