//! What a test expects of an agent, and when it is held to it: on demand, at the end of a shutdown, and at the drop if
//! nobody has asked before.

use mock_base::{Expectation, Expectations, Query, Steps, Times, VerificationError, expect, expect_in_order};

use crate::{MockAgent, MockAgentBuilder};

/// What is expected. An agent that ends with something unmet fails its test: [`MockAgent::shutdown`] returns the
/// report, and a drop panics with it.
impl MockAgentBuilder {
    /// Expects that `query` selects so many events of this agent: a number or a range.
    ///
    /// ```
    /// use mock_agent::{MockAgent, Operation, agent_request};
    ///
    /// let signatures = agent_request().operation(Operation::Sign);
    /// let agent = MockAgent::builder().expect(signatures, ..=1).start_blocking()?;
    /// agent.shutdown().blocking()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn expect<Q: Query + Send + Sync + 'static>(self, query: Q, times: impl Into<Times>) -> Self {
        self.verify_with(expect(query, times))
    }

    /// Expects that `query` selects no event of this agent.
    pub fn expect_none<Q: Query + Send + Sync + 'static>(self, query: Q) -> Self {
        self.verify_with(expect(query, Times::never()))
    }

    /// Expects events of this agent in this order, with anything between them.
    pub fn expect_in_order(self, steps: impl Steps) -> Self {
        self.verify_with(expect_in_order(steps))
    }

    /// Expects whatever this says of the events of this agent.
    pub fn verify_with(self, expectation: impl Expectation + 'static) -> Self {
        self.expectations.add(expectation);
        self
    }
}

/// What is expected while it runs.
impl MockAgent {
    /// Expects from now on that `query` selects so many events of this agent, before and after.
    ///
    /// ```
    /// use mock_agent::{MockAgent, agent_request};
    ///
    /// let agent = MockAgent::builder().start_blocking()?;
    /// agent.expect(agent_request().user("anna"), 1);
    /// let report = agent.shutdown().blocking().unwrap_err().to_string();
    /// assert!(report.contains("agent request for user \"anna\" exactly once"), "{report}");
    /// # Ok::<(), mock_agent::StartError>(())
    /// ```
    pub fn expect<Q: Query + Send + Sync + 'static>(&self, query: Q, times: impl Into<Times>) {
        self.expectations.add(expect(query, times));
    }

    /// Expects that `query` selects no event of this agent.
    pub fn expect_none<Q: Query + Send + Sync + 'static>(&self, query: Q) {
        self.expectations.add(expect(query, Times::never()));
    }

    /// Expects events of this agent in this order, with anything between them.
    pub fn expect_in_order(&self, steps: impl Steps) {
        self.expectations.add(expect_in_order(steps));
    }

    /// All that is expected, to add to.
    #[must_use]
    pub fn expectations(&self) -> &Expectations {
        &self.expectations
    }

    /// Checks now what is expected.
    ///
    /// # Errors
    ///
    /// [`VerificationError`], whose text is the report.
    pub fn verify(&self) -> Result<(), VerificationError> {
        self.expectations.verify(&self.events()).map_err(|error| error.with_seed(self.seed()))
    }
}
