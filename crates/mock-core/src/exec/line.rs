//! Lines of a shell, answered by the same machinery as commands.
//!
//! A line is looked at and answered in one go: it has no standard input of its own, and no channel to launch on.

use std::sync::Arc;

use mock_base::Recorder;

use super::{IndexKey, Rules, index::Decision, mounted::Mounted, rule::Answering};
use crate::{Reply, Request};

/// What becomes of a line.
pub(crate) struct LineAnswer {
    /// The rule that answers, as the journal names it.
    pub(crate) rule: Option<String>,
    /// The nearest rule, where none does.
    pub(crate) hint: Option<String>,
    mounted: Option<Arc<Mounted>>,
}

impl Rules {
    /// Whether the rule that would answer is for exactly this line, so that it comes before what a shell does itself.
    pub(crate) fn name_exactly(&self, line: &Request) -> bool {
        let rule = self.set().foresee(line);
        rule.is_some_and(
            |mounted| matches!(mounted.rule.matcher.index(), IndexKey::Exact(text) if text == line.command()),
        )
    }

    /// Takes the line, and adds to it which call it is and what was captured.
    pub(crate) fn line(&self, line: &mut Request) -> LineAnswer {
        let set = self.set();
        match set.decide(line, 0, true) {
            Decision::Hit { rule, call, captures } => {
                (line.call, line.captures) = (call, captures);
                LineAnswer { rule: Some(rule.rule.label()), hint: None, mounted: Some(rule) }
            }
            Decision::NeedsStdin { .. } | Decision::Nobody => {
                LineAnswer { rule: None, hint: set.hint(line), mounted: None }
            }
        }
    }

    /// What a line that [`line`](Self::line) took is told, after the effects of its rule.
    pub(crate) fn answer_line(&self, answer: &LineAnswer, line: &Request, recorder: &Recorder) -> Reply {
        let Some(mounted) = &answer.mounted else {
            return self.unknown(line, answer.hint.as_deref());
        };
        mounted.begin(line, recorder);
        match &mounted.rule.answer {
            Answering::Reply(answer) => answer.respond(line),
            // No rule of a shell has a program: `Line` makes none.
            Answering::Program(_) => Reply::ok(),
        }
    }
}
