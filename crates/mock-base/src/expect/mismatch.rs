//! How far something is from what was meant: a distance to rank it by, and differences to tell.
//!
//! The distance ranks candidates for "the nearest"; it means nothing by itself, and no person is shown it.

use crate::Event;

/// How far something is from matching, and in what.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Mismatch {
    /// 0 would be a match. Only good for comparing candidates.
    pub distance: u32,
    /// What differs, a line each.
    pub differences: Vec<String>,
    /// Whether it has so little in common that telling the differences helps nobody.
    unlike: bool,
}

impl Mismatch {
    /// What something weighs that nearly was of the right kind.
    pub(crate) const NEARLY: u32 = 5;
    /// What a condition weighs that cannot say how near it is.
    const OTHER: u32 = 20;

    /// One difference.
    #[must_use]
    pub fn new(distance: u32, difference: impl Into<String>) -> Self {
        Self::of_several(distance, vec![difference.into()])
    }

    pub(super) fn of_several(distance: u32, differences: Vec<String>) -> Self {
        Self { distance, differences, unlike: false }
    }

    /// The same, with too little in common to be what was meant if `unlike`.
    pub(super) fn unlike_if(self, unlike: bool) -> Self {
        Self { unlike, ..self }
    }

    /// What holds or does not: it cannot say how near it is.
    pub(crate) fn other(difference: impl Into<String>) -> Self {
        Self { unlike: true, ..Self::new(Self::OTHER, difference) }
    }

    /// Whether there is something in common, so that this may be what was meant.
    #[must_use]
    pub fn is_near(&self) -> bool {
        !self.unlike
    }

    /// Both.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.distance = self.distance.saturating_add(other.distance);
        self.differences.extend(other.differences);
        self.unlike &= other.unlike;
        self
    }

    /// It happened somewhere else.
    pub(crate) fn elsewhere(event: &Event) -> Self {
        let place = match event.connection {
            Some(connection) => format!("it came on connection {connection} of `{}`", event.server),
            None => format!("it came on `{}`", event.server),
        };
        Self::new(Self::NEARLY + 1, place)
    }

    /// Of the conditions of a query those that failed, and what else is in the way. Where nothing at all fits, it is not
    /// near, however right the place is.
    pub(crate) fn of(conditions: usize, failed: Vec<Self>, others: Vec<Self>) -> Option<Self> {
        let unlike = !failed.is_empty() && failed.len() == conditions && failed.iter().all(|one| one.unlike);
        let all = failed.into_iter().chain(others).reduce(Self::and)?;
        Some(Self { unlike, ..all })
    }
}
