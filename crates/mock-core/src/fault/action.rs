//! What faults of a connection can do.

use mock_base::Delay;

use super::{Amount, Stage};
use crate::{DisconnectReason, Methods, OpenFailure};

/// What goes wrong. Which action can be had at which stage is checked when a fault is handed over.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Action {
    /// Ends the connection with a FIN, without a word of SSH. `close`
    Close,
    /// Ends the connection with a RST. `reset`
    Reset,
    /// Nothing more is sent, and what the client sends is dropped, for as long as it waits. The limit for logins does not
    /// end that, the one for connections does. At `stdin`, only this channel's input is no longer read; at `stdout`, its
    /// output no longer sent. `stall`
    Stall,
    /// Goes on after this time. Of several at one moment of a connection the longest counts; at logins, output and exits they
    /// follow each other. `delay 1s..3s`
    Delay(Delay),
    /// From here on, so many bytes a second in each direction; at `stdout`, of this channel's output. `bandwidth 64KiB/s`
    Bandwidth(u64),
    /// From here on, at most so many bytes are written at once. `pieces 1`
    Pieces(usize),
    /// The next byte has one bit changed. `corrupt`
    Corrupt,
    /// Ends the connection with `SSH_MSG_DISCONNECT` (RFC 4253 section 11.1). `disconnect too-many-connections "later"`
    Disconnect {
        /// The reason code: 11, by application, where the text form names none.
        reason: DisconnectReason,
        /// The description.
        text: String,
    },
    /// Sends this line before the identification line, so often (RFC 4253 section 4.2 allows other lines there), or without end.
    /// `lines "welcome" x3`, `lines "welcome" x..`
    Lines {
        /// The line, without its end.
        text: String,
        /// How often; `None` for as long as the client reads.
        count: Option<u64>,
    },
    /// Sends this identification line instead of the server's. `protocol SSH-1.5-Cisco-1.25`
    Protocol(String),
    /// Offers only a method of key exchange that hardly any client has: `diffie-hellman-group1-sha1`. `no-common`
    NothingInCommon,
    /// Signs the key exchange wrongly. `wrong-signature`
    WrongSignature,
    /// Has another host key, which the server makes once, at the first connection that meets it: of the type of its first
    /// host key; an RSA key only if it has no others, because that takes a while. `new-host-key`
    NewHostKey,
    /// Refuses the attempt to log in, or the request. `fail`, at a login also `fail leaving publickey,password`
    Fail {
        /// The methods that a client is told that it may go on with; `None` for those that it would be told anyway. At a
        /// login only.
        left: Option<Methods>,
    },
    /// Refuses the channel (RFC 4254 section 5.1). `refuse resource-shortage "too many sessions"`
    Refuse {
        /// The reason code: 1, administratively prohibited, where the text form names none.
        reason: OpenFailure,
        /// The description.
        text: String,
    },
    /// Never answers; at `exit`, sends no exit status. `silence`
    Silence,
    /// Never opens a window: the client cannot send a byte on a channel. Decided when a connection begins, for all its
    /// channels. `no-window`
    NoWindow,
    /// Says this exit status, whatever the program's was. `status 255`
    Status(u32),
    /// Says that this signal ended the program, named without `SIG`. `signal KILL`
    Signal(String),
    /// Sends the exit status and the end of the data, and never closes the channel. `no-close`
    NoClose,
}

impl Action {
    /// Ends the connection with this reason and text.
    pub fn disconnect(reason: DisconnectReason, text: impl Into<String>) -> Self {
        Self::Disconnect { reason, text: text.into() }
    }

    /// Refuses the attempt or the request.
    #[must_use]
    pub fn fail() -> Self {
        Self::Fail { left: None }
    }

    /// Refuses the channel with this reason and text.
    pub fn refuse(reason: OpenFailure, text: impl Into<String>) -> Self {
        Self::Refuse { reason, text: text.into() }
    }

    /// Takes this long.
    pub fn delay(delay: impl Into<Delay>) -> Self {
        Self::Delay(delay.into())
    }
}

/// The words that begin an action at a stage.
pub(super) fn allowed(stage: Stage) -> &'static [&'static str] {
    match stage {
        Stage::Accept => &["close", "reset", "stall", "delay"],
        Stage::Version => {
            &["close", "reset", "stall", "delay", "bandwidth", "pieces", "corrupt", "lines", "protocol"]
        }
        Stage::Kex => &[
            "close",
            "reset",
            "stall",
            "delay",
            "bandwidth",
            "pieces",
            "corrupt",
            "disconnect",
            "no-common",
            "wrong-signature",
            "new-host-key",
        ],
        Stage::Auth | Stage::Session => {
            &["close", "reset", "stall", "delay", "bandwidth", "pieces", "corrupt", "disconnect"]
        }
        Stage::Sent(_) | Stage::Received(_) => {
            &["close", "reset", "stall", "delay", "bandwidth", "pieces", "corrupt"]
        }
        Stage::Login(_) => &["fail", "delay", "disconnect"],
        Stage::Channel(_) => &["refuse", "silence", "no-window"],
        Stage::Request(_) => &["fail", "silence"],
        Stage::Stdout(_) => &["close", "reset", "stall", "delay", "bandwidth", "pieces", "disconnect"],
        Stage::Stdin(_) => &["close", "reset", "stall", "disconnect"],
        Stage::Exit => &["silence", "delay", "status", "signal", "no-close"],
    }
}

/// Why this action cannot be had there.
pub(super) fn check(stage: Stage, action: &Action) -> Result<(), String> {
    let allowed = allowed(stage);
    let word = super::text::word_of(action);
    if !allowed.contains(&word) {
        return Err(format!("at `{stage}` there is no `{word}`, but `{}`", allowed.join("`, `")));
    }
    let printable = |text: &str| text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    match action {
        Action::Fail { left: Some(_) } if !matches!(stage, Stage::Login(_)) => {
            Err("only a login leaves methods".to_owned())
        }
        Action::Silence if stage == Stage::Request(Some(super::RequestType::Agent)) => {
            Err("the engine answers this request by itself".to_owned())
        }
        Action::Bandwidth(0) => Err("no byte a second is `stall`".to_owned()),
        Action::Pieces(0) => Err("pieces of no byte are `stall`".to_owned()),
        Action::Protocol(line) if !printable(line) || line.len() > 253 => {
            Err("an identification line has at most 253 printable ASCII characters".to_owned())
        }
        Action::Lines { text, .. } if text.contains(['\r', '\n']) || text.starts_with("SSH-") => {
            Err("a line before the identification has no line end and does not begin with `SSH-`".to_owned())
        }
        _ if matches!(stage, Stage::Stdout(Amount::Lines(0))) => Err("counting begins with 1".to_owned()),
        _ => Ok(()),
    }
}
