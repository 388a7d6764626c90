//! A password that has expired, and is changed within the login.
//!
//! The method `password` has messages for that (RFC 4252 section 8), which the engine cannot send; OpenSSH's server does
//! not use them with PAM either, but asks by keyboard-interactive, as here.

use mock_core::{
    Attempt, Authenticator, Credential, LoginContext, LoginState, Memory, MemoryKey, Method, Methods, Prompt,
    Round, Verdict, event::Secret,
};

/// Lets in a user whose password has expired, once it has chosen another.
///
/// The method `password` is refused until then. Keyboard-interactive asks for the old password, then twice for a new one,
/// as PAM does under OpenSSH. From then on the new password lets in, by either method, until the server is reset.
///
/// ```
/// use mock_auth::ExpiredPassword;
/// use mock_core::{Answer, Attempt, Authenticator, Credential, LoginContext};
///
/// let strategy = ExpiredPassword::new("anna", "old");
/// let context = LoginContext::detached("anna");
/// let mut login = strategy.begin(&context);
/// let mut attempt = |credential| login.attempt(&Attempt::new("anna", credential));
///
/// let verdict = attempt(Credential::Password("old"));
/// assert_eq!(verdict.why, "right password, but it has expired");
///
/// attempt(Credential::KbdintStart { submethods: "" });
/// let old = ["old".to_owned()];
/// let Answer::Ask(round) = attempt(Credential::KbdintAnswers(&old)).answer else {
///     panic!("it asks for another")
/// };
/// assert_eq!(round.prompts[0].text, "New password: ");
/// let both = ["new".to_owned(), "new".to_owned()];
/// assert!(matches!(attempt(Credential::KbdintAnswers(&both)).answer, Answer::Accept));
///
/// let verdict = strategy.begin(&context).attempt(&Attempt::new("anna", Credential::Password("new")));
/// assert_eq!(verdict.why, "right password");
/// ```
#[derive(Debug, Clone)]
pub struct ExpiredPassword {
    user: String,
    expired: Secret,
    key: MemoryKey,
}

/// How often a new password may be tried to be chosen in one attempt.
const TRIES: u32 = 3;

/// The password that was chosen.
#[derive(Debug, Default)]
struct Chosen(Option<Secret>);

impl ExpiredPassword {
    /// Lets in this user, whose password has expired.
    #[must_use]
    pub fn new(user: impl Into<String>, password: impl Into<String>) -> Self {
        Self { user: user.into(), expired: Secret::new(password.into()), key: MemoryKey::new() }
    }
}

impl Authenticator for ExpiredPassword {
    fn begin(&self, context: &LoginContext<'_>) -> Box<dyn LoginState> {
        let fits = context.user == self.user;
        Box::new(ExpiredLogin { of: self.clone(), fits, memory: context.memory.clone(), open: Open::Nothing })
    }
}

struct ExpiredLogin {
    of: ExpiredPassword,
    /// Whether it is the user's login.
    fits: bool,
    memory: Memory,
    open: Open,
}

/// What waits for its answers.
enum Open {
    Nothing,
    Password,
    /// A new password, after so many failures to choose one.
    New(u32),
}

impl ExpiredLogin {
    fn chosen(&self) -> Option<Secret> {
        self.memory.with(&self.of.key, |chosen: &mut Chosen| chosen.0.clone())
    }

    fn judge(&self, given: &str) -> Verdict {
        match self.chosen() {
            Some(chosen) if chosen.reveal() == given => Verdict::accept("right password"),
            None if self.of.expired.reveal() == given => {
                Verdict::reject("right password, but it has expired")
            }
            _ => Verdict::reject("wrong password"),
        }
    }

    fn ask_new(&mut self, failures: u32, instructions: &str, why: &'static str) -> Verdict {
        self.open = Open::New(failures);
        let prompts = [Prompt::new("New password: ", false), Prompt::new("Retype new password: ", false)];
        let mut verdict = Verdict::ask(Round::new(prompts).instructions(instructions));
        verdict.why = why.into();
        verdict
    }

    fn answered(&mut self, answers: &[String]) -> Verdict {
        match (std::mem::replace(&mut self.open, Open::Nothing), answers) {
            (Open::Nothing, _) => Verdict::reject("answers without a round asked"),
            (Open::Password, [given]) => {
                if self.chosen().is_none() && self.of.expired.reveal() == given {
                    let told = "Your password has expired. Choose a new password.";
                    return self.ask_new(0, told, "right password, but it has expired");
                }
                self.judge(given)
            }
            (Open::New(failures), [new, again]) => self.choose(failures, new, again),
            _ => Verdict::reject("wrong number of answers"),
        }
    }

    fn choose(&mut self, failures: u32, new: &str, again: &str) -> Verdict {
        let (told, why) = if new != again {
            ("Sorry, passwords do not match.", "the new passwords differ")
        } else if new == self.of.expired.reveal() {
            ("Password unchanged.", "the new password is the old one")
        } else if new.is_empty() {
            ("No password supplied.", "the new password is empty")
        } else {
            let chosen = Secret::new(new);
            self.memory.with(&self.of.key, |slot: &mut Chosen| slot.0 = Some(chosen));
            return Verdict::accept("the password was changed");
        };
        let failures = failures + 1;
        if failures < TRIES { self.ask_new(failures, told, why) } else { Verdict::reject(why) }
    }
}

impl LoginState for ExpiredLogin {
    fn methods(&self) -> Methods {
        [Method::Password, Method::KeyboardInteractive].into()
    }

    fn attempt(&mut self, attempt: &Attempt<'_>) -> Verdict {
        if !self.fits {
            return Verdict::reject(format!("the user is not {}", self.of.user));
        }
        if !matches!(attempt.credential, Credential::KbdintAnswers(_)) {
            self.open = Open::Nothing;
        }
        match attempt.credential {
            Credential::Password(given) => self.judge(given),
            Credential::KbdintStart { .. } => {
                self.open = Open::Password;
                Verdict::ask(Round::new([Prompt::new("Password: ", false)]))
            }
            Credential::KbdintAnswers(answers) => self.answered(answers),
            other => Verdict::reject(format!("{} is not accepted", other.method())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::login::tests::attempts_in;

    fn answers<const N: usize>(answers: [&str; N]) -> [String; N] {
        answers.map(str::to_owned)
    }

    #[test]
    fn a_new_password_must_be_new_and_said_twice_alike() {
        let strategy = ExpiredPassword::new("anna", "old");
        let context = LoginContext::detached("anna");
        let (old, unlike) = (answers(["old"]), answers(["a", "b"]));
        let (same, empty) = (answers(["old", "old"]), answers(["", ""]));
        let start = Credential::KbdintStart { submethods: "" };
        let said = attempts_in(
            &strategy,
            &context,
            [
                start,
                Credential::KbdintAnswers(&old),
                Credential::KbdintAnswers(&unlike),
                Credential::KbdintAnswers(&same),
                Credential::KbdintAnswers(&empty),
                Credential::KbdintAnswers(&unlike),
            ],
        );
        assert_eq!(
            said,
            [
                "asked 1 prompts",
                "asked 2 prompts: right password, but it has expired",
                "asked 2 prompts: the new passwords differ",
                "asked 2 prompts: the new password is the old one",
                "rejected: the new password is empty",
                "rejected: answers without a round asked",
            ]
        );
    }

    #[test]
    fn after_a_change_the_old_password_is_wrong_until_a_reset() {
        let strategy = ExpiredPassword::new("anna", "old");
        let context = LoginContext::detached("anna");
        let (old, new, both) = (answers(["old"]), answers(["new"]), answers(["new", "new"]));
        let start = Credential::KbdintStart { submethods: "" };
        let change = [start, Credential::KbdintAnswers(&old), Credential::KbdintAnswers(&both)];
        let said = attempts_in(&strategy, &context, change);
        assert_eq!(said[2], "accepted: the password was changed");
        let again = [start, Credential::KbdintAnswers(&new), Credential::Password("old")];
        let said = attempts_in(&strategy, &context, again);
        assert_eq!(said, ["asked 1 prompts", "accepted: right password", "rejected: wrong password"]);
        context.memory.clear();
        let said = attempts_in(&strategy, &context, [Credential::Password("old")]);
        assert_eq!(said, ["rejected: right password, but it has expired"]);
    }
}
