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

use super::Record;
use crate::journal::Filtered;

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
