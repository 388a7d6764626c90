//! What is expected of a server, and when it is held to it: on demand, at the end of a shutdown, and at the drop if
//! nobody has asked before.

use mock_base::{
    Expectation, Expectations, Query, Seed, State, Steps, Times, VerificationError, expect, expect_in_order,
};

use crate::{Builder, Forward, ForwardRules, MockSshServer, RemoteForward, Rules};

/// What is expected. A server that ends with something unmet fails its test: [`MockSshServer::shutdown`] returns the
/// report, and a drop panics with it.
impl Builder {
    /// Expects that `query` selects so many events of this server: a number or a range.
    ///
    /// ```
    /// use mock_core::{Builder, MockSshServer, event};
    ///
    /// let server = MockSshServer::builder().expect(event::auth_attempt(), ..=1).start_blocking()?;
    /// server.shutdown().blocking()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn expect<Q: Query + Send + Sync + 'static>(self, query: Q, times: impl Into<Times>) -> Self {
        self.verify_with(expect(query, times))
    }

    /// Expects that `query` selects no event of this server.
    pub fn expect_none<Q: Query + Send + Sync + 'static>(self, query: Q) -> Self {
        self.verify_with(expect(query, Times::never()))
    }

    /// Expects events of this server in this order, with anything between them.
    pub fn expect_in_order(self, steps: impl Steps) -> Self {
        self.verify_with(expect_in_order(steps))
    }

    /// Expects whatever this says of the events of this server.
    pub fn verify_with(self, expectation: impl Expectation + 'static) -> Self {
        self.expectations.add(expectation);
        self
    }

    /// Expects that every command and shell line has a rule, and that nothing a client asks for is refused.
    pub fn strict(self) -> Self {
        self.verify_with(mock_base::expect_all_matched())
    }

    /// Draws chances from this seed: by default from one of its own, which is recorded and stands in reports.
    pub fn seed(mut self, seed: u64) -> Self {
        self.options.seed = Some(Seed(seed));
        self
    }

    /// Tells a client that sent an unknown command which rule was nearest, on its standard error. The journal says it in
    /// any case.
    pub fn hints_on_stderr(mut self) -> Self {
        self.hints_on_stderr = true;
        self
    }
}

/// What is expected, and the parts of behaviour that can change while it runs.
impl MockSshServer {
    /// Expects from now on that `query` selects so many events of this server, before and after.
    pub fn expect<Q: Query + Send + Sync + 'static>(&self, query: Q, times: impl Into<Times>) {
        self.expectations().add(expect(query, times));
    }

    /// Expects that `query` selects no event of this server.
    pub fn expect_none<Q: Query + Send + Sync + 'static>(&self, query: Q) {
        self.expectations().add(expect(query, Times::never()));
    }

    /// Expects events of this server in this order, with anything between them.
    pub fn expect_in_order(&self, steps: impl Steps) {
        self.expectations().add(expect_in_order(steps));
    }

    /// All that is expected, to add to.
    #[must_use]
    pub fn expectations(&self) -> &Expectations {
        &self.shared.expectations
    }

    /// Checks now what is expected.
    ///
    /// # Errors
    ///
    /// [`VerificationError`], whose text is the report.
    pub fn verify(&self) -> Result<(), VerificationError> {
        self.shared.verify()
    }

    /// Its rules for commands.
    #[must_use]
    pub fn rules(&self) -> &Rules {
        &self.shared.built.rules
    }

    /// Its rules for connections that clients want to be let through.
    #[must_use]
    pub fn forwards(&self) -> &ForwardRules<Forward> {
        &self.shared.built.forwards
    }

    /// Its rules for where clients want it to listen.
    #[must_use]
    pub fn remote_forwards(&self) -> &ForwardRules<RemoteForward> {
        &self.shared.built.remote_forwards
    }

    /// Its states.
    #[must_use]
    pub fn state(&self) -> &State {
        &self.shared.state
    }

    /// What its chances are drawn from.
    #[must_use]
    pub fn seed(&self) -> Seed {
        self.shared.seed
    }

    /// Forgets what happened: clears the journal, for all that share it, the states, what strategies
    /// remember of logins, and how often each rule was hit. Rules and expectations stay, live connections go on.
    pub fn reset(&self) {
        self.journal().events().clear();
        self.state().clear();
        self.shared.built.memory.clear();
        self.rules().reset();
        self.forwards().reset();
        self.remote_forwards().reset();
        self.faults().reset();
    }
}
