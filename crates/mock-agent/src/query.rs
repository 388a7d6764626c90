//! Reading agent requests back from a journal: a query to wait with, and shortcuts for what tests ask most.

use std::{fmt, sync::Arc};

use mock_base::{Event, Events, Query};

use crate::{AgentRequest, Operation, Request, SessionBind};

type Condition = Arc<dyn Fn(&AgentRequest) -> bool + Send + Sync>;

/// Selects agent requests, narrowed step by step. Made by [`agent_request`].
#[derive(Clone, Default)]
#[must_use = "a query does nothing by itself: hand it to `Events`"]
pub struct AgentRequests {
    filter: Option<Condition>,
}

/// Selects every agent request.
///
/// ```
/// use std::{io::Write, os::unix::net::UnixStream, time::Duration};
/// use mock_agent::{MockAgent, Operation, Request, agent_request};
///
/// let agent = MockAgent::builder().start_blocking()?;
/// let mut client = UnixStream::connect(agent.socket_path())?;
/// client.write_all(&Request::RequestIdentities.to_frame().encode())?;
///
/// let listing = agent_request().operation(Operation::RequestIdentities);
/// agent.events().wait_for(listing).within(Duration::from_secs(2)).blocking()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn agent_request() -> AgentRequests {
    AgentRequests::default()
}

impl AgentRequests {
    /// Only those of this kind.
    pub fn operation(self, operation: Operation) -> Self {
        self.filter(move |request| request.operation() == operation)
    }

    /// Only those for which `condition` holds as well.
    pub fn filter(self, condition: impl Fn(&AgentRequest) -> bool + Send + Sync + 'static) -> Self {
        let filter: Condition = match self.filter {
            None => Arc::new(condition),
            Some(first) => Arc::new(move |request| first(request) && condition(request)),
        };
        Self { filter: Some(filter) }
    }
}

impl fmt::Debug for AgentRequests {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AgentRequests").field("filtered", &self.filter.is_some()).finish()
    }
}

impl Query for AgentRequests {
    type Output = AgentRequest;

    fn select(&self, event: &Arc<Event>) -> Option<AgentRequest> {
        let request = AgentRequest::of(event)?;
        self.filter.as_ref().is_none_or(|filter| filter(request)).then(|| request.clone())
    }
}

/// What tests ask a journal about an agent.
///
/// ```
/// use mock_agent::{AgentEvents, MockAgent};
///
/// let agent = MockAgent::builder().start_blocking()?;
/// // … a client that should not need a key …
/// assert!(agent.events().signatures().is_empty());
/// # Ok::<(), mock_agent::StartError>(())
/// ```
pub trait AgentEvents {
    /// Every request, in order.
    fn agent_requests(&self) -> Vec<AgentRequest>;

    /// The requests for a signature that got one, in order. [`AgentRequest::signer`] says whose.
    fn signatures(&self) -> Vec<AgentRequest>;

    /// The session bindings that were accepted, in order.
    fn session_binds(&self) -> Vec<SessionBind>;
}

impl AgentEvents for Events {
    fn agent_requests(&self) -> Vec<AgentRequest> {
        self.of()
    }

    fn signatures(&self) -> Vec<AgentRequest> {
        self.query(agent_request().operation(Operation::Sign).filter(AgentRequest::answered))
    }

    fn session_binds(&self) -> Vec<SessionBind> {
        let bound = self.query(agent_request().filter(AgentRequest::answered)).into_iter();
        bound
            .filter_map(|bound| match bound.request {
                Request::SessionBind(bind) => Some(bind),
                _ => None,
            })
            .collect()
    }
}
