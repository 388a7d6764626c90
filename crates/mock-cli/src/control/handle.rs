//! What a server does with each request. All but `wait` and `connect_forwarded` are done at once.

use std::sync::{Arc, Mutex, PoisonError};

use mock_core::{RuleId, State};
use serde_json::json;

use super::{
    Target,
    answer::{self, Answer, Code, Done, Failure, RuleLine, RuleNumber, Rules, States},
    common, fault,
    forward::Forwarding,
    request::{self, Request},
};
use crate::{expected::Mark, lab::Lab, ready::Ready, verdict::VerdictLine};

/// A server that clients make requests to.
pub(crate) struct ControlledLab {
    lab: Arc<Lab>,
    /// What was expected before the first request.
    begin: Mark,
    /// Rules that were added by requests.
    added: Mutex<Vec<RuleId>>,
    forwarding: Forwarding,
}

impl ControlledLab {
    pub(crate) fn new(lab: &Arc<Lab>) -> Self {
        let (begin, forwarding) = (lab.expected().mark(), Forwarding::new(lab));
        Self { begin, lab: Arc::clone(lab), added: Mutex::default(), forwarding }
    }

    fn added(&self, change: impl FnOnce(&mut Vec<RuleId>)) {
        change(&mut self.added.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl Target for ControlledLab {
    type Request = Request;

    const ENDS_OTHERWISE: &str = "the server ends with the command that `verify` runs";

    fn asks_to_stop(request: &Request) -> bool {
        matches!(request, Request::Stop(_))
    }

    async fn obey(&self, request: Request) -> Result<Answer, Failure> {
        let shared = self;
        let lab = &shared.lab;
        match request {
            Request::Verify(_) => Ok(Answer::Verdict(VerdictLine::from(&lab.verify()))),
            Request::Expect(request) => common::expect(&request, |expectation| {
                lab.expected().add(expectation);
                lab.expected().len()
            }),
            Request::Reset(_) => {
                reset(shared);
                Ok(Answer::Done(Done {}))
            }
            Request::RuleAdd(request) => rule_add(request, shared),
            Request::RuleRemove(request) => rule_remove(&request, shared),
            Request::RuleReplace(request) => rule_replace(request, shared),
            Request::RuleList(_) => Ok(Answer::Rules(rule_list(shared))),
            Request::FaultAdd(request) => fault::add(&request, &lab.faults),
            Request::FaultRemove(request) => fault::remove(&request, &lab.faults),
            Request::FaultSwitch(request) => fault::switch(&request, &lab.faults),
            Request::FaultList(_) => Ok(fault::list(&lab.faults)),
            Request::ForwardAdd(request) => shared.forwarding.add(&request, lab),
            Request::ForwardRemove(request) => shared.forwarding.remove(&request),
            Request::ForwardReplace(request) => shared.forwarding.replace(&request, lab),
            Request::ForwardList(_) => Ok(shared.forwarding.list()),
            Request::RemoteForwardAdd(request) => shared.forwarding.add_remote(&request),
            Request::RemoteForwardRemove(request) => shared.forwarding.remove_remote(&request),
            Request::RemoteForwardReplace(request) => shared.forwarding.replace_remote(&request),
            Request::RemoteForwardList(_) => Ok(shared.forwarding.list_remote()),
            Request::ConnectForwarded(request) => shared.forwarding.connect(request, lab).await,
            Request::StateGet(request) => {
                let state = states(shared, request.connection);
                let states = match request.name {
                    Some(name) => [(name.clone(), state.get(&name))].into(),
                    None => state.all(),
                };
                Ok(Answer::States(States { states }))
            }
            Request::StateSet(request) => {
                states(shared, request.connection).set(request.name, request.value);
                Ok(Answer::Done(Done {}))
            }
            Request::Events(request) => events(&request, shared),
            Request::Wait(request) => common::wait(request, |query| lab.expected().events_of(query)).await,
            Request::ClientKit(_) => {
                Ok(Answer::ClientKit(answer::ClientKit { client_kit: json!(Ready::new(lab)) }))
            }
            Request::Stop(_) => Ok(Answer::Done(Done {})),
        }
    }
}

fn reset(shared: &ControlledLab) {
    let rules = shared.lab.server.rules();
    shared.added(|added| {
        for id in added.drain(..) {
            rules.remove(id);
        }
    });
    shared.lab.expected().truncate(shared.begin);
    shared.forwarding.reset();
    shared.lab.faults.reset();
    shared.lab.server.reset();
}

fn rule_add(request: request::RuleAdd, shared: &ControlledLab) -> Result<Answer, Failure> {
    let rule = request.rule.into_exec()?;
    let rules = shared.lab.server.rules();
    let id = if request.first { rules.add_first(rule) } else { rules.add(rule) };
    Ok(added(id, shared))
}

fn rule_replace(request: request::RuleReplace, shared: &ControlledLab) -> Result<Answer, Failure> {
    let rule = request.rule.into_exec()?;
    let id = shared.lab.server.rules().replace(RuleId(request.number), rule);
    id.map(|id| added(id, shared)).ok_or_else(|| not_found(request.number))
}

fn added(id: RuleId, shared: &ControlledLab) -> Answer {
    shared.added(|added| added.push(id));
    Answer::Number(RuleNumber { number: id.0 })
}

fn rule_remove(request: &request::RuleRemove, shared: &ControlledLab) -> Result<Answer, Failure> {
    let id = RuleId(request.number);
    shared.added(|added| added.retain(|added| *added != id));
    if shared.lab.server.rules().remove(id) {
        Ok(Answer::Done(Done {}))
    } else {
        Err(not_found(request.number))
    }
}

fn not_found(number: u64) -> Failure {
    let text = format!("there is no rule with the number {number}");
    Failure::new(Code::NotFound, text).hint("`rule.list` lists those there are".to_owned())
}

fn rule_list(shared: &ControlledLab) -> Rules {
    let rules = shared.lab.server.rules().list().into_iter().map(|info| RuleLine {
        number: info.id.0,
        rule: info.rule,
        hits: info.hits,
        expected: info.expected,
    });
    Rules { rules: rules.collect() }
}

fn states(shared: &ControlledLab, connection: Option<u64>) -> State {
    let state = shared.lab.server.state();
    connection.map_or_else(|| state.clone(), |number| state.on_connection(number))
}

fn events(request: &request::Events, shared: &ControlledLab) -> Result<Answer, Failure> {
    common::page(request, |query| match query {
        Some(query) => shared.lab.expected().events_of(query),
        None => shared.lab.server.journal().events(),
    })
}
