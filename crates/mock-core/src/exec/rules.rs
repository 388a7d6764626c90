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
    expected::Answers,
    index::{Decision, RuleSet},
    mounted::{Answer, Mounted},
    player,
};
use crate::{Launch, Program, Reply, Request, Run, Start, composed};

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
    /// How many commands, or connections, it answered.
    pub hits: u64,
    /// How many it is expected to answer, where that was said.
    pub expected: Option<String>,
}

impl RuleInfo {
    fn of(mounted: &Mounted) -> Self {
        Self {
            id: mounted.id,
            rule: mounted.rule.label(),
            hits: mounted.hits(),
            expected: mounted.rule.expected.map(|times| times.to_string()),
        }
    }
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

    pub(super) fn set(&self) -> Arc<RuleSet> {
        Arc::clone(&self.shared.set.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn change<T>(&self, change: impl FnOnce(&mut Vec<Arc<Mounted>>) -> T) -> T {
        let mut set = self.shared.set.write().unwrap_or_else(PoisonError::into_inner);
        let mut rules = set.rules.clone();
        let result = change(&mut rules);
        *set = Arc::new(RuleSet::new(rules));
        result
    }
}

/// Changing them. What was changed holds for the next command.
#[expect(clippy::must_use_candidate, reason = "who changes no rule again needs no number")]
impl Rules {
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
        self.change(|list| {
            let place = list.iter_mut().find(|mounted| mounted.id == id)?;
            // Not before it is known that there is a place: what is expected of a rule that is nowhere is never met.
            *place = self.make(rule);
            Some(place.id)
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
}

/// Looking at them.
impl Rules {
    /// The rules in their order.
    #[must_use]
    pub fn list(&self) -> Vec<RuleInfo> {
        self.set().rules.iter().map(|mounted| RuleInfo::of(mounted)).collect()
    }

    /// The rule that would answer this request now; nothing is counted or changed. A rule that depends on standard input
    /// is asked with the input that the request has, as if it were all.
    ///
    /// ```
    /// use mock_core::{Exec, MockSshServer, Request, Wanted, glob};
    ///
    /// let server = MockSshServer::builder().exec(Exec::on(glob("systemctl * nginx")?)).start_blocking()?;
    /// let request = |command: &'static str| Request::detached("anna", Wanted::Exec(command.into()));
    /// let rule = server.rules().would_answer(&request("systemctl stop nginx")).expect("there is one");
    /// assert_eq!((rule.rule.as_str(), rule.hits), ("systemctl * nginx", 0));
    ///
    /// assert!(server.rules().would_answer(&request("systemctl stop ngnix")).is_none());
    /// let hint = server.rules().hint(&request("systemctl stop ngnix")).expect("there is a rule that is near");
    /// assert_eq!(hint, "nearest rule `systemctl * nginx`: argument 2: `ngnix` is not `nginx`");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn would_answer(&self, request: &Request) -> Option<RuleInfo> {
        self.set().foresee(request).map(|mounted| RuleInfo::of(&mounted))
    }

    /// The rule that comes nearest to a request that none answers, and what differs; `None` where none comes near.
    #[must_use]
    pub fn hint(&self, request: &Request) -> Option<String> {
        self.set().hint(request)
    }
}

/// What the server asks.
impl Rules {
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
                let hint = set.hint(request);
                Launch::run(Unknown(self.unknown(request, hint.as_deref()))).by_nobody(hint)
            }
        }
    }

    /// What who sent an unknown command is told.
    pub(super) fn unknown(&self, request: &Request, hint: Option<&str>) -> Reply {
        let reply = composed::command_not_found(request);
        match hint {
            Some(hint) if self.shared.hints_on_stderr => reply.stderr(format!("mock-ssh: {hint}\n")),
            _ => reply,
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

impl Program for Unknown {
    fn start(&self, start: Start) -> Run {
        player::reply(self.0.clone(), start)
    }
}
