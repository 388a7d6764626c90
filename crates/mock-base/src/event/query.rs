//! A query for each kind of event, named as the event is.
//!
//! ```
//! use mock_base::{Journal, event};
//!
//! let journal = Journal::new();
//! let recorder = journal.recorder("lab");
//! recorder.record(event::Exec::new("uname -r", true, None));
//! let exec = journal.events().first(event::exec()).expect("one was recorded");
//! assert_eq!(exec.command, "uname -r");
//! ```

use std::borrow::Cow;

use super::Record;
use crate::{Pattern, journal::Filtered};

/// Typed events of another crate, to wait for one or to count them.
///
/// ```
/// # use std::borrow::Cow;
/// # use mock_base::{Journal, Record, Value, event};
/// # #[derive(Debug, Clone)]
/// # struct Ping;
/// # impl Record for Ping {
/// #     fn source(&self) -> &'static str { "pinger" }
/// #     fn name(&self) -> Cow<'static, str> { "ping".into() }
/// #     fn fields(&self, _out: &mut dyn FnMut(&'static str, Value<'_>)) {}
/// # }
/// # let journal = Journal::new();
/// journal.recorder("lab").operation(Ping);
/// journal.events().wait_for(event::operation::<Ping>()).blocking()?;
/// # Ok::<(), mock_base::WaitError>(())
/// ```
pub fn operation<R: Record + Clone>() -> Filtered<R> {
    Filtered::operations()
}

macro_rules! queries {
    ($($(#[$doc:meta])* $name:ident -> $payload:ident;)*) => {$(
        $(#[$doc])*
        pub fn $name() -> Filtered<super::$payload> {
            Filtered::any()
        }
    )*};
}

queries! {
    /// Servers that began to listen.
    started -> Started;
    /// Servers that ended.
    stopped -> Stopped;
    /// Connections made.
    connected -> Connected;
    /// Connections closed at once because of a limit.
    refused -> Refused;
    /// Identification lines of clients.
    client_version -> ClientVersion;
    /// Outcomes of first key exchanges.
    negotiated -> Negotiated;
    /// Banners sent.
    banner -> Banner;
    /// Public keys offered without a signature.
    key_offered -> KeyOffered;
    /// Attempts to log in.
    auth_attempt -> AuthAttempt;
    /// Logins.
    auth_accepted -> AuthAccepted;
    /// Channels opened.
    channel_opened -> ChannelOpened;
    /// Channels refused.
    channel_refused -> ChannelRefused;
    /// Environment variables passed.
    env -> Env;
    /// Pseudo-terminals requested.
    pty -> Pty;
    /// Shells requested.
    shell -> Shell;
    /// Lines entered in scripted shells.
    shell_line -> ShellLine;
    /// Commands requested.
    exec -> Exec;
    /// Commands of which standard input decided the rule.
    matched -> Matched;
    /// States set.
    state_changed -> StateChanged;
    /// Faults that struck.
    fault -> Fault;
    /// Subsystems requested.
    subsystem -> Subsystem;
    /// Data received on channels.
    stdin -> Stdin;
    /// Ends of such data.
    stdin_eof -> StdinEof;
    /// Changes of the window size.
    window_change -> WindowChange;
    /// Signals.
    signal -> SignalReceived;
    /// Agents offered.
    agent_forward -> AgentForward;
    /// X servers offered.
    x11_forward -> X11Forward;
    /// Requests to listen.
    forward -> Forward;
    /// Such requests withdrawn.
    forward_cancelled -> ForwardCancelled;
    /// Exit statuses and exit signals sent.
    exit -> Exit;
    /// Channels closed.
    channel_closed -> ChannelClosed;
    /// Problems.
    problem -> Problem;
    /// Panics of code that the test supplied.
    panicked -> Panicked;
    /// Connections that ended.
    disconnected -> Disconnected;
}

/// Narrowing by text, where a kind has some. A name or a label of its own stands in reports as the method is called.
macro_rules! narrowing {
    ($($payload:ident { $($(#[$doc:meta])* $method:ident($label:literal): |$this:ident| $read:expr;)* })*) => {$(
        impl Filtered<super::$payload> {$(
            $(#[$doc])*
            pub fn $method(self, pattern: impl Into<Pattern>) -> Self {
                self.text($label, pattern, |$this| AsRef::<[u8]>::as_ref($read))
            }
        )*}
    )*};
}

/// The same for what need not be there, and for what is text only when it is shown.
macro_rules! narrowing_perhaps {
    ($($payload:ident { $($(#[$doc:meta])* $method:ident($label:literal): |$this:ident| $read:expr;)* })*) => {$(
        impl Filtered<super::$payload> {$(
            $(#[$doc])*
            pub fn $method(self, pattern: impl Into<Pattern>) -> Self {
                self.perhaps($label, pattern, |$this| $read)
            }
        )*}
    )*};
}

narrowing! {
    Exec {
        /// Only commands that match.
        command(""): |exec| exec.command.as_bytes();
        /// Only commands of users whose name matches.
        user("user"): |exec| &exec.user;
    }
    Matched {
        /// Only commands that match.
        command(""): |matched| matched.command.as_bytes();
    }
    StateChanged {
        /// Only states with a name that matches.
        name(""): |state| &state.name;
        /// Only states that were set to what matches.
        value("value"): |state| &state.value;
    }
    Fault {
        /// Only faults at a stage that matches.
        stage("stage"): |fault| &fault.stage;
        /// Only faults that did what matches.
        action("action"): |fault| &fault.action;
    }
    Started {
        /// Only servers at an address that matches.
        address("address"): |started| &started.address;
    }
    Connected {
        /// Only connections from an address that matches.
        peer("peer"): |connected| &connected.peer;
    }
    Refused {
        /// Only connections that were closed for a reason that matches.
        why("why"): |refused| &refused.why;
    }
    Banner {
        /// Only banners whose text matches.
        saying(""): |banner| &banner.text;
    }
    ChannelRefused {
        /// Only channels that were refused for a reason that matches.
        reason("reason"): |refused| &refused.reason;
    }
    Pty {
        /// Only terminals of a type that matches.
        term("term"): |pty| &pty.term;
    }
    ForwardCancelled {
        /// Only requests for addresses that match.
        address("address"): |forward| &forward.address;
    }
    Panicked {
        /// Only panics whose message matches.
        message("message"): |panicked| &panicked.message;
    }
    ShellLine {
        /// Only lines that match.
        line(""): |line| line.line.as_bytes();
    }
    Subsystem {
        /// Only subsystems with a name that matches.
        name(""): |subsystem| &subsystem.name;
    }
    AuthAccepted {
        /// Only logins of users whose name matches.
        user("user"): |login| &login.user;
        /// Only logins by methods that match.
        method("method"): |login| &login.method;
    }
    AuthAttempt {
        /// Only attempts of users whose name matches.
        user("user"): |attempt| &attempt.user;
        /// Only attempts by methods that match.
        method("method"): |attempt| &attempt.method;
    }
    KeyOffered {
        /// Only keys offered for users whose name matches.
        user("user"): |offer| &offer.user;
        /// Only keys whose fingerprint matches.
        fingerprint("fingerprint"): |offer| &offer.key.fingerprint;
    }
    ClientVersion {
        /// Only identification lines that match.
        version(""): |client| &client.version;
    }
    Env {
        /// Only variables with a name that matches.
        name(""): |env| &env.name;
        /// Only variables with a value that matches.
        value("value"): |env| &env.value;
    }
    Stdin {
        /// Only data that matches. What a client sends may arrive in any number of pieces.
        data(""): |stdin| stdin.data.as_bytes();
    }
    SignalReceived {
        /// Only signals with a name that matches, without `SIG`.
        name(""): |signal| &signal.name;
    }
    Forward {
        /// Only requests for addresses that match.
        address("address"): |forward| &forward.address;
    }
    Problem {
        /// Only problems whose text matches.
        saying(""): |problem| &problem.text;
    }
    Disconnected {
        /// Only connections that ended for a reason that matches.
        reason("reason"): |end| &end.reason;
    }
}

narrowing_perhaps! {
    Fault {
        /// Only faults with a name that matches.
        name(""): |fault| optional(fault.name.as_ref());
    }
    Exec {
        /// Only commands that a rule answered which matches, as it was written.
        rule("rule"): |exec| optional(exec.rule.as_ref());
    }
    ShellLine {
        /// Only lines that a rule answered which matches, as it was written.
        rule("rule"): |line| optional(line.rule.as_ref());
    }
    Matched {
        /// Only commands that a rule answers which matches, as it was written.
        rule("rule"): |matched| optional(matched.rule.as_ref());
    }
    ChannelOpened {
        /// Only channels of a kind that matches, as timelines show it: `session`, `direct-tcpip to db01:5432`.
        kind(""): |opened| Some(opened.kind.to_string().into_bytes().into());
        /// Only channels to a target that matches: `db01:5432`, the path of a socket.
        to("to"): |opened| target(&opened.kind);
    }
    ChannelRefused {
        /// Only channels of a kind that matches, as timelines show it: `session`, `direct-tcpip to db01:5432`.
        kind(""): |refused| Some(refused.kind.to_string().into_bytes().into());
        /// Only channels to a target that matches: `db01:5432`, the path of a socket.
        to("to"): |refused| target(&refused.kind);
    }
    Exit {
        /// Only programs that a signal with a matching name ended, without `SIG`.
        signal("signal"): |exit| optional(exit.signal.as_ref());
    }
}

fn target(kind: &super::ChannelKind) -> Option<Cow<'static, [u8]>> {
    kind.target().map(|target| target.into_bytes().into())
}

/// Connections that clients were let through to: `direct-tcpip` and `direct-streamlocal` channels that were opened.
///
/// ```
/// use mock_base::{Journal, event};
///
/// let journal = Journal::new();
/// let socket = event::ChannelKind::DirectStreamlocal { path: "/run/app.sock".to_owned() };
/// journal.recorder("bastion").record(event::ChannelOpened::new(socket));
/// assert_eq!(journal.events().count(event::forwarded().to("/run/app.sock")), 1);
/// ```
pub fn forwarded() -> Filtered<super::ChannelOpened> {
    channel_opened().restricted("forwarded", |opened| opened.kind.target().is_some())
}

fn optional(text: Option<&String>) -> Option<Cow<'_, [u8]>> {
    text.map(|text| text.as_bytes().into())
}

impl Filtered<super::Connected> {
    /// Only connections that came through exactly these servers, the first hop first.
    pub fn via<H: Into<String>>(self, hops: impl IntoIterator<Item = H>) -> Self {
        let hops: Vec<String> = hops.into_iter().map(Into::into).collect();
        let by_itself = |hops: &[String]| match hops {
            [] => "directly".to_owned(),
            hops => format!("via {}", hops.join(", ")),
        };
        let text = by_itself(&hops);
        self.told(
            text,
            move |connected| connected.via == hops,
            move |connected| format!("it came {}", by_itself(&connected.via)),
        )
    }
}

impl Filtered<super::AuthAttempt> {
    /// Only attempts that ended so.
    pub fn outcome(self, outcome: super::AuthOutcome) -> Self {
        let word = |outcome: super::AuthOutcome| format!("{outcome:?}").to_lowercase();
        self.told(
            format!("outcome {}", word(outcome)),
            move |attempt| attempt.outcome == outcome,
            move |attempt| match attempt.why.as_str() {
                "" => format!("it was {}", word(attempt.outcome)),
                why => format!("it was {}: {why}", word(attempt.outcome)),
            },
        )
    }
}

impl Filtered<super::Exit> {
    /// Only programs that ended with this exit status.
    pub fn status(self, status: u32) -> Self {
        self.told(
            format!("status {status}"),
            move |exit| exit.status == Some(status),
            move |exit| match (exit.status, &exit.signal) {
                (Some(found), _) => format!("the status is {found}, not {status}"),
                (None, Some(signal)) => format!("signal {signal} ended it"),
                (None, None) => "there is no status".to_owned(),
            },
        )
    }
}

impl Filtered<super::Disconnected> {
    /// Only connections that were ended by this side.
    pub fn by(self, by: super::ClosedBy) -> Self {
        self.told(
            format!("by {by:?}").to_lowercase(),
            move |end| end.by == by,
            |end| match end.by {
                super::ClosedBy::Client => "the client ended it".to_owned(),
                super::ClosedBy::Server => "the server ended it".to_owned(),
                super::ClosedBy::Error => "an error ended it".to_owned(),
            },
        )
    }
}
