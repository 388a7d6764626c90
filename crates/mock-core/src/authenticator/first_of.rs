//! Several strategies as one: the first that does not reject decides.

use super::{
    Answer, Attempt, Authenticator, Credential, LoginContext, LoginState, Methods, Verdict, join_whys,
};

/// Strategies tried in order; what [`Builder::auth`](crate::Builder::auth) makes of several.
///
/// An attempt goes to each until one does anything but reject it. The answers of a keyboard-interactive round
/// go to the strategy that asked. The methods shown are those of all, each once.
///
/// Where one accepts in part, the others see the attempt as well: a key that is the first step of two ways in is a step
/// on both, and the client may go on either way.
#[derive(Default)]
pub struct FirstOf {
    strategies: Vec<Box<dyn Authenticator>>,
}

impl FirstOf {
    /// These strategies, in this order. None at all rejects everybody.
    #[must_use]
    pub fn new(strategies: impl IntoIterator<Item = Box<dyn Authenticator>>) -> Self {
        Self { strategies: strategies.into_iter().collect() }
    }

    /// Adds one at the end.
    pub fn push(&mut self, strategy: impl Authenticator + 'static) {
        self.strategies.push(Box::new(strategy));
    }
}

impl std::fmt::Debug for FirstOf {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FirstOf").field("strategies", &self.strategies.len()).finish()
    }
}

impl Authenticator for FirstOf {
    fn begin(&self, context: &LoginContext<'_>) -> Box<dyn LoginState> {
        let logins = self.strategies.iter().map(|strategy| strategy.begin(context)).collect();
        Box::new(FirstOfLogin { logins, asked: None })
    }
}

struct FirstOfLogin {
    logins: Vec<Box<dyn LoginState>>,
    /// Which of them asked the round that is open.
    asked: Option<usize>,
}

impl LoginState for FirstOfLogin {
    fn methods(&self) -> Methods {
        self.logins.iter().flat_map(|login| login.methods().iter().collect::<Vec<_>>()).collect()
    }

    fn attempt(&mut self, attempt: &Attempt<'_>) -> Verdict {
        let asked = self.asked.take();
        let answers = matches!(attempt.credential, Credential::KbdintAnswers(_));
        let mut rejections = Vec::new();
        // The verdict of the first that accepts in part, and what is left by all: the steps of those that do, and the
        // methods of the others as they stand.
        let mut partial = None;
        let mut left_by_all = Vec::new();
        for (index, login) in self.logins.iter_mut().enumerate() {
            if answers && asked != Some(index) {
                continue;
            }
            let offers_method = login.methods().contains(attempt.credential.method());
            let verdict = login.attempt(attempt);
            match verdict.answer {
                Answer::Reject { .. } => {
                    left_by_all.extend(login.methods().iter());
                    rejections.push((offers_method, verdict));
                }
                Answer::Ask(_) => {
                    self.asked = Some(index);
                    return verdict;
                }
                Answer::Partial { ref left } => {
                    left_by_all.extend(left.iter());
                    partial.get_or_insert(verdict);
                }
                _ => return verdict,
            }
        }
        if let Some(mut verdict) = partial {
            verdict.answer = Answer::Partial { left: left_by_all.into_iter().collect() };
            return verdict;
        }
        if self.logins.is_empty() {
            return Verdict::reject("no login strategy is configured");
        }
        if rejections.is_empty() {
            return Verdict::reject("answers without a round asked");
        }
        let after = rejections.iter().map(|(_, verdict)| verdict.after).max().unwrap_or_default();
        // Those who take the method know best why not; the others only say that they do not take it.
        let informed = rejections.iter().any(|(offers_method, _)| *offers_method);
        // A list that one of them wants shown is shown.
        let left = rejections.iter().find_map(|(_, verdict)| match &verdict.answer {
            Answer::Reject { left } => left.clone(),
            _ => None,
        });
        let whys = rejections.iter().filter(|(offers_method, _)| *offers_method || !informed);
        let why = join_whys(whys.map(|(_, verdict)| &verdict.why));
        match left {
            Some(left) => Verdict::reject_leaving(left, why).after(after),
            None => Verdict::reject(why).after(after),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Method, Round};

    struct Asks(&'static str);

    impl Authenticator for Asks {
        fn begin(&self, _: &LoginContext<'_>) -> Box<dyn LoginState> {
            Box::new(Self(self.0))
        }
    }

    impl LoginState for Asks {
        fn methods(&self) -> Methods {
            [Method::KeyboardInteractive].into()
        }
        fn attempt(&mut self, attempt: &Attempt<'_>) -> Verdict {
            match attempt.credential {
                Credential::KbdintStart { submethods } if submethods == self.0 => {
                    Verdict::ask(Round::default())
                }
                Credential::KbdintAnswers(_) => Verdict::accept(self.0),
                _ => Verdict::reject(format!("not for {}", self.0)),
            }
        }
    }

    #[test]
    fn answers_go_to_the_strategy_that_asked() {
        let first_of = FirstOf::new([Box::new(Asks("a")) as Box<dyn Authenticator>, Box::new(Asks("b"))]);
        let mut login = first_of.begin(&LoginContext::detached("anna"));
        assert_eq!(login.methods().to_string(), "keyboard-interactive");
        let start = login.attempt(&Attempt::new("anna", Credential::KbdintStart { submethods: "b" }));
        assert!(matches!(start.answer, Answer::Ask(_)));
        let answered = login.attempt(&Attempt::new("anna", Credential::KbdintAnswers(&[])));
        assert_eq!(answered.why, "b");
    }

    #[test]
    fn answers_that_nobody_asked_for_reach_nobody() {
        let mut login = FirstOf::new([Box::new(Asks("a")) as Box<dyn Authenticator>])
            .begin(&LoginContext::detached("anna"));
        let verdict = login.attempt(&Attempt::new("anna", Credential::KbdintAnswers(&[])));
        assert_eq!(verdict.why, "answers without a round asked");
    }

    #[test]
    fn a_rejection_by_all_gives_each_reason_once() {
        let first_of = FirstOf::new([Box::new(Asks("a")) as Box<dyn Authenticator>, Box::new(Asks("a"))]);
        let verdict = first_of
            .begin(&LoginContext::detached("anna"))
            .attempt(&Attempt::new("anna", Credential::Password("x")));
        assert_eq!(verdict.why, "not for a");
        let none = FirstOf::default()
            .begin(&LoginContext::detached("anna"))
            .attempt(&Attempt::new("anna", Credential::None));
        assert_eq!(none.why, "no login strategy is configured");
    }
}
