//! Matchers made of matchers: both, either, not. They wait for standard input only where it decides, and are found in
//! the index where what they are made of is.

use mock_base::Mismatch;

use super::{IndexKey, Match, MatchCommand};
use crate::Request;

/// Both; what [`MatchCommand::and`] makes.
#[derive(Debug, Clone)]
pub struct And<A, B>(pub(super) A, pub(super) B);

impl<A: MatchCommand, B: MatchCommand> MatchCommand for And<A, B> {
    fn matches(&self, request: &Request) -> Match {
        self.0.matches(request).and(|| self.1.matches(request))
    }

    fn describe(&self) -> String {
        format!("{} and {}", self.0.describe(), self.1.describe())
    }

    fn index(&self) -> IndexKey {
        narrower(self.0.index(), self.1.index())
    }

    fn explain(&self, request: &Request) -> Option<Mismatch> {
        let (first, second) = (part(&self.0, request), part(&self.1, request));
        first.into_iter().chain(second).reduce(Mismatch::and)
    }
}

/// Either; what [`MatchCommand::or`] makes.
#[derive(Debug, Clone)]
pub struct Or<A, B>(pub(super) A, pub(super) B);

impl<A: MatchCommand, B: MatchCommand> MatchCommand for Or<A, B> {
    fn matches(&self, request: &Request) -> Match {
        self.0.matches(request).or(|| self.1.matches(request))
    }

    fn describe(&self) -> String {
        format!("({} or {})", self.0.describe(), self.1.describe())
    }

    fn explain(&self, request: &Request) -> Option<Mismatch> {
        let nearest = self.0.explain(request).into_iter().chain(self.1.explain(request));
        nearest.min_by_key(|mismatch| mismatch.distance)
    }
}

/// The opposite; what [`MatchCommand::not`] makes.
#[derive(Debug, Clone)]
pub struct Not<A>(pub(super) A);

impl<A: MatchCommand> MatchCommand for Not<A> {
    fn matches(&self, request: &Request) -> Match {
        match self.0.matches(request) {
            Match::NeedsStdin => Match::NeedsStdin,
            matched => (!matched.is_hit()).into(),
        }
    }

    fn describe(&self) -> String {
        format!("not {}", self.0.describe())
    }

    fn explain(&self, request: &Request) -> Option<Mismatch> {
        let hit = self.0.matches(request).is_hit();
        hit.then(|| Mismatch::new(UNEXPLAINED, format!("{} holds, and must not", self.0.describe())))
    }
}

impl Match {
    /// Both of them; the second is asked unless the first is a miss.
    pub(super) fn and(self, other: impl FnOnce() -> Self) -> Self {
        if self == Self::Miss {
            return self;
        }
        match (self, other()) {
            (_, Self::Miss) => Self::Miss,
            (Self::NeedsStdin, _) | (_, Self::NeedsStdin) => Self::NeedsStdin,
            (Self::Captured(mut captures), Self::Captured(more)) => {
                captures.extend(more);
                Self::Captured(captures)
            }
            (Self::Captured(captures), _) | (_, Self::Captured(captures)) => Self::Captured(captures),
            _ => Self::Hit,
        }
    }

    /// The first of them that is a hit.
    pub(super) fn or(self, other: impl FnOnce() -> Self) -> Self {
        if self.is_hit() {
            return self;
        }
        match (self, other()) {
            (Self::NeedsStdin, Self::Miss) => Self::NeedsStdin,
            (_, second) => second,
        }
    }
}

/// Whatever both match, each matches: where it is found soonest.
pub(super) fn narrower(first: IndexKey, second: IndexKey) -> IndexKey {
    match (first, second) {
        (exact @ IndexKey::Exact(_), _) | (_, exact @ IndexKey::Exact(_)) => exact,
        (IndexKey::None, key) | (key, _) => key,
    }
}

/// Why this one of several does not match, in any case if it does not.
pub(super) fn part(matcher: &dyn MatchCommand, request: &Request) -> Option<Mismatch> {
    match matcher.matches(request) {
        Match::Miss => Some(matcher.explain(request).unwrap_or_else(|| unexplained(matcher))),
        _ => None,
    }
}

/// What a mismatch weighs that cannot be told word by word.
pub(super) const UNEXPLAINED: u32 = 20;

fn unexplained(matcher: &dyn MatchCommand) -> Mismatch {
    Mismatch::new(UNEXPLAINED, format!("{} does not hold", matcher.describe()))
}

#[cfg(test)]
mod tests {
    use mock_base::{Pattern, glob, prefix, regex};

    use super::*;
    use crate::Wanted;

    fn request(command: &'static str) -> Request {
        Request::detached("anna", Wanted::Exec(command.into()))
    }

    fn later(_: &Request) -> Match {
        Match::NeedsStdin
    }

    #[test]
    fn captures_of_both_are_kept() {
        let both = regex(r"^(?<what>\w+)").unwrap().and(regex(r"(?<last>\w+)$").unwrap());
        let Match::Captured(captures) = both.matches(&request("tar -x file")) else {
            panic!("it matches");
        };
        let get = |name: &str| captures.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        assert_eq!((get("what"), get("last")), (Some("tar"), Some("file")));
    }

    #[test]
    fn input_is_waited_for_only_where_it_decides() {
        let ls = || Pattern::from("ls");
        assert_eq!(ls().and(later).matches(&request("ls")), Match::NeedsStdin);
        assert_eq!(ls().and(later).matches(&request("cat")), Match::Miss);
        assert_eq!(later.and(ls()).matches(&request("cat")), Match::Miss);
        assert_eq!(ls().or(later).matches(&request("ls")), Match::Hit);
        assert_eq!(later.or(ls()).matches(&request("ls")), Match::Hit);
        assert_eq!(later.or(ls()).matches(&request("cat")), Match::NeedsStdin);
        assert_eq!(later.not().matches(&request("ls")), Match::NeedsStdin);
    }

    #[test]
    fn the_index_holds_for_what_both_match() {
        let key = |text: &'static str| IndexKey::Exact(text.into());
        assert_eq!("ls".and(later).index(), key("ls"));
        assert_eq!(prefix("l").and("ls").index(), key("ls"));
        assert_eq!(prefix("l").and(later).index(), IndexKey::Prefix("l".into()));
        assert_eq!("ls".or("cat").index(), IndexKey::None);
        assert_eq!("ls".not().index(), IndexKey::None);
    }

    #[test]
    fn each_part_that_fails_is_explained() {
        let rule = glob("systemctl restart *").unwrap().and(|request: &Request| request.user == "root");
        let found = rule.explain(&request("systemctl start nginx")).unwrap();
        assert_eq!(found.differences, ["argument 1: `start` is not `restart`", "a closure does not hold"]);
    }
}
