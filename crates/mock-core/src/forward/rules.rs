//! The rules for forwards of a running server: looked at, added, replaced and removed while clients are connected.

use std::{
    fmt,
    sync::{
        Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard,
        atomic::{AtomicU64, Ordering},
    },
};

use mock_base::{Guard, Pattern};

use super::{Forward, RemoteForward};
use crate::{RuleId, RuleInfo};

/// Rules for forwards, in their order: the first that matches decides. Cheap to clone; all clones are one list, and a change
/// is there for the next request. What was let through before stays.
///
/// `R` is [`Forward`] for connections that clients want to be let through, and [`RemoteForward`] for where they want the
/// server to listen; each list numbers its own.
///
/// ```
/// use mock_core::{Forward, MockSshServer, OpenFailure, any};
///
/// let server = MockSshServer::builder().forward(Forward::to("db01:5432").echo()).start_blocking()?;
/// {
///     let down = Forward::to(any()).refuse(OpenFailure::ConnectFailed, "No route to host");
///     let _outage = server.forwards().scoped(down);
///     assert_eq!(server.forwards().list().len(), 2);
/// }
/// assert_eq!(server.forwards().list()[0].rule, "db01:5432");
/// # Ok::<(), mock_core::StartError>(())
/// ```
pub struct ForwardRules<R> {
    shared: Arc<Shared<R>>,
}

struct Shared<R> {
    rules: RwLock<Vec<Mounted<R>>>,
    last: AtomicU64,
}

struct Mounted<R> {
    id: RuleId,
    rule: R,
    hits: AtomicU64,
}

/// What a list can be of.
pub trait ForwardRule: private::Sealed {
    /// What it is for.
    #[doc(hidden)]
    fn pattern(&self) -> &Pattern;
}

mod private {
    pub trait Sealed: Send + Sync + 'static {}
    impl Sealed for super::Forward {}
    impl Sealed for super::RemoteForward {}
}

impl ForwardRule for Forward {
    fn pattern(&self) -> &Pattern {
        &self.to
    }
}

impl ForwardRule for RemoteForward {
    fn pattern(&self) -> &Pattern {
        &self.at
    }
}

/// Changing them.
#[expect(clippy::must_use_candidate, reason = "who changes no rule again needs no number")]
impl<R: ForwardRule> ForwardRules<R> {
    /// Adds a rule behind all others.
    pub fn add(&self, rule: R) -> RuleId {
        let mounted = self.mount(rule);
        let id = mounted.id;
        self.write().push(mounted);
        id
    }

    /// Adds a rule in front of all others, so that it decides what they would.
    pub fn add_first(&self, rule: R) -> RuleId {
        let mounted = self.mount(rule);
        let id = mounted.id;
        self.write().insert(0, mounted);
        id
    }

    /// Adds a rule in front of all others until the guard is dropped.
    pub fn scoped(&self, rule: R) -> Guard {
        let (rules, id) = (self.clone(), self.add_first(rule));
        Guard::new(move || {
            rules.remove(id);
        })
    }

    /// Puts another rule in the place of this one; `None` if it is not there.
    pub fn replace(&self, id: RuleId, rule: R) -> Option<RuleId> {
        let mut rules = self.write();
        let place = rules.iter_mut().find(|mounted| mounted.id == id)?;
        *place = self.mount(rule);
        Some(place.id)
    }

    /// Removes a rule. Returns whether it was there.
    pub fn remove(&self, id: RuleId) -> bool {
        let mut rules = self.write();
        let before = rules.len();
        rules.retain(|mounted| mounted.id != id);
        rules.len() < before
    }

    /// The rules in their order, each named by what it is for, with how often it decided.
    #[must_use]
    pub fn list(&self) -> Vec<RuleInfo> {
        let info = |mounted: &Mounted<R>| RuleInfo {
            id: mounted.id,
            rule: mounted.rule.pattern().to_text(),
            hits: mounted.hits.load(Ordering::Relaxed),
            expected: None,
        };
        self.read().iter().map(info).collect()
    }
}

impl<R> ForwardRules<R> {
    fn mount(&self, rule: R) -> Mounted<R> {
        let id = RuleId(self.shared.last.fetch_add(1, Ordering::Relaxed) + 1);
        Mounted { id, rule, hits: AtomicU64::new(0) }
    }

    fn read(&self) -> RwLockReadGuard<'_, Vec<Mounted<R>>> {
        self.shared.rules.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Vec<Mounted<R>>> {
        self.shared.rules.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the first says that says anything.
    pub(crate) fn decide<T>(&self, ask: impl Fn(&R) -> Option<T>) -> Option<T> {
        self.read().iter().find_map(|mounted| {
            let said = ask(&mounted.rule)?;
            mounted.hits.fetch_add(1, Ordering::Relaxed);
            Some(said)
        })
    }

    /// Forgets how often each decided.
    pub(crate) fn reset(&self) {
        self.read().iter().for_each(|mounted| mounted.hits.store(0, Ordering::Relaxed));
    }
}

impl<R> Clone for ForwardRules<R> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl<R> Default for ForwardRules<R> {
    fn default() -> Self {
        Self { shared: Arc::new(Shared { rules: RwLock::default(), last: AtomicU64::new(0) }) }
    }
}

impl<R: ForwardRule> fmt::Debug for ForwardRules<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.list()).finish()
    }
}
