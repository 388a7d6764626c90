//! Matchers made of any number of matchers: for lists that are computed, and for what is of different types and so
//! stands in boxes. What is known where it is written is combined by methods instead.

use mock_base::Mismatch;

use super::{IndexKey, Match, MatchCommand, combine};
use crate::Request;

/// Matches what any of these matches; captures are those of the first that does. Matchers of different types are put
/// into boxes, or combined by [`or`](MatchCommand::or). An empty list matches nothing.
///
/// ```
/// use mock_core::{MatchCommand, Request, Wanted, any_of, prefix, user};
///
/// let request = Request::detached("anna", Wanted::Exec("reboot".into()));
/// assert!(any_of(["reboot", "halt"]).matches(&request).is_hit());
/// let mixed: Vec<Box<dyn MatchCommand>> = vec![Box::new(prefix("rm ")), Box::new(user("root"))];
/// assert!(!any_of(mixed).matches(&request).is_hit());
/// ```
pub fn any_of<M: MatchCommand>(matchers: impl IntoIterator<Item = M>) -> AnyOf<M> {
    AnyOf(matchers.into_iter().collect())
}

/// Matches what all of these match. Matchers of different types are put into boxes, or combined by
/// [`and`](MatchCommand::and). An empty list matches everything.
///
/// ```
/// use mock_core::{MatchCommand as _, Request, Wanted, all_of, flag};
///
/// let request = Request::detached("anna", Wanted::Exec("tar -xzf a.tar".into()));
/// assert!(all_of([flag("-x"), flag("-z")]).matches(&request).is_hit());
/// ```
pub fn all_of<M: MatchCommand>(matchers: impl IntoIterator<Item = M>) -> AllOf<M> {
    AllOf(matchers.into_iter().collect())
}

/// What [`any_of`] makes.
#[derive(Debug, Clone)]
#[must_use = "a matcher does nothing by itself: hand it to `Exec::on`"]
pub struct AnyOf<M>(Vec<M>);

impl<M: MatchCommand> MatchCommand for AnyOf<M> {
    fn matches(&self, request: &Request) -> Match {
        self.0.iter().fold(Match::Miss, |matched, matcher| matched.or(|| matcher.matches(request)))
    }

    fn describe(&self) -> String {
        format!("any of [{}]", listed(&self.0))
    }

    fn explain(&self, request: &Request) -> Option<Mismatch> {
        let nearest = self.0.iter().filter_map(|matcher| matcher.explain(request));
        nearest.min_by_key(|mismatch| mismatch.distance)
    }
}

/// What [`all_of`] makes.
#[derive(Debug, Clone)]
#[must_use = "a matcher does nothing by itself: hand it to `Exec::on`"]
pub struct AllOf<M>(Vec<M>);

impl<M: MatchCommand> MatchCommand for AllOf<M> {
    fn matches(&self, request: &Request) -> Match {
        self.0.iter().fold(Match::Hit, |matched, matcher| matched.and(|| matcher.matches(request)))
    }

    fn describe(&self) -> String {
        format!("all of [{}]", listed(&self.0))
    }

    fn index(&self) -> IndexKey {
        self.0.iter().fold(IndexKey::None, |key, matcher| combine::narrower(key, matcher.index()))
    }

    fn explain(&self, request: &Request) -> Option<Mismatch> {
        self.0.iter().filter_map(|matcher| combine::part(matcher, request)).reduce(Mismatch::and)
    }
}

fn listed<M: MatchCommand>(matchers: &[M]) -> String {
    matchers.iter().map(MatchCommand::describe).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use mock_base::{glob, prefix};

    use super::*;
    use crate::{Wanted, flag};

    fn request(command: &'static str) -> Request {
        Request::detached("anna", Wanted::Exec(command.into()))
    }

    #[test]
    fn lists_match_what_each_or_one_matches() {
        let one = any_of([glob("ls *").unwrap(), prefix("cat ")]);
        assert!(one.matches(&request("cat x")).is_hit() && !one.matches(&request("rm x")).is_hit());
        let all = all_of([flag("-a"), flag("-b")]);
        assert!(all.matches(&request("x -ab")).is_hit() && !all.matches(&request("x -a")).is_hit());
        assert!(!any_of::<&'static str>([]).matches(&request("x")).is_hit());
        assert!(all_of::<&'static str>([]).matches(&request("x")).is_hit());
    }

    #[test]
    fn they_tell_the_nearest_or_each() {
        let one = any_of(["uname -r", "reboot now"]).explain(&request("uname -a")).unwrap();
        assert_eq!(one.differences, ["argument 1: `-a` is not `-r`"]);
        let all = all_of([flag("-a"), flag("-b"), flag("-c")]).explain(&request("x -b")).unwrap();
        assert_eq!(all.differences, ["the flag `-a` is missing", "the flag `-c` is missing"]);
        assert_eq!(any_of(["a", "b"]).describe(), r#"any of ["a", "b"]"#);
    }

    #[test]
    fn what_all_match_each_does() {
        assert_eq!(all_of([prefix("l"), "ls".into()]).index(), IndexKey::Exact("ls".into()));
        assert_eq!(any_of(["a", "b"]).index(), IndexKey::None);
    }
}
