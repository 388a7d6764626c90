//! Named states that rules and faults depend on and change, as scenarios do in WireMock: a lock that is free or held,
//! a host that is up or rebooting.

use std::{
    collections::BTreeMap,
    fmt, mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// The states of a server, by name. Cheap to clone; all clones are one set. A state that nobody set is
/// [`INITIAL`](Self::INITIAL).
///
/// A state belongs to the server, or to one connection: [`on_connection`](Self::on_connection) gives a view of those.
///
/// ```
/// use mock_base::State;
///
/// let state = State::new();
/// assert_eq!(state.get("lock"), "initial");
/// state.set("lock", "held");
/// assert!(state.replace("lock", "held", "free"));
/// assert!(!state.replace("lock", "held", "free"), "it is free by now");
/// state.on_connection(1).set("lock", "mine");
/// assert_eq!(state.get("lock"), "free");
/// ```
#[derive(Clone, Default)]
pub struct State {
    shared: Arc<Mutex<States>>,
    connection: Option<u64>,
}

#[derive(Default)]
struct States {
    server: BTreeMap<String, String>,
    connections: BTreeMap<u64, BTreeMap<String, String>>,
    /// Occasions of faults, by connection and fault: they go when their connection does.
    occasions: BTreeMap<(u64, u64), u64>,
}

impl State {
    /// What a state is until it is set.
    pub const INITIAL: &'static str = "initial";

    /// Nothing set.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The states of the connection with this number; they go when it ends.
    #[must_use]
    pub fn on_connection(&self, number: u64) -> Self {
        Self { shared: Arc::clone(&self.shared), connection: Some(number) }
    }

    fn states(&self) -> MutexGuard<'_, States> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn with<T>(&self, change: impl FnOnce(&mut BTreeMap<String, String>) -> T) -> T {
        let mut states = self.states();
        match self.connection {
            None => change(&mut states.server),
            Some(number) => change(states.connections.entry(number).or_default()),
        }
    }

    /// What the state with this name is.
    #[must_use]
    pub fn get(&self, name: &str) -> String {
        let states = self.states();
        let values = match self.connection {
            None => Some(&states.server),
            Some(number) => states.connections.get(&number),
        };
        values.and_then(|values| values.get(name)).map_or_else(|| Self::INITIAL.to_owned(), Clone::clone)
    }

    /// Whether the state with this name is this one.
    #[must_use]
    pub fn is(&self, name: &str, value: &str) -> bool {
        self.get(name) == value
    }

    /// Sets a state.
    pub fn set(&self, name: impl Into<String>, value: impl Into<String>) {
        self.with(|values| values.insert(name.into(), value.into()));
    }

    /// Sets a state to `value` if it is `from`, in one step. Returns whether it was.
    pub fn replace(&self, name: &str, from: &str, value: impl Into<String>) -> bool {
        self.with(|values| {
            let is = values.get(name).map_or(Self::INITIAL, String::as_str);
            let replaced = is == from;
            if replaced {
                values.insert(name.to_owned(), value.into());
            }
            replaced
        })
    }

    /// Whether each of these states is as the pair says.
    #[must_use]
    pub fn holds(&self, states: &[(String, String)]) -> bool {
        self.with(|values| all_hold(values, states))
    }

    /// Sets the states `then` if those in `when` hold, in one step. Returns whether they did.
    #[must_use]
    pub fn transition(&self, when: &[(String, String)], then: &[(String, String)]) -> bool {
        if when.is_empty() && then.is_empty() {
            return true;
        }
        self.with(|values| {
            let hold = all_hold(values, when);
            if hold {
                values.extend(then.iter().cloned());
            }
            hold
        })
    }

    /// All that were set, by name.
    #[must_use]
    pub fn all(&self) -> BTreeMap<String, String> {
        let states = self.states();
        match self.connection {
            None => states.server.clone(),
            Some(number) => states.connections.get(&number).cloned().unwrap_or_default(),
        }
    }

    /// Counts one more occasion of a fault on a connection, and returns their number.
    pub(crate) fn count_occasion(&self, connection: u64, fault: u64) -> u64 {
        let mut states = self.states();
        let count = states.occasions.entry((connection, fault)).or_default();
        *count += 1;
        *count
    }

    /// Forgets all, or those of the connection.
    pub fn clear(&self) {
        let mut states = self.states();
        match self.connection {
            // How often connections came to a fault is none of the states that rules know.
            None => *states = States { occasions: mem::take(&mut states.occasions), ..States::default() },
            Some(number) => {
                states.connections.remove(&number);
                states.occasions.retain(|(connection, _), _| *connection != number);
            }
        }
    }
}

fn all_hold(values: &BTreeMap<String, String>, states: &[(String, String)]) -> bool {
    states.iter().all(|(name, value)| values.get(name).map_or(State::INITIAL, String::as_str) == value)
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.all()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::State;

    #[test]
    fn a_transition_happens_whole_or_not_at_all() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let state = State::new();
        let (when, then) = ([pair("a", "initial"), pair("b", "on")], [pair("a", "off"), pair("c", "1")]);
        assert!(!state.transition(&when, &then));
        assert!(state.all().is_empty());
        state.set("b", "on");
        assert!(state.transition(&when, &then));
        assert_eq!((state.get("a"), state.get("c")), ("off".into(), "1".into()));
        assert!(!state.holds(&when));
    }

    #[test]
    fn the_states_of_connections_are_their_own_and_go_with_them() {
        let state = State::new();
        let (one, two) = (state.on_connection(1), state.on_connection(2));
        one.set("mode", "enable");
        assert_eq!(
            (state.get("mode"), one.get("mode"), two.get("mode")),
            ("initial".into(), "enable".into(), "initial".into())
        );
        two.set("mode", "config");
        one.clear();
        assert_eq!((one.get("mode"), two.get("mode")), ("initial".into(), "config".into()));
        state.clear();
        assert!(two.is("mode", State::INITIAL));
    }
}
