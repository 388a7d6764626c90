//! One round of keyboard-interactive: what is asked, which answers are right, and which must never come.

use std::{fmt, sync::Arc};

use mock_core::{Prompt, Round, event::Secret};

use super::{Dialogue, OneTimeCode, forbidden::Forbidden};
use crate::login::Surroundings;

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
    /// Prompts that are computed have no text yet.
    shown: Round,
    /// Those, each with the index of its prompt.
    computed: Vec<(usize, Computed)>,
    /// As many as there are prompts.
    checks: Vec<Check>,
    /// Each with the index of its prompt.
    forbidden: Vec<(usize, Forbidden)>,
}

/// Text that depends on who is asked, and on earlier answers.
#[derive(Clone)]
struct Computed(Arc<dyn Fn(&Dialogue<'_>) -> String + Send + Sync>);

/// Which answer to a prompt is right.
#[derive(Clone)]
enum Check {
    Exactly(Secret),
    Computed(Computed),
    Judged(Arc<dyn Fn(&str) -> bool + Send + Sync>),
    Code(OneTimeCode),
}

impl KbdintRound {
    /// A round with these prompts: the label, whether the client may show what is typed, the right answer. No
    /// prompt at all is legal: the client then answers without asking its user.
    pub fn new<'a>(prompts: impl IntoIterator<Item = (&'a str, bool, &'a str)>) -> Self {
        let add = |round: Self, (label, echo, answer)| round.prompt(label, echo, answer);
        prompts.into_iter().fold(Self::default(), add)
    }

    /// Adds a prompt.
    pub fn prompt(self, label: impl Into<String>, echo: bool, answer: impl Into<String>) -> Self {
        self.with(label, echo, Check::Exactly(Secret::new(answer.into())))
    }

    /// Adds a prompt whose answer this judges.
    ///
    /// ```
    /// use mock_auth::{KbdintRound, KeyboardInteractive};
    ///
    /// let consent = KbdintRound::default().prompt_judged("Type yes: ", true, |answer| answer.trim() == "yes");
    /// let strategy = KeyboardInteractive::any_user(consent);
    /// # drop(strategy);
    /// ```
    pub fn prompt_judged(
        self,
        label: impl Into<String>,
        echo: bool,
        judge: impl Fn(&str) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.with(label, echo, Check::Judged(Arc::new(judge)))
    }

    /// Adds a prompt whose text and right answer are computed from the user, the connection and the answers to the rounds
    /// before: a challenge. [`KbdintDialogue`](crate::KbdintDialogue) computes which rounds there are as well.
    ///
    /// ```
    /// use mock_auth::{KbdintRound, KeyboardInteractive};
    /// use mock_core::{Answer, Attempt, Authenticator, Credential, LoginContext};
    ///
    /// let challenge = KbdintRound::default().prompt_computed(
    ///     |so_far| format!("Challenge {}: ", so_far.connection * 111),
    ///     true,
    ///     |so_far| format!("{} {}", so_far.user, so_far.connection * 111),
    /// );
    /// let mut login = KeyboardInteractive::any_user(challenge).begin(&LoginContext::detached("anna"));
    /// let start = Attempt::new("anna", Credential::KbdintStart { submethods: "" });
    /// let Answer::Ask(round) = login.attempt(&start).answer else {
    ///     panic!("it asks")
    /// };
    /// assert_eq!(round.prompts[0].text, "Challenge 111: ");
    /// let verdict = login.attempt(&Attempt::new("anna", Credential::KbdintAnswers(&["anna 111".to_owned()])));
    /// assert!(matches!(verdict.answer, Answer::Accept));
    /// ```
    pub fn prompt_computed(
        mut self,
        label: impl Fn(&Dialogue<'_>) -> String + Send + Sync + 'static,
        echo: bool,
        answer: impl Fn(&Dialogue<'_>) -> String + Send + Sync + 'static,
    ) -> Self {
        self.computed.push((self.checks.len(), Computed(Arc::new(label))));
        self.with("", echo, Check::Computed(Computed(Arc::new(answer))))
    }

    /// Adds a prompt whose right answer is the one-time code of the moment.
    pub fn code(self, label: impl Into<String>, echo: bool, code: &OneTimeCode) -> Self {
        self.with(label, echo, Check::Code(code.clone()))
    }

    fn with(mut self, label: impl Into<String>, echo: bool, check: Check) -> Self {
        self.shown.prompts.push(Prompt::new(label, echo));
        self.checks.push(check);
        self
    }

    /// Forbids that this secret is ever sent to the prompt that was added last: a password that is stored for one
    /// question has no business at another. If it is sent there, the answer is wrong, and the verification of the
    /// server fails; the report does not show the secret.
    ///
    /// ```
    /// use mock_auth::{KbdintRound, KeyboardInteractive};
    /// use mock_core::{Attempt, Authenticator, Credential, LoginContext, mock_base::Journal};
    ///
    /// let round = KbdintRound::new([("OTP token: ", true, "123456")]).forbid("hunter2");
    /// let context = LoginContext::detached("anna");
    /// let mut login = KeyboardInteractive::any_user(round).begin(&context);
    /// login.attempt(&Attempt::new("anna", Credential::KbdintStart { submethods: "" }));
    /// login.attempt(&Attempt::new("anna", Credential::KbdintAnswers(&["hunter2".to_owned()])));
    ///
    /// let report = context.expectations.verify(&Journal::new().events()).unwrap_err().to_string();
    /// assert!(report.contains("expected a forbidden secret never to be sent to the prompt \"OTP token: \""));
    /// assert!(!report.contains("hunter2"));
    /// ```
    pub fn forbid(mut self, secret: impl Into<String>) -> Self {
        if let Some(index) = self.checks.len().checked_sub(1) {
            self.forbidden.push((index, Forbidden::new(secret)));
        }
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

    pub(super) fn shown(&self, so_far: &Dialogue<'_>) -> Round {
        let mut shown = self.shown.clone();
        for (index, Computed(label)) in &self.computed {
            if let Some(prompt) = shown.prompts.get_mut(*index) {
                prompt.text = label(so_far);
            }
        }
        shown
    }

    /// What is wrong with these answers, if anything.
    pub(super) fn mistake(
        &self,
        so_far: &Dialogue<'_>,
        given: &[String],
        surroundings: &Surroundings,
    ) -> Option<String> {
        let number = so_far.answers.len() + 1;
        let mut sent = None;
        let shown = if self.forbidden.is_empty() { Round::default() } else { self.shown(so_far) };
        for (index, forbidden) in &self.forbidden {
            let label = shown.prompts.get(*index).map_or("", |prompt| prompt.text.as_str());
            if given.get(*index).is_some_and(|answer| forbidden.was_sent(answer, label, surroundings)) {
                let prompt = index + 1;
                sent.get_or_insert_with(|| {
                    format!("a forbidden secret was sent to prompt {prompt} of round {number}")
                });
            }
        }
        if sent.is_some() {
            return sent;
        }
        let (asked, given_count) = (self.checks.len(), given.len());
        if given_count != asked {
            return Some(format!("wrong number of answers to round {number}: {given_count}, not {asked}"));
        }
        // A one-time code is used up by a right answer, so it is looked at only where the others are right.
        let mut by_cost: Vec<_> = (1..).zip(self.checks.iter().zip(given)).collect();
        by_cost.sort_by_key(|(_, (check, _))| matches!(check, Check::Code(_)));
        by_cost.into_iter().find_map(|(prompt, (check, answer))| {
            let why = match check {
                Check::Exactly(right) => (right.reveal() != answer).then_some(""),
                Check::Computed(Computed(right)) => (right(so_far) != *answer).then_some(""),
                Check::Judged(judge) => (!judge(answer)).then_some(""),
                Check::Code(code) => code.mistake(answer, surroundings),
            }?;
            Some(format!("wrong answer to prompt {prompt} of round {number}{why}"))
        })
    }
}

impl fmt::Debug for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exactly(right) => right.fmt(f),
            Self::Computed(right) => right.fmt(f),
            Self::Judged(_) => f.write_str("Judged"),
            Self::Code(code) => code.fmt(f),
        }
    }
}

impl fmt::Debug for Computed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Computed")
    }
}
