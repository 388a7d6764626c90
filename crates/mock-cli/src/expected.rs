//! What is expected of a server: on the command line, in a scenario, by a request. Kept with its text, so that each can be
//! told by itself, and looked at where it happens.
//!
//! The server's own events are what is meant, and those of its agent where the text says so: both write to one journal,
//! and `connected x1` is not about the agent.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mock_base::{
    Events, Expectation, Expectations, ParsedExpectation, ParsedQuery, Unmet, VerificationError,
    expect_all_matched,
};
use mock_core::{MockSshServer, Rules};

use crate::{args::ExpectArgs, lab::AGENT};

/// What is expected of one server.
#[derive(Debug)]
pub(crate) struct Expected {
    /// Of everything, whoever writes it.
    events: Events,
    server: String,
    ledger: Expectations,
    rules: Rules,
    named: Mutex<Vec<Named>>,
}

#[derive(Clone)]
struct Named {
    text: String,
    expectation: Arc<dyn Expectation>,
}

/// One expectation, and what is unmet of it.
#[derive(Debug)]
pub(crate) struct Case {
    pub(crate) text: String,
    pub(crate) unmet: Option<Unmet>,
}

impl Expected {
    /// Of this server, with what the arguments say.
    pub(crate) fn of(server: &MockSshServer, args: &ExpectArgs) -> Self {
        let expected = Self::written(server, &[], false);
        for expectation in &args.expect {
            expected.add(expectation.clone());
        }
        if args.strict {
            expected.push("--strict".to_owned(), Arc::new(expect_all_matched()));
        }
        expected
    }

    /// Of this server, which has been given these already.
    pub(crate) fn written(server: &MockSshServer, expectations: &[ParsedExpectation], strict: bool) -> Self {
        let named = expectations.iter().map(|expectation| Named {
            text: expectation.to_string(),
            expectation: Arc::new(expectation.clone()),
        });
        let strict =
            strict.then(|| Named { text: "strict".to_owned(), expectation: Arc::new(expect_all_matched()) });
        Self {
            events: server.journal().events(),
            server: server.name().to_owned(),
            ledger: server.expectations().clone(),
            rules: server.rules().clone(),
            named: Mutex::new(named.chain(strict).collect()),
        }
    }

    /// Expects this from now on, before and after.
    pub(crate) fn add(&self, expectation: ParsedExpectation) {
        let text = expectation.to_string();
        let place = Place::of(&text);
        let events = place.view(&self.events, &self.server);
        self.push(text, Arc::new(Placed { expectation, place, events }));
    }

    fn push(&self, text: String, expectation: Arc<dyn Expectation>) {
        self.ledger.add(Arc::clone(&expectation));
        self.named().push(Named { text, expectation });
    }

    fn named(&self) -> MutexGuard<'_, Vec<Named>> {
        self.named.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets what was added after there were this many of each.
    pub(crate) fn truncate(&self, mark: Mark) {
        self.ledger.truncate(mark.all);
        self.named().truncate(mark.named);
    }

    /// How many there are now.
    pub(crate) fn mark(&self) -> Mark {
        Mark { all: self.ledger.len(), named: self.named().len() }
    }

    /// How many there are, those of rules included.
    pub(crate) fn len(&self) -> usize {
        self.ledger.len()
    }

    /// Has them looked at, whatever comes of it: a server that is dropped before anybody asked panics.
    pub(crate) fn ask(&self) {
        let _whatever = self.ledger.verify(&self.server_events());
    }

    /// Where the events are that are meant by this query.
    pub(crate) fn events_of(&self, query: &ParsedQuery) -> Events {
        Place::of(&query.to_string()).view(&self.events, &self.server)
    }

    fn server_events(&self) -> Events {
        self.events.on_server(self.server.as_str())
    }

    /// Each by itself: those with a text first, then those of rules.
    pub(crate) fn cases(&self, report: Option<&VerificationError>) -> Vec<Case> {
        let events = self.server_events();
        let named = self.named().clone();
        let mut cases: Vec<_> = named
            .into_iter()
            .map(|Named { text, expectation }| Case { text, unmet: expectation.unmet(&events) })
            .collect();
        // What the report has beyond these is of rules.
        let told: Vec<_> =
            cases.iter().filter_map(|case| Some(case.unmet.as_ref()?.expected.clone())).collect();
        let mut rest: Vec<_> = report.map_or(&[][..], VerificationError::unmet).to_vec();
        rest.retain(|unmet| !told.contains(&unmet.expected));
        for rule in self.rules.list() {
            let Some(times) = rule.expected else { continue };
            let is_of_rule =
                |unmet: &Unmet| unmet.expected.contains(&rule.rule) && unmet.expected.ends_with(&times);
            let at = rest.iter().position(is_of_rule);
            cases.push(Case {
                text: format!("rule `{}` {times}", rule.rule),
                unmet: at.map(|at| rest.remove(at)),
            });
        }
        // Of rules that are not there any more.
        cases.extend(rest.into_iter().map(|unmet| Case { text: unmet.expected.clone(), unmet: Some(unmet) }));
        cases
    }
}

/// How many expectations there were.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mark {
    all: usize,
    named: usize,
}

impl std::fmt::Debug for Named {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

/// An expectation that looks where it is meant to.
struct Placed {
    expectation: ParsedExpectation,
    place: Place,
    events: Events,
}

impl Expectation for Placed {
    fn unmet(&self, events: &Events) -> Option<Unmet> {
        match self.place {
            Place::Server => self.expectation.unmet(events),
            Place::Agent | Place::Everywhere => self.expectation.unmet(&self.events),
        }
    }
}

/// Whose events are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Server,
    Agent,
    /// The text itself says on which server.
    Everywhere,
}

impl Place {
    /// Reads it from what the grammar prints.
    fn of(text: &str) -> Self {
        let names_server = [" on \"", " on =", " on ~"].iter().any(|place| text.contains(place));
        let agent_among_others = text.starts_with("order: ")
            && (text.starts_with("order: agent.") || text.contains(" then agent."));
        if names_server || agent_among_others {
            Self::Everywhere
        } else if text.starts_with("agent.") {
            Self::Agent
        } else {
            Self::Server
        }
    }

    fn view(self, events: &Events, server: &str) -> Events {
        match self {
            Self::Server => events.on_server(server),
            Self::Agent => events.on_server(AGENT),
            Self::Everywhere => events.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_says_whose_events_are_meant() {
        for (text, place) in [
            ("connected x1", Place::Server),
            ("exec \"systemctl restart agent.service\" x1", Place::Server),
            ("agent.sign x2", Place::Agent),
            ("connected on agent", Place::Everywhere),
            ("order: login then agent.sign", Place::Everywhere),
            ("order: login then exec \"make *\"", Place::Server),
        ] {
            let parsed: ParsedExpectation = text.parse().unwrap();
            assert_eq!(Place::of(&parsed.to_string()), place, "{text}");
        }
    }
}
