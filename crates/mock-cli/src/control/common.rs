//! What becomes of requests that servers and agents are made alike: about expectations and about events.

use std::time::Duration;

use mock_base::{Events, GrammarError, ParsedExpectation, ParsedQuery, WaitError};

use super::{
    answer::{self, Answer, Code, Expecting, Failure},
    request::{self, Within},
};

/// Expects something: `add` does so, and says how much is expected then.
pub(super) fn expect(
    request: &request::Expect,
    add: impl FnOnce(ParsedExpectation) -> usize,
) -> Result<Answer, Failure> {
    let parsed: ParsedExpectation = request.expectation.parse().map_err(|error| bad_query(&error))?;
    let expectation = parsed.to_string();
    Ok(Answer::Expecting(Expecting { expectation, count: add(parsed) }))
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

fn bad_query(error: &GrammarError) -> Failure {
    Failure::new(Code::BadQuery, error.to_string())
}
