//! What somebody may log in with, and a login that is judged by it.
//!
//! Every strategy of this crate but [`AcceptAny`](crate::AcceptAny) comes down to this: one grants a single method
//! to a named user or to anybody, a table of users grants several to each. So there is one state machine. How a
//! credential of a method is judged is written in the module of that method.

use std::sync::Arc;

use mock_core::{
    Attempt, Credential, LoginContext, LoginState, Method, Methods, Verdict, event::Secret, keys::ssh_key,
};
use ssh_key::public::KeyData;

use crate::{KbdintRound, keyboard, password, public_key};

/// What somebody may log in with: each credential is enough by itself. A method that is `None` is not offered.
#[derive(Debug, Clone, Default)]
pub(crate) struct Grants {
    pub(crate) none: bool,
    pub(crate) keys: Option<Vec<KeyData>>,
    pub(crate) password: Option<Secret>,
    pub(crate) rounds: Option<Vec<KbdintRound>>,
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

    pub(crate) fn begin(&self, context: &LoginContext<'_>) -> Box<dyn LoginState> {
        match &self.who {
            Who::Named(name) if name != context.user => {
                Box::new(Refused::new(self.grants.methods(), format!("the user is not {name}")))
            }
            _ => Box::new(Login::new(Arc::clone(&self.grants))),
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

/// A login that is judged by grants.
pub(crate) struct Login {
    grants: Arc<Grants>,
    /// Index of the keyboard-interactive round that waits for its answers.
    asked: Option<usize>,
}

impl Login {
    pub(crate) fn new(grants: Arc<Grants>) -> Self {
        Self { grants, asked: None }
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
        let (grants, asked) = (&self.grants, &mut self.asked);
        let verdict = match attempt.credential {
            Credential::None => grants.none.then(|| Verdict::accept("no credential is needed")),
            Credential::Password(given) => {
                let right = grants.password.as_ref();
                right.map(|right| password::judge(right, given))
            }
            Credential::KeyOffered { key, .. } | Credential::KeySigned { key, .. } => {
                let known = grants.keys.as_ref();
                known.map(|known| public_key::judge(known, key))
            }
            Credential::KbdintStart { .. } => {
                let rounds = grants.rounds.as_ref();
                rounds.map(|rounds| keyboard::start(rounds, asked))
            }
            Credential::KbdintAnswers(answers) => {
                let rounds = grants.rounds.as_ref();
                rounds.map(|rounds| keyboard::judge(rounds, answers, asked))
            }
            Credential::Certificate(_) => Some(Verdict::reject("no certificate is accepted")),
            _ => None,
        };
        let method = attempt.credential.method();
        verdict.unwrap_or_else(|| Verdict::reject(format!("{method} is not accepted")))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use mock_core::{Answer, Authenticator};

    use super::*;
    use crate::{KeyboardInteractive, NoneAuth, Password, PublicKeys};

    /// What a strategy says to these credentials, one after the other, in words.
    pub(crate) fn attempts<const N: usize>(
        strategy: &impl Authenticator,
        user: &str,
        credentials: [Credential<'_>; N],
    ) -> [String; N] {
        let mut login = strategy.begin(&LoginContext::detached(user));
        credentials.map(|credential| {
            let Verdict { answer, why, .. } = login.attempt(&Attempt::new(user, credential));
            match answer {
                Answer::Accept => format!("accepted: {why}"),
                Answer::Reject { left: None } => format!("rejected: {why}"),
                Answer::Ask(round) => format!("asked {} prompts", round.prompts.len()),
                other => panic!("no strategy of this crate says {other:?}"),
            }
        })
    }

    const START: Credential<'_> = Credential::KbdintStart { submethods: "" };

    #[test]
    fn another_user_is_shown_the_same_methods_and_refused() {
        let round = || KbdintRound::new([("Token: ", true, "42")]);
        let no_keys: [KeyData; 0] = [];
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
