//! A scenario on the command line: who is there to log in, and a server for which flags go before the file.
//!
//! What is expected is left out of the server here: whoever serves keeps it with its text, and asks in the end.

use mock_core::{Algorithms, Builder, Exec, HostKey, Network, Profile, Shell, any};
use mock_process::HostProcess;
use mock_sftp::MemFs;

use super::{Scenario, files::Rest, flags, login::Lender, server::ServerOptions};
use crate::{
    args::{AlgorithmSet, ExecMode, ExpectArgs, PubkeyType, ServerArgs, UserArgs},
    credentials::{self, Account, Login},
    error::Error,
    fault::{Fault, Player},
    files::{self, Files},
};

/// What a server is started with: the file if there is one, and those who can log in.
#[derive(Debug)]
pub(crate) struct Cast {
    pub(crate) scenario: Option<Scenario>,
    pub(crate) accounts: Vec<Account>,
    /// What is served over SFTP and SCP.
    pub(crate) files: Option<Files>,
    /// How the server appears, by flags and by the file.
    server: ServerOptions,
}

impl Cast {
    /// Takes its time: it reads files and makes keys.
    pub(crate) fn create(args: &ServerArgs) -> Result<Self, Error> {
        let scenario = args.scenario.as_ref().map(Scenario::load).transpose().map_err(Error::Scenario)?;
        let accounts = match &scenario {
            Some(scenario) if !scenario.users().is_empty() => {
                refuse_user_flags(&args.users)?;
                accounts(scenario)
            }
            _ => credentials::create(&args.users)?,
        };
        let written = scenario.as_ref().map(|scenario| scenario.parts.server.clone());
        let server = flags::over(args, written.unwrap_or_default())?;
        let files = Files::by_flags(&args.files, || match &scenario {
            Some(scenario) => scenario.parts.files.served().cloned(),
            None => Some(Files::in_memory(MemFs::new())),
        })?;
        let has_agent = accounts.iter().any(|account| matches!(account.login, Login::PublicKey(_)));
        // What stands in a file above several servers may be meant for the others.
        let alone = scenario.as_ref().filter(|scenario| scenario.parts.hosts.is_empty());
        let written = alone.into_iter().flat_map(|scenario| &scenario.parts.faults);
        for fault in args.behaviour.fault.iter().chain(written) {
            let player = fault.player();
            let is_there = match player {
                Player::Server => true,
                Player::Files => files.is_some(),
                Player::Agent => has_agent,
            };
            if !is_there {
                return Err(Error::FaultOfNobody { fault: fault.to_string(), player });
            }
        }
        Ok(Self { scenario, accounts, files: files.map(Files::without_contents), server })
    }

    /// The builder with what lets exactly these in.
    pub(crate) fn let_in(&self, builder: Builder) -> Builder {
        match &self.scenario {
            // It has done so.
            Some(scenario) if !scenario.users().is_empty() => builder,
            _ => builder.auth(credentials::authenticator(&self.accounts)),
        }
    }

    /// The server of the file, with what flags say, if there is a file.
    pub(crate) fn scripted(
        &self,
        args: &ServerArgs,
        port: u16,
        strict: bool,
        network: &Network,
    ) -> Option<Builder> {
        let scenario = self.scenario.as_ref()?;
        Some(scenario.serve(args, self.server.clone(), port, strict, self.files.as_ref(), network))
    }

    /// A server that appears as flags say, where there is no file.
    pub(crate) fn plain(&self, port: u16) -> Builder {
        let server = self.server.clone();
        let port = server.port.or(Some(port));
        ServerOptions { port, agent_forwarding: Some(true), ..server }.build(&Lender::default())
    }

    /// The host keys that some connections meet instead of the server's, rule by rule.
    pub(crate) fn other_host_keys(&self) -> Vec<Vec<HostKey>> {
        let others = self.server.other_host_keys.iter().flatten();
        others.map(|others| others.keys.clone()).collect()
    }

    /// What goes wrong with the agent.
    pub(crate) fn agent_faults(&self, args: &ServerArgs) -> Vec<mock_agent::Fault> {
        let written = self.scenario.iter().flat_map(Scenario::agent_faults);
        written.chain(args.behaviour.fault.iter().filter_map(Fault::agent)).cloned().collect()
    }

    /// The real server that this one is to be like.
    pub(crate) fn profile(&self) -> Option<&'static Profile> {
        self.server.profile
    }

    /// What is expected by the flags and by the file.
    pub(crate) fn expect(&self, args: &ExpectArgs) -> ExpectArgs {
        let mut all = args.clone();
        if let Some(scenario) = &self.scenario {
            all.expect.extend(scenario.parts.expectations.iter().cloned());
            all.strict |= scenario.parts.server.strict == Some(true);
        }
        all
    }

    /// Whether the file needs every event in the end.
    pub(crate) fn expects(&self) -> bool {
        self.scenario.as_ref().is_some_and(Scenario::expects)
    }
}

/// Flags for users would be heard by nobody.
fn refuse_user_flags(args: &UserArgs) -> Result<(), Error> {
    let flags = [
        ("--none-user", args.none_user == "none"),
        ("--password-user", args.password_user == "password"),
        ("--pubkey-user", args.pubkey_user == "pubkey"),
        ("--kbdint-user", args.kbdint_user == "kbdint"),
        ("--kbdint-iter-user", args.kbdint_iter_user == "kbdint-iter"),
        ("--pubkey-type", matches!(args.pubkey_type, PubkeyType::Ed25519)),
    ];
    match flags.into_iter().find(|(_, is_default)| !is_default) {
        Some((flag, _)) => Err(Error::UsersOfScenario { flag }),
        None => Ok(()),
    }
}

/// A user for each way in, so that each is shown by itself.
fn accounts(scenario: &Scenario) -> Vec<Account> {
    let ways = scenario.users().iter().flat_map(|user| {
        let needs = user.needs.clone();
        let ways = [
            needs.none.then_some(Login::None),
            needs.password.map(Login::Password),
            needs.identity.map(|identity| Login::PublicKey(identity.into())),
            needs.own_keys.then_some(Login::OwnKey),
            (!needs.rounds.is_empty()).then_some(Login::KeyboardInteractive(needs.rounds)),
        ];
        ways.into_iter().flatten().map(|login| Account { name: user.name.clone(), login })
    });
    ways.collect()
}

impl Scenario {
    /// A server for the command line, without expectations, that appears as `server` says. `port` is for where neither flags
    /// nor the file name one.
    fn serve(
        &self,
        args: &ServerArgs,
        server: ServerOptions,
        port: u16,
        strict: bool,
        files: Option<&Files>,
        network: &Network,
    ) -> Builder {
        let mut scenario = self.clone();
        scenario.parts.server = ServerOptions { strict: None, port: server.port.or(Some(port)), ..server };
        scenario.parts.expectations.clear();
        scenario.parts.forwards.splice(0..0, args.forwards.forward.iter().cloned());
        scenario.parts.remote_forwards.splice(0..0, args.forwards.remote_forward.iter().cloned());
        let rest = match args.behaviour.exec {
            Some(ExecMode::Deny) => Some(Rest::Deny),
            Some(ExecMode::Echo) => Some(Rest::Echo),
            Some(ExecMode::Process) => Some(Rest::Unknown),
            None => self.parts.rest,
        };
        // What is echoed would be an answer, so nothing could be without one.
        let rest = rest.filter(|rest| !(strict && *rest == Rest::Echo));
        let builder = scenario.builder_with(rest.unwrap_or(Rest::Unknown), network, files);
        let has_shell = scenario.parts.shell.is_some();
        match args.behaviour.exec {
            Some(ExecMode::Process) => {
                let command = files::at_home(HostProcess::command(), files);
                let builder = builder.exec(Exec::on(any()).run(command));
                let shell = files::at_home(HostProcess::login_shell(), files);
                if has_shell { builder } else { builder.shell(shell) }
            }
            Some(ExecMode::Echo) if !strict && !has_shell => builder.shell(Shell::echo("$ ")),
            _ => builder,
        }
    }
}

impl AlgorithmSet {
    /// The names.
    pub(crate) fn list(self) -> Algorithms {
        match self {
            Self::Modern => Algorithms::modern(),
            Self::Compatible => Algorithms::compatible(),
            Self::Legacy => Algorithms::legacy(),
        }
    }
}
