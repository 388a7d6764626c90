//! Lists of methods that must all succeed, in the words of OpenSSH's `AuthenticationMethods` (`sshd_config(5)`).

use std::{collections::VecDeque, fmt, str::FromStr};

use mock_core::{
    Answer, Attempt, Authenticator, Credential, LoginContext, LoginState, Method, Methods, Verdict,
};

use super::{Gathered, irreconcilable, is_offer};

/// One or more lists of methods. A login must complete one of them, in its order.
///
/// ```
/// use mock_auth::AuthenticationMethods;
///
/// let methods: AuthenticationMethods = "publickey,password publickey,keyboard-interactive".parse()?;
/// assert_eq!(methods.lists().count(), 2);
/// # Ok::<(), mock_auth::AuthenticationMethodsError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthenticationMethods {
    lists: Vec<Vec<Method>>,
}

/// A text that is no lists of methods.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AuthenticationMethodsError {
    /// There is no list, or an empty one.
    #[error("a list of authentication methods is empty")]
    Empty,
    /// A method that there is not here. `any` is no list either: it is what holds without one.
    #[error("`{name}` is not one of publickey, password, keyboard-interactive")]
    Unknown {
        /// Its name.
        name: String,
    },
    /// A device, which OpenSSH tells apart by name. Here each is a strategy, and `in_order` puts them one after the other.
    #[error("`{name}` names a device: put one strategy for each device into `in_order`")]
    Device {
        /// The method and the device.
        name: String,
    },
}

impl AuthenticationMethods {
    /// The lists.
    pub fn lists(&self) -> impl Iterator<Item = &[Method]> {
        self.lists.iter().map(Vec::as_slice)
    }
}

/// Lists are separated by blanks, methods by commas.
impl FromStr for AuthenticationMethods {
    type Err = AuthenticationMethodsError;

    fn from_str(text: &str) -> Result<Self, AuthenticationMethodsError> {
        let lists = text.split_whitespace().map(|list| list.split(',').map(method).collect());
        let lists: Vec<_> = lists.collect::<Result<_, _>>()?;
        if lists.is_empty() { Err(AuthenticationMethodsError::Empty) } else { Ok(Self { lists }) }
    }
}

fn method(name: &str) -> Result<Method, AuthenticationMethodsError> {
    let known = [Method::PublicKey, Method::Password, Method::KeyboardInteractive];
    match known.into_iter().find(|method| method.name() == name) {
        Some(method) => Ok(method),
        None if name.is_empty() => Err(AuthenticationMethodsError::Empty),
        None if name.contains(':') => Err(AuthenticationMethodsError::Device { name: name.to_owned() }),
        None => Err(AuthenticationMethodsError::Unknown { name: name.to_owned() }),
    }
}

impl fmt::Display for AuthenticationMethods {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |methods: &[Method]| methods.iter().map(|one| one.name()).collect::<Vec<_>>().join(",");
        f.write_str(&self.lists().map(list).collect::<Vec<_>>().join(" "))
    }
}

/// What [`Combine::requiring`](crate::Combine::requiring) makes: a strategy whose methods must succeed together.
#[derive(Debug, Clone)]
#[must_use]
pub struct Required<A> {
    pub(crate) strategy: A,
    pub(crate) methods: AuthenticationMethods,
}

impl<A: Authenticator> Authenticator for Required<A> {
    fn begin(&self, context: &LoginContext<'_>) -> Box<dyn LoginState> {
        Box::new(RequiredLogin::new(self.strategy.begin(context), &self.methods))
    }
}

/// A login in which each success completes a step of every list that it is next in, as in OpenSSH.
pub(crate) struct RequiredLogin {
    inner: Box<dyn LoginState>,
    lists: Vec<VecDeque<Method>>,
    gathered: Gathered,
}

impl RequiredLogin {
    pub(crate) fn new(inner: Box<dyn LoginState>, methods: &AuthenticationMethods) -> Self {
        let lists = methods.lists.iter().map(|list| list.iter().copied().collect()).collect();
        Self { inner, lists, gathered: Gathered::default() }
    }

    fn is_next(&self, method: Method) -> bool {
        self.lists.iter().any(|list| list.front() == Some(&method))
    }

    /// Whether a list is complete with this success.
    fn complete(&mut self, method: Method) -> bool {
        for list in self.lists.iter_mut().filter(|list| list.front() == Some(&method)) {
            list.pop_front();
        }
        self.lists.iter().any(VecDeque::is_empty)
    }
}

impl LoginState for RequiredLogin {
    fn methods(&self) -> Methods {
        self.lists.iter().filter_map(|list| list.front().copied()).collect()
    }

    fn attempt(&mut self, attempt: &Attempt<'_>) -> Verdict {
        let credential = &attempt.credential;
        let method = credential.method();
        if !self.is_next(method) {
            let why = match credential {
                Credential::None => "none is not accepted".to_owned(),
                _ => format!("{method} is not what comes next"),
            };
            return Verdict::reject(why);
        }
        if let Some(refusal) = self.gathered.refuse_again(credential) {
            return refusal;
        }
        let mut verdict = self.inner.attempt(attempt);
        match verdict.answer {
            Answer::Accept if is_offer(credential) => verdict,
            Answer::Accept => {
                self.gathered.note(credential);
                let Some(permissions) = self.gathered.add(&verdict) else {
                    self.lists.clear();
                    return irreconcilable(&verdict);
                };
                let permissions = permissions.clone();
                if self.complete(method) {
                    return verdict.permitting(permissions);
                }
                Verdict::partial(self.methods(), verdict.why).after(verdict.after)
            }
            // The lists say what can continue, not the strategy.
            Answer::Reject { .. } => {
                verdict.answer = Answer::Reject { left: None };
                verdict
            }
            _ => verdict,
        }
    }
}
