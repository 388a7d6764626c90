//! Queries that read like sentences: `server.events().logins()`. For asserting on what came, once it is known to have come.
//!
//! They are the queries of [`event`](crate::event) without their narrowing. Whoever looks for something in particular narrows
//! such a query, counts it, or waits for it.

use crate::{Data, Events, Seen, event};

macro_rules! sentences {
    ($($(#[$doc:meta])* $name:ident -> $payload:ident, $query:ident;)*) => {
        impl Events {$(
            $(#[$doc])*
            #[must_use]
            pub fn $name(&self) -> Vec<Seen<event::$payload>> {
                self.query(event::$query())
            }
        )*}
    };
}

sentences! {
    /// The logins, in order.
    ///
    /// ```
    /// # use mock_base::{Journal, event};
    /// # let journal = Journal::new();
    /// journal.recorder("lab").record(event::AuthAccepted::new("deploy", "publickey", 2u32));
    /// let [login] = &journal.events().logins()[..] else { panic!("one login") };
    /// assert_eq!((login.user.as_str(), login.attempts), ("deploy", 2));
    /// ```
    logins -> AuthAccepted, auth_accepted;
    /// The attempts to log in, successful or not.
    ///
    /// ```
    /// # use mock_base::{Journal, event};
    /// # let journal = Journal::new();
    /// journal.recorder("lab").record(event::AuthAttempt::new("deploy", "password", 1));
    /// assert_eq!(journal.events().attempts()[0].outcome, event::AuthOutcome::Rejected);
    /// ```
    attempts -> AuthAttempt, auth_attempt;
    /// The commands that were requested.
    ///
    /// ```
    /// # use mock_base::{Journal, event};
    /// # let journal = Journal::new();
    /// journal.recorder("lab").record(event::Exec::new("uname -r", true, None).by("deploy"));
    /// let commands: Vec<_> = journal.events().execs().into_iter().map(|exec| exec.payload.command).collect();
    /// assert_eq!(commands, ["uname -r"]);
    /// ```
    execs -> Exec, exec;
    /// The lines that were entered in scripted shells.
    ///
    /// ```
    /// # use mock_base::{Journal, event};
    /// # let journal = Journal::new();
    /// journal.recorder("lab").record(event::ShellLine::new("show version"));
    /// assert_eq!(journal.events().lines()[0].line, "show version");
    /// ```
    lines -> ShellLine, shell_line;
    /// The subsystems that were requested.
    ///
    /// ```
    /// # use mock_base::{Journal, event};
    /// # let journal = Journal::new();
    /// journal.recorder("lab").record(event::Subsystem::new("sftp", true));
    /// assert!(journal.events().subsystems().iter().all(|subsystem| subsystem.accepted));
    /// ```
    subsystems -> Subsystem, subsystem;
    /// The faults that struck.
    ///
    /// ```
    /// # use mock_base::{Journal, event};
    /// # let journal = Journal::new();
    /// journal.recorder("lab").record(event::Fault::new(None, "kex", "stall"));
    /// assert_eq!(journal.events().faults()[0].action, "stall");
    /// ```
    faults -> Fault, fault;
    /// The signals that clients sent.
    ///
    /// ```
    /// # use mock_base::{Journal, event};
    /// # let journal = Journal::new();
    /// journal.recorder("lab").record(event::SignalReceived::new("TERM"));
    /// assert_eq!(journal.events().signals()[0].name, "TERM");
    /// ```
    signals -> SignalReceived, signal;
    /// The pseudo-terminals that were requested.
    ///
    /// ```
    /// # use mock_base::{Journal, event};
    /// # let journal = Journal::new();
    /// journal.recorder("lab").record(event::Pty::new("xterm", 80u32, 24u32, 0u32, 0u32, Vec::new(), true));
    /// let pty = &journal.events().ptys()[0];
    /// assert_eq!((pty.term.as_str(), pty.columns), ("xterm", 80));
    /// ```
    ptys -> Pty, pty;
    /// The environment variables that were passed.
    ///
    /// ```
    /// # use mock_base::{Journal, event};
    /// # let journal = Journal::new();
    /// journal.recorder("lab").record(event::Env::new("LANG", "C.UTF-8", true));
    /// assert!(journal.events().envs().iter().any(|env| env.name == "LANG" && env.value == "C.UTF-8"));
    /// ```
    envs -> Env, env;
    /// The changes of terminals' sizes.
    ///
    /// ```
    /// # use mock_base::{Journal, event};
    /// # let journal = Journal::new();
    /// journal.recorder("lab").record(event::WindowChange::new(120u32, 40u32, 0u32, 0u32));
    /// let sizes: Vec<_> = journal.events().window_changes().iter().map(|size| (size.columns, size.rows)).collect();
    /// assert_eq!(sizes, [(120, 40)]);
    /// ```
    window_changes -> WindowChange, window_change;
    /// The exit statuses and exit signals that were sent.
    ///
    /// ```
    /// # use mock_base::{Journal, event};
    /// # let journal = Journal::new();
    /// journal.recorder("lab").record(event::Exit::new(Some(127), None));
    /// assert_eq!(journal.events().exits()[0].status, Some(127));
    /// ```
    exits -> Exit, exit;
    /// The connections that clients were let through to other hosts, in order.
    ///
    /// ```
    /// # use mock_base::{Journal, event};
    /// # let journal = Journal::new();
    /// # let kind = event::ChannelKind::DirectStreamlocal { path: "/run/app.sock".to_owned() };
    /// # journal.recorder("bastion").record(event::ChannelOpened::new(kind));
    /// let targets: Vec<_> = journal.events().forwarded().iter().map(|hop| hop.kind.target()).collect();
    /// assert_eq!(targets, [Some("/run/app.sock".to_owned())]);
    /// ```
    forwarded -> ChannelOpened, forwarded;
    /// The requests to listen for the client.
    ///
    /// ```
    /// # use mock_base::{Journal, event};
    /// # let journal = Journal::new();
    /// journal.recorder("lab").record(event::Forward::new("0.0.0.0", Some(8080), true));
    /// assert_eq!(journal.events().forwards()[0].port, Some(8080));
    /// ```
    forwards -> Forward, forward;
    /// The problems: what peers or programs did and that is no event of its own.
    ///
    /// ```
    /// # use mock_base::{Journal, event};
    /// # let journal = Journal::new();
    /// # journal.recorder("lab").record(event::Shell::new(true));
    /// assert!(journal.events().problems().is_empty());
    /// ```
    problems -> Problem, problem;
    /// The connections that ended.
    ///
    /// ```
    /// # use mock_base::{Journal, event};
    /// # let journal = Journal::new();
    /// # use event::{ClosedBy, Disconnected};
    /// journal.recorder("lab").on_connection(1).record(Disconnected::new(ClosedBy::Client, "closed", 1u64, 2u64));
    /// assert_eq!(journal.events().disconnects()[0].by, ClosedBy::Client);
    /// ```
    disconnects -> Disconnected, disconnected;
}

impl Events {
    /// What clients sent as standard input, all pieces of the view in one: narrow it to a channel where several
    /// had input. As much of it as was recorded: 64 KiB for each channel by default.
    ///
    /// ```
    /// use mock_base::{Journal, event};
    ///
    /// let journal = Journal::new();
    /// let connection = journal.recorder("lab").on_connection(1);
    /// connection.on_channel(0).record(event::Stdin::new("two "));
    /// connection.on_channel(0).record(event::Stdin::new("pieces"));
    /// connection.on_channel(1).record(event::Stdin::new(", more"));
    /// assert_eq!(journal.events().stdin(), "two pieces, more");
    /// assert_eq!(journal.events().on_connection(1).on_channel(0).stdin(), "two pieces");
    /// ```
    #[must_use]
    pub fn stdin(&self) -> Data {
        let pieces = self.payloads::<event::Stdin>();
        let bytes: Vec<u8> = pieces.iter().flat_map(|stdin| stdin.data.as_bytes()).copied().collect();
        bytes.into()
    }
}
