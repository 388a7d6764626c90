//! Faults of files as text.

use std::fmt;

use mock_base::{
    GrammarError,
    fault::{Words, quoted, size},
};

use super::{Action, Stage, action, kind::Kind, stage::On};
use crate::{
    ScpOperation,
    wire::{Operation, StatusCode},
};

impl mock_base::fault::Stage for Stage {
    type Action = Action;

    fn read(words: &mut Words<'_>) -> Result<Self, GrammarError> {
        let on = if words.one_of("a stage of files", &[("sftp", true), ("scp", false)])? {
            let known: Vec<_> =
                Operation::all().map(|operation| (operation.name(), Some(operation))).collect();
            On::Sftp(words.one_of("an operation of SFTP", &[&[("any", None)], &known[..]].concat())?)
        } else {
            let known = ScpOperation::ALL.map(|operation| (operation.name(), Some(operation)));
            On::Scp(words.one_of("an operation of SCP", &[&[("any", None)], &known[..]].concat())?)
        };
        let path = if words.is_empty() { None } else { Some(words.pattern("a path")?) };
        Ok(Self { on, path })
    }

    fn read_action(&self, words: &mut Words<'_>) -> Result<Action, GrammarError> {
        let kind = words.one_of("an action", Kind::WORDS)?;
        let number = |words: &mut Words<'_>, what| {
            let number = words.number(what)?;
            u32::try_from(number).map_err(|_| words.error(format!("`{number}` is too large")))
        };
        Ok(match kind {
            Kind::Status => {
                let code = status(words)?;
                let text = if words.is_empty() { None } else { Some(words.word("a text")?.to_owned()) };
                Action::Status(code, text)
            }
            Kind::NoSpace => Action::NoSpace(after(words)?),
            Kind::Short => Action::Short(number(words, "a number of bytes or names")?),
            Kind::Partial => Action::Partial(number(words, "a number of bytes")?),
            Kind::InvalidHandle => Action::InvalidHandle,
            Kind::Endless => Action::Endless,
            Kind::Delay => Action::Delay(words.delay("a delay")?),
            Kind::Silence => Action::Silence,
            Kind::Reorder => Action::Reorder,
            Kind::Duplicate => Action::Duplicate,
            Kind::WrongId => Action::WrongId,
            Kind::WrongType => Action::WrongType,
            Kind::WrongLength => Action::WrongLength,
            Kind::Truncate => Action::Truncate,
            Kind::Garbage => Action::Garbage(number(words, "a number of bytes")?),
            Kind::Say => Action::Say(words.word("a text")?.to_owned()),
            Kind::Stall => Action::Stall(after(words)?),
            Kind::Close => Action::Close(after(words)?),
            Kind::CloseChannel => Action::CloseChannel(after(words)?),
            Kind::Warn => Action::Warn(words.word("a text")?.to_owned()),
            Kind::Fatal => Action::Fatal(words.word("a text")?.to_owned()),
            Kind::Exit => Action::Exit(number(words, "an exit status")?),
        })
    }

    fn check(&self, action: &Action) -> Result<(), String> {
        action::check(self, action)
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind().word())?;
        match self {
            Self::Status(code, text) => {
                match code.name() {
                    Some(name) => write!(f, " {name}")?,
                    None => write!(f, " {}", code.code())?,
                }
                text.as_ref().map_or(Ok(()), |text| write!(f, " {}", quoted(text)))
            }
            Self::NoSpace(0) | Self::Stall(0) | Self::Close(0) | Self::CloseChannel(0) => Ok(()),
            Self::NoSpace(after) | Self::Stall(after) | Self::Close(after) | Self::CloseChannel(after) => {
                write!(f, " after {}", size(*after))
            }
            Self::Short(number) | Self::Partial(number) | Self::Garbage(number) | Self::Exit(number) => {
                write!(f, " {number}")
            }
            // A space within it would make it two words.
            Self::Delay(delay) => write!(f, " {}", mock_base::fault::word(&delay.to_string())),
            Self::Say(text) | Self::Warn(text) | Self::Fatal(text) => write!(f, " {}", quoted(text)),
            _ => Ok(()),
        }
    }
}

/// A status by its name, or by its number.
fn status(words: &mut Words<'_>) -> Result<StatusCode, GrammarError> {
    if let Some(code) = words.look().and_then(|word| word.parse::<u32>().ok()) {
        let _number = words.word("a status")?;
        return Ok(code.into());
    }
    let known: Vec<_> = StatusCode::with_names().map(|(code, name)| (name, code)).collect();
    words.one_of("a status", &known)
}

/// `after 64KiB`, or nothing.
fn after(words: &mut Words<'_>) -> Result<u64, GrammarError> {
    if words.take("after") { words.bytes("a number of bytes") } else { Ok(0) }
}
