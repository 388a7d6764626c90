//! What is expected of a rule, and what a report says where it is not met: which commands came near it, and which
//! rule answered them instead.

use std::{
    collections::HashMap,
    sync::{Arc, OnceLock},
};

use bytes::Bytes;
use mock_base::{Event, Events, Expectation, Kind, Mismatch, Times, Unmet, event::Pty};

use super::{Match, deciding::Deciding, mounted::Mounted};
use crate::{Peer, Request, StdinSoFar, Wanted};

/// That a rule answers so many commands. The rule counts by itself, so a bounded journal forgets nothing of it.
pub(super) struct Answers(pub(super) Arc<Mounted>, pub(super) Times);

impl Expectation for Answers {
    fn unmet(&self, events: &Events) -> Option<Unmet> {
        let Self(mounted, times) = self;
        let hits = mounted.hits();
        if times.holds(hits) {
            return None;
        }
        let label = mounted.rule.label();
        let described = match &mounted.rule.name {
            Some(name) => format!("rule `{name}`"),
            None => format!("exec {}", mounted.rule.matcher.describe()),
        };
        let found =
            if hits == 0 { "it never came".to_owned() } else { format!("it came {}", Times::in_words(hits)) };
        let unmet = Unmet::new(format!("{described} {times}"), found);
        if times.is_exceeded(hits) {
            let answered = events.all().into_iter().filter(|event| rule_of(event) == Some(&label));
            return Some(unmet.seen(answered.collect()));
        }
        let past = OnceLock::new();
        let hindsight = Hindsight { mounted, label: &label, unused: hits == 0 };
        Some(unmet.near_by(events, |event| hindsight.judge(event, past.get_or_init(|| Past::of(events)))))
    }
}

/// The rule that answered, where that is what an event tells.
fn rule_of(event: &Event) -> Option<&str> {
    match &event.kind {
        Kind::Exec(exec) => exec.rule.as_deref(),
        Kind::Matched(matched) => matched.rule.as_deref(),
        _ => None,
    }
}

/// How near commands came to being answered by a rule.
struct Hindsight<'a> {
    mounted: &'a Mounted,
    label: &'a str,
    /// It answered none.
    unused: bool,
}

impl Hindsight<'_> {
    fn judge(&self, event: &Event, past: &Past) -> Option<Mismatch> {
        let (command, accepted, hint) = match &event.kind {
            Kind::Exec(exec) => (&exec.command, exec.accepted, exec.hint.as_deref()),
            Kind::Matched(matched) => (&matched.command, true, matched.hint.as_deref()),
            _ => return None,
        };
        let request = past.request(event, Bytes::copy_from_slice(command.as_bytes()));
        let matches = || self.mounted.rule.matcher.matches(&request);
        let explained = || self.mounted.rule.matcher.explain(&request);
        match rule_of(event) {
            Some(Deciding::RULE) => {
                let undecided = matches() != Match::Miss && !past.decided(event);
                undecided
                    .then(|| Mismatch::new(1, "its standard input came to no end, so no rule was chosen"))
            }
            // Which of two rules with one name it was is not told; that it was not this one may be known.
            Some(rule) if rule == self.label => {
                let another = || Mismatch::new(1, format!("another rule `{rule}` answered it"));
                self.unused.then(another)
            }
            Some(rule) if matches().is_hit() => Some(Mismatch::new(1, self.instead(rule))),
            None if matches().is_hit() && !accepted => Some(Mismatch::new(1, "it was refused")),
            None => self.hinted(hint).or_else(|| {
                let held = || Some(Mismatch::new(1, "the rule did not hold then"));
                if matches().is_hit() { held() } else { explained() }
            }),
            Some(_) => explained(),
        }
    }

    /// Why another rule answered what this one matches as well.
    fn instead(&self, rule: &str) -> String {
        let mounted = &self.mounted.rule;
        if mounted.calls.are_all() && mounted.when.is_empty() {
            format!("the rule `{rule}` comes first and answered it")
        } else if mounted.when.is_empty() {
            format!("the rule `{rule}` answered it: this one answers {}", mounted.calls)
        } else {
            format!("the rule `{rule}` answered it: this one did not hold then")
        }
    }

    /// What was said of this rule when the command came.
    fn hinted(&self, hint: Option<&str>) -> Option<Mismatch> {
        let of_this = hint?.strip_prefix(&*hint_at(self.label))?;
        Some(Mismatch::new(1, of_this))
    }
}

/// How a hint at a rule begins.
pub(super) fn hint_at(label: &str) -> String {
    format!("nearest rule `{label}`: ")
}

/// What the journal knows of channels, so that a request can be looked at again as it was.
#[derive(Default)]
struct Past {
    channels: HashMap<Place, Channel>,
    peers: HashMap<(Arc<str>, u64), Peer>,
}

type Place = (Arc<str>, u64, u32);

#[derive(Default)]
struct Channel {
    user: String,
    env: Vec<(String, String)>,
    pty: Option<Pty>,
    stdin: Vec<u8>,
    /// The bytes that were sent, where that is known.
    sent: Option<u64>,
    decided: bool,
}

fn place(event: &Event) -> Option<Place> {
    Some((Arc::clone(&event.server), event.connection?, event.channel?))
}

impl Past {
    fn of(events: &Events) -> Self {
        let mut past = Self::default();
        for event in events.all() {
            if let (Kind::Connected(connected), Some(connection)) = (&event.kind, event.connection)
                && let Ok(address) = connected.peer.parse()
            {
                past.peers.insert((Arc::clone(&event.server), connection), Peer::Tcp(address));
            }
            let Some(place) = place(&event) else {
                continue;
            };
            let channel = past.channels.entry(place).or_default();
            match &event.kind {
                Kind::Exec(exec) => channel.user.clone_from(&exec.user),
                Kind::Env(env) if env.accepted => channel.env.push((env.name.clone(), env.value.clone())),
                Kind::Pty(pty) if pty.accepted => channel.pty = Some(pty.clone()),
                Kind::Stdin(stdin) => channel.stdin.extend_from_slice(stdin.data.as_bytes()),
                Kind::StdinEof(end) => channel.sent = Some(end.bytes),
                Kind::Matched(_) => channel.decided = true,
                _ => {}
            }
        }
        past
    }

    fn decided(&self, event: &Event) -> bool {
        place(event).and_then(|place| self.channels.get(&place)).is_some_and(|channel| channel.decided)
    }

    /// The command of this event, in its circumstances as far as they were recorded.
    fn request(&self, event: &Event, command: Bytes) -> Request {
        let mut request = Request::detached("", Wanted::Exec(command));
        let Some((server, connection, number)) = place(event) else {
            return request;
        };
        if let Some(peer) = self.peers.get(&(Arc::clone(&server), connection)) {
            request.peer = *peer;
        }
        (request.connection, request.channel) = (connection, number);
        if let Some(channel) = self.channels.get(&(server, connection, number)) {
            request.user.clone_from(&channel.user);
            request.env.clone_from(&channel.env);
            request.pty.clone_from(&channel.pty);
            // Input that was recorded in part is no input to judge by.
            if channel.sent == Some(channel.stdin.len() as u64) {
                request.stdin =
                    Some(StdinSoFar { data: Bytes::copy_from_slice(&channel.stdin), ended: true });
            }
        }
        request
    }
}
