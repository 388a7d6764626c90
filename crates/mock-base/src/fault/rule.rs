//! One fault: where, what, and on which occasions.

use std::{fmt, ops::RangeBounds};

use super::{Occasion, Stage, Trigger};
use crate::{Pattern, grammar::word};

/// A fault at a stage. By default it strikes on every occasion.
///
/// Occasions are counted by fault: those at its stage on which its other conditions hold (connection, user, peer, state). Numbers
/// are those of the server, or of each connection by [`per_connection`](Self::per_connection).
///
/// As text, a fault is `STAGE: ACTION; TRIGGER; TRIGGER`, with these triggers:
///
/// | trigger | strikes |
/// |---|---|
/// | `once` | on the first occasion: the same as `first 1` |
/// | `first 3` | on the first three |
/// | `after 3` | not on the first three; `after 3; first 2` is the fourth and the fifth |
/// | `nth 3` | on the third only |
/// | `every 3` | on the third, the sixth, and so on |
/// | `chance 10%` | on about one in ten, drawn from the server's seed |
/// | `in-state lock=held` | while the state `lock` of the server is `held` |
/// | `then-state lock=free` | and sets that state when it does |
/// | `connection 2`, `connection 2..4`, `connection 2..` | on connections with these numbers, from 1 |
/// | `user anna`, `user "build-*"` | for users with such a name |
/// | `peer 127.0.0.1` | for clients from such an address, with or without the port |
/// | `per-connection` | and numbers count on each connection by itself |
/// | `named db-restart` | and is called so in the journal |
#[derive(Clone)]
#[must_use = "a fault does nothing by itself: hand it to a builder or to a running server"]
pub struct FaultRule<S: Stage> {
    pub(super) stage: S,
    pub(super) action: S::Action,
    pub(super) trigger: Trigger,
    pub(super) name: Option<String>,
}

impl<S: Stage> FaultRule<S> {
    /// This action at this stage, on every occasion. That the one can be had at the other is checked where the fault is
    /// handed to, and by [`check`](Self::check).
    pub fn new(stage: S, action: S::Action) -> Self {
        Self { stage, action, trigger: Trigger::ALWAYS, name: None }
    }

    /// Where it strikes.
    #[must_use]
    pub fn stage(&self) -> &S {
        &self.stage
    }

    /// What goes wrong.
    #[must_use]
    pub fn action(&self) -> &S::Action {
        &self.action
    }

    /// Whether the action can be had at the stage.
    ///
    /// # Errors
    ///
    /// Why it cannot.
    pub fn check(&self) -> Result<(), super::FaultError> {
        self.stage.check(&self.action).map_err(|why| super::FaultError::unfit(self.to_string(), why))
    }

    /// Only on the first occasion.
    pub fn once(self) -> Self {
        self.first(1)
    }

    /// Only on the first so many occasions, of those that [`after`](Self::after) leaves.
    pub fn first(mut self, count: u64) -> Self {
        self.trigger.first = Some(count);
        self
    }

    /// Not on the first so many occasions.
    pub fn after(mut self, count: u64) -> Self {
        self.trigger.after = count;
        self
    }

    /// Only on the occasion with this number, from 1.
    pub fn nth(self, number: u64) -> Self {
        self.after(number.saturating_sub(1)).first(1)
    }

    /// Only on every so-manieth occasion; 0 is taken for 1.
    pub fn every(mut self, count: u64) -> Self {
        self.trigger.every = count.max(1);
        self
    }

    /// Only with this probability, between 0 and 1. What comes of it depends on the server's seed, the fault, the connection and
    /// the number of the occasion on it, and so is the same in each run with that seed.
    pub fn chance(mut self, probability: f64) -> Self {
        self.trigger.chance = Some(if probability.is_finite() { probability.clamp(0.0, 1.0) } else { 0.0 });
        self
    }

    /// Only while this state holds; more than one must hold together.
    pub fn in_state(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.trigger.when.push((name.into(), value.into()));
        self
    }

    /// Sets this state when it strikes.
    pub fn then_state(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.trigger.then.push((name.into(), value.into()));
        self
    }

    /// Only on connections with these numbers, from 1: `2..=2`, `3..`.
    pub fn on_connections(mut self, numbers: impl RangeBounds<u64>) -> Self {
        use std::ops::Bound::{Excluded, Included, Unbounded};
        let first = match numbers.start_bound() {
            Included(number) => *number,
            Excluded(number) => number.saturating_add(1),
            Unbounded => 1,
        };
        let last = match numbers.end_bound() {
            Included(number) => *number,
            Excluded(number) => number.saturating_sub(1),
            Unbounded => u64::MAX,
        };
        self.trigger.connections = Some(first..=last);
        self
    }

    /// Only for users whose name matches. Before a client has named one, there is none.
    pub fn for_user(mut self, user: impl Into<Pattern>) -> Self {
        self.trigger.user = Some(user.into().into());
        self
    }

    /// Only for clients from an address that matches, as `127.0.0.1:50022` or without the port.
    pub fn for_peer(mut self, peer: impl Into<Pattern>) -> Self {
        self.trigger.peer = Some(peer.into().into());
        self
    }

    /// Numbers are counted on each connection by itself.
    pub fn per_connection(mut self) -> Self {
        self.trigger.per_connection = true;
        self
    }

    /// Only if this holds, which is called `name` where the fault is shown: code has no text.
    pub fn only_if(
        mut self,
        name: impl Into<String>,
        holds: impl Fn(&Occasion<'_>) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.trigger.only_if.push((name.into(), std::sync::Arc::new(holds)));
        self
    }

    /// Called so in the journal and in lists: by default as its stage and its action read.
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// What it is called.
    #[must_use]
    pub fn label(&self) -> String {
        self.name.clone().unwrap_or_else(|| format!("{}: {}", self.stage, self.action))
    }
}

/// The text form. What is code, and patterns that have no text form, stand in it by name and cannot be read again.
impl<S: Stage> fmt::Display for FaultRule<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.stage, self.action)?;
        self.trigger.clauses().iter().try_for_each(|clause| write!(f, "; {clause}"))?;
        self.name.as_ref().map_or(Ok(()), |name| write!(f, "; named {}", word(name)))
    }
}

impl<S: Stage> fmt::Debug for FaultRule<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fault({self})")
    }
}
