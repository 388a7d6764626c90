//! The method `keyboard-interactive` (RFC 4256): rounds of prompts.

use mock_core::{Authenticator, LoginContext, LoginState, Prompt, Round, Verdict, event::Secret};

use crate::login::{Grants, Single};

/// Lets in a user who answers every prompt of every round.
///
/// The server asks one round after the other, the next only after right answers. A wrong answer ends the attempt;
/// another attempt begins with the first round.
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
}

impl Authenticator for KeyboardInteractive {
    fn begin(&self, context: &LoginContext<'_>) -> Box<dyn LoginState> {
        self.0.begin(context)
    }
}

/// One round of keyboard-interactive: what is asked, and the right answers.
///
/// ```
/// use mock_auth::KbdintRound;
///
/// let token = String::from("123456");
/// let round = KbdintRound::new([("Password: ", false, "hunter2")])
///     .prompt("OTP token: ", true, token)
///     .name("Two-factor authentication")
///     .instructions("Have your token at hand.");
/// assert!(!format!("{round:?}").contains("hunter2"));
/// ```
#[derive(Debug, Clone, Default)]
#[must_use]
pub struct KbdintRound {
    shown: Round,
    /// As many as there are prompts.
    answers: Vec<Secret>,
}

impl KbdintRound {
    /// A round with these prompts: the label, whether the client may show what is typed, the right answer. No
    /// prompt at all is legal: the client then answers without asking its user.
    pub fn new<'a>(prompts: impl IntoIterator<Item = (&'a str, bool, &'a str)>) -> Self {
        let add = |round: Self, (label, echo, answer)| round.prompt(label, echo, answer);
        prompts.into_iter().fold(Self::default(), add)
    }

    /// Adds a prompt.
    pub fn prompt(mut self, label: impl Into<String>, echo: bool, answer: impl Into<String>) -> Self {
        self.shown.prompts.push(Prompt::new(label, echo));
        self.answers.push(Secret::new(answer.into()));
        self
    }

    /// Sets the name, which clients show as a title.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.shown = self.shown.name(name);
        self
    }

    /// Sets the instructions, which clients show before the prompts.
    pub fn instructions(mut self, instructions: impl Into<String>) -> Self {
        self.shown = self.shown.instructions(instructions);
        self
    }

    /// What is wrong with these answers, if anything. `number` is that of the round, from 1.
    fn mistake(&self, number: usize, given: &[String]) -> Option<String> {
        let (right, given_count) = (&self.answers, given.len());
        if given_count != right.len() {
            return Some(format!(
                "wrong number of answers to round {number}: {given_count}, not {}",
                right.len()
            ));
        }
        let wrong = right.iter().zip(given).position(|(right, given)| right.reveal() != given)?;
        Some(format!("wrong answer to prompt {} of round {number}", wrong + 1))
    }
}

fn grants(rounds: impl IntoIterator<Item = KbdintRound>) -> Grants {
    Grants { rounds: Some(rounds.into_iter().collect()), ..Grants::default() }
}

/// Asks the first round, and notes in `asked` which it is.
pub(crate) fn start(rounds: &[KbdintRound], asked: &mut Option<usize>) -> Verdict {
    match rounds.first() {
        Some(round) => ask(round, 0, asked),
        None => Verdict::reject("there is no round to ask"),
    }
}

/// Judges the answers to the round that was asked, and notes which is asked next.
pub(crate) fn judge(rounds: &[KbdintRound], answers: &[String], asked: &mut Option<usize>) -> Verdict {
    let Some((index, round)) = asked.take().and_then(|index| Some((index, rounds.get(index)?))) else {
        return Verdict::reject("answers without a round asked");
    };
    if let Some(mistake) = round.mistake(index + 1, answers) {
        return Verdict::reject(mistake);
    }
    match rounds.get(index + 1) {
        Some(next) => ask(next, index + 1, asked),
        None => Verdict::accept("all answers are right"),
    }
}

fn ask(round: &KbdintRound, index: usize, asked: &mut Option<usize>) -> Verdict {
    *asked = Some(index);
    Verdict::ask(round.shown.clone())
}

#[cfg(test)]
mod tests {
    use mock_core::Credential;

    use super::*;
    use crate::login::tests::attempts;

    const START: Credential<'_> = Credential::KbdintStart { submethods: "" };

    fn two_rounds() -> KeyboardInteractive {
        KeyboardInteractive::any_user_rounds([
            KbdintRound::new([("Password: ", false, "hunter2"), ("Token: ", true, "42")]),
            KbdintRound::new([]),
        ])
    }

    #[test]
    fn the_wrong_answer_is_named_but_not_shown() {
        let (right, wrong) = (["hunter2".into(), "42".into()], ["hunter2".into(), "43".into()]);
        assert_eq!(
            attempts(
                &two_rounds(),
                "anna",
                [
                    START,
                    Credential::KbdintAnswers(&wrong),
                    START,
                    Credential::KbdintAnswers(&right),
                    Credential::KbdintAnswers(&[]),
                ]
            ),
            [
                "asked 2 prompts",
                "rejected: wrong answer to prompt 2 of round 1",
                "asked 2 prompts",
                "asked 0 prompts",
                "accepted: all answers are right",
            ]
        );
    }

    #[test]
    fn the_number_of_answers_must_be_that_of_the_prompts() {
        let (few, right) = (["hunter2".into()], ["hunter2".into(), "42".into()]);
        assert_eq!(
            attempts(
                &two_rounds(),
                "anna",
                [
                    START,
                    Credential::KbdintAnswers(&few),
                    START,
                    Credential::KbdintAnswers(&right),
                    Credential::KbdintAnswers(&right),
                ]
            ),
            [
                "asked 2 prompts",
                "rejected: wrong number of answers to round 1: 1, not 2",
                "asked 2 prompts",
                "asked 0 prompts",
                "rejected: wrong number of answers to round 2: 2, not 0",
            ]
        );
    }

    #[test]
    fn another_try_ends_the_round_that_was_asked() {
        let right = ["hunter2".into(), "42".into()];
        let answers = Credential::KbdintAnswers(&right);
        assert_eq!(
            attempts(&two_rounds(), "anna", [answers, START, Credential::None, answers]),
            [
                "rejected: answers without a round asked",
                "asked 2 prompts",
                "rejected: none is not accepted",
                "rejected: answers without a round asked",
            ]
        );
    }

    #[test]
    fn a_new_attempt_restarts_from_the_first_round() {
        let right = ["hunter2".into(), "42".into()];
        assert_eq!(
            attempts(
                &two_rounds(),
                "anna",
                [START, Credential::KbdintAnswers(&right), START, Credential::KbdintAnswers(&[])]
            ),
            [
                "asked 2 prompts",
                "asked 0 prompts",
                "asked 2 prompts",
                "rejected: wrong number of answers to round 1: 0, not 2",
            ]
        );
    }

    #[test]
    fn without_a_round_nobody_is_let_in() {
        let strategy = KeyboardInteractive::rounds("anna", []);
        assert_eq!(
            attempts(&strategy, "anna", [START, Credential::KbdintAnswers(&[])]),
            ["rejected: there is no round to ask", "rejected: answers without a round asked"]
        );
    }
}
