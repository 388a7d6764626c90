//! Stages and actions as text.

use std::fmt;

use mock_base::{
    GrammarError,
    fault::{Words, quoted, size, word},
};

use super::{Action, Amount, ChannelType, RequestType, Stage, action};
use crate::{DisconnectReason, Method, Methods, OpenFailure};

const STAGES: [(&str, Stage); 13] = [
    ("accept", Stage::Accept),
    ("version", Stage::Version),
    ("kex", Stage::Kex),
    ("auth", Stage::Auth),
    ("session", Stage::Session),
    ("sent", Stage::Sent(0)),
    ("received", Stage::Received(0)),
    ("login", Stage::Login(None)),
    ("channel", Stage::Channel(None)),
    ("request", Stage::Request(None)),
    ("stdout", Stage::Stdout(Amount::Bytes(0))),
    ("stdin", Stage::Stdin(0)),
    ("exit", Stage::Exit),
];

const METHODS: [(&str, Method); 4] = [
    ("password", Method::Password),
    ("publickey", Method::PublicKey),
    ("keyboard-interactive", Method::KeyboardInteractive),
    ("none", Method::None),
];

const CHANNELS: [(&str, ChannelType); 3] = [
    ("session", ChannelType::Session),
    ("direct-tcpip", ChannelType::DirectTcpip),
    ("direct-streamlocal", ChannelType::DirectStreamlocal),
];

const REQUESTS: [(&str, RequestType); 7] = [
    ("exec", RequestType::Exec),
    ("shell", RequestType::Shell),
    ("subsystem", RequestType::Subsystem),
    ("pty", RequestType::Pty),
    ("env", RequestType::Env),
    ("x11", RequestType::X11),
    ("agent", RequestType::Agent),
];

const DISCONNECTS: [(&str, DisconnectReason); 15] = [
    ("host-not-allowed-to-connect", DisconnectReason::HostNotAllowedToConnect),
    ("protocol-error", DisconnectReason::ProtocolError),
    ("key-exchange-failed", DisconnectReason::KeyExchangeFailed),
    ("reserved", DisconnectReason::Reserved),
    ("mac-error", DisconnectReason::MacError),
    ("compression-error", DisconnectReason::CompressionError),
    ("service-not-available", DisconnectReason::ServiceNotAvailable),
    ("protocol-version-not-supported", DisconnectReason::ProtocolVersionNotSupported),
    ("host-key-not-verifiable", DisconnectReason::HostKeyNotVerifiable),
    ("connection-lost", DisconnectReason::ConnectionLost),
    ("by-application", DisconnectReason::ByApplication),
    ("too-many-connections", DisconnectReason::TooManyConnections),
    ("auth-cancelled-by-user", DisconnectReason::AuthCancelledByUser),
    ("no-more-auth-methods-available", DisconnectReason::NoMoreAuthMethodsAvailable),
    ("illegal-user-name", DisconnectReason::IllegalUserName),
];

const REFUSALS: [(&str, OpenFailure); 4] = [
    ("administratively-prohibited", OpenFailure::AdministrativelyProhibited),
    ("connect-failed", OpenFailure::ConnectFailed),
    ("unknown-channel-type", OpenFailure::UnknownChannelType),
    ("resource-shortage", OpenFailure::ResourceShortage),
];

/// The name of a value in such a list.
fn name<T: PartialEq>(names: &[(&'static str, T)], value: &T) -> &'static str {
    names.iter().find(|(_, named)| named == value).map_or("", |(name, _)| name)
}

/// One of the list, or none if no word follows.
fn perhaps<T: Copy>(
    words: &mut Words<'_>,
    what: &str,
    names: &[(&str, T)],
) -> Result<Option<T>, GrammarError> {
    if words.is_empty() { Ok(None) } else { words.one_of(what, names).map(Some) }
}

impl Stage {
    /// The words that a stage begins with, as text.
    pub fn words() -> impl Iterator<Item = &'static str> {
        STAGES.iter().map(|(word, _)| *word)
    }
}

impl mock_base::fault::Stage for Stage {
    type Action = Action;

    fn read(words: &mut Words<'_>) -> Result<Self, GrammarError> {
        let bytes = |words: &mut Words<'_>| words.bytes("a number of bytes");
        Ok(match words.one_of("a stage", &STAGES)? {
            Self::Sent(_) => Self::Sent(bytes(words)?),
            Self::Received(_) => Self::Received(bytes(words)?),
            Self::Login(_) => Self::Login(perhaps(words, "a method", &METHODS)?),
            Self::Channel(_) => Self::Channel(perhaps(words, "a type of channel", &CHANNELS)?),
            Self::Request(_) => Self::Request(perhaps(words, "a type of request", &REQUESTS)?),
            Self::Stdin(_) if !words.is_empty() => Self::Stdin(bytes(words)?),
            Self::Stdout(_) if !words.is_empty() => {
                let count = bytes(words)?;
                let lines = words.take("lines") || words.take("line");
                Self::Stdout(if lines { Amount::Lines(count) } else { Amount::Bytes(count) })
            }
            stage => stage,
        })
    }

    fn read_action(&self, words: &mut Words<'_>) -> Result<Action, GrammarError> {
        let known: Vec<_> = action::allowed(*self).iter().map(|word| (*word, *word)).collect();
        Ok(match words.one_of(&format!("an action at `{self}`"), &known)? {
            "close" => Action::Close,
            "reset" => Action::Reset,
            "stall" => Action::Stall,
            "delay" => Action::Delay(words.delay("a delay")?),
            "bandwidth" => Action::Bandwidth(words.rate("a number of bytes a second")?),
            "pieces" => {
                Action::Pieces(usize::try_from(words.bytes("a number of bytes")?).unwrap_or(usize::MAX))
            }
            "corrupt" => Action::Corrupt,
            "disconnect" => {
                let (reason, text) = reason(words, &DISCONNECTS, DisconnectReason::ByApplication)?;
                Action::Disconnect { reason, text }
            }
            "lines" => Action::Lines { text: words.word("a line")?.to_owned(), count: times(words)? },
            "protocol" => Action::Protocol(words.word("an identification line")?.to_owned()),
            "no-common" => Action::NothingInCommon,
            "wrong-signature" => Action::WrongSignature,
            "new-host-key" => Action::NewHostKey,
            "fail" => Action::Fail { left: if words.take("leaving") { Some(left(words)?) } else { None } },
            "refuse" => {
                let (reason, text) = reason(words, &REFUSALS, OpenFailure::AdministrativelyProhibited)?;
                Action::Refuse { reason, text }
            }
            "silence" => Action::Silence,
            "no-window" => Action::NoWindow,
            "status" => {
                let status = words.number("an exit status")?;
                Action::Status(u32::try_from(status).map_err(|_| words.error("a status has 32 bits"))?)
            }
            "signal" => Action::Signal(words.word("a signal, without `SIG`,")?.to_owned()),
            _ => Action::NoClose,
        })
    }

    fn check(&self, action: &Action) -> Result<(), String> {
        action::check(*self, action)
    }
}

/// A reason and a text, both of which may be left out.
fn reason<T: Copy>(
    words: &mut Words<'_>,
    names: &[(&str, T)],
    otherwise: T,
) -> Result<(T, String), GrammarError> {
    let quoted = words.take_quoted().map(str::to_owned);
    if let Some(text) = quoted {
        return Ok((otherwise, text));
    }
    let reason = perhaps(words, "a reason", names)?.unwrap_or(otherwise);
    Ok((reason, words.take_quoted().unwrap_or_default().to_owned()))
}

/// `x3`, `x..`, or once.
fn times(words: &mut Words<'_>) -> Result<Option<u64>, GrammarError> {
    if words.is_empty() {
        return Ok(Some(1));
    }
    let word = words.word("a count")?;
    if word == "x.." {
        return Ok(None);
    }
    let count = word.strip_prefix('x').and_then(|count| count.parse().ok());
    count
        .map(Some)
        .ok_or_else(|| words.error(format!("`{word}` is no count: write `x3`, or `x..` for no end")))
}

fn left(words: &mut Words<'_>) -> Result<Methods, GrammarError> {
    let list = words.word("a list of methods")?;
    let named = |word: &str| METHODS.iter().find(|(name, _)| *name == word).map(|(_, method)| *method);
    let methods = list.split(',').filter(|word| !word.is_empty()).map(|word| {
        named(word).ok_or_else(|| {
            words.error(format!("`{word}` is no method: write `publickey,password,keyboard-interactive`"))
        })
    });
    methods.collect()
}

/// The word that an action begins with.
pub(super) fn word_of(action: &Action) -> &'static str {
    match action {
        Action::Close => "close",
        Action::Reset => "reset",
        Action::Stall => "stall",
        Action::Delay(_) => "delay",
        Action::Bandwidth(_) => "bandwidth",
        Action::Pieces(_) => "pieces",
        Action::Corrupt => "corrupt",
        Action::Disconnect { .. } => "disconnect",
        Action::Lines { .. } => "lines",
        Action::Protocol(_) => "protocol",
        Action::NothingInCommon => "no-common",
        Action::WrongSignature => "wrong-signature",
        Action::NewHostKey => "new-host-key",
        Action::Fail { .. } => "fail",
        Action::Refuse { .. } => "refuse",
        Action::Silence => "silence",
        Action::NoWindow => "no-window",
        Action::Status(_) => "status",
        Action::Signal(_) => "signal",
        Action::NoClose => "no-close",
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = |f: &mut fmt::Formatter<'_>, stage: &str, kind: Option<&str>| {
            f.write_str(stage)?;
            kind.map_or(Ok(()), |kind| write!(f, " {kind}"))
        };
        match self {
            Self::Accept => f.write_str("accept"),
            Self::Version => f.write_str("version"),
            Self::Kex => f.write_str("kex"),
            Self::Auth => f.write_str("auth"),
            Self::Session => f.write_str("session"),
            Self::Sent(bytes) => write!(f, "sent {}", size(*bytes)),
            Self::Received(bytes) => write!(f, "received {}", size(*bytes)),
            Self::Login(method) => kind(f, "login", method.map(Method::name)),
            Self::Channel(of) => kind(f, "channel", of.as_ref().map(|of| name(&CHANNELS, of))),
            Self::Request(of) => kind(f, "request", of.as_ref().map(|of| name(&REQUESTS, of))),
            Self::Stdout(Amount::Bytes(0)) => f.write_str("stdout"),
            Self::Stdout(Amount::Bytes(bytes)) => write!(f, "stdout {}", size(*bytes)),
            Self::Stdout(Amount::Lines(lines)) => write!(f, "stdout {lines} lines"),
            Self::Stdin(0) => f.write_str("stdin"),
            Self::Stdin(bytes) => write!(f, "stdin {}", size(*bytes)),
            Self::Exit => f.write_str("exit"),
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(word_of(self))?;
        let because = |f: &mut fmt::Formatter<'_>, reason: &str, text: &str| {
            write!(f, " {reason}")?;
            if text.is_empty() { Ok(()) } else { write!(f, " {}", quoted(text)) }
        };
        match self {
            Self::Delay(delay) => write!(f, " {}", word(&delay.to_string())),
            Self::Bandwidth(rate) => write!(f, " {}/s", size(*rate)),
            Self::Pieces(bytes) => write!(f, " {bytes}"),
            Self::Disconnect { reason, text } => because(f, name(&DISCONNECTS, reason), text),
            Self::Refuse { reason, text } => because(f, name(&REFUSALS, reason), text),
            Self::Lines { text, count } => {
                write!(f, " {}", quoted(text))?;
                match count {
                    Some(1) => Ok(()),
                    Some(count) => write!(f, " x{count}"),
                    None => f.write_str(" x.."),
                }
            }
            Self::Protocol(line) => write!(f, " {}", word(line)),
            Self::Fail { left: Some(left) } if left.iter().next().is_none() => f.write_str(" leaving \"\""),
            Self::Fail { left: Some(left) } => write!(f, " leaving {left}"),
            Self::Status(status) => write!(f, " {status}"),
            Self::Signal(signal) => write!(f, " {}", word(signal)),
            _ => Ok(()),
        }
    }
}
