//! What can happen: one struct per kind of event, all data, no behaviour.
//!
//! The structs are what tests read and what JSON Lines carry, so they use the words of the RFCs and nothing of
//! the engine. Each kind has a query of its own in [`query`], reachable as `event::exec()` and so on.

mod auth;
mod channel;
mod connection;
mod data;
mod fields;
mod nearly;
pub mod query;
mod record;
#[cfg(feature = "schema")]
mod schema;
mod scripted;
mod terminal;

use std::{fmt, sync::Arc, time::Duration};

pub use auth::{AuthAccepted, AuthAttempt, AuthOutcome, Banner, KeyOffered, PublicKeyInfo};
pub use channel::{
    AgentForward, ChannelClosed, ChannelKind, ChannelOpened, ChannelRefused, Env, Exit, Forward,
    ForwardCancelled, Shell, SignalReceived, Stdin, StdinEof, Subsystem, X11Forward,
};
pub use connection::{
    ClientVersion, ClosedBy, Connected, Disconnected, Negotiated, Panicked, Problem, Refused, Started,
    Stopped,
};
pub use data::{Data, Secret};
pub(crate) use fields::{FORWARDED_TO, FieldType, KINDS, KindFields, OPERATION_SUBJECT};
pub use query::*;
pub use record::{Record, Value};
#[cfg(feature = "schema")]
pub use schema::KindSchema;
pub use scripted::{Exec, Fault, Matched, ShellLine, StateChanged};
pub use terminal::{Pty, TerminalMode, WindowChange};

/// One thing that happened, and where it stands in the one order of the journal.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Event {
    /// Position in the journal, from 0. Never reused, also when older events were evicted.
    pub seq: u64,
    /// Time since the journal was made, on tokio's clock: it stands still while a test pauses time.
    pub at: Duration,
    /// Wall clock at the same moment.
    pub time: std::time::SystemTime,
    /// Name of the server (or agent) that recorded it.
    pub server: Arc<str>,
    /// Number of the connection on that server, from 1. `None` for what concerns the server as a whole.
    pub connection: Option<u64>,
    /// Number of the channel on that connection, from 0, in the order of opening.
    pub channel: Option<u32>,
    /// What happened.
    pub kind: Kind,
}

/// A kind of event: implemented by each struct of this module, and by nothing else.
pub trait Payload: Clone + fmt::Debug + Send + Sync + 'static {
    /// The name in JSON and in `docs/events.md`, in snake case.
    const NAME: &'static str;
    /// The struct, if that is what this event holds.
    fn of(kind: &Kind) -> Option<&Self>;
}

impl Kind {
    /// The typed event of another crate, if that is what this is.
    #[must_use]
    pub fn operation<R: Record>(&self) -> Option<&R> {
        let Self::Operation(record) = self else {
            return None;
        };
        let any: &dyn std::any::Any = &**record;
        any.downcast_ref()
    }
}

/// The name of the kind that holds what other crates record.
pub(crate) const OPERATION: &str = "operation";

macro_rules! kinds {
    ($(#[doc = $doc:literal] $variant:ident = $name:literal,)*) => {
        /// What happened. Each variant holds the struct of the same name.
        #[derive(Debug, Clone)]
        #[non_exhaustive]
        pub enum Kind {
            $(#[doc = $doc] $variant($variant),)*
            /// Something that another crate recorded: an agent request, a file operation.
            Operation(Arc<dyn Record>),
        }

        impl Kind {
            /// The name in JSON and in `docs/events.md`.
            #[must_use]
            pub fn name(&self) -> &'static str {
                match self {
                    $(Self::$variant(_) => $name,)*
                    Self::Operation(_) => OPERATION,
                }
            }

            /// Writes the fields of this kind as entries of a JSON object.
            pub(crate) fn to_json(&self) -> serde_json::Result<serde_json::Value> {
                match self {
                    $(Self::$variant(payload) => serde_json::to_value(payload),)*
                    Self::Operation(record) => Ok(record::to_json(&**record)),
                }
            }

            pub(crate) fn describe(&self, text: &mut crate::journal::Describe<'_>) -> fmt::Result {
                match self {
                    $(Self::$variant(payload) => payload.describe(text),)*
                    Self::Operation(record) => record::describe(&**record, text),
                }
            }
        }

        $(
            impl Payload for $variant {
                const NAME: &'static str = $name;
                fn of(kind: &Kind) -> Option<&Self> {
                    match kind {
                        Kind::$variant(payload) => Some(payload),
                        _ => None,
                    }
                }
            }

            impl From<$variant> for Kind {
                fn from(payload: $variant) -> Self {
                    Self::$variant(payload)
                }
            }
        )*

        /// Each kind as JSON carries it, in the order in which they happen. An operation is not among them: its
        /// fields are those of a [`Record`].
        #[cfg(feature = "schema")]
        #[must_use]
        pub fn schemas() -> Vec<KindSchema> {
            vec![$(KindSchema::of::<$variant>($name, $doc),)*]
        }
    };
}

kinds! {
    /// The server listens.
    Started = "started",
    /// The server has ended every connection and closed its socket.
    Stopped = "stopped",
    /// A client connected; nothing was read from it yet.
    Connected = "connected",
    /// A connection was closed before a single byte of SSH, because of a limit.
    Refused = "refused",
    /// The client sent its identification line (RFC 4253 section 4.2).
    ClientVersion = "client_version",
    /// The first key exchange agreed on algorithms (RFC 4253 section 7.1).
    Negotiated = "negotiated",
    /// The banner was sent (RFC 4252 section 5.4).
    Banner = "banner",
    /// A public key was offered without a signature (RFC 4252 section 7): a question, not an attempt.
    KeyOffered = "key_offered",
    /// A login was attempted with one method.
    AuthAttempt = "auth_attempt",
    /// The client is logged in.
    AuthAccepted = "auth_accepted",
    /// A channel was opened, by the client or to it (RFC 4254 section 5.1).
    ChannelOpened = "channel_opened",
    /// A channel was asked for and refused.
    ChannelRefused = "channel_refused",
    /// An environment variable was passed (RFC 4254 section 6.4).
    Env = "env",
    /// A pseudo-terminal was requested (RFC 4254 section 6.2).
    Pty = "pty",
    /// A shell was requested (RFC 4254 section 6.5).
    Shell = "shell",
    /// A line was entered in a scripted shell.
    ShellLine = "shell_line",
    /// A command was requested (RFC 4254 section 6.5).
    Exec = "exec",
    /// Standard input decided which rule answers a command.
    Matched = "matched",
    /// A state that rules depend on was set.
    StateChanged = "state_changed",
    /// A fault that the test asked for did what it does.
    Fault = "fault",
    /// A subsystem was requested (RFC 4254 section 6.5).
    Subsystem = "subsystem",
    /// The client sent data on a channel (RFC 4254 section 5.2).
    Stdin = "stdin",
    /// The client will send no more data on a channel (RFC 4254 section 5.3).
    StdinEof = "stdin_eof",
    /// The client's terminal changed its size (RFC 4254 section 6.7).
    WindowChange = "window_change",
    /// The client sent a signal (RFC 4254 section 6.9).
    SignalReceived = "signal",
    /// The client offered its agent.
    AgentForward = "agent_forward",
    /// The client offered its X server (RFC 4254 section 6.3.1).
    X11Forward = "x11_forward",
    /// The client asked the server to listen for it (RFC 4254 section 7.1).
    Forward = "forward",
    /// The client withdrew a request to listen (RFC 4254 section 7.1).
    ForwardCancelled = "forward_cancelled",
    /// The exit status or exit signal of a program was sent (RFC 4254 section 6.10).
    Exit = "exit",
    /// A channel is closed in both directions.
    ChannelClosed = "channel_closed",
    /// Something that the peer or a program did and that is no event of its own: a refused request, a limit.
    Problem = "problem",
    /// Code that the test supplied panicked.
    Panicked = "panicked",
    /// A connection is over.
    Disconnected = "disconnected",
}
