//! The method `keyboard-interactive` (RFC 4256): rounds of prompts.

mod code;
mod dialogue;
mod expired;
mod forbidden;
mod round;

pub use code::{CodeError, OneTimeCode};
pub use dialogue::{Dialogue, KbdintDialogue, Step};
pub use expired::ExpiredPassword;
use mock_core::{Authenticator, LoginContext, LoginState, Verdict};
pub use round::KbdintRound;

use crate::login::{Grants, Single, Surroundings};

/// Lets in a user who answers every prompt of every round.
///
/// The server asks one round after the other, the next only after right answers (RFC 4256 section 3.2). A wrong answer
/// ends the attempt; another attempt begins with the first round.
///
/// ```
/// use mock_auth::{KbdintRound, KeyboardInteractive};
/// use mock_core::{Answer, Attempt, Authenticator, Credential, LoginContext};
///
/// let strategy = KeyboardInteractive::rounds(
///     "anna",
///     [
///         KbdintRound::new([("Password: ", false, "hunter2"), ("OTP token: ", true, "123456")]),
///         KbdintRound::new([]).instructions("Last login: never."),
///     ],
/// );
/// let mut login = strategy.begin(&LoginContext::detached("anna"));
/// let mut attempt = |credential| login.attempt(&Attempt::new("anna", credential)).answer;
///
/// // The client begins without any answer, and is asked the first round.
/// let Answer::Ask(first) = attempt(Credential::KbdintStart { submethods: "" }) else {
///     panic!("it asks")
/// };
/// assert_eq!(first.prompts[0].text, "Password: ");
/// assert!(!first.prompts[0].echo, "the client must not show what is typed");
///
/// // Right answers lead to the next round. This one has no prompt, which still wants a response.
/// let answers = ["hunter2".to_owned(), "123456".to_owned()];
/// let Answer::Ask(second) = attempt(Credential::KbdintAnswers(&answers)) else {
///     panic!("it asks again")
/// };
/// assert_eq!(second.instructions, "Last login: never.");
/// assert!(matches!(attempt(Credential::KbdintAnswers(&[])), Answer::Accept));
/// ```
#[derive(Debug, Clone)]
pub struct KeyboardInteractive(Single);

impl KeyboardInteractive {
    /// Lets in this user after one round.
    #[must_use]
    pub fn new(user: impl Into<String>, round: KbdintRound) -> Self {
        Self::rounds(user, [round])
    }

    /// Lets in this user after these rounds. Without a round, every attempt is refused.
    #[must_use]
    pub fn rounds(user: impl Into<String>, rounds: impl IntoIterator<Item = KbdintRound>) -> Self {
        Self(Single::named(user, grants(rounds)))
    }

    /// Lets in every user after one round.
    #[must_use]
    pub fn any_user(round: KbdintRound) -> Self {
        Self::any_user_rounds([round])
    }

    /// Lets in every user after these rounds.
    #[must_use]
    pub fn any_user_rounds(rounds: impl IntoIterator<Item = KbdintRound>) -> Self {
        Self(Single::anybody(grants(rounds)))
    }

    /// Asks a round that was answered wrongly again, so often in one attempt. The failure comes after the last.
    ///
    /// RFC 4256 section 3.4 leaves the server free to ask more after each response, so a wrong answer need not end the
    /// attempt. PAM does so under OpenSSH: three tries at the password are one attempt.
    ///
    /// ```
    /// use mock_auth::{KbdintRound, KeyboardInteractive};
    /// use mock_core::{Answer, Attempt, Authenticator, Credential, LoginContext};
    ///
    /// let strategy = KeyboardInteractive::new("anna", KbdintRound::new([("Password: ", false, "hunter2")])).tries(3);
    /// let mut login = strategy.begin(&LoginContext::detached("anna"));
    /// login.attempt(&Attempt::new("anna", Credential::KbdintStart { submethods: "" }));
    /// let mut answer = |text: &str| {
    ///     let answers = [text.to_owned()];
    ///     login.attempt(&Attempt::new("anna", Credential::KbdintAnswers(&answers))).answer
    /// };
    /// assert!(matches!(answer("a"), Answer::Ask(_)));
    /// assert!(matches!(answer("b"), Answer::Ask(_)));
    /// assert!(matches!(answer("c"), Answer::Reject { .. }), "the third was the last");
    /// ```
    #[must_use]
    pub fn tries(mut self, count: u32) -> Self {
        self.0.grants_mut().rounds.get_or_insert_default().set_tries(count);
        self
    }
}

impl Authenticator for KeyboardInteractive {
    fn begin(&self, context: &LoginContext<'_>) -> Box<dyn LoginState> {
        self.0.begin(context)
    }
}

fn grants(rounds: impl IntoIterator<Item = KbdintRound>) -> Grants {
    Grants { rounds: Some(Rounds::new(rounds)), ..Grants::default() }
}

/// Rounds that are asked one after the other.
#[derive(Debug, Clone, Default)]
pub(crate) struct Rounds {
    rounds: Vec<KbdintRound>,
    /// How often one round may be answered in one attempt; 0 is 1.
    tries: u32,
}

/// The round that waits for its answers.
#[derive(Debug, Clone, Default)]
pub(crate) struct Asked {
    /// The submethods that the client prefers.
    submethods: String,
    /// The answers to the rounds before: so many were right.
    answers: Vec<Vec<String>>,
    /// How often this one was answered wrongly.
    failures: u32,
}

impl Asked {
    fn so_far<'a>(&'a self, surroundings: &'a Surroundings) -> Dialogue<'a> {
        let Surroundings { user, connection, .. } = surroundings;
        Dialogue { user, connection: *connection, submethods: &self.submethods, answers: &self.answers }
    }
}

impl Rounds {
    pub(crate) fn new(rounds: impl IntoIterator<Item = KbdintRound>) -> Self {
        Self { rounds: rounds.into_iter().collect(), tries: 1 }
    }

    /// So many tries at each round in one attempt.
    pub(crate) fn set_tries(&mut self, count: u32) {
        self.tries = count.max(1);
    }

    /// Asks the first round, and notes in `asked` which it is.
    pub(crate) fn start(
        &self,
        submethods: &str,
        asked: &mut Option<Asked>,
        surroundings: &Surroundings,
    ) -> Verdict {
        let first = Asked { submethods: submethods.to_owned(), ..Asked::default() };
        self.ask(first, asked, surroundings).unwrap_or_else(|| Verdict::reject("there is no round to ask"))
    }

    /// Judges the answers to the round that was asked, and notes which is asked next.
    pub(crate) fn judge(
        &self,
        given: &[String],
        asked: &mut Option<Asked>,
        surroundings: &Surroundings,
    ) -> Verdict {
        let taken = asked.take().and_then(|asked| Some((self.rounds.get(asked.answers.len())?, asked)));
        let Some((round, mut current)) = taken else {
            return Verdict::reject("answers without a round asked");
        };
        let Some(mistake) = round.mistake(&current.so_far(surroundings), given, surroundings) else {
            current.answers.push(given.to_vec());
            current.failures = 0;
            let next = self.ask(current, asked, surroundings);
            return next.unwrap_or_else(|| Verdict::accept("all answers are right"));
        };
        current.failures = current.failures.saturating_add(1);
        if current.failures < self.tries
            && let Some(mut again) = self.ask(current, asked, surroundings)
        {
            again.why = format!("{mistake}; asked again").into();
            return again;
        }
        Verdict::reject(mistake)
    }

    fn ask(&self, which: Asked, asked: &mut Option<Asked>, surroundings: &Surroundings) -> Option<Verdict> {
        let round = self.rounds.get(which.answers.len())?.shown(&which.so_far(surroundings));
        *asked = Some(which);
        Some(Verdict::ask(round))
    }
}

#[cfg(test)]
mod tests;
