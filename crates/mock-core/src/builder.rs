//! What a server is made of.

use std::{net::IpAddr, sync::Arc, time::Duration};

use mock_base::{Expectations, Journal};
use tokio::runtime::Handle;

use crate::{
    Algorithms, Authenticator, Composed, Connection, Exec, Forward, Handler, HostKey, MockSshServer, Network,
    Program, RemoteForward, Rules, StartError,
    composed::Built,
    config::Options,
    connection::HandlerFactory,
    fault::{Fault, Faults, Stage},
    runtime,
    upkeep::HostKeysFor,
};

/// Makes a [`MockSshServer`]. Without any call it makes a safe one, which lets nobody in.
///
/// | what | default |
/// |---|---|
/// | address, port | 127.0.0.1, any free port |
/// | host keys | an Ed25519 key of its own, an ECDSA P-256 key shared within the process |
/// | algorithms | [`Algorithms::compatible`] |
/// | logins | all refused |
/// | commands | unknown: a text on standard error, exit status 127 |
/// | shell, subsystems, forwarding, agent, X11 | refused |
/// | environment, pseudo-terminal, window sizes, signals | accepted |
/// | authentication | within 30 seconds, at most 20 refused attempts, no delay |
/// | connections | at most 10,000, for as long as they like, each with at most 1,000 channels at once |
///
/// Everything is recorded, whether accepted or refused. Nothing that a client sends runs on the host.
#[must_use = "a builder does nothing by itself: call `start`"]
#[derive(Default)]
pub struct Builder {
    pub(crate) options: Options,
    host_keys: Vec<HostKey>,
    pub(crate) built: Built,
    rules: Vec<Exec>,
    factory: Option<Box<HandlerFactory>>,
    journal: Option<Journal>,
    network: Option<Network>,
    pub(crate) host_keys_for: Option<Box<HostKeysFor>>,
    pub(crate) expectations: Expectations,
    pub(crate) hints_on_stderr: bool,
    faults: Vec<Fault>,
}

/// What a server is launched with.
pub(crate) struct BuiltParts {
    pub(crate) options: Options,
    pub(crate) host_keys: Vec<HostKey>,
    pub(crate) built: Built,
    pub(crate) factory: Option<Box<HandlerFactory>>,
    pub(crate) journal: Journal,
    pub(crate) network: Option<Network>,
    pub(crate) host_keys_for: Option<Box<HostKeysFor>>,
    pub(crate) expectations: Expectations,
    pub(crate) faults: Faults<Stage>,
}

impl std::fmt::Debug for Builder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Builder").field("options", &self.options).finish_non_exhaustive()
    }
}

/// Who may log in, and what they meet.
impl Builder {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Lets in whom this strategy accepts. Of several, the first that does not reject an attempt decides; if all do, the
    /// client sees the methods of all.
    pub fn auth(mut self, strategy: impl Authenticator + 'static) -> Self {
        self.built.auth.push(strategy);
        self
    }

    /// Adds a rule for commands. The first rule that matches a command answers it.
    pub fn exec(mut self, rule: Exec) -> Self {
        self.rules.push(rule);
        self
    }

    /// Runs this program for those who ask for a shell.
    pub fn shell(mut self, program: impl Program + 'static) -> Self {
        self.built.shell = Some(Arc::new(program));
        self
    }

    /// Runs this program for those who ask for the subsystem with this name.
    pub fn subsystem(mut self, name: impl Into<String>, program: impl Program + 'static) -> Self {
        self.built.subsystems.insert(name.into(), Arc::new(program));
        self
    }

    /// Sends this text before authentication (RFC 4252 section 5.4).
    pub fn banner(self, text: impl Into<String>) -> Self {
        let text = text.into();
        self.banner_for(move |_| Some(text.clone()))
    }

    /// Sends each connection the text that `make` returns for it, if any, before authentication. It is asked before any
    /// user name is known, which the engine leaves no choice about.
    pub fn banner_for(
        mut self,
        make: impl Fn(&Connection) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        self.built.banner = Some(Box::new(make));
        self
    }

    /// Adds a rule for connections that clients want to be forwarded. The first rule that matches the target decides; without
    /// one a connection is refused. [`MockSshServer::forwards`] changes them later.
    pub fn forward(self, rule: Forward) -> Self {
        let _id = self.built.forwards.add(rule);
        self
    }

    /// Adds a rule for where clients want the server to listen for them. The first rule that matches decides; without one
    /// the request is refused. [`MockSshServer::remote_forwards`] changes them later.
    pub fn remote_forward(self, rule: RemoteForward) -> Self {
        let _id = self.built.remote_forwards.add(rule);
        self
    }

    /// Makes it a host of this network: others find it there by its [`name`](Self::name).
    pub fn network(mut self, network: &Network) -> Self {
        self.network = Some(network.clone());
        self
    }

    /// Lets this go wrong, see [`fault`](crate::fault); nothing does by default.
    ///
    /// ```
    /// // Two connections are lost, the third works.
    /// let server = mock_core::MockSshServer::builder().fault("accept: reset; first 2".parse()?).start_blocking()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn fault(mut self, fault: Fault) -> Self {
        self.faults.push(fault);
        self
    }

    /// Takes offers of agent forwarding. Refused by default; recorded in any case.
    pub fn accept_agent_forwarding(mut self) -> Self {
        self.built.agent_forwarding = true;
        self
    }

    /// Takes offers of X11 forwarding. Refused by default; recorded in any case.
    pub fn accept_x11_forwarding(mut self) -> Self {
        self.built.x11_forwarding = true;
        self
    }

    /// Takes every decision of a connection with the handler that `make` returns: called once for each connection,
    /// with the handler that this builder would use.
    pub fn handler<F, H>(mut self, make: F) -> Self
    where
        F: Fn(&Connection, Composed) -> H + Send + Sync + 'static,
        H: Handler + 'static,
    {
        self.factory = Some(Box::new(move |connection, built| Box::new(make(connection, built))));
        self
    }
}

/// How the server appears and where it listens.
impl Builder {
    /// Its name in the journal: `default` by default.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.options.name = name.into();
        self
    }

    /// Listens on this address: 127.0.0.1 by default. Any other than a loopback address lets strangers in.
    pub fn address(mut self, address: impl Into<IpAddr>) -> Self {
        self.options.address = address.into();
        self
    }

    /// Listens on this port: by default 0, which is any free one.
    pub fn port(mut self, port: u16) -> Self {
        self.options.port = port;
        self
    }

    /// Has this host key. Of several keys of one algorithm the first is used; the client's preference decides
    /// between algorithms. The keys that a server has by default are not used then.
    pub fn host_key(mut self, key: impl Into<HostKey>) -> Self {
        self.host_keys.push(key.into());
        self
    }

    /// Offers these algorithms: [`Algorithms::compatible`] by default.
    pub fn algorithms(mut self, algorithms: Algorithms) -> Self {
        self.options.algorithms = algorithms;
        self
    }

    /// Identifies itself with this line (RFC 4253 section 4.2): `SSH-2.0-mock-ssh_` and its version by default.
    pub fn version(mut self, line: impl Into<String>) -> Self {
        self.options.version = line.into();
        self
    }
}

/// Limits and deadlines, on tokio's clock.
impl Builder {
    /// Ends a connection that is not authenticated within this time: 30 seconds by default, `None` for never.
    pub fn handshake_timeout(mut self, limit: impl Into<Option<Duration>>) -> Self {
        self.options.handshake_timeout = limit.into();
        self
    }

    /// Ends a connection after this time, whatever it does: never by default.
    pub fn connection_timeout(mut self, limit: impl Into<Option<Duration>>) -> Self {
        self.options.connection_timeout = limit.into();
        self
    }

    /// Ends a connection on which nothing moves for this time: never by default.
    pub fn inactivity_timeout(mut self, limit: impl Into<Option<Duration>>) -> Self {
        self.options.inactivity_timeout = limit.into();
        self
    }

    /// Serves this many connections at once: 10,000 by default. A further client is accepted and closed at once,
    /// before a byte of SSH, as OpenSSH does beyond `MaxStartups`; the journal has a `refused` event.
    pub fn max_connections(mut self, limit: usize) -> Self {
        self.options.max_connections = limit;
        self
    }

    /// Disconnects after this many refused attempts: 20 by default, offered keys included, the method `none` not.
    pub fn max_auth_attempts(mut self, limit: u32) -> Self {
        self.options.max_auth_attempts = limit.max(1);
        self
    }

    /// Lets programs go on for this long in a shutdown: not at all by default.
    pub fn grace(mut self, limit: Duration) -> Self {
        self.options.grace = limit;
        self
    }
}

/// What is recorded.
impl Builder {
    /// Writes to this journal, which others may write to as well. By default a server has one of its own that keeps
    /// everything: for a server that runs long, or that strangers reach, give it one with a
    /// [limit](mock_base::JournalOptions::limit).
    pub fn journal(mut self, journal: &Journal) -> Self {
        self.journal = Some(journal.clone());
        self
    }

    /// Shows passwords and answers in the journal's text and JSON. Off by default: then they can only be read one
    /// by one, with [`Secret::reveal`](mock_base::Secret::reveal).
    pub fn reveal_secrets(mut self) -> Self {
        self.options.reveal_secrets = true;
        self
    }

    /// Records this many bytes of what a client sends on each session channel: 64 KiB by default. The total is
    /// recorded in any case.
    pub fn recorded_stdin(mut self, limit: usize) -> Self {
        self.options.recorded_stdin = limit;
        self
    }
}

/// Starting.
impl Builder {
    /// Starts on the caller's runtime. The server listens when this returns.
    ///
    /// # Errors
    ///
    /// [`StartError`], when the address cannot be listened on or an option cannot be used.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime: there, use [`start_blocking`](Self::start_blocking).
    #[expect(clippy::unused_async, reason = "starting may come to wait, for a resolver say")]
    pub async fn start(self) -> Result<MockSshServer, StartError> {
        MockSshServer::launch(self, Handle::current(), true)
    }

    /// Starts on a background thread that all such servers of the process share. For tests without async.
    ///
    /// ```
    /// use mock_core::MockSshServer;
    ///
    /// let server = MockSshServer::builder().start_blocking()?;
    /// let port = server.port();
    /// server.shutdown().blocking()?;
    /// # assert_ne!(port, 0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start), and [`StartError::Runtime`].
    pub fn start_blocking(self) -> Result<MockSshServer, StartError> {
        MockSshServer::launch(self, runtime::background().map_err(StartError::Runtime)?, true)
    }

    /// Starts without a socket: clients connect with [`MockSshServer::connect`]. Time can be paused then
    /// (`tokio::time::pause`), so that a ten-minute delay is tested at once.
    ///
    /// # Errors
    ///
    /// [`StartError`], when an option cannot be used.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime.
    pub fn start_in_memory(self) -> Result<MockSshServer, StartError> {
        MockSshServer::launch(self, Handle::current(), false)
    }

    /// As [`start_in_memory`](Self::start_in_memory), on the background thread of [`start_blocking`](Self::start_blocking):
    /// for hosts that are only reached through others.
    ///
    /// # Errors
    ///
    /// As [`start_in_memory`](Self::start_in_memory), and [`StartError::Runtime`].
    pub fn start_in_memory_blocking(self) -> Result<MockSshServer, StartError> {
        MockSshServer::launch(self, runtime::background().map_err(StartError::Runtime)?, false)
    }

    pub(crate) fn into_parts(self) -> Result<BuiltParts, StartError> {
        let Self {
            options,
            mut host_keys,
            mut built,
            rules,
            factory,
            journal,
            network,
            host_keys_for,
            expectations,
            hints_on_stderr,
            faults: wanted,
        } = self;
        let faults = Faults::new();
        for fault in wanted {
            let _id = faults.add(fault)?;
        }
        built.rules = Rules::mount(rules, expectations.clone(), hints_on_stderr);
        built.expectations = expectations.clone();
        check_version(&options.version)?;
        if host_keys.is_empty() {
            host_keys = options.default_keys.make();
        }
        Ok(BuiltParts {
            options,
            host_keys,
            built,
            factory,
            journal: journal.unwrap_or_default(),
            network,
            host_keys_for,
            expectations,
            faults,
        })
    }
}

/// RFC 4253 section 4.2: `SSH-2.0-`, printable US-ASCII, 255 characters with the line end.
fn check_version(line: &str) -> Result<(), StartError> {
    let name = line.strip_prefix("SSH-2.0-").unwrap_or_default();
    let printable = line.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    if name.is_empty() || !printable || line.len() > 253 {
        return Err(StartError::Version { version: line.to_owned() });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_that_no_client_could_parse_is_an_error() {
        for line in ["", "SSH-2.0-", "SSH-1.99-x", "SSH-2.0-a\r\nb", &format!("SSH-2.0-{}", "x".repeat(250))]
        {
            assert!(matches!(check_version(line), Err(StartError::Version { .. })), "{line:?}");
        }
        check_version("SSH-2.0-OpenSSH_9.6 Debian-1").unwrap();
    }
}
