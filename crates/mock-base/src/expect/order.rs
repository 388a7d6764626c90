//! Expecting things one after the other; what comes between does not matter.

use std::{fmt, sync::Arc};

use super::{Expectation, Selects, Unmet};
use crate::{Event, Events, Query};

/// Several queries: a tuple of up to eight, an array or a vector.
pub trait Steps {
    /// Puts each into the list.
    #[doc(hidden)]
    fn collect(self) -> InOrder;
}

/// Expects events in this order, with anything between them.
///
/// ```
/// use mock_base::{Journal, event, expect_in_order};
///
/// let journal = Journal::new();
/// let recorder = journal.recorder("lab");
/// recorder.record(event::Connected::new("127.0.0.1:50000"));
/// recorder.record(event::Exec::new("uname -r", true, None));
/// journal.events().verify(&[expect_in_order((event::connected(), event::exec().command("uname -r")))]).unwrap();
/// ```
pub fn expect_in_order(steps: impl Steps) -> InOrder {
    steps.collect()
}

/// What [`expect_in_order`] makes.
#[derive(Clone, Default)]
#[must_use = "an expectation does nothing by itself: hand it to a builder, a server or `Events::verify`"]
pub struct InOrder {
    steps: Vec<Arc<dyn Selects>>,
}

impl InOrder {
    /// Expects this after what was expected so far.
    pub fn then<Q: Query + Send + Sync + 'static>(mut self, query: Q) -> Self {
        self.steps.push(Arc::new(query));
        self
    }

    /// Whether the event is one of the steps.
    pub(crate) fn selects(&self, event: &Arc<Event>) -> bool {
        self.steps.iter().any(|step| step.selects(event))
    }
}

impl fmt::Debug for InOrder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for InOrder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let steps: Vec<_> = self.steps.iter().map(|step| step.describe()).collect();
        f.write_str(&steps.join(", then "))
    }
}

impl Expectation for InOrder {
    /// The earliest event that fits is taken for each step, so that if any order of this kind is there, it is found.
    fn unmet(&self, events: &Events) -> Option<Unmet> {
        let all = events.all();
        let mut left = all.iter();
        let came: Vec<_> = self
            .steps
            .iter()
            .map_while(|step| left.find(|event| step.selects(event)).map(Arc::clone))
            .collect();
        let step = self.steps.get(came.len())?;
        let number = came.len() + 1;
        let matches: Vec<_> = all.iter().filter(|event| step.selects(event)).map(Arc::clone).collect();
        let is_new = |event: &Arc<Event>| came.iter().all(|came| came.seq != event.seq);
        let early: Vec<_> = matches.iter().filter(|event| is_new(event)).map(Arc::clone).collect();
        let (found, near) = if !early.is_empty() {
            (format!("step {number} came only before step {}", number - 1), Vec::new())
        } else if !matches.is_empty() {
            (format!("step {number} did not come again after step {}", number - 1), Vec::new())
        } else {
            (format!("step {number} never came"), step.nearest(events))
        };
        // Together they show the order in which it was.
        let mut seen = early;
        if !seen.is_empty() {
            seen.extend(came.iter().map(Arc::clone));
            seen.sort_by_key(|event| event.seq);
        }
        let mut came = came.into_iter();
        let steps = self.steps.iter().map(|step| (step.describe(), came.next())).collect();
        let unmet = Unmet::new(format!("in order: {self}"), found).seen(seen);
        Some(Unmet { near, steps, ..unmet }.hinted(events))
    }
}

macro_rules! tuples {
    ($($($name:ident)+;)+) => {$(
        impl<$($name: Query + Send + Sync + 'static),+> Steps for ($($name,)+) {
            #[expect(non_snake_case, reason = "one name for the type and for the value of each step")]
            fn collect(self) -> InOrder {
                let ($($name,)+) = self;
                InOrder::default()$(.then($name))+
            }
        }
    )+};
}

tuples! {
    A;
    A B;
    A B C;
    A B C D;
    A B C D E;
    A B C D E F;
    A B C D E F G;
    A B C D E F G H;
}

impl<Q: Query + Send + Sync + 'static> Steps for Vec<Q> {
    fn collect(self) -> InOrder {
        self.into_iter().fold(InOrder::default(), InOrder::then)
    }
}

impl<Q: Query + Send + Sync + 'static, const N: usize> Steps for [Q; N] {
    fn collect(self) -> InOrder {
        self.into_iter().fold(InOrder::default(), InOrder::then)
    }
}

impl Steps for InOrder {
    fn collect(self) -> InOrder {
        self
    }
}
