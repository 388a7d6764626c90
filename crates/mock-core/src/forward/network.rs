//! Servers that find each other by name, and write one journal.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use mock_base::{Events, Journal, event::ChannelKind};

use super::ends::Server;
use crate::{BoxFuture, Builder, Connect, ForwardRequest, MockSshServer, OpenFailure, server::Shared};

/// The port of a server that a client behind a bastion asks for.
const SSH_PORT: u32 = 22;

/// Hosts within this process, by name, with one journal: a bastion and what is behind it. Cheap to clone.
///
/// Being in a network lets nobody through: that is for a [`Forward`](crate::Forward) rule to say.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use mock_core::{Exec, Forward, Network, any};
///
/// let network = Network::new();
/// let db01 = network.host("db01").exec(Exec::on("psql --version").reply("16.3\n")).start_in_memory()?;
/// let bastion = network.host("bastion").forward(Forward::to(any()).network(&network)).start().await?;
/// // Now `ssh -J bastion db01 psql --version` works, and `network.events()` has the hop and the command.
/// # bastion.shutdown().await?;
/// # db01.shutdown().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Default)]
pub struct Network {
    journal: Journal,
    hosts: Arc<Mutex<HashMap<String, Server>>>,
}

impl Network {
    /// One without hosts, with a journal of its own.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// One without hosts, whose servers write to this journal.
    #[must_use]
    pub fn with_journal(journal: &Journal) -> Self {
        Self { journal: journal.clone(), hosts: Arc::default() }
    }

    /// A builder for the host with this name. It can be reached from when it is started until it is stopped; of two with
    /// one name, it is the one that was started last.
    pub fn host(&self, name: impl Into<String>) -> Builder {
        MockSshServer::builder().name(name).journal(&self.journal).network(self)
    }

    /// What leads to the host with this name, whatever a client calls it: for [`Forward::connect`](crate::Forward::connect).
    #[must_use]
    pub fn named(&self, name: impl Into<String>) -> NamedHost {
        NamedHost { network: self.clone(), name: name.into() }
    }

    /// The journal of its servers.
    #[must_use]
    pub fn journal(&self) -> &Journal {
        &self.journal
    }

    /// What happened on its servers so far, in one order, and what will.
    pub fn events(&self) -> Events {
        self.journal.events()
    }

    pub(crate) fn join(&self, server: &Arc<Shared>) {
        self.hosts().insert(server.options.name.clone(), Server::new(server));
    }

    fn hosts(&self) -> MutexGuard<'_, HashMap<String, Server>> {
        self.hosts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A host of a network, by its name. Looked up for each connection, so it need not be there yet.
#[derive(Debug, Clone)]
pub struct NamedHost {
    network: Network,
    name: String,
}

impl Connect for NamedHost {
    fn connect(&self, request: ForwardRequest) -> BoxFuture<()> {
        let host = self.network.hosts().get(&self.name).cloned();
        if let Some(server) = host {
            return server.connect(request);
        }
        request.refuse(OpenFailure::ConnectFailed, "Name or service not known");
        Box::pin(async {})
    }
}

impl Connect for Network {
    fn connect(&self, request: ForwardRequest) -> BoxFuture<()> {
        let ChannelKind::DirectTcpip { host, port, .. } = request.kind() else {
            request.refuse(OpenFailure::ConnectFailed, "No such file or directory");
            return Box::pin(async {});
        };
        let Some(server) = self.hosts().get(host).cloned() else {
            request.refuse(OpenFailure::ConnectFailed, "Name or service not known");
            return Box::pin(async {});
        };
        let listens = |server: &Shared| *port == SSH_PORT || server.port == Some(*port);
        if !server.running().is_some_and(|server| listens(&server)) {
            request.refuse(OpenFailure::ConnectFailed, "Connection refused");
            return Box::pin(async {});
        }
        server.connect(request)
    }
}
