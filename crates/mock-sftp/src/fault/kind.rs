//! What kinds of actions there are, and the one place where their words stand.

use super::Action;

macro_rules! kinds {
    ($($kind:ident $word:literal,)*) => {
        /// An action without what belongs to it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Kind {
            $($kind,)*
        }

        impl Kind {
            /// All of them, by the word that an action begins with as text.
            pub(super) const WORDS: &[(&str, Self)] = &[$(($word, Self::$kind),)*];

            pub(super) fn word(self) -> &'static str {
                match self {
                    $(Self::$kind => $word,)*
                }
            }
        }

        impl Action {
            pub(super) fn kind(&self) -> Kind {
                match self {
                    $(Self::$kind { .. } => Kind::$kind,)*
                }
            }
        }
    };
}

kinds! {
    Status "status",
    NoSpace "no-space",
    Short "short",
    Partial "partial",
    InvalidHandle "invalid-handle",
    Endless "endless",
    Delay "delay",
    Silence "silence",
    Reorder "reorder",
    Duplicate "duplicate",
    WrongId "wrong-id",
    WrongType "wrong-type",
    WrongLength "wrong-length",
    Truncate "truncate",
    Garbage "garbage",
    Say "say",
    Stall "stall",
    Close "close",
    CloseChannel "close-channel",
    Warn "warn",
    Fatal "fatal",
    Exit "exit",
}
