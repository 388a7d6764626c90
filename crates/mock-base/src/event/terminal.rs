//! Pseudo-terminals: sizes and encoded terminal modes (RFC 4254 sections 6.2, 6.7 and 8).

use std::fmt::{self, Write as _};

use serde::Serialize;

use super::connection::{constructors, plural};
use crate::journal::Describe;

/// One terminal mode: an opcode of RFC 4254 section 8 with its argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct TerminalMode {
    /// The opcode, 1 to 159.
    pub opcode: u8,
    /// Its name, such as `ECHO`; empty for an opcode that the RFC does not name.
    pub name: &'static str,
    /// Its argument.
    pub value: u32,
}

impl TerminalMode {
    /// The mode with this opcode.
    #[must_use]
    pub fn new(opcode: u8, value: u32) -> Self {
        Self { opcode, name: name(opcode), value }
    }
}

/// A pseudo-terminal was requested.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Pty {
    /// Value of `TERM`: `xterm-256color`.
    pub term: String,
    /// Width in characters.
    pub columns: u32,
    /// Height in rows.
    pub rows: u32,
    /// Width in pixels; 0 where unknown.
    pub width: u32,
    /// Height in pixels; 0 where unknown.
    pub height: u32,
    /// Terminal modes in the order in which they were sent. Opcodes that the engine does not know are absent
    /// (`docs/engine.md` names them).
    pub modes: Vec<TerminalMode>,
    /// Whether the client got it.
    pub accepted: bool,
}

impl Pty {
    /// The modes as they go over the wire: opcode and big-endian argument each, then `TTY_OP_END`.
    ///
    /// ```
    /// use mock_base::event::{Pty, TerminalMode};
    ///
    /// let pty = Pty::new("xterm", 80u32, 24u32, 0u32, 0u32, vec![TerminalMode::new(53, 1)], true);
    /// assert_eq!(pty.encoded_modes(), [53, 0, 0, 0, 1, 0]);
    /// assert_eq!(pty.mode("ECHO"), Some(1));
    /// ```
    #[must_use]
    pub fn encoded_modes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.modes.len() * 5 + 1);
        for mode in &self.modes {
            bytes.push(mode.opcode);
            bytes.extend(mode.value.to_be_bytes());
        }
        bytes.push(0);
        bytes
    }

    /// The argument of the mode with this name, if the client sent it.
    #[must_use]
    pub fn mode(&self, name: &str) -> Option<u32> {
        self.modes.iter().find(|mode| mode.name == name).map(|mode| mode.value)
    }
}

/// The client's terminal changed its size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct WindowChange {
    /// Width in characters.
    pub columns: u32,
    /// Height in rows.
    pub rows: u32,
    /// Width in pixels; 0 where unknown.
    pub width: u32,
    /// Height in pixels; 0 where unknown.
    pub height: u32,
}

constructors! {
    Pty(term: String, columns: u32, rows: u32, width: u32, height: u32, modes: Vec<TerminalMode>, accepted: bool);
    WindowChange(columns: u32, rows: u32, width: u32, height: u32);
}

impl Pty {
    pub(super) fn describe(&self, text: &mut Describe<'_>) -> fmt::Result {
        write!(text, "pty {} {}x{}", self.term, self.columns, self.rows)?;
        let count = self.modes.len() as u64;
        text.unless_normal(format_args!(", {count} mode{}", plural(count)))?;
        if self.accepted { Ok(()) } else { text.write_str(", refused") }
    }
}

impl WindowChange {
    pub(super) fn describe(&self, text: &mut Describe<'_>) -> fmt::Result {
        write!(text, "window {}x{}", self.columns, self.rows)
    }
}

/// Names of RFC 4254 section 8, IUTF8 of RFC 8160.
fn name(opcode: u8) -> &'static str {
    const NAMES: &[(u8, &str)] = &[
        (1, "VINTR"),
        (2, "VQUIT"),
        (3, "VERASE"),
        (4, "VKILL"),
        (5, "VEOF"),
        (6, "VEOL"),
        (7, "VEOL2"),
        (8, "VSTART"),
        (9, "VSTOP"),
        (10, "VSUSP"),
        (11, "VDSUSP"),
        (12, "VREPRINT"),
        (13, "VWERASE"),
        (14, "VLNEXT"),
        (15, "VFLUSH"),
        (16, "VSWTCH"),
        (17, "VSTATUS"),
        (18, "VDISCARD"),
        (30, "IGNPAR"),
        (31, "PARMRK"),
        (32, "INPCK"),
        (33, "ISTRIP"),
        (34, "INLCR"),
        (35, "IGNCR"),
        (36, "ICRNL"),
        (37, "IUCLC"),
        (38, "IXON"),
        (39, "IXANY"),
        (40, "IXOFF"),
        (41, "IMAXBEL"),
        (42, "IUTF8"),
        (50, "ISIG"),
        (51, "ICANON"),
        (52, "XCASE"),
        (53, "ECHO"),
        (54, "ECHOE"),
        (55, "ECHOK"),
        (56, "ECHONL"),
        (57, "NOFLSH"),
        (58, "TOSTOP"),
        (59, "IEXTEN"),
        (60, "ECHOCTL"),
        (61, "ECHOKE"),
        (62, "PENDIN"),
        (70, "OPOST"),
        (71, "OLCUC"),
        (72, "ONLCR"),
        (73, "OCRNL"),
        (74, "ONOCR"),
        (75, "ONLRET"),
        (90, "CS7"),
        (91, "CS8"),
        (92, "PARENB"),
        (93, "PARODD"),
        (128, "TTY_OP_ISPEED"),
        (129, "TTY_OP_OSPEED"),
    ];
    NAMES.iter().find(|(code, _)| *code == opcode).map_or("", |(_, name)| name)
}
