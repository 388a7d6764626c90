//! What a server does that has no rule for a command, and how its states begin.
//!
//! Both are the business of the handler. A refusal is the answer to the request, before any program runs, so no rule can
//! give it. A catch-all rule that matches nothing notes that it was asked, which means that no other wanted the command.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use mock_core::{Builder, Composed, Connection, Exec, Handler, Launch, Request};

use super::files::Rest;

pub(super) fn build(builder: Builder, rest: Rest, states: &[(String, String)]) -> Builder {
    let states = states.to_vec();
    let mut builder = builder;
    if rest == Rest::Echo {
        builder = builder.exec(Exec::echo());
    }
    let asked = (rest == Rest::Deny).then(Asked::default);
    if let Some(asked) = asked.clone() {
        builder = builder.exec(Exec::on(move |request: &Request| asked.note(request)).named("default: deny"));
    }
    if asked.is_none() && states.is_empty() {
        return builder;
    }
    builder.handler(move |connection: &Connection, built| {
        begin(connection.state(), &states);
        Scripted { built, asked: asked.clone() }
    })
}

/// Sets those that nobody has set yet.
pub(super) fn begin(state: &mock_core::State, states: &[(String, String)]) {
    let set = state.all();
    for (name, value) in states.iter().filter(|(name, _)| !set.contains_key(name)) {
        state.set(name, value);
    }
}

/// The commands that are being decided, by connection and channel, and whether the last rule was asked.
#[derive(Clone, Default)]
struct Asked(Arc<Mutex<HashMap<(u64, u32), bool>>>);

impl Asked {
    fn commands(&self) -> MutexGuard<'_, HashMap<(u64, u32), bool>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The last rule: it is asked when no other has answered.
    fn note(&self, request: &Request) -> bool {
        if let Some(asked) = self.commands().get_mut(&(request.connection, request.channel)) {
            *asked = true;
        }
        false
    }
}

struct Scripted {
    built: Composed,
    asked: Option<Asked>,
}

impl Handler for Scripted {
    fn within(&mut self) -> Option<&mut dyn Handler> {
        Some(&mut self.built)
    }

    fn exec(&mut self, request: &Request) -> Launch {
        let Some(asked) = &self.asked else {
            return self.built.exec(request);
        };
        let command = (request.connection, request.channel);
        asked.commands().insert(command, false);
        let launch = self.built.exec(request);
        match asked.commands().remove(&command) {
            Some(true) => Launch::refuse(),
            _ => launch,
        }
    }
}
