//! A rule on a server: how often it was hit, and whether it holds now.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use mock_base::{Mismatch, Recorder, event::StateChanged};

use super::{Exec, IndexKey, RuleId, rule::Answering};
use crate::{Program, Request, Run, Start};

pub(crate) struct Mounted {
    pub(super) id: RuleId,
    pub(super) rule: Exec,
    hits: AtomicU64,
    server: Mutex<Counts>,
    connections: Mutex<HashMap<u64, Counts>>,
}

/// How far a rule is from what it matches, and would answer at another time, if it matches more than a text.
const CATCH_ALL: u32 = 10;

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

    fn server(&self) -> MutexGuard<'_, Counts> {
        self.server.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn connections(&self) -> MutexGuard<'_, HashMap<u64, Counts>> {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn reset(&self) {
        self.hits.store(0, Ordering::Relaxed);
        *self.server() = Counts::default();
        self.connections().clear();
    }

    pub(super) fn forget(&self, connection: u64) {
        self.connections().remove(&connection);
    }

    /// Takes the request that the matcher matched, if the rule holds now. Returns the number of the call.
    pub(super) fn claim(&self, request: &Request) -> Option<u64> {
        let call = if self.rule.per_connection {
            self.count(self.connections().entry(request.connection).or_default(), request)
        } else {
            self.count(&mut self.server(), request)
        }?;
        self.hits.fetch_add(1, Ordering::Relaxed);
        Some(call)
    }

    /// Counts the request if the states hold, which are looked at and changed in one step.
    fn count(&self, counts: &mut Counts, request: &Request) -> Option<u64> {
        let rule = &self.rule;
        let number = counts.seen.saturating_add(1);
        let picked = rule.calls.hold(number);
        let then: &[_] = if picked { &rule.then } else { &[] };
        if !request.state_for(rule.per_connection).transition(&rule.when, then) {
            return None;
        }
        counts.seen = number;
        if !picked {
            return None;
        }
        counts.hits += 1;
        Some(counts.hits)
    }

    /// The number of the call if the rule took the request now, without taking it.
    pub(super) fn foresee(&self, request: &Request) -> Option<u64> {
        let counts = self.counts(request);
        let holds = self.rule.calls.hold(counts.seen.saturating_add(1)) && self.in_state(request);
        holds.then(|| counts.hits.saturating_add(1))
    }

    /// Whether it is worth to wait for input on behalf of the rule.
    pub(super) fn may_hold(&self, request: &Request) -> bool {
        self.rule.calls.come_after(self.counts(request).seen) && self.in_state(request)
    }

    fn counts(&self, request: &Request) -> Counts {
        if self.rule.per_connection {
            self.connections().get(&request.connection).copied().unwrap_or_default()
        } else {
            *self.server()
        }
    }

    fn in_state(&self, request: &Request) -> bool {
        let rule = &self.rule;
        rule.when.is_empty() || request.state_for(rule.per_connection).holds(&rule.when)
    }

    /// How near it was to answer this request.
    pub(super) fn near(&self, request: &Request) -> Option<Mismatch> {
        if !self.rule.matcher.matches(request).is_hit() {
            return self.rule.matcher.explain(request);
        }
        // A rule for anything is near to nothing in particular.
        let distance = if self.rule.matcher.index() == IndexKey::None { CATCH_ALL } else { 1 };
        let state = request.state_for(self.rule.per_connection);
        let wrong = self.rule.when.iter().find(|(name, value)| !state.is(name, value));
        Some(match wrong {
            Some((name, value)) => {
                let is = state.get(name);
                Mismatch::new(distance, format!("the state `{name}` is `{is}`, not `{value}`"))
            }
            None if self.rule.calls.are_all() => Mismatch::new(distance, "the state was another"),
            None => Mismatch::new(distance, format!("it answers {}", self.rule.calls)),
        })
    }

    /// What the rule does before its answer.
    pub(super) fn begin(&self, request: &Request, recorder: &Recorder) {
        for (name, value) in &self.rule.then {
            recorder.record(StateChanged::new(name.clone(), value.clone()));
        }
        for effect in &self.rule.effects {
            effect(request);
        }
    }
}

/// Runs what the rule says, after its effects.
pub(super) struct Answer(pub(super) Arc<Mounted>);

impl Program for Answer {
    fn start(&self, start: Start) -> Run {
        self.0.begin(start.request(), start.recorder());
        match &self.0.rule.answer {
            Answering::Program(program) => program.start(start),
            Answering::Reply(answer) => super::player::reply(answer.respond(start.request()), start),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Wanted;

    fn mounted(rule: Exec) -> Mounted {
        Mounted::new(RuleId(1), rule)
    }

    fn request() -> Request {
        Request::detached("anna", Wanted::Exec("x".into()))
    }

    #[test]
    fn a_request_whose_state_does_not_hold_is_not_counted() {
        let rule = mounted(Exec::on("x").in_state("lock", "free").then_state("lock", "held").up_to(1));
        let request = request();
        assert_eq!((rule.claim(&request), rule.foresee(&request)), (None, None));
        request.state.set("lock", "free");
        assert_eq!((rule.foresee(&request), rule.foresee(&request)), (Some(1), Some(1)));
        assert_eq!(rule.claim(&request), Some(1));
        assert!(request.state.is("lock", "held"));
        request.state.set("lock", "free");
        assert_eq!((rule.claim(&request), rule.foresee(&request)), (None, None));
        assert!(request.state.is("lock", "free"), "what it does not answer changes nothing");
    }

    #[test]
    fn a_call_that_is_left_out_changes_no_state() {
        let rule = mounted(Exec::on("x").then_state("done", "yes").nth(2));
        let request = request();
        assert_eq!(rule.claim(&request), None);
        assert!(!request.state.is("done", "yes"));
        assert_eq!(rule.claim(&request), Some(1));
        assert!(request.state.is("done", "yes"));
    }

    #[test]
    fn looking_leaves_nothing_of_a_connection_behind() {
        let rule = mounted(Exec::on("x").per_connection().up_to(1));
        assert_eq!(rule.foresee(&request()), Some(1));
        assert!(rule.may_hold(&request()));
        assert!(rule.connections().is_empty());
        assert_eq!((rule.claim(&request()), rule.claim(&request())), (Some(1), None));
        rule.forget(1);
        assert_eq!((rule.claim(&request()), rule.hits()), (Some(1), 2));
    }
}
