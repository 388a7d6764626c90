//! Ways to make a strategy of another, as methods of every strategy.

use mock_core::{Attempt, Authenticator, Delay, FirstOf, LoginContext, LoginState, Method, Methods, Verdict};

use crate::{
    AllOf, AuthenticationMethods, Delayed, DisconnectAfter, FailFirst, InOrder, LockAfter, NthKey, Required,
    Withdrawn, all_of, first_of, in_order, login::Refused,
};

/// Ways to make a strategy of others, for every [`Authenticator`].
pub trait Combine: Authenticator + Sized + 'static {
    /// Tries `other` where this one rejects.
    ///
    /// ```
    /// use mock_auth::{Combine, NoneAuth, Password};
    /// use mock_core::{Answer, Attempt, Authenticator, Credential, LoginContext};
    ///
    /// let strategy = Password::new("anna", "hunter2").or(NoneAuth::any_user());
    /// let mut login = strategy.begin(&LoginContext::detached("anna"));
    /// let verdict = login.attempt(&Attempt::new("anna", Credential::None));
    /// assert!(matches!(verdict.answer, Answer::Accept));
    /// ```
    #[must_use]
    fn or(self, other: impl Authenticator + 'static) -> FirstOf {
        first_of((self, other))
    }

    /// Wants `other` as well, in whatever order; see [`all_of`].
    fn and(self, other: impl Authenticator + 'static) -> AllOf {
        all_of((self, other))
    }

    /// Wants `next` as well, afterwards; see [`in_order`].
    ///
    /// ```
    /// use mock_auth::{Combine, Password, PublicKeys};
    /// # let key = mock_core::HostKey::ed25519().public_key().clone();
    ///
    /// // OpenSSH: AuthenticationMethods publickey,password
    /// let strategy = PublicKeys::new("anna", [key]).then(Password::new("anna", "hunter2"));
    /// # drop(strategy);
    /// ```
    fn then(self, next: impl Authenticator + 'static) -> InOrder {
        in_order((self, next))
    }

    /// Wants the methods of one of these lists, in its order, each by what this strategy accepts: OpenSSH's
    /// `AuthenticationMethods`. Each success is a step of every list that it comes next in, and the client is told the
    /// next methods of all (RFC 4252 section 5.1).
    ///
    /// ```
    /// use mock_auth::{Combine, Password, PublicKeys};
    /// use mock_core::{Answer, Attempt, Authenticator, Credential, HostKey, LoginContext};
    ///
    /// let key = HostKey::ed25519().public_key().clone(); // any key will do
    /// let strategy = PublicKeys::new("anna", [key.clone()])
    ///     .or(Password::new("anna", "hunter2"))
    ///     .requiring("publickey,password".parse()?);
    /// let mut login = strategy.begin(&LoginContext::detached("anna"));
    /// assert_eq!(login.methods().to_string(), "publickey");
    /// let signed = Credential::KeySigned { key: &key, algorithm: "ssh-ed25519" };
    /// assert!(matches!(login.attempt(&Attempt::new("anna", signed)).answer, Answer::Partial { .. }));
    /// assert_eq!(login.methods().to_string(), "password");
    /// # Ok::<(), mock_auth::AuthenticationMethodsError>(())
    /// ```
    fn requiring(self, methods: AuthenticationMethods) -> Required<Self> {
        Required { strategy: self, methods }
    }

    /// Is for this user only. Others are shown the same methods, and refused.
    ///
    /// ```
    /// use mock_auth::{AcceptAny, Combine};
    /// use mock_core::{Attempt, Authenticator, Credential, LoginContext};
    ///
    /// let strategy = AcceptAny.only_for("anna");
    /// let mut login = strategy.begin(&LoginContext::detached("bert"));
    /// let verdict = login.attempt(&Attempt::new("bert", Credential::None));
    /// assert_eq!(verdict.why, "the user is not anna");
    /// ```
    fn only_for(self, user: impl Into<String>) -> OnlyFor<Self> {
        OnlyFor { strategy: self, user: user.into() }
    }

    /// Fails the first attempts of each user, whatever they present, and decides only then. The count goes over all
    /// connections of the server, until it is reset. Asking with the method `none`, offering a key and beginning a
    /// dialogue are no attempts.
    ///
    /// A server may refuse any attempt for reasons of its own, and a client may try again (RFC 4252 section 5.1).
    ///
    /// ```
    /// use mock_auth::{Combine, Password};
    /// use mock_core::{Attempt, Authenticator, Credential, LoginContext};
    ///
    /// let strategy = Password::new("anna", "hunter2").fail_first(1);
    /// let mut login = strategy.begin(&LoginContext::detached("anna"));
    /// let mut try_it = || login.attempt(&Attempt::new("anna", Credential::Password("hunter2"))).why;
    /// assert_eq!(try_it(), "the first 1 attempts fail: this is number 1");
    /// assert_eq!(try_it(), "right password");
    /// ```
    fn fail_first(self, attempts: u32) -> FailFirst<Self> {
        FailFirst::new(self, attempts)
    }

    /// Refuses every key of a login but the one that is presented as this number, from 1.
    ///
    /// A client with many keys offers one after the other (RFC 4252 section 7): this is what it meets where only a later
    /// one is known, and `MaxAuthTries` is near.
    ///
    /// ```
    /// use mock_auth::{AcceptAny, Combine};
    /// use mock_core::{Answer, Attempt, Authenticator, Credential, HostKey, LoginContext};
    ///
    /// let keys = [HostKey::ed25519(), HostKey::ed25519()];
    /// let mut login = AcceptAny.nth_key(2).begin(&LoginContext::detached("anna"));
    /// let mut offer = |key: &HostKey| {
    ///     let offer = Credential::KeyOffered { key: key.public_key(), algorithm: "ssh-ed25519" };
    ///     login.attempt(&Attempt::new("anna", offer)).answer
    /// };
    /// assert!(matches!(offer(&keys[0]), Answer::Reject { .. }));
    /// assert!(matches!(offer(&keys[1]), Answer::Accept));
    /// ```
    fn nth_key(self, number: usize) -> NthKey<Self> {
        NthKey { inner: self, number }
    }

    /// Locks a user after so many failures in a row, on however many connections: then even the right credential is
    /// refused, for good or [for a while](LockAfter::for_a). A reset of the server unlocks everybody.
    ///
    /// The client is told no more than that it failed (RFC 4252 section 5.1); the journal says why.
    ///
    /// ```
    /// use mock_auth::{Combine, Password};
    /// use mock_core::{Attempt, Authenticator, Credential, LoginContext};
    ///
    /// let strategy = Password::new("anna", "hunter2").lock_after(1);
    /// let mut login = strategy.begin(&LoginContext::detached("anna"));
    /// let mut try_it = |password| login.attempt(&Attempt::new("anna", Credential::Password(password))).why;
    /// assert_eq!(try_it("letmein"), "wrong password; locked from now on");
    /// assert_eq!(try_it("hunter2"), "locked after 1 failures");
    /// ```
    fn lock_after(self, failures: u32) -> LockAfter<Self> {
        LockAfter::new(self, failures)
    }

    /// Disconnects a login at this refusal, with the code and the text of OpenSSH's server at its `MaxAuthTries`. Refused
    /// offers of keys count, asking with `none` does not.
    ///
    /// RFC 4252 section 4 recommends such a limit. [`Builder::max_auth_attempts`](mock_core::Builder::max_auth_attempts)
    /// is the one for a connection, whoever logs in.
    ///
    /// ```
    /// use mock_auth::{Combine, RejectAny};
    /// use mock_core::{Answer, Attempt, Authenticator, Credential, LoginContext};
    ///
    /// let mut login = RejectAny::new().disconnect_after(1).begin(&LoginContext::detached("anna"));
    /// let verdict = login.attempt(&Attempt::new("anna", Credential::Password("x")));
    /// assert!(matches!(verdict.answer, Answer::Disconnect { .. }));
    /// ```
    fn disconnect_after(self, refusals: u32) -> DisconnectAfter<Self> {
        DisconnectAfter { inner: self, refusals }
    }

    /// Withdraws a method within a login, after so many refused attempts by it: it is listed no more, and refused.
    ///
    /// The list that comes with each failure is the one that counts from then on (RFC 4252 section 5.1).
    ///
    /// ```
    /// use mock_auth::{Combine, Password};
    /// use mock_core::{Attempt, Authenticator, Credential, LoginContext, Method, Methods};
    ///
    /// let strategy = Password::new("anna", "hunter2").withdraw(Method::Password, 1);
    /// let mut login = strategy.begin(&LoginContext::detached("anna"));
    /// login.attempt(&Attempt::new("anna", Credential::Password("letmein")));
    /// assert_eq!(login.methods(), Methods::empty());
    /// ```
    fn withdraw(self, method: Method, after: u32) -> Withdrawn<Self> {
        Withdrawn { inner: self, method, after }
    }

    /// Lets each answer wait that long: a fixed time, or one that is drawn from the server's seed. An offered key is
    /// answered at once.
    ///
    /// ```
    /// use std::time::Duration;
    /// use mock_auth::{AcceptAny, Combine};
    /// use mock_core::Delay;
    ///
    /// let slow = AcceptAny.delay(Duration::from_millis(300));
    /// let like_ldap = AcceptAny.delay(Delay::log_normal(Duration::from_millis(80), 0.5));
    /// # drop((slow, like_ldap));
    /// ```
    fn delay(self, by: impl Into<Delay>) -> Delayed<Self> {
        Delayed { inner: self, of: None, by: by.into() }
    }

    /// Lets each answer to this method wait that long.
    ///
    /// ```
    /// use std::time::Duration;
    /// use mock_auth::{AcceptAny, Combine};
    /// use mock_core::Method;
    ///
    /// let strategy = AcceptAny.delay_method(Method::Password, Duration::from_secs(2));
    /// # drop(strategy);
    /// ```
    fn delay_method(self, method: Method, by: impl Into<Delay>) -> Delayed<Self> {
        Delayed { inner: self, of: Some(method), by: by.into() }
    }
}

impl<A: Authenticator + 'static> Combine for A {}

/// More of the same: a third part is no part of a part.
impl AllOf {
    /// Wants `other` as well, in whatever order.
    pub fn and(mut self, other: impl Authenticator + 'static) -> Self {
        self.push(other);
        self
    }
}

/// More of the same: a third step comes after the second.
impl InOrder {
    /// Wants `next` as well, afterwards.
    pub fn then(mut self, next: impl Authenticator + 'static) -> Self {
        self.push(next);
        self
    }
}

/// What [`Combine::only_for`] makes.
#[derive(Debug, Clone)]
#[must_use]
pub struct OnlyFor<A> {
    strategy: A,
    user: String,
}

impl<A: Authenticator> Authenticator for OnlyFor<A> {
    fn begin(&self, context: &LoginContext<'_>) -> Box<dyn LoginState> {
        let login = self.strategy.begin(context);
        if context.user == self.user {
            return login;
        }
        Box::new(Refused::new(login.methods(), format!("the user is not {}", self.user)))
    }
}

/// Refuses everybody, whatever is presented.
///
/// Without methods to show, the list in the failure is empty: there is nothing to go on with (RFC 4252 section 5.1), and
/// most clients leave.
///
/// ```
/// use mock_auth::RejectAny;
/// use mock_core::{Authenticator, LoginContext, Method, Methods};
///
/// let shown = |strategy: RejectAny| strategy.begin(&LoginContext::detached("anna")).methods();
/// assert_eq!(shown(RejectAny::new()), Methods::empty());
/// assert_eq!(shown(RejectAny::showing([Method::Password])).to_string(), "password");
/// ```
#[derive(Debug, Clone, Default)]
#[must_use]
pub struct RejectAny {
    shown: Methods,
}

impl RejectAny {
    /// Shows no method.
    pub fn new() -> Self {
        Self::default()
    }

    /// Shows these methods.
    pub fn showing(methods: impl Into<Methods>) -> Self {
        Self { shown: methods.into() }
    }
}

impl Authenticator for RejectAny {
    fn begin(&self, _: &LoginContext<'_>) -> Box<dyn LoginState> {
        Box::new(self.clone())
    }
}

impl LoginState for RejectAny {
    fn methods(&self) -> Methods {
        self.shown.clone()
    }

    fn attempt(&mut self, _: &Attempt<'_>) -> Verdict {
        Verdict::reject("nobody is let in")
    }
}
