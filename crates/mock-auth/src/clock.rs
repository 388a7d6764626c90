//! The time of day, for what depends on it: certificates, keys that expire, one-time codes.
//!
//! Kept apart from tokio's clock, which measures how long something takes and does not know what day it is.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// A clock: the machine's, or one that stands still until a test moves it. Cheap to clone; all clones are one clock.
///
/// ```
/// use std::time::Duration;
/// use mock_auth::Clock;
///
/// let clock = Clock::at_unix(1_000_000_000);
/// clock.advance(Duration::from_secs(5));
/// assert_eq!(clock.unix(), 1_000_000_005);
/// assert_eq!(clock.clone().unix(), 1_000_000_005);
/// ```
#[derive(Clone, Default)]
pub struct Clock {
    /// What it shows, if it is not the machine's.
    set: Arc<Mutex<Option<SystemTime>>>,
}

impl Clock {
    /// The machine's clock. The default.
    #[must_use]
    pub fn system() -> Self {
        Self::default()
    }

    /// A clock that stands still at this time.
    #[must_use]
    pub fn at(time: SystemTime) -> Self {
        Self { set: Arc::new(Mutex::new(Some(time))) }
    }

    /// A clock that stands still this many seconds after the begin of 1970.
    #[must_use]
    pub fn at_unix(seconds: u64) -> Self {
        Self::at(from_unix(seconds))
    }

    /// Sets it; it stands still from now on.
    pub fn set(&self, time: SystemTime) {
        *self.shown() = Some(time);
    }

    /// Moves it forward. The machine's clock stands still afterwards.
    pub fn advance(&self, by: Duration) {
        let mut shown = self.shown();
        let now = shown.unwrap_or_else(SystemTime::now);
        *shown = Some(now.checked_add(by).unwrap_or(now));
    }

    /// What it shows.
    #[must_use]
    pub fn now(&self) -> SystemTime {
        self.shown().unwrap_or_else(SystemTime::now)
    }

    /// What it shows, in seconds since the begin of 1970.
    #[must_use]
    pub fn unix(&self) -> u64 {
        self.now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
    }

    fn shown(&self) -> MutexGuard<'_, Option<SystemTime>> {
        self.set.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(crate) fn from_unix(seconds: u64) -> SystemTime {
    UNIX_EPOCH.checked_add(Duration::from_secs(seconds)).unwrap_or(UNIX_EPOCH)
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self.shown() {
            None => f.write_str("Clock(system)"),
            Some(time) => write!(f, "Clock({time:?})"),
        }
    }
}
