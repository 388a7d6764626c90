//! Scenario files: a server as TOML, from Rust and from the command line.
//!
//! A file is read into what the library is made of, such as rules, users and expectations, at once, so that whatever
//! is wrong with it is known before anything runs. Nothing here decides at run time. `docs/scenario.md` is the format.

mod algorithms;
mod cast;
mod engine;
mod expected;
mod files;
mod flags;
mod forward;
mod grammar;
mod host_keys;
mod keys;
mod login;
mod matcher;
mod pattern;
mod problem;
mod reader;
mod reply;
mod rest;
mod rules;
mod server;
mod sftp;
mod shell;
mod source;
mod times;
mod together;
mod users;

use std::{iter, path::Path, sync::Arc};

use mock_auth::{Clock, MockCa, Users};
use mock_core::{Builder, Exec, KitUser, MockSshServer, Network};
use mock_sftp::MemFs;

pub(crate) use self::{
    algorithms::unknown_algorithm,
    cast::Cast,
    forward::{
        ForwardRule, forward_of_flag, forward_of_keys, remote_forward_of_flag, remote_forward_of_keys,
    },
    host_keys::{OtherHostKeys, other_of_flag},
    together::{Ended, HostCases, Hosts, together},
    users::kit_user,
};
use self::{
    files::{Parts, Rest},
    login::Lender,
};
pub use self::{
    problem::{Problem, ScenarioError},
    together::ScenarioServers,
    users::ScenarioUser,
};
use crate::{
    fault::{self, Fault},
    files::Files,
};

/// A server as a TOML file describes it.
///
/// ```
/// use mock_cli::Scenario;
///
/// let scenario = Scenario::parse(
///     r#"
///     expect = ['exec "uptime" x1']
///
///     [users]
///     deploy = { password = "hunter2" }
///
///     [commands]
///     "uptime" = "up 3 days"
///     '~^ls (?<dir>.+)$' = { stdout = "nothing in {{ dir }}\n", template = true }
///     "#,
///     "scenario.toml",
/// )?;
/// assert_eq!(scenario.users()[0].password(), Some("hunter2"));
/// let builder = scenario.builder();
/// # let _ = builder;
/// # Ok::<(), mock_cli::ScenarioError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Scenario {
    parts: Parts,
    lender: Arc<Lender>,
}

impl From<(Parts, Lender)> for Scenario {
    fn from((parts, lender): (Parts, Lender)) -> Self {
        Self { parts, lender: Arc::new(lender) }
    }
}

impl Scenario {
    /// Reads a file, and all that it includes.
    ///
    /// # Errors
    ///
    /// [`ScenarioError::Read`] if the file cannot be read, [`ScenarioError::Invalid`] with everything that is wrong
    /// otherwise.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, ScenarioError> {
        Ok(files::load(path.as_ref())?.into())
    }

    /// Reads a text. Problems have `name` as the file; paths are relative to its directory.
    ///
    /// # Errors
    ///
    /// [`ScenarioError::Invalid`] with everything that is wrong.
    pub fn parse(text: &str, name: &str) -> Result<Self, ScenarioError> {
        Ok(files::parse(text, name)?.into())
    }

    /// The first server of the file, or its only one, by itself, ready to start or to be given more. What is added to it comes
    /// behind: a rule of the file answers first. Without users in the file nobody is let in, until a strategy is added.
    pub fn builder(&self) -> Builder {
        self.builder_among(&Network::new())
    }

    /// As [`builder`](Self::builder), among these hosts.
    fn builder_among(&self, network: &Network) -> Builder {
        // What has gone wrong for one server is of no concern to the next that is made of the same scenario.
        let files = self.parts.files.served().cloned().map(Files::afresh);
        self.builder_of_file(network, files.as_ref())
    }

    /// As [`builder`](Self::builder), among these hosts, serving these files.
    fn builder_of_file(&self, network: &Network, files: Option<&Files>) -> Builder {
        self.builder_with(self.parts.rest.unwrap_or(Rest::Unknown), network, files)
    }

    /// As [`builder`](Self::builder), with this for commands without a rule, among these hosts, serving these files.
    fn builder_with(&self, rest: Rest, network: &Network, files: Option<&Files>) -> Builder {
        let Parts { server, users, rules, shell, states, expectations, faults, .. } = &self.parts;
        let mut builder = rules.iter().cloned().fold(server.build(&self.lender), Builder::exec);
        if !users.is_empty() {
            let mut table = Users::new(users.iter().map(|user| user.user.clone()));
            if let Some(methods) = server.unknown_users_see.clone() {
                table = table.unknown_users_see(methods);
            }
            builder = builder.auth(table);
        }
        if let Some(shell) = shell.clone() {
            let hints = server.hints_on_stderr == Some(true);
            builder = builder.shell(if hints { shell.hints_on_stderr() } else { shell });
        }
        if let Some(files) = files {
            builder = files.offer(builder, server.profile);
        }
        // The last call for a name counts, so that the file goes before what it includes.
        let subsystems = self.parts.subsystems.iter().rev().cloned();
        builder = subsystems.fold(builder, |builder, (name, reply)| builder.subsystem(name, reply));
        let forwards = self.parts.forwards.iter().map(|rule| rule.build(network));
        builder = forwards.fold(builder, Builder::forward);
        builder = self.parts.remote_forwards.iter().cloned().fold(builder, Builder::remote_forward);
        builder = fault::play(faults, builder, files);
        builder = builder.journal(network.journal()).network(network);
        builder = expectations.iter().cloned().fold(builder, Builder::verify_with);
        rest::build(builder, rest, states)
    }

    /// Who may log in, in the order written.
    #[must_use]
    pub fn users(&self) -> &[ScenarioUser] {
        &self.parts.users
    }

    /// The users as a client kit takes them: those with a key have it in a file.
    #[must_use]
    pub fn kit_users(&self) -> Vec<KitUser> {
        self.users().iter().map(ScenarioUser::kit_user).collect()
    }

    /// Whether a user has a key that belongs into an agent.
    #[must_use]
    pub fn has_identities(&self) -> bool {
        self.users().iter().any(|user| user.identity().is_some())
    }

    /// What goes wrong with the agent that has the keys of the users: for whoever starts one.
    ///
    /// ```
    /// use mock_cli::Scenario;
    ///
    /// let scenario = Scenario::parse("faults = ['agent sign: refuse; once']", "scenario.toml")?;
    /// let agent = mock_agent::MockAgent::builder();
    /// let agent = scenario.agent_faults().cloned().fold(agent, mock_agent::MockAgentBuilder::fault);
    /// # let _ = agent;
    /// # Ok::<(), mock_cli::ScenarioError>(())
    /// ```
    pub fn agent_faults(&self) -> impl Iterator<Item = &mock_agent::Fault> {
        self.parts.faults.iter().filter_map(Fault::agent)
    }

    /// The rules for commands, in the order in which they are asked.
    pub fn rules(&self) -> &[Exec] {
        &self.parts.rules
    }

    /// The tree that `[sftp]` serves from memory: the same one for every server that is made of this scenario. Loading
    /// the file again makes another.
    #[must_use]
    pub fn files(&self) -> Option<&MemFs> {
        self.parts.files.served()?.memory()
    }

    /// The clock by which certificates, keys that expire and one-time codes are judged: the machine's, unless the file sets
    /// it. A test may move it.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.lender.clock
    }

    /// The authority that signs the certificates of the file's users and host keys. It is made when the file is read.
    #[must_use]
    pub fn authority(&self) -> &MockCa {
        &self.lender.ca
    }

    /// What there is, in few words: of several servers of each.
    pub(crate) fn summary(&self) -> String {
        let hosts = &self.parts.hosts;
        if hosts.is_empty() {
            return self.parts.summary();
        }
        let named = |parts: &Parts| {
            let name = parts.server.name.as_deref().unwrap_or_default();
            format!("`{name}` with {}", parts.summary())
        };
        iter::once(&self.parts).chain(hosts).map(named).collect::<Vec<_>>().join("; ")
    }

    /// Whether something is expected of any of its servers beyond what rules count by themselves.
    pub(crate) fn expects(&self) -> bool {
        let is_expected = |parts: &Parts| parts.server.strict == Some(true) || !parts.expectations.is_empty();
        is_expected(&self.parts) || self.parts.hosts.iter().any(is_expected)
    }

    /// Begins the states of a server that has just started, so that they can be seen before anybody connects.
    pub(crate) fn begin(&self, server: &MockSshServer) {
        rest::begin(server.state(), &self.parts.states);
    }
}
