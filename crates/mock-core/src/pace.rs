//! A limited bandwidth, of a reply or of a fault: how much may pass at once, and when the next.

use std::time::Duration;

use tokio::time::Instant;

/// Parts of a second in which what passes at once may pass.
const BURSTS: u64 = 10;

/// When the next bytes may pass.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Pace {
    free_at: Option<Instant>,
}

impl Pace {
    /// When the next bytes may pass, if they have to wait.
    pub(crate) fn free_at(self) -> Option<Instant> {
        self.free_at
    }

    /// How many bytes may pass at once.
    pub(crate) fn burst(rate: u64) -> u64 {
        rate.div_ceil(BURSTS)
    }

    /// How long so many bytes take, at so many a second.
    pub(crate) fn time(bytes: usize, rate: u64) -> Duration {
        let nanos = bytes as u128 * 1_000_000_000 / u128::from(rate.max(1));
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }

    /// So many bytes pass now, at so many a second.
    pub(crate) fn take(&mut self, bytes: usize, rate: u64) {
        let now = Instant::now();
        let takes = Self::time(bytes, rate);
        self.free_at = Some(self.free_at.map_or(now, |at| at.max(now)) + takes);
    }
}
