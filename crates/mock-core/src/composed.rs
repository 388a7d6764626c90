//! The handler that is composed of what the builder was given.

use std::{collections::HashMap, fmt, sync::Arc};

use mock_base::{
    Expectations, Pattern,
    event::{ChannelKind, Pty, WindowChange},
};

use crate::{
    Answer, Attempt, Authenticator, Connection, Credential, FirstOf, Forward, ForwardRules, Forwarding,
    Handler, Launch, Listen, LoginContext, LoginState, Memory, Methods, Open, OpenFailure, Permissions,
    Privilege, Program, RemoteForward, Reply, Request, Rules, Verdict, Wanted, forced,
};

/// What a connection is greeted with.
pub(crate) type BannerFor = dyn Fn(&Connection) -> Option<String> + Send + Sync;

/// What the builder was given, shared by the connections of a server.
#[derive(Default)]
pub(crate) struct Built {
    pub(crate) auth: FirstOf,
    pub(crate) rules: Rules,
    pub(crate) shell: Option<Arc<dyn Program>>,
    pub(crate) subsystems: HashMap<String, Arc<dyn Program>>,
    pub(crate) banner: Option<Box<BannerFor>>,
    pub(crate) agent_forwarding: bool,
    pub(crate) forwards: ForwardRules<Forward>,
    pub(crate) remote_forwards: ForwardRules<RemoteForward>,
    pub(crate) x11_forwarding: bool,
    /// Names of environment variables that are taken; all if there is no list.
    pub(crate) accepted_env: Option<Vec<Pattern>>,
    /// What the strategies remember.
    pub(crate) memory: Memory,
    /// What is expected of the server: strategies may add to it.
    pub(crate) expectations: Expectations,
}

/// The built-in [`Handler`]: logins by the strategies, commands by the rules, the shell and the subsystems that
/// the builder was given. Environment variables, pseudo-terminals, window sizes and signals are accepted, as far as the
/// login's [`Permissions`] allow.
///
/// Met only where [`Builder::handler`](crate::Builder::handler) wraps it.
pub struct Composed {
    built: Arc<Built>,
    connection: Connection,
    /// The login under way, and whose it is.
    login: Option<(String, Box<dyn LoginState>)>,
    /// What the accepted login is held to.
    permissions: Permissions,
}

impl Composed {
    pub(crate) fn new(built: Arc<Built>, connection: Connection) -> Self {
        Self { built, connection, login: None, permissions: Permissions::default() }
    }

    /// The state of this user's login: begun anew when the user name changes (RFC 4252 section 5).
    fn login(&mut self, user: &str) -> &mut dyn LoginState {
        let login = match self.login.take() {
            Some((of, login)) if of == user => login,
            _ => {
                let peer = self.connection.peer();
                let context = LoginContext::new(user, self.connection.number(), &peer)
                    .remembering(&self.built.memory)
                    .seeded(self.connection.seed())
                    .expecting(&self.built.expectations);
                self.built.auth.begin(&context)
            }
        };
        &mut *self.login.insert((user.to_owned(), login)).1
    }

    /// What the login is held to. A handler that opens forwarded channels by itself asks here whether it may.
    pub fn permissions(&self) -> &Permissions {
        &self.permissions
    }

    /// Launches what the login's permissions make of a request.
    fn launch(&self, request: &Request) -> Launch {
        if self.permissions.forced_command().is_none() && self.permissions.environment().next().is_none() {
            return self.launch_wanted(request);
        }
        let held = forced::held_to(&self.permissions, request);
        let launch = self.launch_wanted(&held);
        if let Some(command) = self.permissions.forced_command() {
            let recorder = self.connection.recorder().on_channel(request.channel);
            recorder.operation(forced::record(command, request));
        }
        forced::run_with(held, launch)
    }

    fn launch_wanted(&self, request: &Request) -> Launch {
        let program = match &request.wanted {
            Wanted::Exec(_) => return self.built.rules.launch(request),
            Wanted::Shell => &self.built.shell,
            Wanted::Subsystem(name) => &self.built.subsystems.get(name).cloned(),
        };
        program.clone().map_or_else(Launch::refuse, Launch::run)
    }
}

impl fmt::Debug for Composed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Composed").field("connection", &self.connection).finish_non_exhaustive()
    }
}

impl Handler for Composed {
    fn banner(&mut self) -> Option<String> {
        self.built.banner.as_ref().and_then(|banner| banner(&self.connection))
    }

    fn auth_methods(&mut self, user: &str) -> Methods {
        self.login(user).methods()
    }

    fn auth(&mut self, attempt: &Attempt<'_>) -> Verdict {
        let verdict = self.login(attempt.user).attempt(attempt);
        let logged_in = matches!(verdict.answer, Answer::Accept)
            && !matches!(attempt.credential, Credential::KeyOffered { .. });
        self.permissions = if logged_in { verdict.permissions.clone() } else { Permissions::default() };
        verdict
    }

    fn channel_open(&mut self, kind: &ChannelKind) -> Open {
        let target = match (kind, kind.target()) {
            (ChannelKind::Session, _) => return Open::Accept,
            (_, Some(target)) => target,
            (_, None) => return Open::refuse(),
        };
        if !self.permissions.allows_opening(kind) {
            let all = !self.permissions.allows(Privilege::PortForwarding);
            let text =
                if all { "this login may not forward ports" } else { "this login may not forward there" };
            let text = text.to_owned();
            return Open::Refuse { reason: OpenFailure::AdministrativelyProhibited, text };
        }
        let answer = self.built.forwards.decide(|rule| rule.answer(&target));
        answer.unwrap_or_else(Open::refuse)
    }

    fn env(&mut self, name: &str, _: &str) -> bool {
        let accepted = self.built.accepted_env.as_ref();
        accepted.is_none_or(|names| names.iter().any(|pattern| pattern.is_match(name)))
    }

    fn pty(&mut self, _: &Pty) -> bool {
        self.permissions.allows(Privilege::Pty)
    }

    fn exec(&mut self, request: &Request) -> Launch {
        self.launch(request)
    }

    fn shell(&mut self, request: &Request) -> Launch {
        self.launch(request)
    }

    fn subsystem(&mut self, _: &str, request: &Request) -> Launch {
        self.launch(request)
    }

    fn window_change(&mut self, _: &WindowChange) -> bool {
        true
    }

    fn signal(&mut self, _: &str) -> bool {
        true
    }

    fn agent_forward(&mut self) -> bool {
        self.built.agent_forwarding && self.permissions.allows(Privilege::AgentForwarding)
    }

    fn x11_forward(&mut self) -> bool {
        self.built.x11_forwarding && self.permissions.allows(Privilege::X11Forwarding)
    }

    fn forward(&mut self, listen: &Listen) -> Forwarding {
        if !self.permissions.allows_listening(listen) {
            return Forwarding::Refuse;
        }
        let answer = self.built.remote_forwards.decide(|rule| rule.answer(listen));
        answer.unwrap_or(Forwarding::Refuse)
    }

    fn cancel_forward(&mut self, _: &Listen) -> bool {
        true
    }
}

/// What a shell says to a command that it does not know.
pub(crate) fn command_not_found(request: &Request) -> Reply {
    let command = request.command_text();
    let name = command.split_whitespace().next().unwrap_or_default();
    Reply::fail(127).stderr(format!("mock-ssh: {name}: command not found\n"))
}
