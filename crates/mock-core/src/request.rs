//! What a client asked for and in which circumstances: plain data, handed to matchers, handlers and programs.

use std::{borrow::Cow, fmt, net::SocketAddr};

use bytes::Bytes;
use mock_base::{
    Seed, State,
    event::{Pty, X11Forward},
};
use rand::Rng;

/// Where a connection comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Peer {
    /// A TCP socket.
    Tcp(SocketAddr),
    /// A stream within this process.
    Memory,
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => address.fmt(f),
            Self::Memory => f.write_str("memory"),
        }
    }
}

/// What is to be run on a session channel (RFC 4254 section 6.5).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Wanted {
    /// A command.
    Exec(Bytes),
    /// A shell.
    Shell,
    /// A subsystem, by name.
    Subsystem(String),
}

/// A request to run something, with what the client said about it before.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Request {
    /// What is to be run.
    pub wanted: Wanted,
    /// The user that is logged in.
    pub user: String,
    /// Where the connection comes from.
    pub peer: Peer,
    /// The address that the client reached, where there is a socket.
    pub local: Option<SocketAddr>,
    /// Number of the connection on its server, from 1.
    pub connection: u64,
    /// Number of the channel on its connection, from 0.
    pub channel: u32,
    /// Environment variables in the order in which they were passed.
    pub env: Vec<(String, String)>,
    /// The pseudo-terminal, where one was requested and granted.
    pub pty: Option<Pty>,
    /// Whether agent forwarding was requested and granted on this channel.
    pub agent_forwarding: bool,
    /// What was said of X11 forwarding, where it was requested and granted on this channel.
    pub x11: Option<X11Forward>,
    /// The states of the server, to look at and to change.
    pub state: State,
    /// The number of the call among those that the rule answered, from 1. While rules are asked it is 1.
    pub call: u64,
    /// What the rule's matcher captured, by name and by number.
    pub captures: Vec<(String, String)>,
    /// Standard input, as far as a rule that depends on it has read it.
    pub stdin: Option<StdinSoFar>,
    /// What chance is derived from.
    pub seed: Seed,
}

/// Standard input, as far as it has come.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct StdinSoFar {
    /// What has come.
    pub data: Bytes,
    /// Whether it is all.
    pub ended: bool,
}

impl Request {
    /// A request outside any server, for testing a matcher, a responder or a rule by itself.
    ///
    /// ```
    /// use mock_core::{Request, Wanted};
    ///
    /// let request = Request::detached("deploy", Wanted::Exec("uname -r".into()));
    /// assert_eq!(request.command_text(), "uname -r");
    /// ```
    #[must_use]
    pub fn detached(user: impl Into<String>, wanted: Wanted) -> Self {
        Self {
            wanted,
            user: user.into(),
            peer: Peer::Memory,
            local: None,
            connection: 1,
            channel: 0,
            env: Vec::new(),
            pty: None,
            agent_forwarding: false,
            x11: None,
            state: State::new(),
            call: 1,
            captures: Vec::new(),
            stdin: None,
            seed: Seed(0),
        }
    }

    /// The words of the command as a shell splits them, the program first; by white space where its quotes do not pair.
    ///
    /// ```
    /// use mock_core::{Request, Wanted};
    ///
    /// let request = Request::detached("deploy", Wanted::Exec("echo 'two words'".into()));
    /// assert_eq!(request.args(), ["echo", "two words"]);
    /// ```
    #[must_use]
    pub fn args(&self) -> Vec<String> {
        let text = self.command_text();
        shell_words::split(&text).unwrap_or_else(|_| text.split_whitespace().map(str::to_owned).collect())
    }

    /// What the rule's matcher captured under this name, or as this number.
    #[must_use]
    pub fn capture(&self, name: &str) -> Option<&str> {
        self.captures.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The states of the connection, or of the server.
    pub(crate) fn state_for(&self, per_connection: bool) -> State {
        if per_connection { self.state.on_connection(self.connection) } else { self.state.clone() }
    }

    /// Random numbers for the purpose with this number: the same for the same request of a server with the same seed.
    pub fn rng(&self, purpose: u64) -> impl Rng + use<> {
        self.seed.rng(&[self.connection, u64::from(self.channel), self.call, purpose])
    }

    /// The command as the client sent it; empty for a shell and for a subsystem.
    #[must_use]
    pub fn command(&self) -> &[u8] {
        match &self.wanted {
            Wanted::Exec(command) => command,
            _ => b"",
        }
    }

    /// The command as text, with U+FFFD where it is not UTF-8.
    #[must_use]
    pub fn command_text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(self.command())
    }

    /// The value of an environment variable; of several with this name, the last.
    #[must_use]
    pub fn env(&self, name: &str) -> Option<&str> {
        self.env.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}
