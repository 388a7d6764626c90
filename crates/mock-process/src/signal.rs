//! Signals by the names that SSH has for them (RFC 4254 section 6.10), and how a process ended in SSH's terms.

use std::{os::unix::process::ExitStatusExt as _, process::ExitStatus};

use mock_core::Exit;
use rustix::process::Signal;

/// All that the RFC names.
const NAMES: [(&str, Signal); 13] = [
    ("ABRT", Signal::ABORT),
    ("ALRM", Signal::ALARM),
    ("FPE", Signal::FPE),
    ("HUP", Signal::HUP),
    ("ILL", Signal::ILL),
    ("INT", Signal::INT),
    ("KILL", Signal::KILL),
    ("PIPE", Signal::PIPE),
    ("QUIT", Signal::QUIT),
    ("SEGV", Signal::SEGV),
    ("TERM", Signal::TERM),
    ("USR1", Signal::USR1),
    ("USR2", Signal::USR2),
];

/// What OpenSSH's `sshd` calls a signal that the RFC does not name: other names must be of the form `name@domain`.
const OTHER: &str = "SIG@openssh.com";

/// The signal with this name, if the RFC has it.
pub(crate) fn named(name: &str) -> Option<Signal> {
    NAMES.iter().find(|(known, _)| *known == name).map(|(_, signal)| *signal)
}

/// How a process ended, as a client is told.
pub(crate) fn exit_of(status: ExitStatus) -> Exit {
    match status.signal() {
        None => Exit::from(status.code().unwrap_or_default()),
        Some(number) => Exit::Signal {
            name: name_of(number).to_owned(),
            core_dumped: status.core_dumped(),
            message: String::new(),
        },
    }
}

fn name_of(number: i32) -> &'static str {
    NAMES.iter().find(|(_, signal)| signal.as_raw() == number).map_or(OTHER, |(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_status_becomes_an_exit_status_or_an_exit_signal() {
        assert_eq!(exit_of(ExitStatus::from_raw(7 << 8)), Exit::status(7));
        assert_eq!(exit_of(ExitStatus::from_raw(255 << 8)), Exit::status(255));
        assert_eq!(exit_of(ExitStatus::from_raw(9)), Exit::signal("KILL"));
        let dumped = Exit::Signal { name: "SEGV".into(), core_dumped: true, message: String::new() };
        assert_eq!(exit_of(ExitStatus::from_raw(0x80 | 0x0b)), dumped);
    }

    #[test]
    fn a_signal_without_a_name_in_the_rfc_has_the_name_that_openssh_gives_it() {
        let number = Signal::XCPU.as_raw();
        assert_eq!(exit_of(ExitStatus::from_raw(number)), Exit::signal("SIG@openssh.com"));
    }

    #[test]
    fn names_are_case_sensitive_and_without_sig() {
        assert_eq!(named("TERM"), Some(Signal::TERM));
        assert_eq!(named("SIGTERM"), None);
        assert_eq!(named("term"), None);
    }
}
