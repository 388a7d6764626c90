//! The rules of a server in their order, and how those that a command could be for are found among thousands.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use bytes::Bytes;
use mock_base::Mismatch;

use super::{IndexKey, Match, expected::hint_at, mounted::Mounted};
use crate::Request;

/// Rules that are compared for a hint at most; fewer for a command of many words, because the client's other channels
/// wait meanwhile.
const COMPARED: usize = 128;
const COMPARED_WORDS: usize = 1024;
/// Neighbours on each side, in the order of their texts, that are compared where there are more rules: what has the longest
/// begin in common stands next.
const NEIGHBOURS: usize = 2;
/// What is farther than this is no hint.
const FAR: u32 = 40;

/// An immutable list of rules.
#[derive(Default)]
pub(super) struct RuleSet {
    pub(super) rules: Vec<Arc<Mounted>>,
    /// Positions by the whole command.
    exact: HashMap<Bytes, Vec<usize>>,
    /// Positions by how a command begins, for each length of a begin.
    prefixes: BTreeMap<usize, HashMap<Bytes, Vec<usize>>>,
    /// Positions of those that have to be asked.
    asked: Vec<usize>,
    /// Those that count for each connection.
    pub(super) per_connection: Vec<Arc<Mounted>>,
    /// Positions by text, for neighbours.
    texts: BTreeMap<Bytes, usize>,
}

/// What the rules say to a request.
pub(super) enum Decision {
    /// This rule answers it.
    Hit { rule: Arc<Mounted>, call: u64, captures: Vec<(String, String)> },
    /// The rule at this position cannot tell before more input has come.
    NeedsStdin { position: usize },
    /// No rule is for it.
    Nobody,
}

impl RuleSet {
    pub(super) fn new(rules: Vec<Arc<Mounted>>) -> Self {
        let mut set = Self::default();
        for (position, mounted) in rules.iter().enumerate() {
            match mounted.rule.matcher.index() {
                IndexKey::Exact(text) => {
                    set.texts.insert(text.clone(), position);
                    set.exact.entry(text).or_default().push(position);
                }
                IndexKey::Prefix(text) => {
                    set.texts.insert(text.clone(), position);
                    let begins = set.prefixes.entry(text.len()).or_default();
                    begins.entry(text).or_default().push(position);
                }
                IndexKey::None => set.asked.push(position),
            }
            if mounted.rule.per_connection {
                set.per_connection.push(Arc::clone(mounted));
            }
        }
        Self { rules, ..set }
    }

    /// Asks the rules from this position on, in their order, and takes the call. `complete`: no more input will come.
    pub(super) fn decide(&self, request: &Request, from: usize, complete: bool) -> Decision {
        self.ask(request, from, complete, Mounted::claim)
    }

    /// The rule that would answer if there were no more input, without taking the call.
    pub(super) fn foresee(&self, request: &Request) -> Option<Arc<Mounted>> {
        match self.ask(request, 0, true, Mounted::foresee) {
            Decision::Hit { rule, .. } => Some(rule),
            Decision::NeedsStdin { .. } | Decision::Nobody => None,
        }
    }

    fn ask(
        &self,
        request: &Request,
        from: usize,
        complete: bool,
        take: impl Fn(&Mounted, &Request) -> Option<u64>,
    ) -> Decision {
        for position in self.candidates(request.command()).filter(|position| *position >= from) {
            let Some(mounted) = self.rules.get(position) else {
                continue;
            };
            let captures = match mounted.rule.matcher.matches(request) {
                Match::Miss => continue,
                // Nobody waits for the input of a rule that does not hold, or was used up.
                Match::NeedsStdin if complete || !mounted.may_hold(request) => continue,
                Match::NeedsStdin => return Decision::NeedsStdin { position },
                Match::Hit => Vec::new(),
                Match::Captured(captures) => captures,
            };
            if let Some(call) = take(mounted, request) {
                return Decision::Hit { rule: Arc::clone(mounted), call, captures };
            }
        }
        Decision::Nobody
    }

    /// Positions of the rules that the command could be for, in their order.
    fn candidates(&self, command: &[u8]) -> impl Iterator<Item = usize> {
        let mut indexed = self.exact.get(command).cloned().unwrap_or_default();
        for (length, begins) in self.prefixes.range(..=command.len()) {
            let positions = command.get(..*length).and_then(|begin| begins.get(begin));
            indexed.extend(positions.into_iter().flatten());
        }
        indexed.sort_unstable();
        merge(indexed.into_iter(), self.asked.iter().copied())
    }

    /// The rule that came nearest to answer, and why it did not, as the journal says it.
    pub(super) fn hint(&self, request: &Request) -> Option<String> {
        let (mounted, mismatch) = self.nearest(request)?;
        Some(hint_at(&mounted.rule.label()) + &mismatch.differences.join(", "))
    }

    fn nearest(&self, request: &Request) -> Option<(&Mounted, Mismatch)> {
        let words = request.command().split(u8::is_ascii_whitespace).count().max(1);
        let most = (COMPARED_WORDS / words).clamp(COMPARED / 4, COMPARED);
        let compared: Vec<&Arc<Mounted>> = if self.rules.len() <= most {
            self.rules.iter().collect()
        } else {
            let command = Bytes::copy_from_slice(request.command());
            let before = self.texts.range(..command.clone()).rev().take(NEIGHBOURS);
            let after = self.texts.range(command..).take(NEIGHBOURS);
            let asked = self.asked.iter().take(most - 2 * NEIGHBOURS);
            let positions = before.chain(after).map(|(_, position)| position).chain(asked);
            positions.filter_map(|position| self.rules.get(*position)).collect()
        };
        let near = compared.into_iter().filter_map(|mounted| Some((&**mounted, mounted.near(request)?)));
        near.min_by_key(|(_, mismatch)| mismatch.distance).filter(|(_, mismatch)| mismatch.distance < FAR)
    }
}

/// Two ascending sequences as one.
fn merge(a: impl Iterator<Item = usize>, b: impl Iterator<Item = usize>) -> impl Iterator<Item = usize> {
    let (mut a, mut b) = (a.peekable(), b.peekable());
    std::iter::from_fn(move || match (a.peek(), b.peek()) {
        (Some(first), Some(second)) if first > second => b.next(),
        (Some(_), _) => a.next(),
        (None, _) => b.next(),
    })
}
