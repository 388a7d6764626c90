//! What strategies remember beyond one login: a lock after too many failures, a one-time code that was used.
//!
//! It belongs to the server and not to the strategy, so that one strategy can be given to many servers and
//! `MockSshServer::reset` forgets it. A strategy finds its own things by a key that it makes once.

use std::{
    any::{Any, TypeId},
    collections::HashMap,
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

/// What the strategies of one server remember. Cheap to clone; all clones are one memory.
///
/// ```
/// use mock_core::{Memory, MemoryKey};
///
/// let (mine, others) = (MemoryKey::new(), MemoryKey::new());
/// let memory = Memory::new();
/// memory.with(&mine, |failures: &mut u32| *failures += 1);
/// assert_eq!(memory.with(&mine, |failures: &mut u32| *failures), 1);
/// assert_eq!(memory.with(&others, |failures: &mut u32| *failures), 0);
/// memory.clear();
/// assert_eq!(memory.with(&mine, |failures: &mut u32| *failures), 0);
/// ```
#[derive(Clone, Default)]
pub struct Memory {
    things: Arc<Mutex<Things>>,
}

type Things = HashMap<(u64, TypeId), Box<dyn Any + Send>>;

impl Memory {
    /// One in which nothing is remembered yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Looks at what is remembered under this key, and may change it. It is the default of its type at first, and again
    /// after [`clear`](Self::clear). Nothing else is remembered meanwhile, so `look` should not take long, and must not
    /// use the memory itself.
    pub fn with<T: Default + Send + 'static, R>(&self, key: &MemoryKey, look: impl FnOnce(&mut T) -> R) -> R {
        let mut things = self.things.lock().unwrap_or_else(PoisonError::into_inner);
        let thing = things.entry((key.0, TypeId::of::<T>())).or_insert_with(|| Box::new(T::default()));
        match thing.downcast_mut() {
            Some(thing) => look(thing),
            // Never: the type is a part of the key.
            None => look(&mut T::default()),
        }
    }

    /// Forgets everything.
    pub fn clear(&self) {
        self.things.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let things = self.things.lock().unwrap_or_else(PoisonError::into_inner).len();
        f.debug_struct("Memory").field("things", &things).finish()
    }
}

/// By what a strategy finds what it remembers: made once with the strategy. Clones of a strategy share it, and with it
/// what they remember.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct MemoryKey(u64);

impl MemoryKey {
    /// One that differs from all others of the process.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "a default that differs each time would surprise")]
    pub fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}
