//! On which of the occasions at its stage a fault strikes.

use std::{fmt, net::IpAddr, ops::RangeInclusive, sync::Arc};

use super::Occasion;
use crate::{Calls, Pattern};

/// Which occasions, by who is there and by their number.
#[derive(Clone)]
pub(crate) struct Trigger {
    pub(crate) after: u64,
    pub(crate) first: Option<u64>,
    pub(crate) every: u64,
    /// How likely it is, from 0 to 1.
    pub(crate) chance: Option<f64>,
    /// States that must hold, by name.
    pub(crate) when: Vec<(String, String)>,
    /// States that are set when it strikes.
    pub(crate) then: Vec<(String, String)>,
    pub(crate) connections: Option<RangeInclusive<u64>>,
    pub(crate) user: Option<PatternText>,
    pub(crate) peer: Option<PatternText>,
    pub(crate) per_connection: bool,
    /// Conditions of the test's own, each with what it is called.
    pub(crate) only_if: Vec<(String, Arc<Condition>)>,
}

pub(crate) type Condition = dyn Fn(&Occasion<'_>) -> bool + Send + Sync;

/// A pattern that can be written again.
#[derive(Debug, Clone)]
pub(crate) struct PatternText {
    pub(crate) pattern: Pattern,
    /// As [`Pattern::parse`] reads it; `None` for one that was made otherwise.
    pub(crate) source: Option<String>,
}

impl From<Pattern> for PatternText {
    fn from(pattern: Pattern) -> Self {
        let source = pattern.as_exact().map(|text| format!("={text}"));
        Self { pattern, source }
    }
}

impl Trigger {
    pub(crate) const ALWAYS: Self = Self {
        after: 0,
        first: None,
        every: 1,
        chance: None,
        when: Vec::new(),
        then: Vec::new(),
        connections: None,
        user: None,
        peer: None,
        per_connection: false,
        only_if: Vec::new(),
    };

    /// Whether it is concerned at all; only then is the occasion counted.
    pub(crate) fn concerns(&self, occasion: &Occasion<'_>) -> bool {
        let like =
            |wanted: &Option<PatternText>, is: &str| wanted.as_ref().is_none_or(|w| w.pattern.is_match(is));
        self.connections.as_ref().is_none_or(|numbers| numbers.contains(&occasion.connection))
            && like(&self.user, occasion.user)
            && self.peer.as_ref().is_none_or(|wanted| is_peer(&wanted.pattern, occasion.peer))
            && self.only_if.iter().all(|(_, holds)| holds(occasion))
    }

    pub(crate) fn calls(&self) -> Calls {
        let calls = Calls::ALL.from(self.after.saturating_add(1)).every(self.every);
        self.first.map_or(calls, |first| calls.up_to(self.after.saturating_add(first)))
    }
}

impl fmt::Debug for Trigger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.clauses()).finish()
    }
}

/// The address with its port, or without.
fn is_peer(wanted: &Pattern, peer: &str) -> bool {
    let host = || peer.parse::<std::net::SocketAddr>().ok().map(|address| address.ip());
    wanted.is_match(peer) || host().is_some_and(|host: IpAddr| wanted.is_match(host.to_string()))
}
