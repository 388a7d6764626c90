//! Faults of an agent as text.

use std::fmt;

use mock_base::{
    GrammarError,
    fault::{Words, word},
};

use super::{Action, Stage};
use crate::Operation;

impl mock_base::fault::Stage for Stage {
    type Action = Action;

    fn read(words: &mut Words<'_>) -> Result<Self, GrammarError> {
        words.one_of("a stage of an agent", &[("agent", ())])?;
        let known = Operation::ALL.map(|operation| (operation.name(), Some(operation)));
        let operation = words.one_of("a request", &[&[("any", None)], &known[..]].concat())?;
        let key = if words.is_empty() { None } else { Some(words.pattern("a comment or fingerprint")?) };
        Ok(Self { operation, key })
    }

    fn read_action(&self, words: &mut Words<'_>) -> Result<Action, GrammarError> {
        let known = PLAIN.map(|action| (action.word(), Some(action)));
        let action = words.one_of("an action", &[&known[..], &[("delay", None)]].concat())?;
        action.map_or_else(|| words.delay("a delay").map(Action::Delay), Ok)
    }

    fn check(&self, action: &Action) -> Result<(), String> {
        match (self.operation, action) {
            (Some(Operation::Sign), _) => Ok(()),
            (_, Action::WrongSignature) => {
                Err(format!("at `{self}` there is no signature: write `agent sign`"))
            }
            (Some(operation), _) if self.key.is_some() && !names_a_key(operation) => {
                Err(format!("a request `{}` names no key", operation.name()))
            }
            _ => Ok(()),
        }
    }
}

/// Those that are one word.
const PLAIN: [Action; 7] = [
    Action::Refuse,
    Action::Silence,
    Action::Close,
    Action::Truncate,
    Action::WrongLength,
    Action::Garbage,
    Action::WrongSignature,
];

impl Action {
    fn word(self) -> &'static str {
        match self {
            Self::Refuse => "refuse",
            Self::Delay(_) => "delay",
            Self::Silence => "silence",
            Self::Close => "close",
            Self::Truncate => "truncate",
            Self::WrongLength => "wrong-length",
            Self::Garbage => "garbage",
            Self::WrongSignature => "wrong-signature",
        }
    }
}

fn names_a_key(operation: Operation) -> bool {
    matches!(operation, Operation::Sign | Operation::AddIdentity | Operation::RemoveIdentity)
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "agent {}", self.operation.map_or("any", Operation::name))?;
        self.key.as_ref().map_or(Ok(()), |key| write!(f, " {}", word(&key.to_text())))
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())?;
        match self {
            // A space within it would make it two words.
            Self::Delay(delay) => write!(f, " {}", word(&delay.to_string())),
            _ => Ok(()),
        }
    }
}
