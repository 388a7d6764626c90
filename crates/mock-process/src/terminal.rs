//! The server's end of a pseudo-terminal: its name, its size, and the modes that a client sends for it.
//!
//! Opcodes that this system has nothing for are passed over, as RFC 4254 section 8 wants it: obsolete ones such as
//! `XCASE`, and some that only BSD has.

use std::{
    ffi::{OsStr, OsString},
    os::{
        fd::{AsFd, OwnedFd},
        unix::ffi::OsStringExt as _,
    },
};

use mock_core::event::TerminalMode;
use pty_process::Pty;
use rustix::{
    pty::ptsname,
    termios::{
        ControlModes, InputModes, LocalModes, OptionalActions, OutputModes, SpecialCodeIndex, Termios,
        Winsize, tcgetattr, tcsetattr, tcsetwinsize,
    },
};

/// A special character that is switched off, on the wire (RFC 4254 section 8) and here (`_POSIX_VDISABLE`).
const NO_CHARACTER_ON_THE_WIRE: u32 = 255;
const NO_CHARACTER: u8 = if cfg!(target_os = "linux") { 0 } else { 255 };

/// The server's end of a pseudo-terminal.
pub(crate) struct Terminal {
    pub(crate) pty: Pty,
    pub(crate) control: TerminalControl,
    name: OsString,
}

/// The same end once more, to change the terminal while it is read from and written to.
#[derive(Debug)]
pub(crate) struct TerminalControl(OwnedFd);

impl Terminal {
    pub(crate) fn new(pty: Pty) -> Result<Self, pty_process::Error> {
        let name = ptsname(&pty, Vec::new())?;
        let control = TerminalControl(pty.as_fd().try_clone_to_owned()?);
        Ok(Self { pty, control, name: OsString::from_vec(name.into_bytes()) })
    }

    /// The path by which a program can open it: `/dev/pts/3`.
    pub(crate) fn name(&self) -> &OsStr {
        &self.name
    }
}

impl TerminalControl {
    /// Sets the size, in characters and in pixels. The programs in the foreground get SIGWINCH.
    pub(crate) fn resize(&self, columns: u32, rows: u32, width: u32, height: u32) {
        let clamped = |size: u32| u16::try_from(size).unwrap_or(u16::MAX);
        let size = Winsize {
            ws_col: clamped(columns),
            ws_row: clamped(rows),
            ws_xpixel: clamped(width),
            ws_ypixel: clamped(height),
        };
        // Fails when nobody has the terminal open any more, and then nobody cares.
        let _gone = tcsetwinsize(&self.0, size);
    }

    /// What programs have written, as far as it was not read yet. `None` if there is nothing.
    ///
    /// Asks the system itself: a wake-up for what was written last may still be on its way.
    pub(crate) fn read_at_once(&self, limit: usize) -> Option<Vec<u8>> {
        let mut written = vec![0; limit];
        let length = rustix::io::read(&self.0, &mut written).ok()?;
        written.truncate(length);
        (length > 0).then_some(written)
    }

    /// What is to be typed so that a program that reads lines sees the end of its input. Nothing for one that reads
    /// characters: a terminal has no other end.
    pub(crate) fn end_of_input(&self, within_a_line: bool) -> Vec<u8> {
        match tcgetattr(&self.0) {
            Ok(modes) if modes.local_modes.contains(LocalModes::ICANON) => {
                let end = modes.special_codes[SpecialCodeIndex::VEOF];
                // Within a line the first one only hands over what was typed of it.
                vec![end; if within_a_line { 2 } else { 1 }]
            }
            _ => Vec::new(),
        }
    }
}

/// Applies what a client sent. What cannot be applied is left as it is.
pub(crate) fn set_modes(terminal: impl AsFd, modes: &[TerminalMode]) {
    let Ok(mut termios) = tcgetattr(&terminal) else {
        return;
    };
    for mode in modes {
        apply(&mut termios, mode.opcode, mode.value);
    }
    let _refused = tcsetattr(&terminal, OptionalActions::Now, &termios);
}

fn apply(termios: &mut Termios, opcode: u8, value: u32) {
    let on = value != 0;
    if let Some(index) = special_code(opcode) {
        termios.special_codes[index] = match value {
            NO_CHARACTER_ON_THE_WIRE => NO_CHARACTER,
            value => value.to_le_bytes()[0],
        };
    } else if let Some(flag) = input_mode(opcode) {
        termios.input_modes.set(flag, on);
    } else if let Some(flag) = local_mode(opcode) {
        termios.local_modes.set(flag, on);
    } else if let Some(flag) = output_mode(opcode) {
        termios.output_modes.set(flag, on);
    } else if let Some(flag) = control_mode(opcode) {
        termios.control_modes.set(flag, on);
    } else if opcode == 128 {
        let _unknown_speed = termios.set_input_speed(value);
    } else if opcode == 129 {
        let _unknown_speed = termios.set_output_speed(value);
    }
}

fn special_code(opcode: u8) -> Option<SpecialCodeIndex> {
    Some(match opcode {
        1 => SpecialCodeIndex::VINTR,
        2 => SpecialCodeIndex::VQUIT,
        3 => SpecialCodeIndex::VERASE,
        4 => SpecialCodeIndex::VKILL,
        5 => SpecialCodeIndex::VEOF,
        6 => SpecialCodeIndex::VEOL,
        7 => SpecialCodeIndex::VEOL2,
        8 => SpecialCodeIndex::VSTART,
        9 => SpecialCodeIndex::VSTOP,
        10 => SpecialCodeIndex::VSUSP,
        12 => SpecialCodeIndex::VREPRINT,
        13 => SpecialCodeIndex::VWERASE,
        14 => SpecialCodeIndex::VLNEXT,
        18 => SpecialCodeIndex::VDISCARD,
        _ => return None,
    })
}

fn input_mode(opcode: u8) -> Option<InputModes> {
    Some(match opcode {
        30 => InputModes::IGNPAR,
        31 => InputModes::PARMRK,
        32 => InputModes::INPCK,
        33 => InputModes::ISTRIP,
        34 => InputModes::INLCR,
        35 => InputModes::IGNCR,
        36 => InputModes::ICRNL,
        38 => InputModes::IXON,
        39 => InputModes::IXANY,
        40 => InputModes::IXOFF,
        41 => InputModes::IMAXBEL,
        #[cfg(any(target_os = "linux", target_os = "macos"))]
        42 => InputModes::IUTF8,
        _ => return None,
    })
}

fn local_mode(opcode: u8) -> Option<LocalModes> {
    Some(match opcode {
        50 => LocalModes::ISIG,
        51 => LocalModes::ICANON,
        53 => LocalModes::ECHO,
        54 => LocalModes::ECHOE,
        55 => LocalModes::ECHOK,
        56 => LocalModes::ECHONL,
        57 => LocalModes::NOFLSH,
        58 => LocalModes::TOSTOP,
        59 => LocalModes::IEXTEN,
        60 => LocalModes::ECHOCTL,
        61 => LocalModes::ECHOKE,
        62 => LocalModes::PENDIN,
        _ => return None,
    })
}

fn output_mode(opcode: u8) -> Option<OutputModes> {
    Some(match opcode {
        70 => OutputModes::OPOST,
        72 => OutputModes::ONLCR,
        73 => OutputModes::OCRNL,
        74 => OutputModes::ONOCR,
        75 => OutputModes::ONLRET,
        _ => return None,
    })
}

fn control_mode(opcode: u8) -> Option<ControlModes> {
    Some(match opcode {
        90 => ControlModes::CS7,
        91 => ControlModes::CS8,
        92 => ControlModes::PARENB,
        93 => ControlModes::PARODD,
        _ => return None,
    })
}
