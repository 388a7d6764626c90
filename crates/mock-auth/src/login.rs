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
        offered
            .into_iter()
            .filter_map(|(method, offered)| offered.then_some(method))
            .collect()
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
        Self {
            who: Who::Named(user.into()),
            grants: Arc::new(grants),
        }
    }

    pub(crate) fn anybody(grants: Grants) -> Self {
        Self {
            who: Who::Anybody,
            grants: Arc::new(grants),
        }
    }

    pub(crate) fn begin(&self, context: &LoginContext<'_>) -> Box<dyn LoginState> {
        match &self.who {
            Who::Named(name) if name != context.user => Box::new(Refused::new(
                self.grants.methods(),
                format!("the user is not {name}"),
            )),
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
        Self {
            methods,
            why: why.into(),
        }
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
        // Another try abandons an open round (RFC 4256 section 3.1).
        if !matches!(attempt.credential, Credential::KbdintAnswers(_)) {
            self.asked = None;
        }
        match (attempt.credential, &*self.grants) {
            (Credential::None, Grants { none: true, .. }) => Verdict::accept("no credential is needed"),
            (
                Credential::Password(given),
                Grants {
                    password: Some(right),
                    ..
                },
            ) => password::judge(right, given),
            (
                Credential::KeyOffered { key, .. } | Credential::KeySigned { key, .. },
                Grants {
                    keys: Some(known), ..
                },
            ) => public_key::judge(known, key),
            (
                Credential::KbdintStart { .. },
                Grants {
                    rounds: Some(rounds), ..
                },
            ) => keyboard::start(rounds, &mut self.asked),
            (
                Credential::KbdintAnswers(answers),
                Grants {
                    rounds: Some(rounds), ..
                },
            ) => keyboard::judge(rounds, answers, &mut self.asked),
            (Credential::Certificate(_), _) => Verdict::reject("no certificate is accepted"),
            (credential, _) => Verdict::reject(format!("{} is not accepted", credential.method())),
        }
    }
}
