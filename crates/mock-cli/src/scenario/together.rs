//! Several servers of one file: the first is reached by clients, the others through it, by their names.

use mock_base::VerificationError;
use mock_core::{Events, KitBuilder, MockSshServer, Network, ShutdownError, StartError};

use super::Scenario;
use crate::{
    expected::{Case, Expected},
    fault::Board,
    files::Files,
};

/// The servers of a scenario, started together, with one journal. They stop when this is dropped.
#[derive(Debug)]
#[must_use = "the servers stop when this is dropped"]
pub struct ScenarioServers {
    first: MockSshServer,
    hosts: Vec<Host>,
    network: Network,
}

/// A server behind the first, and its scenario.
#[derive(Debug)]
pub(crate) struct Host {
    server: MockSshServer,
    scenario: Scenario,
    /// What goes wrong with the server and its files.
    faults: Board,
}

/// Servers behind the first that nobody has to ask about: one that is dropped because another could not be started has
/// nothing to report, and the command line has other ways to say what is unmet than a panic.
#[derive(Debug, Default)]
pub(crate) struct Hosts(Vec<Host>);

/// How servers ended.
#[derive(Debug, Default)]
pub(crate) struct Ended {
    /// What did not come, of all of them.
    pub(crate) unmet: Option<VerificationError>,
    /// The first that went wrong otherwise.
    pub(crate) stuck: Option<ShutdownError>,
}

impl Ended {
    pub(crate) fn note(&mut self, ended: Result<(), ShutdownError>) {
        match ended {
            Ok(()) => {}
            Err(ShutdownError::Unmet(report)) => self.unmet = together(self.unmet.take(), Some(report)),
            Err(error) => self.stuck = self.stuck.take().or(Some(error)),
        }
    }
}

/// Both reports as one.
pub(crate) fn together(
    one: Option<VerificationError>,
    other: Option<VerificationError>,
) -> Option<VerificationError> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.and(other)),
        (one, other) => one.or(other),
    }
}

impl Drop for Hosts {
    fn drop(&mut self) {
        self.ask();
    }
}

impl Scenario {
    /// The servers behind the first, each as if it stood in a file of its own.
    fn hosts(&self) -> impl Iterator<Item = Self> {
        self.parts
            .hosts
            .iter()
            .map(|parts| Self { parts: parts.clone(), lender: std::sync::Arc::clone(&self.lender) })
    }

    /// Starts every server of the file. The first listens, and so does any other for which the file has a `port`; the rest is
    /// in memory, reached through forwards.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use mock_cli::Scenario;
    ///
    /// let scenario = Scenario::parse(
    ///     r#"
    ///     [users]
    ///     anna = { password = "hunter2" }
    ///     [[server]]
    ///     name = "bastion"
    ///     forward = [{ to = "db01:22", server = "db01" }]
    ///     [[server]]
    ///     name = "db01"
    ///     commands = { "psql --version" = "16.3" }
    ///     "#,
    ///     "bastion.toml",
    /// )?;
    /// let servers = scenario.start().await?;
    /// assert_eq!(servers.first().name(), "bastion");
    /// assert_eq!(servers.get("db01").ok_or("it is there")?.port(), 0);
    /// servers.shutdown().await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`StartError`], when an address cannot be listened on.
    pub async fn start(&self) -> Result<ScenarioServers, StartError> {
        let network = Network::new();
        let hosts = self.start_hosts(&network).await?;
        let first = self.builder_among(&network).start().await?;
        self.begin(&first);
        Ok(ScenarioServers { first, hosts: hosts.into_asked(), network })
    }

    /// Starts the servers behind the first.
    pub(crate) async fn start_hosts(&self, network: &Network) -> Result<Hosts, StartError> {
        let mut hosts = Hosts::default();
        for scenario in self.hosts() {
            let files = scenario.parts.files.served().cloned().map(Files::afresh);
            let builder = scenario.builder_of_file(network, files.as_ref());
            let server = match scenario.parts.server.port {
                Some(_) => builder.start().await?,
                None => builder.start_in_memory()?,
            };
            scenario.begin(&server);
            let faults = Board::new(&server, files.as_ref(), None);
            hosts.0.push(Host { server, scenario, faults });
        }
        Ok(hosts)
    }
}

impl Host {
    /// Adds the host to a client kit, for the first of its users, through this one.
    pub(crate) fn behind(&self, kit: KitBuilder, through: &str) -> KitBuilder {
        match self.scenario.kit_users().into_iter().next() {
            Some(user) => kit.behind(&self.server, user, through),
            None => kit,
        }
    }

    /// What is expected of it by the file, each by itself.
    fn expected(&self) -> Expected {
        let parts = &self.scenario.parts;
        Expected::written(&self.server, &parts.expectations, parts.server.strict == Some(true))
    }
}

impl Hosts {
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Host> {
        self.0.iter()
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|host| host.server.name())
    }

    /// Has what is expected of them looked at, whatever comes of it.
    fn ask(&self) {
        for host in &self.0 {
            let _whatever = host.server.verify();
        }
    }

    /// The same, but a drop panics with what is unmet if nobody has asked.
    fn into_asked(mut self) -> Vec<Host> {
        std::mem::take(&mut self.0)
    }

    /// How much is expected of them.
    pub(crate) fn expectations(&self) -> usize {
        self.0.iter().map(|host| host.server.expectations().len()).sum()
    }

    /// What has not come of what is expected of them.
    pub(crate) fn unmet(&self) -> Option<VerificationError> {
        self.0.iter().map(|host| host.server.verify().err()).fold(None, together)
    }

    /// Forgets what happened on them, and begins their states anew.
    pub(crate) fn reset(&self) {
        for host in &self.0 {
            host.faults.reset();
            host.server.reset();
            host.scenario.begin(&host.server);
        }
    }

    /// Ends them, and says of each what of the expected came.
    pub(crate) async fn shutdown(self) -> (Ended, Vec<HostCases>) {
        // Whoever is in a hurry drops this half way.
        self.ask();
        let (mut ended, mut cases) = (Ended::default(), Vec::new());
        for host in self.into_asked() {
            let (name, expected) = (host.server.name().to_owned(), host.expected());
            let end = host.server.shutdown().await;
            let report = if let Err(ShutdownError::Unmet(report)) = &end { Some(report) } else { None };
            cases.push(HostCases { name, cases: expected.cases(report) });
            ended.note(end);
        }
        (ended, cases)
    }
}

/// What was expected of a host, each by itself.
#[derive(Debug)]
pub(crate) struct HostCases {
    pub(crate) name: String,
    pub(crate) cases: Vec<Case>,
}

impl ScenarioServers {
    /// The server that clients reach.
    pub fn first(&self) -> &MockSshServer {
        &self.first
    }

    /// The server with this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&MockSshServer> {
        let hosts = self.hosts.iter().map(|host| &host.server);
        [&self.first].into_iter().chain(hosts).find(|server| server.name() == name)
    }

    /// What happened on all of them, in one order.
    pub fn events(&self) -> Events {
        self.network.events()
    }

    /// What a client needs to reach them: a kit with the users of the first server, and a `Host` for each other that has
    /// users, reached through the first user of the first, as the first of its own.
    pub fn client_kit(&self, scenario: &Scenario, directory: impl AsRef<std::path::Path>) -> KitBuilder {
        let users = scenario.kit_users();
        let kit = self.first.client_kit(directory);
        let kit = users.iter().cloned().fold(kit, KitBuilder::user);
        let through = scenario.users().first().map(super::ScenarioUser::name).unwrap_or_default().to_owned();
        self.hosts.iter().fold(kit, |kit, host| host.behind(kit, &through))
    }

    /// Ends all of them, the first one first.
    ///
    /// # Errors
    ///
    /// [`ShutdownError::Unmet`] with one report for all of which something was expected that did not come, or else what the
    /// first has to tell that did not end as it should. All are ended in any case.
    pub async fn shutdown(self) -> Result<(), ShutdownError> {
        let mut ended = Ended::default();
        ended.note(self.first.shutdown().await);
        for host in self.hosts {
            ended.note(host.server.shutdown().await);
        }
        match ended.unmet.map(ShutdownError::Unmet).or(ended.stuck) {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }
}
