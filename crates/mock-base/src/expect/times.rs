//! How often something is expected.

use std::{
    fmt,
    ops::{Range, RangeFrom, RangeInclusive, RangeTo, RangeToInclusive},
};

/// How often something is expected: a number or a range.
///
/// ```
/// use mock_base::Times;
///
/// assert_eq!(Times::from(1).to_string(), "exactly once");
/// assert_eq!(Times::from(2..=3).to_string(), "2 to 3 times");
/// assert_eq!(Times::from(1..).to_string(), "at least once");
/// assert!(Times::from(..=3).holds(0));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    least: u64,
    most: Option<u64>,
}

impl Times {
    /// At least so often, and at most so often where that is bounded.
    #[must_use]
    pub fn between(least: u64, most: Option<u64>) -> Self {
        Self { least, most }
    }

    /// Never.
    #[must_use]
    pub fn never() -> Self {
        Self::from(0)
    }

    /// The fewest that are right.
    #[must_use]
    pub fn least(self) -> u64 {
        self.least
    }

    /// The most that are right; `None` where there is no most.
    #[must_use]
    pub fn most(self) -> Option<u64> {
        self.most
    }

    /// Whether so many are right.
    #[must_use]
    pub fn holds(self, count: u64) -> bool {
        count >= self.least && !self.is_exceeded(count)
    }

    /// Whether so many are too many: more cannot help.
    #[must_use]
    pub fn is_exceeded(self, count: u64) -> bool {
        self.most.is_some_and(|most| count > most)
    }
}

impl Times {
    /// A number of times in words: `once`, `twice`, `3 times`.
    #[must_use]
    pub fn in_words(count: u64) -> String {
        Count(count).to_string()
    }
}

impl From<u64> for Times {
    fn from(count: u64) -> Self {
        Self::between(count, Some(count))
    }
}

impl From<RangeInclusive<u64>> for Times {
    fn from(range: RangeInclusive<u64>) -> Self {
        Self::between(*range.start(), Some(*range.end()))
    }
}

impl From<RangeFrom<u64>> for Times {
    fn from(range: RangeFrom<u64>) -> Self {
        Self::between(range.start, None)
    }
}

impl From<RangeToInclusive<u64>> for Times {
    fn from(range: RangeToInclusive<u64>) -> Self {
        Self::between(0, Some(range.end))
    }
}

impl From<Range<u64>> for Times {
    fn from(range: Range<u64>) -> Self {
        Self::between(range.start, Some(range.end.saturating_sub(1)))
    }
}

impl From<RangeTo<u64>> for Times {
    fn from(range: RangeTo<u64>) -> Self {
        Self::from(0..range.end)
    }
}

impl fmt::Display for Times {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.least, self.most) {
            (0, Some(0)) => f.write_str("never"),
            (0, None) => f.write_str("any number of times"),
            (least, None) => write!(f, "at least {}", Count(least)),
            (0, Some(most)) => write!(f, "at most {}", Count(most)),
            (least, Some(most)) if least == most => write!(f, "exactly {}", Count(least)),
            (least, Some(most)) => write!(f, "{least} to {most} times"),
        }
    }
}

/// A number of times in words: `once`, `twice`, `3 times`.
pub(super) struct Count(pub(super) u64);

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0 => f.write_str("not at all"),
            1 => f.write_str("once"),
            2 => f.write_str("twice"),
            count => write!(f, "{count} times"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_range_reads_as_it_counts() {
        let ranges: [(Times, &str, &[u64]); 7] = [
            (0.into(), "never", &[0]),
            (2.into(), "exactly twice", &[2]),
            ((1..).into(), "at least once", &[1, 2, 3, 9]),
            ((..=2).into(), "at most twice", &[0, 1, 2]),
            ((1..3).into(), "1 to 2 times", &[1, 2]),
            ((..3).into(), "at most twice", &[0, 1, 2]),
            ((0..).into(), "any number of times", &[0, 1, 2, 3, 9]),
        ];
        for (times, text, right) in ranges {
            assert_eq!(times.to_string(), text);
            for count in [0, 1, 2, 3, 9] {
                assert_eq!(times.holds(count), right.contains(&count), "{text}: {count}");
            }
        }
    }
}
