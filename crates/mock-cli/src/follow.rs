//! Writing events as they happen: the log for people, and JSON Lines.
//!
//! Each output is written by a thread that waits for events and for its reader. A reader that does not read holds up
//! neither the server nor another output nor the way to the end; if it is too slow for the bounded journal, it misses
//! events and is told so.

use std::{
    io::{self, Write},
    time::Duration,
};

use anstyle::{AnsiColor, Style};
use mock_base::{Event, Events, Kind, event::AuthOutcome};

/// Events come or do not: there is no hurry.
const FOREVER: Duration = Duration::MAX;

/// Hands every event to `write`, in order, until the server called `name` has stopped, which is the last one. Blocks.
pub(crate) fn follow(
    events: &Events,
    name: &str,
    mut write: impl FnMut(&Event) -> io::Result<()>,
) -> io::Result<()> {
    let mut next = 0;
    loop {
        for event in events.since(next) {
            write(&event)?;
            next = event.seq + 1;
            if is_stop_of(&event, name) {
                return Ok(());
            }
        }
        // It cannot time out, and what is new is read above.
        let _newer =
            events.wait_for(|_: &Event| true).after(next.saturating_sub(1)).within(FOREVER).blocking();
    }
}

/// Whether this is the end of the server called `name`.
pub(crate) fn is_stop_of(event: &Event, name: &str) -> bool {
    matches!(event.kind, Kind::Stopped(_)) && &*event.server == name
}

/// Writes an event as a line of JSON, at once.
pub(crate) fn write_json(out: &mut impl Write, event: &Event) -> io::Result<()> {
    out.write_all(format!("{}\n", event.to_json()).as_bytes())?;
    out.flush()
}

/// The log for people.
pub(crate) struct Log<W> {
    out: W,
    /// The server whose name goes without saying.
    server: String,
    next: u64,
}

impl<W: Write> Log<W> {
    pub(crate) fn new(out: W, server: &str) -> Self {
        Self { out, server: server.to_owned(), next: 0 }
    }

    /// `   1.2345s  1.0  exec "uname -r"`, as timelines have it.
    pub(crate) fn write(&mut self, event: &Event) -> io::Result<()> {
        let missed = event.seq.saturating_sub(self.next);
        self.next = event.seq + 1;
        if missed > 0 {
            writeln!(self.out, "{missed} events are not shown: this output is too slow")?;
        }
        let style = style(&event.kind);
        let line =
            format!("{:>9.4}s  {:<7}  {style}{event}{style:#}\n", event.at.as_secs_f64(), self.place(event));
        self.out.write_all(line.as_bytes())
    }

    /// `1.0` is channel 0 of connection 1, `agent 1` connection 1 of the agent.
    fn place(&self, event: &Event) -> String {
        let place = match (event.connection, event.channel) {
            (Some(connection), Some(channel)) => format!("{connection}.{channel}"),
            (Some(connection), None) => connection.to_string(),
            (None, _) => "-".to_owned(),
        };
        if *event.server == *self.server { place } else { format!("{} {place}", event.server) }
    }
}

/// Logins are what people look for, then what went wrong, then what was asked for.
fn style(kind: &Kind) -> Style {
    let color = |color: AnsiColor| color.on_default();
    match kind {
        Kind::AuthAttempt(attempt) => match attempt.outcome {
            AuthOutcome::Accepted | AuthOutcome::Partial => color(AnsiColor::Green),
            AuthOutcome::Prompted => color(AnsiColor::Yellow),
            _ => color(AnsiColor::Red),
        },
        Kind::AuthAccepted(_) => color(AnsiColor::Green).bold(),
        Kind::Refused(_) | Kind::ChannelRefused(_) | Kind::Problem(_) | Kind::Panicked(_) => {
            color(AnsiColor::Red)
        }
        Kind::Exec(_) | Kind::Shell(_) | Kind::ShellLine(_) | Kind::Subsystem(_) => color(AnsiColor::Cyan),
        Kind::Operation(_) => color(AnsiColor::Magenta),
        Kind::Started(_) | Kind::Stopped(_) | Kind::Connected(_) => Style::new(),
        _ => Style::new().dimmed(),
    }
}

#[cfg(test)]
mod tests {
    use mock_base::{
        Journal, JournalOptions,
        event::{Connected, Stopped},
    };

    use super::*;

    #[test]
    fn an_output_that_was_too_slow_is_told_what_it_missed() {
        let journal = Journal::with_options(JournalOptions::new().limit(2));
        let server = journal.recorder("lab");
        for port in 1..=4 {
            server.record(Connected::new(format!("127.0.0.1:{port}")));
        }
        server.record(Stopped::new(4u64));
        let mut log = Log::new(Vec::new(), "lab");
        follow(&journal.events(), "lab", |event| log.write(event)).unwrap();
        let log = String::from_utf8(log.out).unwrap();
        let lines: Vec<_> = log.lines().collect();
        assert_eq!(lines.len(), 3, "{log}");
        assert_eq!(lines[0], "3 events are not shown: this output is too slow");
        assert!(lines[1].contains("connected from 127.0.0.1:4"), "{log}");
    }

    #[test]
    fn the_end_of_another_server_is_not_the_end() {
        let journal = Journal::new();
        journal.recorder("agent").record(Stopped::new(0u64));
        journal.recorder("lab").record(Stopped::new(0u64));
        let mut servers = Vec::new();
        let written = follow(&journal.events(), "lab", |event| {
            servers.push(event.server.to_string());
            Ok(())
        });
        written.unwrap();
        assert_eq!(servers, ["agent", "lab"]);
    }
}
