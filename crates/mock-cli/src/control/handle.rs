//! What a server does with each request. All but `wait` are done at once.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use mock_base::{Events, GrammarError, ParsedExpectation, ParsedQuery, WaitError};
use mock_core::{RuleId, State};
use serde_json::json;

use super::{
    Target,
    answer::{self, Answer, Code, Done, Expecting, Failure, RuleLine, RuleNumber, Rules, States},
    fault,
    request::{self, Request, Within},
};
use crate::{expected::Mark, lab::Lab, ready::Ready, verdict::VerdictLine};

/// A server that clients make requests to.
pub(crate) struct ControlledLab {
    lab: Arc<Lab>,
    /// What was expected before the first request.
    begin: Mark,
    /// Rules that were added by requests.
    added: Mutex<Vec<RuleId>>,
}

impl ControlledLab {
    pub(crate) fn new(lab: &Arc<Lab>) -> Self {
        Self { begin: lab.expected().mark(), lab: Arc::clone(lab), added: Mutex::default() }
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
            Request::Expect(request) => expect(&request, shared),
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
            Request::Wait(request) => wait(request, |query| lab.expected().events_of(query)).await,
            Request::ClientKit(_) => {
                Ok(Answer::ClientKit(answer::ClientKit { client_kit: json!(Ready::new(lab)) }))
            }
            Request::Stop(_) => Ok(Answer::Done(Done {})),
        }
    }
}

fn expect(request: &request::Expect, shared: &ControlledLab) -> Result<Answer, Failure> {
    let expectation: ParsedExpectation = request.expectation.parse().map_err(|error| bad_query(&error))?;
    let text = expectation.to_string();
    let expected = shared.lab.expected();
    expected.add(expectation);
    Ok(Answer::Expecting(Expecting { expectation: text, count: expected.len() }))
}

fn reset(shared: &ControlledLab) {
    let rules = shared.lab.server.rules();
    shared.added(|added| {
        for id in added.drain(..) {
            rules.remove(id);
        }
    });
    shared.lab.expected().truncate(shared.begin);
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
    page(request, |query| match query {
        Some(query) => shared.lab.expected().events_of(query),
        None => shared.lab.server.journal().events(),
    })
}

/// A page of the events that are meant by a query, or by none.
pub(super) fn page(
    request: &request::Events,
    meant: impl FnOnce(Option<&ParsedQuery>) -> Events,
) -> Result<Answer, Failure> {
    let query = request.query.as_deref().map(query).transpose()?;
    let all = meant(query.as_ref());
    let mut next = request.since;
    let mut events = Vec::new();
    let mut more = false;
    for event in all.since(request.since) {
        if query.as_ref().is_some_and(|query| mock_base::Query::select(query, &event).is_none()) {
            next = event.seq + 1;
            continue;
        }
        if events.len() == request.limit {
            more = true;
            break;
        }
        next = event.seq + 1;
        events.push(event);
    }
    Ok(Answer::Events(answer::Page { events, next, more }))
}

/// Waits for an event among those that are meant by the query.
pub(super) async fn wait(
    request: request::Wait,
    meant: impl FnOnce(&ParsedQuery) -> Events,
) -> Result<Answer, Failure> {
    let query = query(&request.query)?;
    let within = duration(&request.within)?;
    let mut wait = meant(&query).wait_for(query).within(within);
    if let Some(seq) = request.after {
        wait = wait.after(seq);
    }
    match wait.await {
        Ok(seen) => Ok(Answer::Seen(answer::Seen { seen })),
        Err(error @ WaitError::TimedOut { .. }) => Err(Failure::new(Code::TimedOut, error.to_string())),
        Err(error) => Err(Failure::new(Code::BadRequest, error.to_string())),
    }
}

pub(super) fn duration(within: &Within) -> Result<Duration, Failure> {
    let duration = match within {
        Within::Seconds(seconds) => Duration::try_from_secs_f64(*seconds).map_err(|error| error.to_string()),
        Within::Text(text) => humantime::parse_duration(text).map_err(|error| error.to_string()),
    };
    duration.map_err(|error| {
        let hint = "write seconds as a number, or a text such as \"500ms\" or \"2s\"";
        Failure::new(Code::BadRequest, format!("within: {error}")).hint(hint.to_owned())
    })
}

fn query(text: &str) -> Result<ParsedQuery, Failure> {
    text.parse().map_err(|error| bad_query(&error))
}

pub(super) fn bad_query(error: &GrammarError) -> Failure {
    Failure::new(Code::BadQuery, error.to_string())
}
