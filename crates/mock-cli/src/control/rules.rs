//! Lists of rules that requests change: those for commands and those for forwards alike.

use std::sync::{Mutex, MutexGuard, PoisonError};

use mock_core::{Exec, ForwardRule, ForwardRules, RuleId, Rules};

use super::answer::{Answer, Code, Done, Failure, RuleNumber};

/// What a list is asked for, whatever its rules are for.
pub(super) trait List {
    type Rule;

    fn add(&self, rule: Self::Rule, first: bool) -> RuleId;
    fn replace(&self, id: RuleId, rule: Self::Rule) -> Option<RuleId>;
    fn remove(&self, id: RuleId) -> bool;
}

impl List for Rules {
    type Rule = Exec;

    fn add(&self, rule: Exec, first: bool) -> RuleId {
        if first { self.add_first(rule) } else { Self::add(self, rule) }
    }

    fn replace(&self, id: RuleId, rule: Exec) -> Option<RuleId> {
        Self::replace(self, id, rule)
    }

    fn remove(&self, id: RuleId) -> bool {
        Self::remove(self, id)
    }
}

impl<R: ForwardRule> List for ForwardRules<R> {
    type Rule = R;

    fn add(&self, rule: R, first: bool) -> RuleId {
        if first { self.add_first(rule) } else { Self::add(self, rule) }
    }

    fn replace(&self, id: RuleId, rule: R) -> Option<RuleId> {
        Self::replace(self, id, rule)
    }

    fn remove(&self, id: RuleId) -> bool {
        Self::remove(self, id)
    }
}

/// A list, and which of its rules requests have added.
pub(super) struct Changed<L> {
    pub(super) list: L,
    added: Mutex<Vec<RuleId>>,
    /// The command that lists them.
    listed_by: &'static str,
}

impl<L: List> Changed<L> {
    pub(super) fn new(list: L, listed_by: &'static str) -> Self {
        Self { list, added: Mutex::default(), listed_by }
    }

    fn added(&self) -> MutexGuard<'_, Vec<RuleId>> {
        self.added.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn number(&self, id: RuleId) -> Answer {
        self.added().push(id);
        Answer::Number(RuleNumber { number: id.0 })
    }

    pub(super) fn add(&self, rule: L::Rule, first: bool) -> Answer {
        self.number(self.list.add(rule, first))
    }

    pub(super) fn replace(&self, number: u64, rule: L::Rule) -> Result<Answer, Failure> {
        let id = self.list.replace(RuleId(number), rule).ok_or_else(|| self.not_found(number))?;
        self.added().retain(|added| added.0 != number);
        Ok(self.number(id))
    }

    pub(super) fn remove(&self, number: u64) -> Result<Answer, Failure> {
        self.added().retain(|added| added.0 != number);
        if self.list.remove(RuleId(number)) { Ok(Answer::Done(Done {})) } else { Err(self.not_found(number)) }
    }

    /// Removes what requests have added.
    pub(super) fn reset(&self) {
        for id in self.added().drain(..) {
            self.list.remove(id);
        }
    }

    fn not_found(&self, number: u64) -> Failure {
        let text = format!("there is no rule with the number {number}");
        Failure::new(Code::NotFound, text).hint(format!("`{}` lists those there are", self.listed_by))
    }
}
