//! The handler that is composed of what the builder was given.

use std::{collections::HashMap, fmt, sync::Arc};

use mock_base::event::{ChannelKind, Pty, WindowChange};

use crate::{
    Attempt, Authenticator, Connection, FirstOf, Handler, Launch, LoginContext, LoginState, Methods, Open,
    Program, Reply, Request, Rules, Verdict,
};

/// What the builder was given, shared by the connections of a server.
#[derive(Default)]
pub(crate) struct Built {
    pub(crate) auth: FirstOf,
    pub(crate) rules: Rules,
    pub(crate) shell: Option<Arc<dyn Program>>,
    pub(crate) subsystems: HashMap<String, Arc<dyn Program>>,
    pub(crate) banner: Option<String>,
    pub(crate) agent_forwarding: bool,
}

/// The built-in [`Handler`]: logins by the strategies, commands by the rules, the shell and the subsystems that
/// the builder was given. Environment variables, pseudo-terminals, window sizes and signals are accepted.
///
/// Met only where [`Builder::handler`](crate::Builder::handler) wraps it.
pub struct Composed {
    built: Arc<Built>,
    connection: Connection,
    /// The login under way, and whose it is.
    login: Option<(String, Box<dyn LoginState>)>,
}

impl Composed {
    pub(crate) fn new(built: Arc<Built>, connection: Connection) -> Self {
        Self { built, connection, login: None }
    }

    /// The state of this user's login: begun anew when the user name changes (RFC 4252 section 5).
    fn login(&mut self, user: &str) -> &mut dyn LoginState {
        let login = match self.login.take() {
            Some((of, login)) if of == user => login,
            _ => self.built.auth.begin(&LoginContext::new(
                user,
                self.connection.number(),
                &self.connection.peer(),
            )),
        };
        &mut *self.login.insert((user.to_owned(), login)).1
    }
}

impl fmt::Debug for Composed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Composed").field("connection", &self.connection).finish_non_exhaustive()
    }
}

impl Handler for Composed {
    fn banner(&mut self) -> Option<String> {
        self.built.banner.clone()
    }

    fn auth_methods(&mut self, user: &str) -> Methods {
        self.login(user).methods()
    }

    fn auth(&mut self, attempt: &Attempt<'_>) -> Verdict {
        self.login(attempt.user).attempt(attempt)
    }

    fn channel_open(&mut self, kind: &ChannelKind) -> Open {
        match kind {
            ChannelKind::Session => Open::Accept,
            _ => Open::refuse(),
        }
    }

    fn env(&mut self, _: &str, _: &str) -> bool {
        true
    }

    fn pty(&mut self, _: &Pty) -> bool {
        true
    }

    fn exec(&mut self, request: &Request) -> Launch {
        self.built.rules.launch(request)
    }

    fn shell(&mut self, _: &Request) -> Launch {
        self.built.shell.clone().map_or_else(Launch::refuse, Launch::run)
    }

    fn subsystem(&mut self, name: &str, _: &Request) -> Launch {
        self.built.subsystems.get(name).cloned().map_or_else(Launch::refuse, Launch::run)
    }

    fn window_change(&mut self, _: &WindowChange) -> bool {
        true
    }

    fn signal(&mut self, _: &str) -> bool {
        true
    }

    fn agent_forward(&mut self) -> bool {
        self.built.agent_forwarding
    }
}

/// What a shell says to a command that it does not know.
pub(crate) fn command_not_found(request: &Request) -> Reply {
    let command = request.command_text();
    let name = command.split_whitespace().next().unwrap_or_default();
    Reply::fail(127).stderr(format!("mock-ssh: {name}: command not found\n"))
}
