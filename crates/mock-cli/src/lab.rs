//! What runs: the server, the agent beside it, and the directory with what clients need, started and ended together.
//!
//! The directory is deleted when this is dropped, so it goes away however the process ends, also when the start fails
//! half way; only a SIGKILL leaves it.

use std::{
    fs::Permissions,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use mock_agent::{MockAgent, MockAgentBuilder};
use mock_core::{
    Builder, ClientKit, Composed, Exec, Handler, HostKey, Journal, JournalOptions, KitBuilder, KitUser,
    Launch, MockSshServer, Network, Profile, Request, Shell, any,
};
use mock_process::HostProcess;
use tempfile::TempDir;

use crate::{
    args::{ExecMode, ExpectArgs, ServerArgs},
    credentials::{self, Account, Login},
    error::Error,
    expected::{Case, Expected},
    fault::{self, Board},
    files::{self, Files},
    output,
    scenario::{Cast, Ended, HostCases, Hosts, Scenario, kit_user, together},
    verdict::Verdict,
};

/// Events that are kept for outputs that are slower than the clients. What is older is dropped: a server that runs
/// for weeks must not grow.
pub(crate) const EVENTS_KEPT: usize = 10_000;

/// The name of the agent in the journal.
pub(crate) const AGENT: &str = "agent";

/// What a server is started for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Purpose<'a> {
    pub(crate) port: u16,
    pub(crate) expect: &'a ExpectArgs,
    /// Whether somebody will ask what happened: then every event is kept.
    pub(crate) is_asked: bool,
}

/// A server that runs, with everything that belongs to it. In the order in which it is to be dropped.
#[derive(Debug)]
pub(crate) struct Lab {
    asked: Asked,
    pub(crate) server: MockSshServer,
    /// Servers that are reached through it.
    pub(crate) hosts: Hosts,
    /// Where they find each other.
    pub(crate) network: Network,
    /// There is one where a user has a key.
    pub(crate) agent: Option<MockAgent>,
    pub(crate) kit: ClientKit,
    pub(crate) accounts: Vec<Account>,
    /// What some connections meet instead of the server's host keys.
    pub(crate) other_host_keys: Vec<Vec<HostKey>>,
    /// What is served over SFTP and SCP.
    pub(crate) files: Option<Files>,
    /// The real server that this one is like.
    pub(crate) profile: Option<&'static Profile>,
    /// What goes wrong with the server, its files and its agent.
    pub(crate) faults: Board,
    /// Where requests are taken, if that is a socket.
    pub(crate) control: Option<PathBuf>,
    /// The file that it is all made of, if there is one.
    scenario: Option<Scenario>,
    _directory: TempDir,
}

/// What is expected, asked for once more when this is dropped: a server that is dropped before anybody has asked
/// panics with the report, for the sake of tests in Rust.
#[derive(Debug)]
struct Asked(Expected);

impl Drop for Asked {
    fn drop(&mut self) {
        self.0.ask();
    }
}

impl Lab {
    pub(crate) async fn start(args: &ServerArgs, purpose: Purpose<'_>, cast: Cast) -> Result<Self, Error> {
        let options = JournalOptions::new();
        let journal = Journal::with_options(if purpose.is_asked || cast.expects() {
            options
        } else {
            options.limit(EVENTS_KEPT)
        });
        let directory = private_directory()?;
        let agent = start_agent(&cast.accounts, cast.agent_faults(args), directory.path(), &journal).await?;
        let expect = cast.expect(purpose.expect);
        let network = Network::with_journal(&journal);
        let hosts = match &cast.scenario {
            Some(scenario) => scenario.start_hosts(&network).await?,
            None => Hosts::default(),
        };
        let files = cast.files.as_ref();
        let scripted = cast.scripted(args, purpose.port, expect.strict, &network);
        let builder = scripted.unwrap_or_else(|| {
            let builder = builder(args, purpose, &cast);
            let rules = args.forwards.forward.iter().map(|rule| rule.build(&network));
            let remote = args.forwards.remote_forward.iter().cloned();
            remote.fold(rules.fold(builder, Builder::forward), Builder::remote_forward)
        });
        let builder = fault::play(&args.behaviour.fault, builder, files);
        let server = cast.let_in(builder).journal(&journal).start().await?;
        if let Some(scenario) = &cast.scenario {
            scenario.begin(&server);
        }
        let (other_host_keys, profile) = (cast.other_host_keys(), cast.profile());
        let Cast { accounts, files, scenario, .. } = cast;
        let faults = Board::new(&server, files.as_ref(), agent.as_ref());
        let asked = Asked(Expected::of(&server, &expect));
        let kit = write_kit(&server, &hosts, &accounts, agent.as_ref(), directory.path())?;
        Ok(Self {
            asked,
            server,
            hosts,
            network,
            agent,
            kit,
            accounts,
            other_host_keys,
            files,
            profile,
            faults,
            control: None,
            scenario,
            _directory: directory,
        })
    }

    /// What is expected of the server.
    pub(crate) fn expected(&self) -> &Expected {
        &self.asked.0
    }

    /// Whether what is expected has come, on every server.
    pub(crate) fn verify(&self) -> Verdict {
        let unmet = together(self.server.verify().err(), self.hosts.unmet());
        Verdict { checked: self.expectations(), unmet: unmet.map(Box::new) }
    }

    /// How much is expected, of every server.
    pub(crate) fn expectations(&self) -> usize {
        self.expected().len() + self.hosts.expectations()
    }

    /// Forgets what happened, on every server, and begins the states anew. What requests have added is theirs to remove.
    pub(crate) fn reset(&self) {
        self.faults.reset();
        self.server.reset();
        self.hosts.reset();
        if let Some(scenario) = &self.scenario {
            scenario.begin(&self.server);
        }
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

    /// Ends everything, and says whether what was expected came. The server is the last to record something: that it has
    /// stopped.
    pub(crate) async fn stop(self) -> Result<Stopped, Error> {
        let Self { asked, server, hosts, agent, kit: _kit, _directory, .. } = self;
        // Whoever is in a hurry drops this half way.
        asked.0.ask();
        if let Some(agent) = agent {
            // Nothing is expected of it.
            let _met = agent.shutdown().await;
        }
        let checked = asked.0.len() + hosts.expectations();
        let mut first = Ended::default();
        first.note(server.shutdown().await);
        let cases = asked.0.cases(first.unmet.as_ref());
        let (others, of_hosts) = hosts.shutdown().await;
        let unmet = together(first.unmet, others.unmet).map(Box::new);
        match first.stuck.or(others.stuck) {
            Some(error) if unmet.is_none() => return Err(error.into()),
            Some(error) => output::warning(&error.to_string()),
            None => {}
        }
        Ok(Stopped { verdict: Verdict { checked, unmet }, cases, of_hosts })
    }
}

/// What there is to say of a server that has ended.
#[derive(Debug)]
pub(crate) struct Stopped {
    pub(crate) verdict: Verdict,
    /// Each expectation by itself.
    pub(crate) cases: Vec<Case>,
    /// And the same of the servers behind it.
    pub(crate) of_hosts: Vec<HostCases>,
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
    faults: Vec<mock_agent::Fault>,
    directory: &Path,
    journal: &Journal,
) -> Result<Option<MockAgent>, Error> {
    let identities: Vec<_> = accounts.iter().flat_map(|account| account.login.identities()).collect();
    if identities.is_empty() {
        return Ok(None);
    }
    let agent = MockAgent::builder()
        .identities(identities)
        .socket_path(directory.join("agent.sock"))
        .journal(journal.clone())
        .name(AGENT);
    Ok(Some(faults.into_iter().fold(agent, MockAgentBuilder::fault).start().await?))
}

/// A server without a file.
fn builder(args: &ServerArgs, purpose: Purpose<'_>, cast: &Cast) -> Builder {
    let files = cast.files.as_ref();
    let mut builder = cast.plain(purpose.port);
    if let Some(files) = files {
        builder = files.offer(builder, cast.profile());
    }
    match args.behaviour.exec.unwrap_or(ExecMode::Echo) {
        // What is echoed would be an answer, so nothing could be without one.
        ExecMode::Echo if purpose.expect.strict => builder,
        ExecMode::Echo => builder.exec(Exec::echo()).shell(Shell::echo("$ ")),
        ExecMode::Process => {
            let [command, shell] = [HostProcess::command(), HostProcess::login_shell()];
            let [command, shell] = [command, shell].map(|process| files::at_home(process, files));
            builder.exec(Exec::on(any()).run(command)).shell(shell)
        }
        ExecMode::Deny => {
            let copies = files.is_some();
            builder.handler(move |_connection, built| Deny { built, copies })
        }
    }
}

/// Refuses commands, but for those that copy files where there are any: files are served over SFTP and SCP alike. A
/// shell is refused anyway where none is given.
struct Deny {
    built: Composed,
    copies: bool,
}

impl Handler for Deny {
    fn within(&mut self) -> Option<&mut dyn Handler> {
        Some(&mut self.built)
    }

    fn exec(&mut self, request: &Request) -> Launch {
        if self.copies && files::copies(request) { self.built.exec(request) } else { Launch::refuse() }
    }
}

fn write_kit(
    server: &MockSshServer,
    hosts: &Hosts,
    accounts: &[Account],
    agent: Option<&MockAgent>,
    directory: &Path,
) -> Result<ClientKit, Error> {
    let users = credentials::by_user(accounts).into_iter().map(|(name, ways)| {
        let identities = ways.into_iter().filter_map(|login| match login {
            Login::PublicKey(identity) => Some(identity),
            _ => None,
        });
        identities.fold(KitUser::new(name), |_plain, identity| {
            let user = kit_user(name, identity);
            match agent {
                Some(agent) => user.agent_socket(agent.socket_path()),
                None => user,
            }
        })
    });
    let mut kit = users.fold(server.client_kit(directory), KitBuilder::user);
    if let Some(agent) = agent {
        kit = kit.agent_socket(agent.socket_path());
    }
    if let Some(first) = accounts.first() {
        kit = hosts.iter().fold(kit, |kit, host| host.behind(kit, &first.name));
    }
    Ok(kit.write()?)
}
