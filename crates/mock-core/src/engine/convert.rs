//! The engine's words and ours.

use mock_base::event::TerminalMode;
use russh::{ChannelOpenFailure, Disconnect, MethodKind, MethodSet, Pty, Sig};

use crate::{DisconnectReason, Method, Methods, OpenFailure};

pub(super) fn method_set(methods: &Methods) -> MethodSet {
    let mut set = MethodSet::empty();
    for method in methods.iter() {
        set.push(match method {
            Method::None => MethodKind::None,
            Method::Password => MethodKind::Password,
            Method::PublicKey => MethodKind::PublicKey,
            Method::KeyboardInteractive => MethodKind::KeyboardInteractive,
        });
    }
    set
}

/// Terminal modes in the order sent. The engine leaves an end marker in place of each opcode that it does not know.
pub(super) fn terminal_modes(modes: &[(Pty, u32)]) -> Vec<TerminalMode> {
    let known = modes.iter().filter(|(opcode, _)| *opcode != Pty::TTY_OP_END);
    known.map(|(opcode, value)| TerminalMode::new(*opcode as u8, *value)).collect()
}

pub(super) fn signal_name(signal: Sig) -> String {
    match signal {
        Sig::ABRT => "ABRT",
        Sig::ALRM => "ALRM",
        Sig::FPE => "FPE",
        Sig::HUP => "HUP",
        Sig::ILL => "ILL",
        Sig::INT => "INT",
        Sig::KILL => "KILL",
        Sig::PIPE => "PIPE",
        Sig::QUIT => "QUIT",
        Sig::SEGV => "SEGV",
        Sig::TERM => "TERM",
        Sig::USR1 => "USR1",
        Sig::Custom(name) => return name,
    }
    .to_owned()
}

/// The engine writes whatever name it is given.
pub(super) fn signal(name: &str) -> Sig {
    Sig::Custom(name.to_owned())
}

pub(super) fn open_failure(reason: OpenFailure, text: String) -> ChannelOpenFailure {
    ChannelOpenFailure::Other { code: reason.code(), reason: text }
}

pub(crate) fn disconnect(reason: DisconnectReason) -> Disconnect {
    match reason {
        DisconnectReason::HostNotAllowedToConnect => Disconnect::HostNotAllowedToConnect,
        DisconnectReason::ProtocolError => Disconnect::ProtocolError,
        DisconnectReason::KeyExchangeFailed => Disconnect::KeyExchangeFailed,
        DisconnectReason::Reserved => Disconnect::Reserved,
        DisconnectReason::MacError => Disconnect::MACError,
        DisconnectReason::CompressionError => Disconnect::CompressionError,
        DisconnectReason::ServiceNotAvailable => Disconnect::ServiceNotAvailable,
        DisconnectReason::ProtocolVersionNotSupported => Disconnect::ProtocolVersionNotSupported,
        DisconnectReason::HostKeyNotVerifiable => Disconnect::HostKeyNotVerifiable,
        DisconnectReason::ConnectionLost => Disconnect::ConnectionLost,
        DisconnectReason::ByApplication => Disconnect::ByApplication,
        DisconnectReason::TooManyConnections => Disconnect::TooManyConnections,
        DisconnectReason::AuthCancelledByUser => Disconnect::AuthCancelledByUser,
        DisconnectReason::NoMoreAuthMethodsAvailable => Disconnect::NoMoreAuthMethodsAvailable,
        DisconnectReason::IllegalUserName => Disconnect::IllegalUserName,
    }
}
