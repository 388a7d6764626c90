//! The faults of a running server: asked at every stage, added, switched and removed while clients are connected.

use std::{
    fmt,
    hash::{Hash as _, Hasher as _},
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
};

use rand::RngExt as _;

use super::{FaultError, FaultRule, Occasion, Stage};
use crate::{Guard, Recorder, event};

/// The faults of a server, in their order. Cheap to clone; all clones are one list, and a change holds from the next
/// occasion on. What a fault has begun goes on.
pub struct Faults<S: Stage> {
    shared: Arc<Shared<S>>,
}

struct Shared<S: Stage> {
    list: RwLock<Arc<Vec<Arc<Mounted<S>>>>>,
    /// How many there are: looked at without a lock, because mostly there are none.
    count: AtomicUsize,
    next: AtomicU64,
}

struct Mounted<S: Stage> {
    id: FaultId,
    rule: FaultRule<S>,
    on: AtomicBool,
    struck: AtomicU64,
    /// Occasions so far. Those of a connection are kept with its states, so that they go with it.
    occasions: AtomicU64,
    /// Under which number those of connections are kept: another one after a reset.
    key: AtomicU64,
}

/// A number that no fault of the process was counted under.
fn new_key() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// Which fault: given out when it is added, and never again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FaultId(pub u64);

impl fmt::Display for FaultId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A fault as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FaultInfo {
    /// Which it is.
    pub id: FaultId,
    /// Its name, or its stage and action.
    pub label: String,
    /// Its text.
    pub fault: String,
    /// Whether it is switched on.
    pub on: bool,
    /// How often it struck.
    pub struck: u64,
}

impl<S: Stage> Faults<S> {
    /// None.
    #[must_use]
    pub fn new() -> Self {
        let (list, count, next) = (RwLock::default(), AtomicUsize::new(0), AtomicU64::new(0));
        Self { shared: Arc::new(Shared { list, count, next }) }
    }

    fn list_now(&self) -> Arc<Vec<Arc<Mounted<S>>>> {
        Arc::clone(&self.shared.list.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn change<T>(&self, change: impl FnOnce(&mut Vec<Arc<Mounted<S>>>) -> T) -> T {
        let mut list = self.shared.list.write().unwrap_or_else(PoisonError::into_inner);
        let result = change(Arc::make_mut(&mut list));
        self.shared.count.store(list.len(), Ordering::Release);
        result
    }

    fn find(&self, id: FaultId) -> Option<Arc<Mounted<S>>> {
        self.list_now().iter().find(|mounted| mounted.id == id).cloned()
    }
}

/// Changing them.
#[expect(clippy::must_use_candidate, reason = "who removes a fault need not care whether it was there")]
impl<S: Stage> Faults<S> {
    /// Adds a fault behind the others.
    ///
    /// # Errors
    ///
    /// [`FaultError`], when its action cannot be had at its stage.
    pub fn add(&self, rule: FaultRule<S>) -> Result<FaultId, FaultError> {
        self.mount(rule, true)
    }

    /// Adds a fault behind the others, to be switched on later.
    ///
    /// # Errors
    ///
    /// As [`add`](Self::add).
    pub fn add_off(&self, rule: FaultRule<S>) -> Result<FaultId, FaultError> {
        self.mount(rule, false)
    }

    fn mount(&self, rule: FaultRule<S>, on: bool) -> Result<FaultId, FaultError> {
        rule.check()?;
        let id = FaultId(self.shared.next.fetch_add(1, Ordering::Relaxed) + 1);
        let (on, struck, occasions) = (AtomicBool::new(on), AtomicU64::new(0), AtomicU64::new(0));
        let key = AtomicU64::new(new_key());
        self.change(|list| list.push(Arc::new(Mounted { id, rule, on, struck, occasions, key })));
        Ok(id)
    }

    /// Adds a fault until the guard is dropped.
    ///
    /// # Errors
    ///
    /// As [`add`](Self::add).
    pub fn scoped(&self, rule: FaultRule<S>) -> Result<Guard, FaultError> {
        let (faults, id) = (self.clone(), self.add(rule)?);
        Ok(Guard::new(move || {
            faults.remove(id);
        }))
    }

    /// Removes a fault. Returns whether it was there.
    pub fn remove(&self, id: FaultId) -> bool {
        self.change(|list| {
            let before = list.len();
            list.retain(|mounted| mounted.id != id);
            list.len() < before
        })
    }

    /// Removes all of them.
    pub fn clear(&self) {
        self.change(Vec::clear);
    }

    /// Switches a fault on or off; while it is off, it counts nothing. Returns whether it is there.
    pub fn switch(&self, id: FaultId, on: bool) -> bool {
        self.find(id).is_some_and(|mounted| {
            mounted.on.store(on, Ordering::Release);
            true
        })
    }

    /// Forgets what was counted.
    pub fn reset(&self) {
        for mounted in self.list_now().iter() {
            mounted.struck.store(0, Ordering::Relaxed);
            mounted.occasions.store(0, Ordering::Relaxed);
            mounted.key.store(new_key(), Ordering::Relaxed);
        }
    }
}

/// Looking at them.
impl<S: Stage> Faults<S> {
    /// Whether there are none. Costs next to nothing, so it can be asked anywhere.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.shared.count.load(Ordering::Acquire) == 0
    }

    /// The faults in their order.
    #[must_use]
    pub fn list(&self) -> Vec<FaultInfo> {
        let info = |mounted: &Mounted<S>| FaultInfo {
            id: mounted.id,
            label: mounted.rule.label(),
            fault: mounted.rule.to_string(),
            on: mounted.is_on(),
            struck: mounted.struck.load(Ordering::Relaxed),
        };
        self.list_now().iter().map(|mounted| info(mounted)).collect()
    }

    /// The faults that strike now, in their order: those `at` this stage whose triggers hold. Each of them has counted the
    /// occasion; that one has done what it does is said by [`Struck::record`].
    ///
    /// For the crate that plays them.
    #[must_use]
    pub fn strike(&self, occasion: &Occasion<'_>, at: impl Fn(&S) -> bool) -> Vec<Struck<S>> {
        self.strike_where(occasion, |stage, _| at(stage))
    }

    /// As [`strike`](Self::strike), for a stage at which different actions are played in different places: those that are
    /// left out count no occasion.
    #[must_use]
    pub fn strike_where(
        &self,
        occasion: &Occasion<'_>,
        are_asked: impl Fn(&S, &S::Action) -> bool,
    ) -> Vec<Struck<S>> {
        if self.is_empty() {
            return Vec::new();
        }
        let list = self.list_now();
        let asked = list.iter().filter(|mounted| {
            mounted.is_on() && are_asked(&mounted.rule.stage, &mounted.rule.action) && mounted.claim(occasion)
        });
        asked.cloned().map(Struck).collect()
    }

    /// The least number that `at` finds in the stage of a fault that is switched on, whatever its trigger: for those who
    /// have to know in advance where one might strike.
    #[must_use]
    pub fn least(&self, at: impl Fn(&S) -> Option<u64>) -> Option<u64> {
        if self.is_empty() {
            return None;
        }
        let list = self.list_now();
        list.iter().filter(|mounted| mounted.is_on()).filter_map(|mounted| at(&mounted.rule.stage)).min()
    }
}

impl<S: Stage> Mounted<S> {
    fn is_on(&self) -> bool {
        self.on.load(Ordering::Acquire)
    }

    /// Counts the occasion if it is one for this fault. Returns whether it strikes.
    fn claim(&self, occasion: &Occasion<'_>) -> bool {
        let trigger = &self.rule.trigger;
        if !trigger.concerns(occasion) || !occasion.state.holds(&trigger.when) {
            return false;
        }
        let on_server = self.occasions.fetch_add(1, Ordering::Relaxed) + 1;
        let on_connection = if trigger.per_connection || trigger.chance.is_some() {
            occasion.state.count_occasion(occasion.connection, self.key.load(Ordering::Relaxed))
        } else {
            0
        };
        let number = if trigger.per_connection { on_connection } else { on_server };
        trigger.calls().hold(number)
            && trigger.chance.is_none_or(|chance| self.is_drawn(chance, occasion, on_connection))
            && occasion.state.transition(&trigger.when, &trigger.then)
    }

    /// By what the fault is and where, not by the order in which connections come to ask.
    fn is_drawn(&self, chance: f64, occasion: &Occasion<'_>, number: u64) -> bool {
        let mut fault = Fnv::default();
        self.rule.label().hash(&mut fault);
        occasion.seed.rng(&[fault.finish(), occasion.connection, number]).random_bool(chance)
    }
}

/// A fault that strikes: what it does is to be done now.
pub struct Struck<S: Stage>(Arc<Mounted<S>>);

impl<S: Stage> Struck<S> {
    /// Which fault.
    #[must_use]
    pub fn id(&self) -> FaultId {
        self.0.id
    }

    /// What is to be done.
    #[must_use]
    pub fn action(&self) -> &S::Action {
        &self.0.rule.action
    }

    /// Where.
    #[must_use]
    pub fn stage(&self) -> &S {
        &self.0.rule.stage
    }

    /// What the fault is called.
    #[must_use]
    pub fn label(&self) -> String {
        self.0.rule.label()
    }

    /// Records that it was done. A fault that waits for a number of bytes says so only once they have passed.
    pub fn record(&self, recorder: &Recorder) {
        self.0.struck.fetch_add(1, Ordering::Relaxed);
        let rule = &self.0.rule;
        recorder.record(event::Fault::new(
            rule.name.clone(),
            rule.stage.to_string(),
            rule.action.to_string(),
        ));
    }
}

/// FNV-1a: the same on every platform and in every version, which the hasher of the standard library does not promise.
struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl std::hash::Hasher for Fnv {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

impl<S: Stage> Clone for Struck<S> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<S: Stage> fmt::Debug for Struck<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Struck({})", self.0.rule)
    }
}

impl<S: Stage> Clone for Faults<S> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl<S: Stage> Default for Faults<S> {
    fn default() -> Self {
        Self::new()
    }
}

impl<S: Stage> fmt::Debug for Faults<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.list().iter().map(|info| &info.fault)).finish()
    }
}
