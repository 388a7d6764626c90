//! The rules of a running server: looked at, added, replaced and removed while clients are connected.

use std::{
    fmt,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
};

use mock_base::{Expectations, Guard};

use super::{
    Exec,
    deciding::Deciding,
    index::{Decision, RuleSet},
    mounted::{Answer, Answers, Mounted},
};
use crate::{Launch, Reply, Request, composed};

/// The rules of a server, in their order: the first that matches a command answers it. Cheap to clone; all clones are
/// one list, and a change is there for the next command.
///
/// ```
/// use mock_core::{Exec, MockSshServer, Reply};
///
/// let server = MockSshServer::builder().exec(Exec::on("uptime").reply("up 3 days\n")).start_blocking()?;
/// {
///     let _outage = server.rules().scoped(Exec::on("uptime").reply(Reply::fail(255)));
///     assert_eq!(server.rules().list().len(), 2);
/// }
/// assert_eq!(server.rules().list()[0].rule, "uptime");
/// # Ok::<(), mock_core::StartError>(())
/// ```
#[derive(Clone, Default)]
pub struct Rules {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    set: RwLock<Arc<RuleSet>>,
    next: AtomicU64,
    expectations: Expectations,
    hints_on_stderr: bool,
}

/// The rules as they were at a moment.
#[derive(Clone)]
pub(super) struct Snapshot(Arc<RuleSet>);

/// Which rule: given out when it is added, and never again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RuleId(pub u64);

impl fmt::Display for RuleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A rule as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RuleInfo {
    /// Which it is.
    pub id: RuleId,
    /// Its name, or how its matcher reads.
    pub rule: String,
    /// Commands that it answered.
    pub hits: u64,
    /// How many it is expected to answer, where that was said.
    pub expected: Option<String>,
}

impl Rules {
    pub(crate) fn mount(rules: Vec<Exec>, expectations: Expectations, hints_on_stderr: bool) -> Self {
        let shared = Shared { expectations, hints_on_stderr, ..Shared::default() };
        let mounted = Self { shared: Arc::new(shared) };
        let rules = rules.into_iter().map(|rule| mounted.make(rule)).collect();
        mounted.change(|list| *list = rules);
        mounted
    }

    fn make(&self, rule: Exec) -> Arc<Mounted> {
        let id = RuleId(self.shared.next.fetch_add(1, Ordering::Relaxed) + 1);
        let expected = rule.expected;
        let mounted = Arc::new(Mounted::new(id, rule));
        if let Some(times) = expected {
            self.shared.expectations.add(Answers(Arc::clone(&mounted), times));
        }
        mounted
    }

    fn set(&self) -> Arc<RuleSet> {
        Arc::clone(&self.shared.set.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn change<T>(&self, change: impl FnOnce(&mut Vec<Arc<Mounted>>) -> T) -> T {
        let mut set = self.shared.set.write().unwrap_or_else(PoisonError::into_inner);
        let mut rules = set.rules.clone();
        let result = change(&mut rules);
        *set = Arc::new(RuleSet::new(rules));
        result
    }

    /// Adds a rule behind all others.
    pub fn add(&self, rule: Exec) -> RuleId {
        let mounted = self.make(rule);
        let id = mounted.id;
        self.change(|list| list.push(mounted));
        id
    }

    /// Adds a rule in front of all others, so that it answers what they would.
    pub fn add_first(&self, rule: Exec) -> RuleId {
        let mounted = self.make(rule);
        let id = mounted.id;
        self.change(|list| list.insert(0, mounted));
        id
    }

    /// Adds a rule in front of all others until the guard is dropped. What was expected of it is verified in any case.
    pub fn scoped(&self, rule: Exec) -> Guard {
        let (rules, id) = (self.clone(), self.add_first(rule));
        Guard::new(move || {
            rules.remove(id);
        })
    }

    /// Puts another rule in the place of this one; `None` if it is not there. What was expected of the old one is
    /// verified still.
    pub fn replace(&self, id: RuleId, rule: Exec) -> Option<RuleId> {
        if !self.set().rules.iter().any(|mounted| mounted.id == id) {
            return None;
        }
        let new = self.make(rule);
        self.change(|list| {
            let place = list.iter_mut().find(|mounted| mounted.id == id)?;
            let new_id = new.id;
            *place = new;
            Some(new_id)
        })
    }

    /// Removes a rule. Returns whether it was there.
    pub fn remove(&self, id: RuleId) -> bool {
        self.change(|list| {
            let before = list.len();
            list.retain(|mounted| mounted.id != id);
            list.len() < before
        })
    }

    /// The rules in their order.
    #[must_use]
    pub fn list(&self) -> Vec<RuleInfo> {
        let info = |mounted: &Arc<Mounted>| RuleInfo {
            id: mounted.id,
            rule: mounted.rule.label(),
            hits: mounted.hits(),
            expected: mounted.rule.expected.map(|times| times.to_string()),
        };
        self.set().rules.iter().map(info).collect()
    }

    /// Forgets how often each was hit.
    pub(crate) fn reset(&self) {
        self.set().rules.iter().for_each(|mounted| mounted.reset());
    }

    /// Forgets what was counted for a connection that is over.
    pub(crate) fn forget(&self, connection: u64) {
        self.set().per_connection.iter().for_each(|mounted| mounted.forget(connection));
    }

    /// What becomes of a command.
    pub(crate) fn launch(&self, request: &Request) -> Launch {
        let set = self.set();
        match set.decide(request, 0, false) {
            Decision::NeedsStdin { position } => {
                let deciding = Deciding::new(self.clone(), Snapshot(set), position);
                Launch::run(deciding).by_rule(Deciding::RULE)
            }
            decision => self.settled(&set, decision, request),
        }
    }

    /// What becomes of a command by the rules as they were, now that more of its standard input has come; the rule that
    /// still cannot tell.
    pub(super) fn relaunch(
        &self,
        set: &Snapshot,
        request: &Request,
        from: usize,
        complete: bool,
    ) -> Result<Launch, usize> {
        match set.0.decide(request, from, complete) {
            Decision::NeedsStdin { position } => Err(position),
            decision => Ok(self.settled(&set.0, decision, request)),
        }
    }

    fn settled(&self, set: &RuleSet, decision: Decision, request: &Request) -> Launch {
        match decision {
            Decision::Hit { rule, call, captures } => {
                let label = rule.rule.label();
                Launch::run(Answer(rule)).by_rule(label).with_call(call, captures)
            }
            Decision::NeedsStdin { .. } | Decision::Nobody => {
                let hint = set.nearest(request).map(|(rule, mismatch)| {
                    format!("nearest rule `{}`: {}", rule.rule.label(), mismatch.differences.join(", "))
                });
                let mut reply = composed::command_not_found(request);
                if let (Some(hint), true) = (&hint, self.shared.hints_on_stderr) {
                    reply = reply.stderr(format!("mock-ssh: {hint}\n"));
                }
                Launch::run(Unknown(reply)).by_nobody(hint)
            }
        }
    }
}

impl fmt::Debug for Rules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.list()).finish()
    }
}

/// Says that there is no such command.
struct Unknown(Reply);

impl crate::Program for Unknown {
    fn start(&self, start: crate::Start) -> crate::Run {
        let reply = self.0.clone();
        let mut session = start.session();
        crate::Run::reply(async move { super::player::play(reply, &mut session, false).await })
    }
}
