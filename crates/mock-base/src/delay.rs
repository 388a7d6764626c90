//! How long something takes: fixed, or drawn from a distribution whose seed is known.
//!
//! What is drawn depends on the seed and on what it is drawn for, not on the order in which connections happen to
//! ask: so a run can be repeated.

use std::{fmt, time::Duration};

use rand::{Rng, RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution as _, LogNormal};

/// What chance is derived from. A server draws one when it starts, unless it is given one, and reports name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Seed(pub u64);

impl Seed {
    /// One that was never used before.
    #[must_use]
    pub fn random() -> Self {
        Self(rand::rng().random())
    }

    /// Random numbers for the purpose with these coordinates: the same for the same, on every platform.
    #[must_use]
    pub fn rng(self, purpose: &[u64]) -> impl Rng + use<> {
        // SplitMix64 over the coordinates: each of them changes the whole.
        let mixed = purpose.iter().fold(self.0, |state, coordinate| {
            let mut mixed = (state ^ coordinate).wrapping_add(0x9e37_79b9_7f4a_7c15);
            mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            mixed ^ (mixed >> 31)
        });
        ChaCha8Rng::seed_from_u64(mixed)
    }
}

impl fmt::Display for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// How long something takes. A [`Duration`] is one that is always the same.
///
/// ```
/// use std::time::Duration;
/// use mock_base::{Delay, Seed};
///
/// let delay = Delay::uniform(Duration::from_millis(10), Duration::from_millis(20));
/// let drawn = delay.sample(&mut Seed(42).rng(&[1]));
/// assert_eq!(drawn, delay.sample(&mut Seed(42).rng(&[1])));
/// assert!((Duration::from_millis(10)..=Duration::from_millis(20)).contains(&drawn));
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Delay(Kind);

#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    Fixed(Duration),
    Uniform(Duration, Duration),
    LogNormal { median: Duration, sigma: f64 },
}

/// No delay that is drawn exceeds this: a distribution without an upper bound must not stall a test for days.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

impl Delay {
    /// None.
    pub const ZERO: Self = Self(Kind::Fixed(Duration::ZERO));

    /// Always this long.
    #[must_use]
    pub fn fixed(duration: Duration) -> Self {
        Self(Kind::Fixed(duration))
    }

    /// Anything between, both included, each as likely.
    #[must_use]
    pub fn uniform(least: Duration, most: Duration) -> Self {
        Self(Kind::Uniform(least.min(most), least.max(most)))
    }

    /// Mostly near the median, now and then much longer, as the answer of a real server is: a log-normal
    /// distribution with the standard deviation `sigma` of the logarithm. 0.25 is steady, 1 wild. At most a day.
    #[must_use]
    pub fn log_normal(median: Duration, sigma: f64) -> Self {
        Self(Kind::LogNormal { median, sigma: if sigma.is_finite() { sigma.abs() } else { 0.0 } })
    }

    /// Whether it is none, whatever is drawn.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        match self.0 {
            Kind::Fixed(duration) | Kind::Uniform(_, duration) | Kind::LogNormal { median: duration, .. } => {
                duration.is_zero()
            }
        }
    }

    /// Draws one.
    pub fn sample(&self, rng: &mut impl Rng) -> Duration {
        match self.0 {
            Kind::Fixed(duration) => duration,
            Kind::Uniform(least, most) => rng.random_range(least..=most),
            Kind::LogNormal { median, sigma } => {
                // The logarithm's mean is that of the median; a negative deviation was made positive.
                let factor = LogNormal::new(0.0, sigma).map_or(1.0, |distribution| distribution.sample(rng));
                Duration::try_from_secs_f64(median.as_secs_f64() * factor)
                    .map_or(LONGEST, |drawn| drawn.min(LONGEST))
            }
        }
    }
}

impl From<Duration> for Delay {
    fn from(duration: Duration) -> Self {
        Self::fixed(duration)
    }
}

/// As scenario files and command lines write it: `250ms`, `1s..2s`, `~200ms` or `~200ms/0.5` with a deviation.
impl fmt::Display for Delay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = humantime::format_duration;
        match self.0 {
            Kind::Fixed(duration) => write!(f, "{}", shown(duration)),
            Kind::Uniform(least, most) => write!(f, "{}..{}", shown(least), shown(most)),
            Kind::LogNormal { median, sigma } => write!(f, "~{}/{sigma}", shown(median)),
        }
    }
}

/// A text that is no delay.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no delay: write `250ms`, `1s..2s`, or `~200ms/0.5` for a median and its spread")]
#[non_exhaustive]
pub struct DelayError {
    /// The text.
    pub text: String,
}

impl std::str::FromStr for Delay {
    type Err = DelayError;

    fn from_str(text: &str) -> Result<Self, DelayError> {
        let failed = || DelayError { text: text.to_owned() };
        let duration = |text: &str| humantime::parse_duration(text.trim()).map_err(|_| failed());
        if let Some(drawn) = text.trim().strip_prefix('~') {
            let (median, sigma) = drawn.split_once('/').unwrap_or((drawn, "0.5"));
            let sigma: f64 = sigma.trim().parse().map_err(|_| failed())?;
            if !sigma.is_finite() || sigma < 0.0 {
                return Err(failed());
            }
            return Ok(Self::log_normal(duration(median)?, sigma));
        }
        match text.split_once("..") {
            Some((least, most)) => {
                Ok(Self::uniform(duration(least)?, duration(most.trim_start_matches('='))?))
            }
            None => duration(text).map(Self::fixed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_read_and_written() {
        for text in ["250ms", "1s..2s", "~200ms/0.5", "1m 30s"] {
            assert_eq!(text.parse::<Delay>().unwrap().to_string(), text);
        }
        assert_eq!("~1s".parse::<Delay>().unwrap().to_string(), "~1s/0.5");
        for text in ["", "5", "fast", "~1s/x", "1s..", "~1s/-1"] {
            assert!(
                text.parse::<Delay>().unwrap_err().to_string().starts_with(&format!("`{text}` is no delay"))
            );
        }
    }

    #[test]
    fn the_same_seed_and_purpose_draw_the_same_and_others_do_not() {
        let delay = Delay::log_normal(Duration::from_millis(100), 0.5);
        let draw = |seed: u64, purpose: &[u64]| delay.sample(&mut Seed(seed).rng(purpose));
        assert_eq!(draw(1, &[2, 3]), draw(1, &[2, 3]));
        assert_ne!(draw(1, &[2, 3]), draw(1, &[3, 2]));
        assert_ne!(draw(1, &[2, 3]), draw(2, &[2, 3]));
        // Fixed for all platforms and versions: a seed in a report must mean the same tomorrow.
        assert_eq!(draw(1, &[2, 3]).as_micros(), 48_851);
    }

    #[test]
    fn a_log_normal_delay_has_its_median_and_is_bounded() {
        let delay = Delay::log_normal(Duration::from_millis(100), 1.0);
        let mut drawn: Vec<_> = (0..2001).map(|n| delay.sample(&mut Seed(7).rng(&[n]))).collect();
        drawn.sort();
        let median = drawn[1000].as_millis();
        assert!((90..=110).contains(&median), "{median}");
        let wild = Delay::log_normal(Duration::from_secs(60), 1e6);
        assert!((0..50).all(|n| wild.sample(&mut Seed(7).rng(&[n])) <= LONGEST));
    }
}
