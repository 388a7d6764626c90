//! What somebody may log in with, and a login that is judged by it.
//!
//! The strategies with one method come down to this: each grants it to a named user or to anybody, a table of users
//! grants several to each. So there is one state machine. How a credential of a method is judged is written in the
//! module of that method.

use std::sync::Arc;

use mock_core::{
    Attempt, Credential, LoginContext, LoginState, Memory, Method, Methods, Peer, Verdict, event::Secret,
    mock_base::Expectations,
};

use crate::{
    keyboard::{Asked, Rounds},
    keys::{KeyRing, Presenter},
    password,
};

/// What somebody may log in with: each credential is enough by itself. A method that is `None` is not offered.
#[derive(Debug, Clone, Default)]
pub(crate) struct Grants {
    pub(crate) none: bool,
    pub(crate) keys: Option<KeyRing>,
    pub(crate) password: Option<Secret>,
    pub(crate) rounds: Option<Rounds>,
}

impl Grants {
    /// The methods in the order in which OpenSSH lists them.
    pub(crate) fn methods(&self) -> Methods {
        let offered = [
            (Method::PublicKey, self.keys.is_some()),
            (Method::Password, self.password.is_some()),
            (Method::KeyboardInteractive, self.rounds.is_some()),
        ];
        offered.into_iter().filter_map(|(method, offered)| offered.then_some(method)).collect()
    }
}

/// Whom a strategy with a single method is for.
#[derive(Debug, Clone)]
enum Who {
    Anybody,
    Named(String),
}

/// Grants for a named user or for anybody: what every strategy with a single method is.
#[derive(Debug, Clone)]
pub(crate) struct Single {
    who: Who,
    grants: Arc<Grants>,
}

impl Single {
    pub(crate) fn named(user: impl Into<String>, grants: Grants) -> Self {
        Self { who: Who::Named(user.into()), grants: Arc::new(grants) }
    }

    pub(crate) fn anybody(grants: Grants) -> Self {
        Self { who: Who::Anybody, grants: Arc::new(grants) }
    }

    /// The grants, to change them while a strategy is put together.
    pub(crate) fn grants_mut(&mut self) -> &mut Grants {
        Arc::make_mut(&mut self.grants)
    }

    pub(crate) fn begin(&self, context: &LoginContext<'_>) -> Box<dyn LoginState> {
        match &self.who {
            Who::Named(name) if name != context.user => {
                Box::new(Refused::new(self.grants.methods(), format!("the user is not {name}")))
            }
            _ => Box::new(Login::new(Arc::clone(&self.grants), context)),
        }
    }
}

/// A login that nothing helps, though methods are shown.
pub(crate) struct Refused {
    methods: Methods,
    why: String,
}

impl Refused {
    pub(crate) fn new(methods: Methods, why: impl Into<String>) -> Self {
        Self { methods, why: why.into() }
    }
}

impl LoginState for Refused {
    fn methods(&self) -> Methods {
        self.methods.clone()
    }

    fn attempt(&mut self, _: &Attempt<'_>) -> Verdict {
        Verdict::reject(self.why.clone())
    }
}

/// Whose login it is, and what the server lends it: a [`LoginContext`] to keep.
#[derive(Debug, Clone)]
pub(crate) struct Surroundings {
    pub(crate) user: String,
    pub(crate) connection: u64,
    pub(crate) peer: Peer,
    pub(crate) memory: Memory,
    pub(crate) expectations: Expectations,
}

impl Surroundings {
    pub(crate) fn of(context: &LoginContext<'_>) -> Self {
        Self {
            user: context.user.to_owned(),
            connection: context.connection,
            peer: *context.peer,
            memory: context.memory.clone(),
            expectations: context.expectations.clone(),
        }
    }
}

/// A login that is judged by grants.
pub(crate) struct Login {
    grants: Arc<Grants>,
    surroundings: Surroundings,
    /// The keyboard-interactive round that waits for its answers.
    asked: Option<Asked>,
}

impl Login {
    pub(crate) fn new(grants: Arc<Grants>, context: &LoginContext<'_>) -> Self {
        Self { grants, surroundings: Surroundings::of(context), asked: None }
    }
}

impl LoginState for Login {
    fn methods(&self) -> Methods {
        self.grants.methods()
    }

    fn attempt(&mut self, attempt: &Attempt<'_>) -> Verdict {
        // The client may try something else at any time, which ends an open round (RFC 4252 section 5).
        if !matches!(attempt.credential, Credential::KbdintAnswers(_)) {
            self.asked = None;
        }
        let Self { grants, surroundings, asked } = self;
        let verdict = match attempt.credential {
            Credential::None => grants.none.then(|| Verdict::accept("no credential is needed")),
            Credential::Password(given) => {
                let right = grants.password.as_ref();
                right.map(|right| password::judge(right, given))
            }
            Credential::KeyOffered { .. } | Credential::KeySigned { .. } | Credential::Certificate(_) => {
                let presenter = Presenter { user: &surroundings.user, peer: &surroundings.peer };
                grants.keys.as_ref().map(|ring| ring.judge(attempt.credential, presenter))
            }
            Credential::KbdintStart { submethods } => {
                grants.rounds.as_ref().map(|rounds| rounds.start(submethods, asked, surroundings))
            }
            Credential::KbdintAnswers(answers) => {
                grants.rounds.as_ref().map(|rounds| rounds.judge(answers, asked, surroundings))
            }
            _ => None,
        };
        let method = attempt.credential.method();
        verdict.unwrap_or_else(|| Verdict::reject(format!("{method} is not accepted")))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use mock_core::{Answer, Authenticator, keys::PublicKey};

    use super::*;
    use crate::{KbdintRound, KeyboardInteractive, NoneAuth, Password, PublicKeys};

    /// What a strategy says to these credentials, one after the other, in words.
    pub(crate) fn attempts<const N: usize>(
        strategy: &impl Authenticator,
        user: &str,
        credentials: [Credential<'_>; N],
    ) -> [String; N] {
        attempts_in(strategy, &LoginContext::detached(user), credentials)
    }

    /// The same, of a login in this context.
    pub(crate) fn attempts_in<const N: usize>(
        strategy: &impl Authenticator,
        context: &LoginContext<'_>,
        credentials: [Credential<'_>; N],
    ) -> [String; N] {
        let mut login = strategy.begin(context);
        credentials.map(|credential| say(login.attempt(&Attempt::new(context.user, credential))))
    }

    pub(crate) fn say(verdict: Verdict) -> String {
        let Verdict { answer, why, .. } = verdict;
        let because = |said: &str| if why.is_empty() { said.to_owned() } else { format!("{said}: {why}") };
        match answer {
            Answer::Accept => because("accepted"),
            Answer::Reject { left: None } => because("rejected"),
            Answer::Reject { left: Some(left) } => because(&format!("rejected, [{left}] left")),
            Answer::Partial { left } => because(&format!("partial, [{left}] left")),
            Answer::Ask(round) => because(&format!("asked {} prompts", round.prompts.len())),
            Answer::Disconnect { text, .. } => because(&format!("disconnected {text:?}")),
            other => panic!("no strategy of this crate says {other:?}"),
        }
    }

    const START: Credential<'_> = Credential::KbdintStart { submethods: "" };

    #[test]
    fn another_user_is_shown_the_same_methods_and_refused() {
        let round = || KbdintRound::new([("Token: ", true, "42")]);
        let no_keys: [PublicKey; 0] = [];
        let strategies: [(Box<dyn Authenticator>, _, _); 4] = [
            (Box::new(NoneAuth::new("anna")), Credential::None, ""),
            (Box::new(Password::new("anna", "x")), Credential::Password("x"), "password"),
            (Box::new(PublicKeys::new("anna", no_keys)), Credential::None, "publickey"),
            (Box::new(KeyboardInteractive::new("anna", round())), START, "keyboard-interactive"),
        ];
        for (strategy, credential, methods) in strategies {
            assert_eq!(strategy.begin(&LoginContext::detached("bert")).methods().to_string(), methods);
            assert_eq!(attempts(&strategy, "bert", [credential]), ["rejected: the user is not anna"]);
        }
    }

    #[test]
    fn a_method_that_is_not_granted_is_named() {
        assert_eq!(
            attempts(
                &Password::any_user("x"),
                "anna",
                [Credential::None, START, Credential::KbdintAnswers(&[])]
            ),
            [
                "rejected: none is not accepted",
                "rejected: keyboard-interactive is not accepted",
                "rejected: keyboard-interactive is not accepted",
            ]
        );
    }

    #[test]
    fn no_secret_shows_in_debug() {
        let round = KbdintRound::new([("Token: ", true, "hunter2")]);
        let shown =
            format!("{:?} {:?}", Password::new("anna", "hunter2"), KeyboardInteractive::new("anna", round));
        assert!(shown.contains("anna") && !shown.contains("hunter2"), "{shown}");
    }
}
