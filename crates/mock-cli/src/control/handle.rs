//! What a server does with each request. All but `wait` and `connect_forwarded` are done at once.

use std::sync::Arc;

use mock_core::{Forward, ForwardRules, RemoteForward, State};
use serde_json::json;

use super::{
    Target,
    answer::{self, Answer, Done, Failure, RuleLine, Rules, States},
    common, fault,
    forward::{self, Doors},
    request::{self, Request},
    rules::Changed,
};
use crate::{expected::Mark, lab::Lab, ready::Ready, verdict::VerdictLine};

/// A server that clients make requests to.
pub(crate) struct ControlledLab {
    lab: Arc<Lab>,
    /// What was expected before the first request.
    begin: Mark,
    rules: Changed<mock_core::Rules>,
    forwards: Changed<ForwardRules<Forward>>,
    remote_forwards: Changed<ForwardRules<RemoteForward>>,
    doors: Doors,
}

impl ControlledLab {
    pub(crate) fn new(lab: &Arc<Lab>) -> Self {
        let server = &lab.server;
        Self {
            begin: lab.expected().mark(),
            rules: Changed::new(server.rules().clone(), "rule.list"),
            forwards: Changed::new(server.forwards().clone(), "forward.list"),
            remote_forwards: Changed::new(server.remote_forwards().clone(), "remote_forward.list"),
            doors: Doors::default(),
            lab: Arc::clone(lab),
        }
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
                lab.expectations()
            }),
            Request::Reset(_) => {
                reset(shared);
                Ok(Answer::Done(Done {}))
            }
            Request::RuleAdd(request) => Ok(shared.rules.add(request.rule.into_exec()?, request.first)),
            Request::RuleRemove(request) => shared.rules.remove(request.number),
            Request::RuleReplace(request) => shared.rules.replace(request.number, request.rule.into_exec()?),
            Request::RuleList(_) => Ok(Answer::Rules(rule_list(shared))),
            Request::FaultAdd(request) => fault::add(&request, &lab.faults),
            Request::FaultRemove(request) => fault::remove(&request, &lab.faults),
            Request::FaultSwitch(request) => fault::switch(&request, &lab.faults),
            Request::FaultList(_) => Ok(fault::list(&lab.faults)),
            Request::ForwardAdd(request) => {
                Ok(shared.forwards.add(forward::rule(&request.rule, lab)?, request.first))
            }
            Request::ForwardRemove(request) => shared.forwards.remove(request.number),
            Request::ForwardReplace(request) => {
                shared.forwards.replace(request.number, forward::rule(&request.rule, lab)?)
            }
            Request::ForwardList(_) => Ok(forward::list(&shared.forwards.list)),
            Request::RemoteForwardAdd(request) => {
                Ok(shared.remote_forwards.add(forward::remote_rule(&request.rule)?, request.first))
            }
            Request::RemoteForwardRemove(request) => shared.remote_forwards.remove(request.number),
            Request::RemoteForwardReplace(request) => {
                shared.remote_forwards.replace(request.number, forward::remote_rule(&request.rule)?)
            }
            Request::RemoteForwardList(_) => Ok(forward::list(&shared.remote_forwards.list)),
            Request::ConnectForwarded(request) => shared.doors.forwarded(request, lab).await,
            Request::ConnectAgent(request) => {
                shared.doors.open(lab.server.connect_agent(), &request.within).await
            }
            Request::ConnectX11(request) => {
                shared.doors.open(lab.server.connect_x11(), &request.within).await
            }
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
    shared.rules.reset();
    shared.forwards.reset();
    shared.remote_forwards.reset();
    shared.lab.expected().truncate(shared.begin);
    shared.lab.reset();
}

fn rule_list(shared: &ControlledLab) -> Rules {
    let rules = shared.rules.list.list().into_iter().map(|info| RuleLine {
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
