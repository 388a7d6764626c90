//! A rule on a server: how often it was hit, and whether it holds now.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use mock_base::{
    Event, Events, Expectation, Kind, Mismatch, Times, Unmet,
    event::{self, StateChanged},
};

use super::{Exec, Match, RuleId};
use crate::{Program, Request, Run, Start, Wanted};

pub(crate) struct Mounted {
    pub(super) id: RuleId,
    pub(super) rule: Exec,
    hits: AtomicU64,
    server: Mutex<Counts>,
    connections: Mutex<HashMap<u64, Counts>>,
}

#[derive(Debug, Default, Clone, Copy)]
struct Counts {
    /// Requests that matched while the states held.
    seen: u64,
    /// Those of them that were answered.
    hits: u64,
}

impl Mounted {
    pub(super) fn new(id: RuleId, rule: Exec) -> Self {
        Self { id, rule, hits: AtomicU64::new(0), server: Mutex::default(), connections: Mutex::default() }
    }

    pub(super) fn hits(&self) -> u64 {
        self.hits.load(Ordering::Relaxed)
    }

    pub(super) fn reset(&self) {
        self.hits.store(0, Ordering::Relaxed);
        *self.server.lock().unwrap_or_else(PoisonError::into_inner) = Counts::default();
        self.connections.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    pub(super) fn forget(&self, connection: u64) {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner).remove(&connection);
    }

    /// Takes the request that the matcher matched, if the rule holds now. Returns the number of the call.
    pub(super) fn claim(&self, request: &Request) -> Option<u64> {
        let call = if self.rule.per_connection {
            let mut connections = self.connections.lock().unwrap_or_else(PoisonError::into_inner);
            self.count(connections.entry(request.connection).or_default(), request)
        } else {
            self.count(&mut self.server.lock().unwrap_or_else(PoisonError::into_inner), request)
        }?;
        self.hits.fetch_add(1, Ordering::Relaxed);
        Some(call)
    }

    fn count(&self, counts: &mut Counts, request: &Request) -> Option<u64> {
        let rule = &self.rule;
        let state = request.state_for(rule.per_connection);
        if !rule.when.is_empty() && !state.holds(&rule.when) {
            return None;
        }
        counts.seen += 1;
        if !rule.calls.hold(counts.seen) || !state.transition(&rule.when, &rule.then) {
            return None;
        }
        counts.hits += 1;
        Some(counts.hits)
    }

    /// How near it was to answer this request.
    pub(super) fn near(&self, request: &Request) -> Option<Mismatch> {
        if !self.rule.matcher.matches(request).is_hit() {
            return self.rule.matcher.explain(request);
        }
        let state = request.state_for(self.rule.per_connection);
        let wrong = self.rule.when.iter().find(|(name, value)| !state.is(name, value));
        Some(match wrong {
            Some((name, value)) => {
                let is = state.get(name);
                Mismatch::new(1, format!("the state `{name}` is `{is}`, not `{value}`"))
            }
            None => Mismatch::new(1, format!("it answers {}", self.rule.calls)),
        })
    }
}

/// Runs what the rule says, after its effects.
pub(super) struct Answer(pub(super) Arc<Mounted>);

impl Program for Answer {
    fn start(&self, start: Start) -> Run {
        let rule = &self.0.rule;
        for (name, value) in &rule.then {
            start.recorder().record(StateChanged::new(name.clone(), value.clone()));
        }
        for effect in &rule.effects {
            effect(start.request());
        }
        rule.program.start(start)
    }
}

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
            let answered = event::exec().filter(move |exec| exec.rule.as_deref() == Some(&*label));
            let seen =
                events.all().into_iter().filter(|event| mock_base::Query::select(&answered, event).is_some());
            return Some(unmet.seen(seen.collect()));
        }
        Some(unmet.near_by(events, |event| near(mounted, &label, event)))
    }
}

/// How near an event was to being answered by this rule.
fn near(mounted: &Mounted, label: &str, event: &Event) -> Option<Mismatch> {
    let Kind::Exec(exec) = &event.kind else {
        return None;
    };
    let command = Wanted::Exec(exec.command.as_bytes().to_vec().into());
    let request = Request::detached(exec.user.clone(), command);
    match (&exec.rule, mounted.rule.matcher.matches(&request)) {
        (Some(rule), _) if rule == label => None,
        (Some(rule), Match::Hit | Match::Captured(_)) => {
            Some(Mismatch::new(1, format!("the rule `{rule}` comes first and answered it")))
        }
        (None, Match::Hit | Match::Captured(_)) => Some(Mismatch::new(
            1,
            exec.hint.clone().unwrap_or_else(|| "the rule did not hold then".to_owned()),
        )),
        _ => mounted.rule.matcher.explain(&request),
    }
}
