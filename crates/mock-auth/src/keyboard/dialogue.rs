//! Prompts that are computed: from the user, from the submethods that the client prefers, from earlier answers.

use std::{fmt, sync::Arc};

use mock_core::{
    Attempt, Authenticator, Credential, LoginContext, LoginState, Method, Methods, Round, Verdict,
};

/// Asks what a closure says, for as long as it says so.
///
/// RFC 4256 section 3.1 lets the server choose its prompts freely, for each user and from each answer: a challenge that
/// is another each time, a second question only where the first answer calls for it. The client's preferred submethods
/// are a hint that the server may ignore.
///
/// ```
/// use mock_auth::{KbdintDialogue, Step};
/// use mock_core::{Answer, Attempt, Authenticator, Credential, LoginContext, Prompt, Round};
///
/// let challenge = KbdintDialogue::new(|so_far| match so_far.answers {
///     [] => {
///         let number = so_far.user.len() * 111;
///         Step::Ask(Round::new([Prompt::new(format!("Challenge {number}: "), true)]))
///     }
///     [first] if *first == ["444 doubled is 888"] => Step::Accept,
///     _ => Step::Refuse("wrong response to the challenge".to_owned()),
/// });
/// let mut login = challenge.begin(&LoginContext::detached("anna"));
/// let Answer::Ask(round) =
///     login.attempt(&Attempt::new("anna", Credential::KbdintStart { submethods: "" })).answer
/// else {
///     panic!("it asks")
/// };
/// assert_eq!(round.prompts[0].text, "Challenge 444: ");
/// let answers = ["444 doubled is 888".to_owned()];
/// let verdict = login.attempt(&Attempt::new("anna", Credential::KbdintAnswers(&answers)));
/// assert!(matches!(verdict.answer, Answer::Accept));
/// ```
#[derive(Clone)]
pub struct KbdintDialogue {
    next: Arc<dyn Fn(&Dialogue<'_>) -> Step + Send + Sync>,
}

/// How far a dialogue has come.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct Dialogue<'a> {
    /// The user name.
    pub user: &'a str,
    /// Number of the connection on its server, from 1.
    pub connection: u64,
    /// The submethods that the client prefers, comma-separated; usually empty.
    pub submethods: &'a str,
    /// The answers to the rounds so far, as the client gave them: their number is its choice.
    pub answers: &'a [Vec<String>],
}

/// What comes next in a dialogue.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Step {
    /// Asks this round.
    Ask(Round),
    /// Lets the user in.
    Accept,
    /// Does not, for this reason, which is for the journal.
    Refuse(String),
}

impl KbdintDialogue {
    /// Asks what `next` says, beginning with no answers.
    #[must_use]
    pub fn new(next: impl Fn(&Dialogue<'_>) -> Step + Send + Sync + 'static) -> Self {
        Self { next: Arc::new(next) }
    }
}

impl fmt::Debug for KbdintDialogue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KbdintDialogue").finish_non_exhaustive()
    }
}

/// Without the answers, which are secrets.
impl fmt::Debug for Dialogue<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rounds = self.answers.len();
        f.debug_struct("Dialogue").field("user", &self.user).field("rounds", &rounds).finish_non_exhaustive()
    }
}

impl Authenticator for KbdintDialogue {
    fn begin(&self, context: &LoginContext<'_>) -> Box<dyn LoginState> {
        Box::new(DialogueLogin {
            dialogue: self.clone(),
            user: context.user.to_owned(),
            connection: context.connection,
            open: None,
        })
    }
}

struct DialogueLogin {
    dialogue: KbdintDialogue,
    user: String,
    connection: u64,
    /// Submethods and answers of the dialogue that is open.
    open: Option<(String, Vec<Vec<String>>)>,
}

impl DialogueLogin {
    fn next(&mut self, submethods: String, answers: Vec<Vec<String>>) -> Verdict {
        let Self { dialogue, user, connection, .. } = self;
        let so_far = Dialogue { user, connection: *connection, submethods: &submethods, answers: &answers };
        match (dialogue.next)(&so_far) {
            Step::Ask(round) => {
                self.open = Some((submethods, answers));
                Verdict::ask(round)
            }
            Step::Accept => Verdict::accept("the dialogue ended well"),
            Step::Refuse(why) => Verdict::reject(why),
        }
    }
}

impl LoginState for DialogueLogin {
    fn methods(&self) -> Methods {
        [Method::KeyboardInteractive].into()
    }

    fn attempt(&mut self, attempt: &Attempt<'_>) -> Verdict {
        let open = self.open.take();
        match (attempt.credential, open) {
            (Credential::KbdintStart { submethods }, _) => self.next(submethods.to_owned(), Vec::new()),
            (Credential::KbdintAnswers(given), Some((submethods, mut answers))) => {
                answers.push(given.to_vec());
                self.next(submethods, answers)
            }
            (Credential::KbdintAnswers(_), None) => Verdict::reject("answers without a round asked"),
            (other, _) => Verdict::reject(format!("{} is not accepted", other.method())),
        }
    }
}
