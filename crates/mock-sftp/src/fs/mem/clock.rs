//! What time it is in a tree: the host's, or what the test says.

use std::{
    sync::Mutex,
    time::{Duration, SystemTime},
};

use super::lock::lock;

/// The clock of one tree.
#[derive(Debug, Default)]
pub(super) struct Clock(Mutex<Option<SystemTime>>);

impl Clock {
    /// Stands still at this time.
    pub(super) fn at(time: SystemTime) -> Self {
        Self(Mutex::new(Some(time)))
    }

    pub(super) fn now(&self) -> SystemTime {
        lock(&self.0).unwrap_or_else(SystemTime::now)
    }

    pub(super) fn set(&self, time: SystemTime) {
        *lock(&self.0) = Some(time);
    }

    /// Goes forward; a running clock stops there. A time that cannot be told is not reached.
    pub(super) fn advance(&self, by: Duration) {
        let mut time = lock(&self.0);
        let now = time.unwrap_or_else(SystemTime::now);
        *time = now.checked_add(by).or(Some(now));
    }
}
