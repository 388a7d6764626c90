//! Several servers of one file: the first is reached by clients, the others through it, by their names.

use mock_core::{Events, KitBuilder, MockSshServer, Network, ShutdownError, StartError};

use super::Scenario;

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
}

/// Servers behind the first that nobody has to ask about: one that is dropped because another could not be started has
/// nothing to report, and the command line has other ways to say what is unmet than a panic.
#[derive(Debug, Default)]
pub(crate) struct Hosts(Vec<Host>);

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
            let builder = scenario.builder_among(network);
            let server = match scenario.parts.server.port {
                Some(_) => builder.start().await?,
                None => builder.start_in_memory()?,
            };
            scenario.begin(&server);
            hosts.0.push(Host { server, scenario });
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

    /// Ends them, and says whether what was expected of them came.
    pub(crate) async fn shutdown(self) -> Result<(), ShutdownError> {
        // Whoever is in a hurry drops this half way.
        self.ask();
        end(self.into_asked()).await
    }
}

/// Ends each, and tells the first that has something to tell.
async fn end(hosts: Vec<Host>) -> Result<(), ShutdownError> {
    let mut ended = Ok(());
    for host in hosts {
        ended = ended.and(host.server.shutdown().await);
    }
    ended
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
    /// [`ShutdownError`] of the first for which what was expected did not come; the others are ended all the same.
    pub async fn shutdown(self) -> Result<(), ShutdownError> {
        let ended = self.first.shutdown().await;
        ended.and(end(self.hosts).await)
    }
}
