//! One-time codes that change with the time (RFC 6238), as authenticator apps show them.

use std::{collections::BTreeSet, fmt};

use mock_core::MemoryKey;
use totp_rs::{Builder, Secret, Totp};

use crate::{Clock, login::Surroundings};

/// The one-time codes of a secret (TOTP, RFC 6238): six digits that change every 30 seconds, by HMAC-SHA-1.
///
/// Each code lets in once (section 5.2: "the verifier MUST NOT accept the second attempt of the OTP after the successful
/// validation"), also on another connection to the server. A code of the step before or after is as good, because
/// clocks differ.
///
/// ```
/// use mock_auth::{Clock, KbdintRound, KeyboardInteractive, OneTimeCode};
/// use mock_core::{Attempt, Authenticator, Credential, LoginContext};
///
/// // The secret and a time of the RFC's appendix B, whose code is 94287082 in eight digits.
/// let clock = Clock::at_unix(59);
/// let code = OneTimeCode::new("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")?.clock(&clock);
/// assert_eq!(code.now(), "287082");
///
/// let strategy = KeyboardInteractive::any_user(KbdintRound::default().code("Verification code: ", false, &code));
/// let context = LoginContext::detached("anna");
/// let log_in = || {
///     let mut login = strategy.begin(&context);
///     login.attempt(&Attempt::new("anna", Credential::KbdintStart { submethods: "" }));
///     login.attempt(&Attempt::new("anna", Credential::KbdintAnswers(&[code.now()]))).why
/// };
/// assert_eq!(log_in(), "all answers are right");
/// assert_eq!(log_in(), "wrong answer to prompt 1 of round 1: the code was used already");
/// clock.advance(std::time::Duration::from_secs(30));
/// assert_eq!(log_in(), "all answers are right");
/// # Ok::<(), mock_auth::CodeError>(())
/// ```
#[derive(Clone)]
pub struct OneTimeCode {
    totp: Totp,
    clock: Clock,
    key: MemoryKey,
}

/// A secret that one-time codes cannot be made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CodeError {
    /// It is not written in base 32, as authenticator apps read it.
    #[error("the secret of a one-time code is not base 32")]
    Base32,
    /// It is shorter than the 128 bits that RFC 4226 section 4 requires.
    #[error("the secret of a one-time code has less than 128 bits")]
    TooShort,
}

/// The steps whose codes were used.
#[derive(Debug, Default)]
struct Used(BTreeSet<u64>);

impl OneTimeCode {
    /// The codes of this secret, which is written in base 32.
    ///
    /// # Errors
    ///
    /// [`CodeError`], when it is not, or too short.
    pub fn new(secret: &str) -> Result<Self, CodeError> {
        let plain: String = secret.chars().filter(|c| !c.is_whitespace() && *c != '=').collect();
        let secret = Secret::try_from_base32(plain.to_ascii_uppercase()).map_err(|_| CodeError::Base32)?;
        let totp = Builder::new().with_secret(secret).with_digits(6).with_skew(1).with_step_duration(30);
        let totp = totp.build().map_err(|_| CodeError::TooShort)?;
        Ok(Self { totp, clock: Clock::system(), key: MemoryKey::new() })
    }

    /// Goes by this clock.
    #[must_use]
    pub fn clock(mut self, clock: &Clock) -> Self {
        self.clock = clock.clone();
        self
    }

    /// The code of the moment, as an app would show it.
    #[must_use]
    pub fn now(&self) -> String {
        self.totp.generate(self.clock.unix()).to_string()
    }

    /// What is wrong with this answer, to be appended to a sentence that says that it is. A right one is used up.
    pub(super) fn mistake(&self, answer: &str, surroundings: &Surroundings) -> Option<&'static str> {
        let Some(step) = self.totp.check(answer.trim(), self.clock.unix()) else {
            return Some("");
        };
        let new = surroundings.memory.with(&self.key, |used: &mut Used| used.0.insert(step));
        (!new).then_some(": the code was used already")
    }
}

/// Without the secret.
impl fmt::Debug for OneTimeCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OneTimeCode").field("clock", &self.clock).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_the_rfc() {
        // Appendix B of RFC 6238, the last six of its eight digits.
        for (time, shown) in
            [(59, "287082"), (1_111_111_109, "081804"), (1_234_567_890, "005924"), (2_000_000_000, "279037")]
        {
            let code = OneTimeCode::new("gezd gnbv gy3t qojq gezd gnbv gy3t qojq").unwrap();
            assert_eq!(code.clock(&Clock::at_unix(time)).now(), shown);
        }
    }

    #[test]
    fn a_secret_that_is_none_is_an_error() {
        assert_eq!(OneTimeCode::new("01").unwrap_err(), CodeError::Base32);
        assert_eq!(OneTimeCode::new("GEZDGNBV").unwrap_err(), CodeError::TooShort);
        assert!(!format!("{:?}", OneTimeCode::new("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")).contains("GEZD"));
    }
}
