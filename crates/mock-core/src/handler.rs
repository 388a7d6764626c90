//! The seam for decisions: one value per connection, one method for each thing that a client may ask for.
//!
//! Most tests never see it: what the builder was given is composed into a [`Composed`](crate::Composed) handler.
//! To change one decision, wrap that and write one method. The methods are synchronous: a decision never waits.

use std::sync::Arc;

use mock_base::event::{ChannelKind, Pty, WindowChange};

use crate::{Attempt, Connect, Methods, Program, Request, Verdict};

/// Every decision that a server takes on one connection.
///
/// Each method asks the handler within, if there is one, and refuses otherwise. So a handler that wraps the one
/// that was built overrides what it wants to change and nothing else.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use mock_core::{Composed, Exec, Handler, Launch, MockSshServer, Request};
///
/// /// Runs no command, and leaves everything else as it was built.
/// struct Rainy(Composed);
///
/// impl Handler for Rainy {
///     fn within(&mut self) -> Option<&mut dyn Handler> {
///         Some(&mut self.0)
///     }
///     fn exec(&mut self, _: &Request) -> Launch {
///         Launch::refuse()
///     }
/// }
///
/// let server = MockSshServer::builder()
///     .exec(Exec::on("uptime").reply("up 3 days\n"))
///     .handler(|_connection, built| Rainy(built))
///     .start()
///     .await?;
/// # server.shutdown().await?;
/// # Ok(())
/// # }
/// ```
pub trait Handler: Send {
    /// The handler to ask where this one has no opinion. None by default: then everything is refused.
    fn within(&mut self) -> Option<&mut dyn Handler> {
        None
    }

    /// The banner, sent before authentication (RFC 4252 section 5.4); asked once, before any user name is known.
    /// None by default.
    fn banner(&mut self) -> Option<String> {
        match self.within() {
            Some(within) => within.banner(),
            None => None,
        }
    }

    /// The methods that `user` may go on with; `none` is never listed. No method by default.
    fn auth_methods(&mut self, user: &str) -> Methods {
        match self.within() {
            Some(within) => within.auth_methods(user),
            None => Methods::empty(),
        }
    }

    /// Judges an attempt to log in, or an offered key.
    fn auth(&mut self, attempt: &Attempt<'_>) -> Verdict {
        match self.within() {
            Some(within) => within.auth(attempt),
            None => Verdict::reject("the handler does not allow it"),
        }
    }

    /// A channel is to be opened.
    fn channel_open(&mut self, kind: &ChannelKind) -> Open {
        match self.within() {
            Some(within) => within.channel_open(kind),
            None => Open::refuse(),
        }
    }

    /// An environment variable is passed. `true` takes it.
    fn env(&mut self, name: &str, value: &str) -> bool {
        match self.within() {
            Some(within) => within.env(name, value),
            None => false,
        }
    }

    /// A pseudo-terminal is requested. `true` grants it.
    fn pty(&mut self, pty: &Pty) -> bool {
        match self.within() {
            Some(within) => within.pty(pty),
            None => false,
        }
    }

    /// A command is to be run.
    fn exec(&mut self, request: &Request) -> Launch {
        match self.within() {
            Some(within) => within.exec(request),
            None => Launch::refuse(),
        }
    }

    /// A shell is to be run.
    fn shell(&mut self, request: &Request) -> Launch {
        match self.within() {
            Some(within) => within.shell(request),
            None => Launch::refuse(),
        }
    }

    /// A subsystem is to be run.
    fn subsystem(&mut self, name: &str, request: &Request) -> Launch {
        match self.within() {
            Some(within) => within.subsystem(name, request),
            None => Launch::refuse(),
        }
    }

    /// The client's terminal has another size. `true` tells the program.
    fn window_change(&mut self, size: &WindowChange) -> bool {
        match self.within() {
            Some(within) => within.window_change(size),
            None => false,
        }
    }

    /// A signal for the program, by its name without `SIG`. `true` tells the program.
    fn signal(&mut self, name: &str) -> bool {
        match self.within() {
            Some(within) => within.signal(name),
            None => false,
        }
    }

    /// The client offers its agent. `true` takes the offer: programs can reach it with
    /// [`Session::open_agent`](crate::Session::open_agent).
    fn agent_forward(&mut self) -> bool {
        match self.within() {
            Some(within) => within.agent_forward(),
            None => false,
        }
    }

    /// The client offers its X server. `true` takes the offer: programs can reach it with
    /// [`Session::open_x11`](crate::Session::open_x11).
    fn x11_forward(&mut self) -> bool {
        match self.within() {
            Some(within) => within.x11_forward(),
            None => false,
        }
    }

    /// The server is to listen for the client (RFC 4254 section 7.1, OpenSSH PROTOCOL section 2.4).
    fn forward(&mut self, listen: &Listen) -> Forwarding {
        match self.within() {
            Some(within) => within.forward(listen),
            None => Forwarding::Refuse,
        }
    }

    /// The client withdraws such a request. `false` refuses that, as does the server itself where there was none.
    fn cancel_forward(&mut self, listen: &Listen) -> bool {
        match self.within() {
            Some(within) => within.cancel_forward(listen),
            None => false,
        }
    }
}

/// As the rules for it see it: `localhost:8080`, `:0` for all addresses and any port, or the path of a socket.
impl std::fmt::Display for Listen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Tcp { address, port } if address.contains(':') => write!(f, "[{address}]:{port}"),
            Self::Tcp { address, port } => write!(f, "{address}:{port}"),
            Self::Unix { path } => f.write_str(path),
        }
    }
}

impl Handler for Box<dyn Handler> {
    fn within(&mut self) -> Option<&mut dyn Handler> {
        Some(&mut **self)
    }
}

/// Whether and how something is run on a channel.
#[derive(Clone)]
#[must_use]
pub struct Launch {
    pub(crate) answer: LaunchAnswer,
    pub(crate) rule: Option<String>,
    /// The nearest rule, where none was for it.
    pub(crate) hint: Option<String>,
    /// The number of the rule's call.
    pub(crate) call: u64,
    pub(crate) captures: Vec<(String, String)>,
}

#[derive(Clone)]
pub(crate) enum LaunchAnswer {
    Run(Arc<dyn Program>),
    Refuse,
    Silence,
}

impl Launch {
    /// Runs this program (`SSH_MSG_CHANNEL_SUCCESS`). The journal names the rule `handler` until
    /// [`by_rule`](Self::by_rule) gives another name.
    pub fn run(program: impl Program + 'static) -> Self {
        Self { rule: Some("handler".to_owned()), ..Self::new(LaunchAnswer::Run(Arc::new(program))) }
    }

    fn new(answer: LaunchAnswer) -> Self {
        Self { answer, rule: None, hint: None, call: 1, captures: Vec::new() }
    }

    /// What the program sees of the rule that decided.
    pub(crate) fn with_call(mut self, number: u64, captures: Vec<(String, String)>) -> Self {
        self.call = number;
        self.captures = captures;
        self
    }

    /// Says that no rule decided: the command is unknown.
    pub(crate) fn by_nobody(mut self, hint: Option<String>) -> Self {
        self.rule = None;
        self.hint = hint;
        self
    }

    /// Refuses the request (`SSH_MSG_CHANNEL_FAILURE`).
    pub fn refuse() -> Self {
        Self::new(LaunchAnswer::Refuse)
    }

    /// Never answers the request: a client that wants a reply waits for it.
    pub fn silence() -> Self {
        Self::new(LaunchAnswer::Silence)
    }

    /// Names the rule that decided, for the journal.
    pub fn by_rule(mut self, rule: impl Into<String>) -> Self {
        self.rule = Some(rule.into());
        self
    }
}

impl std::fmt::Debug for Launch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let answer = match self.answer {
            LaunchAnswer::Run(_) => "run",
            LaunchAnswer::Refuse => "refuse",
            LaunchAnswer::Silence => "silence",
        };
        f.debug_struct("Launch").field("answer", &answer).field("rule", &self.rule).finish_non_exhaustive()
    }
}

/// Whether a channel is opened.
#[derive(Clone)]
#[non_exhaustive]
pub enum Open {
    /// Opened. Only session channels can be opened so.
    Accept,
    /// Opened, and its data goes there. For `direct-tcpip` and `direct-streamlocal`.
    Connect(Arc<dyn Connect>),
    /// Refused.
    Refuse {
        /// The reason code.
        reason: OpenFailure,
        /// The description that clients show.
        text: String,
    },
    /// Never answered: the client waits.
    Silence,
}

impl Open {
    /// Refused as administratively prohibited.
    #[must_use]
    pub fn refuse() -> Self {
        Self::Refuse { reason: OpenFailure::AdministrativelyProhibited, text: "not allowed here".into() }
    }

    /// Opened, and its data goes there.
    #[must_use]
    pub fn connect(to: impl Connect + 'static) -> Self {
        Self::Connect(Arc::new(to))
    }
}

impl std::fmt::Debug for Open {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Accept => f.write_str("Accept"),
            Self::Connect(_) => f.write_str("Connect"),
            Self::Refuse { reason, text } => write!(f, "Refuse({reason:?}, {text:?})"),
            Self::Silence => f.write_str("Silence"),
        }
    }
}

/// Reason codes of `SSH_MSG_CHANNEL_OPEN_FAILURE` (RFC 4254 section 5.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the names are the RFC's, which defines no more than them")]
pub enum OpenFailure {
    AdministrativelyProhibited = 1,
    ConnectFailed = 2,
    UnknownChannelType = 3,
    ResourceShortage = 4,
}

impl OpenFailure {
    /// The code on the wire.
    #[must_use]
    pub fn code(self) -> u32 {
        self as u32
    }
}

/// Where a client wants the server to listen.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Listen {
    /// A TCP address (`tcpip-forward`).
    Tcp {
        /// Address to bind as the client wrote it; empty for all.
        address: String,
        /// Port to bind; 0 for any.
        port: u32,
    },
    /// A Unix socket (`streamlocal-forward@openssh.com`).
    Unix {
        /// Its path.
        path: String,
    },
}

/// Whether the server agrees to listen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Forwarding {
    /// No.
    Refuse,
    /// Yes: accepted and recorded. Nothing listens; the test opens what is to be forwarded with
    /// [`MockSshServer::connect_forwarded`](crate::MockSshServer::connect_forwarded).
    Accept {
        /// The port told to a client that asked for any, 0 for one that is free on this server; ignored otherwise.
        port: u16,
    },
    /// Yes: the server really listens, on a loopback address of the machine or on the Unix socket. What connects there is
    /// forwarded to the client. Refused where it cannot listen.
    Host,
}
