//! The only place that prints: which stream is for people and which for programs, with colour or without.
//!
//! A closed stream is no error here: a server whose output nobody reads any more still serves.

use std::{
    io::{self, Write},
    sync::mpsc,
    thread,
    time::Duration,
};

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};

use crate::{args::Color, error::Error};

/// How long an output may take to show the last of it. One that nobody reads would take forever.
pub(crate) const PATIENCE: Duration = Duration::from_secs(1);

const ERROR: Style = AnsiColor::Red.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();
const HINT: Style = AnsiColor::Cyan.on_default().bold();

/// Where texts for people go.
#[derive(Debug, Clone, Copy)]
pub(crate) enum People {
    Stdout(ColorChoice),
    /// Standard output is for a program.
    Stderr(ColorChoice),
    /// They asked for variables only, and go on working in that terminal.
    Nowhere,
}

impl From<Color> for ColorChoice {
    fn from(color: Color) -> Self {
        match color {
            Color::Auto => Self::Auto,
            Color::Always => Self::Always,
            Color::Never => Self::Never,
        }
    }
}

impl People {
    /// To write to. Takes ANSI colours, and leaves them out where they are not wanted.
    pub(crate) fn writer(self) -> Option<Box<dyn Write + Send>> {
        match self {
            Self::Stdout(choice) => Some(Box::new(AutoStream::new(io::stdout(), choice))),
            Self::Stderr(choice) => Some(Box::new(AutoStream::new(io::stderr(), choice))),
            Self::Nowhere => None,
        }
    }

    /// How wide their terminal is, where they look at one.
    pub(crate) fn width(self) -> Option<u16> {
        let mut table = comfy_table::Table::new();
        match self {
            Self::Stdout(_) => table.width(),
            Self::Stderr(_) => table.use_stderr().width(),
            Self::Nowhere => None,
        }
    }

    pub(crate) fn print(self, text: &str) {
        if let Some(mut out) = self.writer() {
            let _closed = out.write_all(text.as_bytes()).and_then(|()| out.flush());
        }
    }
}

/// For the program that started this one: a text to standard output, at once.
pub(crate) fn to_program(text: &str) {
    let _closed = print(text);
}

/// The same where the text is all that this process is for. A reader that has what it wanted and is gone is no error.
pub(crate) fn result(text: &str) -> Result<(), Error> {
    match print(text) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Error::Stdout(error)),
        _ => Ok(()),
    }
}

fn print(text: &str) -> io::Result<()> {
    let mut out = io::stdout();
    out.write_all(text.as_bytes()).and_then(|()| out.flush())
}

/// Gives up standard output, so that whoever reads it to its end goes on.
pub(crate) fn close_stdout() -> io::Result<()> {
    let nothing = std::fs::File::options().write(true).open("/dev/null")?;
    Ok(nix::unistd::dup2_stdout(nothing)?)
}

pub(crate) fn note(text: &str) {
    let _closed = writeln!(anstream::stderr(), "mock-ssh: {text}");
}

/// What is wrong with a file, over several lines.
pub(crate) fn problems(text: &str) {
    let _closed = writeln!(anstream::stderr(), "{text}");
}

pub(crate) fn warning(text: &str) {
    let _closed = writeln!(anstream::stderr(), "mock-ssh: {WARNING}warning:{WARNING:#} {text}");
}

/// Tells why the process ends. It ends even if nobody reads that, and the log before it, from a pipe that is full.
pub(crate) fn error(error: &Error) {
    let hint = error.hint();
    let hint = hint.map_or_else(String::new, |hint| format!("{HINT}hint:{HINT:#} {hint}\n"));
    let text = format!("mock-ssh: {ERROR}error:{ERROR:#} {}\n{hint}", error.chain());
    let (writing, written) = mpsc::channel::<()>();
    thread::spawn(move || {
        let _closed = anstream::stderr().write_all(text.as_bytes());
        drop(writing);
    });
    let _dropped_or_late = written.recv_timeout(PATIENCE);
}
