//! Strictness: whatever nothing was scripted for fails the test.
//!
//! It judges by what events say about their rule, so it holds for every part that scripts answers and records them; a
//! command that waits for standard input is judged when that has decided.

use std::{fmt, sync::Arc};

use super::{Expectation, Unmet};
use crate::{Event, Events, Kind};

/// Expects that a rule answered every command and every shell line, and that nothing asked for was refused: no shell,
/// subsystem, channel or forward.
///
/// ```
/// use mock_base::{Journal, event, expect_all_matched};
///
/// let journal = Journal::new();
/// let recorder = journal.recorder("lab");
/// recorder.record(event::Exec::new("uname -r", true, Some("uname *".to_owned())));
/// journal.events().verify(&[expect_all_matched()]).unwrap();
///
/// let hint = r#"nearest rule "uname *": command: `unmae` is not `uname`"#.to_owned();
/// recorder.record(event::Exec::new("unmae -r", true, None).hint(hint));
/// let error = journal.events().verify(&[expect_all_matched()]).unwrap_err();
/// assert!(error.to_string().contains("`unmae` is not `uname`"));
/// ```
pub fn expect_all_matched() -> AllMatched {
    AllMatched(())
}

/// What [`expect_all_matched`] makes.
#[derive(Debug, Clone)]
#[must_use = "an expectation does nothing by itself: hand it to a builder, a server or `Events::verify`"]
pub struct AllMatched(());

impl fmt::Display for AllMatched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an answer to everything that was asked for")
    }
}

impl Expectation for AllMatched {
    fn unmet(&self, events: &Events) -> Option<Unmet> {
        let seen = events.query(|event: &Event| is_unanswered(&event.kind));
        if seen.is_empty() {
            return None;
        }
        Some(Unmet::new(self.to_string(), found(&seen)).seen(seen))
    }
}

fn is_unanswered(kind: &Kind) -> bool {
    match kind {
        Kind::Exec(exec) => exec.rule.is_none(),
        Kind::Matched(matched) => matched.rule.is_none(),
        Kind::ShellLine(line) => line.rule.is_none(),
        Kind::Shell(shell) => !shell.accepted,
        Kind::Subsystem(subsystem) => !subsystem.accepted,
        Kind::Forward(forward) => !forward.accepted,
        Kind::ChannelRefused(_) => true,
        _ => false,
    }
}

/// `no rule answered 2 commands and 1 line; 1 subsystem was refused`.
fn found(seen: &[Arc<Event>]) -> String {
    let count = |is: fn(&Kind) -> bool| seen.iter().filter(|event| is(&event.kind)).count();
    let commands =
        count(|kind| matches!(kind, Kind::Matched(_)) || matches!(kind, Kind::Exec(exec) if exec.accepted));
    let lines = count(|kind| matches!(kind, Kind::ShellLine(_)));
    let refused = [
        (count(|kind| matches!(kind, Kind::Exec(exec) if !exec.accepted)), "command"),
        (count(|kind| matches!(kind, Kind::Shell(_))), "shell"),
        (count(|kind| matches!(kind, Kind::Subsystem(_))), "subsystem"),
        (count(|kind| matches!(kind, Kind::ChannelRefused(_))), "channel"),
        (count(|kind| matches!(kind, Kind::Forward(_))), "forward"),
    ];
    let unknown = list(&[(commands, "command"), (lines, "line")]);
    let total: usize = refused.iter().map(|(count, _)| count).sum();
    let refused = list(&refused);
    let were = if total == 1 { "was" } else { "were" };
    match (unknown.is_empty(), total) {
        (false, 0) => format!("no rule answered {unknown}"),
        (true, _) => format!("{refused} {were} refused"),
        (false, _) => format!("no rule answered {unknown}, and {refused} {were} refused"),
    }
}

/// `2 commands and 1 line`, without what there is none of.
fn list(counts: &[(usize, &str)]) -> String {
    let there = counts.iter().filter(|(count, _)| *count > 0);
    let words: Vec<_> =
        there.map(|(count, name)| format!("{count} {name}{}", if *count == 1 { "" } else { "s" })).collect();
    match words.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
        None => String::new(),
    }
}
