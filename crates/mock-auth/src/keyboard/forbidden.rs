//! Secrets that must never be sent to a prompt, and the expectation that they were not.
//!
//! It is put to the server when one was sent, and not before: so it works however deep a strategy is within others, and
//! whoever wrote those.

use std::sync::Arc;

use mock_core::{
    Expectation, MemoryKey, PromptAnswered,
    event::Secret,
    mock_base::{Event, Events, Kind, Unmet},
};

use crate::login::Surroundings;

/// A secret that must not be sent to a prompt.
#[derive(Debug, Clone)]
pub(super) struct Forbidden {
    secret: Secret,
    key: MemoryKey,
}

/// Who sent it, each time.
#[derive(Debug, Clone, Default)]
struct Sent(Vec<String>);

impl Forbidden {
    pub(super) fn new(secret: impl Into<String>) -> Self {
        Self { secret: Secret::new(secret.into()), key: MemoryKey::new() }
    }

    /// Whether this answer is it. Then it is remembered, and the server expects that it never was.
    pub(super) fn was_sent(&self, answer: &str, label: &str, surroundings: &Surroundings) -> bool {
        if self.secret.reveal() != answer {
            return false;
        }
        let Surroundings { user, connection, memory, expectations, .. } = surroundings;
        let who = format!("by `{user}` on connection {connection}");
        let first = memory.with(&self.key, |sent: &mut Sent| {
            sent.0.push(who);
            sent.0.len() == 1
        });
        if first {
            let (forbidden, label, memory) = (self.clone(), label.to_owned(), memory.clone());
            expectations.add(NeverSent { forbidden, label, memory });
        }
        true
    }
}

struct NeverSent {
    forbidden: Forbidden,
    label: String,
    memory: mock_core::Memory,
}

impl NeverSent {
    fn is_seen_in(&self, event: &Event) -> bool {
        let Kind::Operation(record) = &event.kind else {
            return false;
        };
        let any: &dyn std::any::Any = &**record;
        any.downcast_ref::<PromptAnswered>().is_some_and(|answered| {
            let sent = answered.answer.as_ref().map(Secret::reveal);
            answered.prompt == self.label && sent == Some(self.forbidden.secret.reveal())
        })
    }
}

impl Expectation for NeverSent {
    fn unmet(&self, events: &Events) -> Option<Unmet> {
        // What is remembered tells, not the journal, which may have dropped it. A reset forgets both.
        let Sent(sent) = self.memory.with(&self.forbidden.key, |sent: &mut Sent| sent.clone());
        let (first, more) = (sent.first()?, sent.len() - 1);
        let found = match more {
            0 => format!("it was sent {first}"),
            _ => format!("it was sent {first} and {more} more times"),
        };
        let seen = events.all().into_iter().filter(|event: &Arc<Event>| self.is_seen_in(event)).collect();
        let expected = format!("a forbidden secret never to be sent to the prompt {:?}", self.label);
        Some(Unmet::new(expected, found).seen(seen))
    }
}
