//! A table of users, each with methods of its own.

use std::sync::Arc;

use mock_core::{Authenticator, LoginContext, LoginState, Method, Methods, event::Secret, keys::PublicKey};

use crate::{
    AuthenticationMethods, AuthorizedKey, AuthorizedKeysError, Clock, KbdintRound,
    factors::RequiredLogin,
    keyboard::Rounds,
    keys::KeyRing,
    login::{Grants, Login, Refused},
};

/// Lets in the users of a table, each by the methods that it has.
///
/// A client is shown the methods of the user whose name it gives, in OpenSSH's order. For a name that is not in the
/// table it is shown `publickey`, and refused whatever it tries: a list made up for unknown users keeps a server
/// from telling which names exist (RFC 4252 section 5).
///
/// ```
/// use mock_auth::{User, Users};
/// use mock_core::{Authenticator, LoginContext, Method};
///
/// let users = Users::new([
///     User::named("guest").none(),
///     User::named("anna").password("hunter2").password_also_interactive(),
/// ])
/// .unknown_users_see([Method::Password]);
///
/// let shown_to = |user| users.begin(&LoginContext::detached(user)).methods().to_string();
/// assert_eq!(shown_to("anna"), "password,keyboard-interactive");
/// assert_eq!(shown_to("guest"), "", "none is never listed");
/// assert_eq!(shown_to("mallory"), "password");
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct Users {
    listed: Vec<User>,
    unknown_see: Methods,
}

impl Users {
    /// A table of these users. Of several with one name, the first counts.
    pub fn new(users: impl IntoIterator<Item = User>) -> Self {
        Self { listed: users.into_iter().collect(), unknown_see: [Method::PublicKey].into() }
    }

    /// Shows these methods to users who are not in the table: `publickey` by default. They are refused anyway.
    pub fn unknown_users_see(mut self, methods: impl Into<Methods>) -> Self {
        self.unknown_see = methods.into();
        self
    }

    /// The users, in the order given.
    pub fn users(&self) -> impl Iterator<Item = &User> {
        self.listed.iter()
    }

    /// Their names, in the order given.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.users().map(User::name)
    }
}

impl Authenticator for Users {
    fn begin(&self, context: &LoginContext<'_>) -> Box<dyn LoginState> {
        match self.listed.iter().find(|user| user.name == context.user) {
            Some(user) => user.begin(context),
            None => Box::new(Refused::new(self.unknown_see.clone(), "unknown user")),
        }
    }
}

/// One user of a table: a name, and what it may log in with. Each credential is enough by itself, unless
/// [`requiring`](Self::requiring) says otherwise.
#[derive(Clone)]
#[must_use]
pub struct User {
    name: String,
    /// All but the keys.
    grants: Grants,
    /// A user without keys and authorities does not log in by key, whatever holds for those that it has not.
    ring: KeyRing,
    password_also_interactive: bool,
    /// How often a round may be answered in one attempt.
    tries: u32,
    required: Option<AuthenticationMethods>,
    strategy: Option<Arc<dyn Authenticator>>,
}

impl User {
    /// A user who cannot log in yet.
    pub fn named(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            grants: Grants::default(),
            ring: KeyRing::default(),
            password_also_interactive: false,
            tries: 1,
            required: None,
            strategy: None,
        }
    }

    /// Lets it in without a credential.
    pub fn none(mut self) -> Self {
        self.grants.none = true;
        self
    }

    /// Lets it in with this password.
    pub fn password(mut self, password: impl Into<String>) -> Self {
        self.grants.password = Some(Secret::new(password.into()));
        self
    }

    /// Lets its password answer keyboard-interactive as well, with the single prompt `Password: `, not echoed.
    /// Rounds given to [`keyboard_interactive`](Self::keyboard_interactive) are asked instead.
    pub fn password_also_interactive(mut self) -> Self {
        self.password_also_interactive = true;
        self
    }

    /// Lets it in with this key as well.
    pub fn public_key(mut self, key: impl Into<PublicKey>) -> Self {
        self.ring.keys.push(key.into().into());
        self
    }

    /// Lets it in with this key as well, held to its options.
    pub fn authorized_key(mut self, key: AuthorizedKey) -> Self {
        self.ring.keys.push(key);
        self
    }

    /// Lets it in with certificates of this authority as well that name it.
    pub fn certificates_of(mut self, authority: impl Into<PublicKey>) -> Self {
        self.ring.authorities.push(authority.into().into());
        self
    }

    /// Wants one of these names in its certificates in place of its own: OpenSSH's `AuthorizedPrincipalsFile`.
    pub fn principals(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.ring.principals = Some(names.into_iter().map(Into::into).collect());
        self
    }

    /// Accepts signatures by these algorithms only. See
    /// [`PublicKeys::signature_algorithms`](crate::PublicKeys::signature_algorithms).
    pub fn signature_algorithms(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.ring.algorithms = Some(names.into_iter().map(Into::into).collect());
        self
    }

    /// Does not let it in any more with these keys, nor by certificates of them: OpenSSH's `RevokedKeys`.
    pub fn revoked(mut self, keys: impl IntoIterator<Item = impl Into<PublicKey>>) -> Self {
        self.ring.revoked.extend(keys.into_iter().map(|key| key.into().into()));
        self
    }

    /// Goes by this clock, for keys with `expiry-time` and for certificates.
    pub fn clock(mut self, clock: &Clock) -> Self {
        self.ring.clock = clock.clone();
        self
    }

    /// Lets it in with each of the keys of an `authorized_keys` file as well, given as text.
    ///
    /// # Errors
    ///
    /// As [`PublicKeys::from_authorized_keys`](crate::PublicKeys::from_authorized_keys).
    pub fn authorized_keys(self, text: &str) -> Result<Self, AuthorizedKeysError> {
        Ok(AuthorizedKey::parse_all(text)?.into_iter().fold(self, Self::authorized_key))
    }

    /// Lets it in after these rounds of prompts.
    pub fn keyboard_interactive(mut self, rounds: impl IntoIterator<Item = KbdintRound>) -> Self {
        self.grants.rounds = Some(Rounds::new(rounds));
        self
    }

    /// Asks a round that was answered wrongly again, so often in one attempt, also where the password answers it. See
    /// [`KeyboardInteractive::tries`](crate::KeyboardInteractive::tries).
    pub fn tries(mut self, count: u32) -> Self {
        self.tries = count;
        self
    }

    /// Wants the methods of one of these lists, in its order: OpenSSH's `AuthenticationMethods` in a `Match User`. See
    /// [`Combine::requiring`](crate::Combine::requiring).
    ///
    /// ```
    /// use mock_auth::{KbdintRound, User, Users};
    ///
    /// let users = Users::new([User::named("anna")
    ///     .password("hunter2")
    ///     .keyboard_interactive([KbdintRound::new([("Code: ", true, "123456")])])
    ///     .requiring("password,keyboard-interactive".parse()?)]);
    /// # drop(users);
    /// # Ok::<(), mock_auth::AuthenticationMethodsError>(())
    /// ```
    pub fn requiring(mut self, methods: AuthenticationMethods) -> Self {
        self.required = Some(methods);
        self
    }

    /// Lets it in by this strategy, in place of anything else that was said of it.
    ///
    /// ```
    /// use mock_auth::{Combine, Password, User, Users};
    ///
    /// let users = Users::new([
    ///     User::named("anna").password("hunter2"),
    ///     User::named("bert").strategy(Password::new("bert", "letmein").lock_after(3)),
    /// ]);
    /// # drop(users);
    /// ```
    pub fn strategy(mut self, strategy: impl Authenticator + 'static) -> Self {
        self.strategy = Some(Arc::new(strategy));
        self
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The methods that it is shown: never `none`, though it may be enough.
    #[must_use]
    pub fn methods(&self) -> Methods {
        match &self.strategy {
            Some(_) => self.begin(&LoginContext::detached(&self.name)).methods(),
            None => self.grants().methods(),
        }
    }

    fn begin(&self, context: &LoginContext<'_>) -> Box<dyn LoginState> {
        let login = match &self.strategy {
            Some(strategy) => strategy.begin(context),
            None => Box::new(Login::new(Arc::new(self.grants()), context)),
        };
        match &self.required {
            Some(methods) => Box::new(RequiredLogin::new(login, methods)),
            None => login,
        }
    }

    fn grants(&self) -> Grants {
        let mut grants = self.grants.clone();
        let has_keys = !self.ring.keys.is_empty() || !self.ring.authorities.is_empty();
        grants.keys = has_keys.then(|| self.ring.clone());
        if let (true, None, Some(password)) =
            (self.password_also_interactive, &grants.rounds, &grants.password)
        {
            let round = KbdintRound::default().prompt("Password: ", false, password.reveal());
            grants.rounds = Some(Rounds::new([round]));
        }
        if let Some(rounds) = &mut grants.rounds {
            rounds.set_tries(self.tries);
        }
        grants
    }
}

impl std::fmt::Debug for User {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("User")
            .field("name", &self.name)
            .field("methods", &self.methods().to_string())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use mock_core::Credential;

    use super::*;
    use crate::login::tests::attempts;

    const START: Credential<'_> = Credential::KbdintStart { submethods: "" };

    #[test]
    fn each_user_has_its_own_methods() {
        let users = Users::new([
            User::named("guest").none(),
            User::named("anna").password("a"),
            User::named("anna").password("ignored"),
            User::named("bert").password("b"),
        ]);
        let passwords = ["a", "b"].map(Credential::Password);
        let (right, wrong) = ("accepted: right password", "rejected: wrong password");
        assert_eq!(attempts(&users, "anna", passwords), [right, wrong]);
        assert_eq!(attempts(&users, "bert", passwords), [wrong, right]);
        assert_eq!(attempts(&users, "guest", [Credential::None]), ["accepted: no credential is needed"]);
        assert_eq!(users.names().collect::<Vec<_>>(), ["guest", "anna", "anna", "bert"]);
    }

    #[test]
    fn an_unknown_user_is_refused_whatever_it_tries() {
        let users = Users::new([User::named("anna").none().password("")]);
        let refused = "rejected: unknown user";
        assert_eq!(
            attempts(&users, "Anna", [Credential::None, Credential::Password(""), START]),
            [refused; 3]
        );
    }

    #[test]
    fn a_password_also_answers_prompts_in_whatever_order_it_was_said() {
        let answer = ["hunter2".into()];
        for user in [
            User::named("anna").password("hunter2").password_also_interactive(),
            User::named("anna").password_also_interactive().password("hunter2"),
        ] {
            assert_eq!(user.methods().to_string(), "password,keyboard-interactive");
            let users = Users::new([user]);
            assert!(!format!("{users:?}").contains("hunter2"));
            assert_eq!(
                attempts(&users, "anna", [START, Credential::KbdintAnswers(&answer)]),
                ["asked 1 prompts", "accepted: all answers are right"]
            );
        }
        let no_password = User::named("anna").password_also_interactive();
        assert_eq!(no_password.methods(), Methods::empty());
    }

    #[test]
    fn rounds_go_before_the_password_as_an_answer() {
        let user = User::named("anna").password("hunter2").password_also_interactive();
        let users = Users::new([user.keyboard_interactive([KbdintRound::new([])])]);
        assert_eq!(
            attempts(&users, "anna", [START, Credential::KbdintAnswers(&[])]),
            ["asked 0 prompts", "accepted: all answers are right"]
        );
    }
}
