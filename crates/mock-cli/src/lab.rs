//! What runs: the server, the agent beside it, and the directory with what clients need, started and ended together.
//!
//! The directory is deleted when this is dropped, so it goes away however the process ends, also when the start fails
//! half way; only a SIGKILL leaves it.

use std::{fs::Permissions, os::unix::fs::PermissionsExt as _, path::Path};

use mock_agent::MockAgent;
use mock_core::{
    Algorithms, Builder, ClientKit, Composed, Exec, Handler, HostKey, Journal, JournalOptions, KitBuilder,
    KitUser, Launch, MockSshServer, Request, Shell, any,
};
use mock_process::HostProcess;
use tempfile::TempDir;

use crate::{
    args::{AlgorithmSet, ExecMode, ServeArgs},
    credentials::{self, Account, Login},
    error::Error,
};

/// Events that are kept for outputs that are slower than the clients. What is older is dropped: a server that runs
/// for weeks must not grow.
const EVENTS_KEPT: usize = 10_000;

/// The name of the agent in the journal.
pub(crate) const AGENT: &str = "agent";

/// A server that runs, with everything that belongs to it. In the order in which it is to be dropped.
#[derive(Debug)]
pub(crate) struct Lab {
    pub(crate) server: MockSshServer,
    /// There is one where a user has a key.
    pub(crate) agent: Option<MockAgent>,
    pub(crate) kit: ClientKit,
    pub(crate) accounts: Vec<Account>,
    _directory: TempDir,
}

impl Lab {
    pub(crate) async fn start(args: &ServeArgs, accounts: Vec<Account>) -> Result<Self, Error> {
        let journal = Journal::with_options(JournalOptions::new().limit(EVENTS_KEPT));
        let host_keys: Vec<_> = args.listen.host_key.iter().map(HostKey::read).collect::<Result<_, _>>()?;
        let directory = private_directory()?;
        let agent = start_agent(&accounts, directory.path(), &journal).await?;
        let server = host_keys
            .into_iter()
            .fold(builder(args), Builder::host_key)
            .auth(credentials::authenticator(&accounts))
            .journal(&journal)
            .start()
            .await?;
        let kit = write_kit(&server, &accounts, agent.as_ref(), directory.path())?;
        Ok(Self { server, agent, kit, accounts, _directory: directory })
    }

    /// Where the agent listens, if there is one.
    pub(crate) fn agent_socket(&self) -> Option<&Path> {
        self.agent.as_ref().map(MockAgent::socket_path)
    }

    /// The address that clients on this machine connect to; not that of a server that listens on every address.
    pub(crate) fn host(&self) -> String {
        let environment = self.kit.environment().into_iter();
        environment.filter(|(name, _)| *name == "MOCK_SSH_HOST").map(|(_, host)| host).collect()
    }

    /// Ends everything. The server is the last to record something: that it has stopped.
    pub(crate) async fn stop(self) -> Result<(), Error> {
        if let Some(agent) = self.agent {
            agent.shutdown().await;
        }
        Ok(self.server.shutdown().await?)
    }
}

fn private_directory() -> Result<TempDir, Error> {
    tempfile::Builder::new()
        .prefix("mock-ssh-")
        .permissions(Permissions::from_mode(0o700))
        .tempdir()
        .map_err(|source| Error::Directory { parent: std::env::temp_dir(), source })
}

/// An agent with the key of the user who has one.
async fn start_agent(
    accounts: &[Account],
    directory: &Path,
    journal: &Journal,
) -> Result<Option<MockAgent>, Error> {
    let mut identities = accounts.iter().filter_map(|account| match &account.login {
        Login::PublicKey(identity) => Some((**identity).clone()),
        _ => None,
    });
    let Some(identity) = identities.next() else {
        return Ok(None);
    };
    let agent = MockAgent::builder()
        .identities([identity])
        .socket_path(directory.join("agent.sock"))
        .journal(journal.clone())
        .name(AGENT)
        .start();
    Ok(Some(agent.await?))
}

fn builder(args: &ServeArgs) -> Builder {
    let mut builder = MockSshServer::builder()
        .name(&args.listen.name)
        .address(args.listen.listen_address)
        .port(args.port())
        .algorithms(match args.listen.algorithms {
            AlgorithmSet::Modern => Algorithms::modern(),
            AlgorithmSet::Compatible => Algorithms::compatible(),
        })
        .accept_agent_forwarding();
    if let Some(line) = &args.listen.version_string {
        builder = builder.version(line);
    }
    if let Some(limit) = args.listen.max_connections {
        builder = builder.max_connections(usize::try_from(limit).unwrap_or(usize::MAX));
    }
    if let Some(text) = &args.behaviour.banner {
        builder = builder.banner(text);
    }
    if args.output.reveal_secrets {
        builder = builder.reveal_secrets();
    }
    match args.behaviour.exec {
        ExecMode::Echo => builder.exec(Exec::echo()).shell(Shell::echo("$ ")),
        ExecMode::Process => {
            builder.exec(Exec::on(any()).run(HostProcess::command())).shell(HostProcess::login_shell())
        }
        ExecMode::Deny => builder.handler(|_connection, built| Deny(built)),
    }
}

/// Refuses commands. A shell is refused anyway where none is given.
struct Deny(Composed);

impl Handler for Deny {
    fn within(&mut self) -> Option<&mut dyn Handler> {
        Some(&mut self.0)
    }

    fn exec(&mut self, _: &Request) -> Launch {
        Launch::refuse()
    }
}

fn write_kit(
    server: &MockSshServer,
    accounts: &[Account],
    agent: Option<&MockAgent>,
    directory: &Path,
) -> Result<ClientKit, Error> {
    let users = accounts.iter().map(|account| match &account.login {
        Login::PublicKey(identity) => {
            let user = KitUser::new(&account.name).identity(identity.key().clone());
            match agent {
                Some(agent) => user.agent_socket(agent.socket_path()),
                None => user,
            }
        }
        _ => KitUser::new(&account.name),
    });
    let mut kit = users.fold(server.client_kit(directory), KitBuilder::user);
    if let Some(agent) = agent {
        kit = kit.agent_socket(agent.socket_path());
    }
    Ok(kit.write()?)
}
