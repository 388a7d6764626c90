//! Which of many occasions count, by their number: every one, the first three, each tenth.

use std::fmt;

/// Which of the occasions on which a rule or a fault would hold it does hold for, by their number from 1.
///
/// ```
/// use mock_base::Calls;
///
/// let calls = Calls::ALL.from(2).up_to(4);
/// let held: Vec<u64> = (1..=10).filter(|number| calls.hold(*number)).collect();
/// assert_eq!(held, [2, 3, 4]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Calls {
    first: u64,
    last: u64,
    every: u64,
}

impl Calls {
    /// Every one.
    pub const ALL: Self = Self { first: 1, last: u64::MAX, every: 1 };

    /// Only this one.
    #[must_use]
    pub const fn nth(self, number: u64) -> Self {
        Self { first: number, last: number, ..self }
    }

    /// Only those from this number on, which is 1 at least.
    #[must_use]
    pub const fn from(self, number: u64) -> Self {
        Self { first: if number == 0 { 1 } else { number }, ..self }
    }

    /// Only those up to this number.
    #[must_use]
    pub const fn up_to(self, number: u64) -> Self {
        Self { last: number, ..self }
    }

    /// Only each so-manieth: 3 leaves the third, the sixth and so on. 0 is taken for 1.
    #[must_use]
    pub const fn every(self, count: u64) -> Self {
        Self { every: if count == 0 { 1 } else { count }, ..self }
    }

    /// Whether the one with this number, from 1, is among them.
    #[must_use]
    pub const fn hold(self, number: u64) -> bool {
        number >= self.first && number <= self.last && number.is_multiple_of(self.every)
    }

    /// Whether any of them comes behind the one with this number.
    #[must_use]
    pub const fn come_after(self, number: u64) -> bool {
        number < self.last
    }

    /// Whether every one is.
    #[must_use]
    pub const fn are_all(self) -> bool {
        self.first == 1 && self.last == u64::MAX && self.every == 1
    }
}

impl fmt::Display for Calls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { first, last, every } = *self;
        match (first, last) {
            _ if first > last => return f.write_str("no call"),
            _ if first == last => return write!(f, "only call {first}"),
            _ if every > 1 => write!(f, "only every {every}{} call", ordinal(every))?,
            (1, u64::MAX) => return f.write_str("every call"),
            _ => f.write_str("only calls")?,
        }
        match (first, last) {
            (1, u64::MAX) => Ok(()),
            (1, last) => write!(f, " up to {last}"),
            (first, u64::MAX) => write!(f, " from {first} on"),
            (first, last) => write!(f, " from {first} to {last}"),
        }
    }
}

/// The end of an ordinal number: 2nd, 11th.
fn ordinal(number: u64) -> &'static str {
    match (number % 10, number % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    }
}

#[cfg(test)]
mod tests {
    use super::Calls;

    #[test]
    fn which_calls_are_picked_is_told() {
        let told = |calls: Calls| calls.to_string();
        assert_eq!(told(Calls::ALL.up_to(2)), "only calls up to 2");
        assert_eq!(told(Calls::ALL.from(5)), "only calls from 5 on");
        assert_eq!(told(Calls::ALL.from(2).up_to(4)), "only calls from 2 to 4");
        assert_eq!(told(Calls::ALL.nth(3)), "only call 3");
        assert_eq!(told(Calls::ALL.every(2)), "only every 2nd call");
        assert_eq!(told(Calls::ALL.every(12).up_to(40)), "only every 12th call up to 40");
        assert_eq!(told(Calls::ALL.up_to(0)), "no call");
    }
}
