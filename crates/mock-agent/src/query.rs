//! Reading agent requests back from a journal: a query to wait with, and shortcuts for what tests ask most.

use std::{fmt, sync::Arc};

use mock_base::{Event, Events, Mismatch, Query};

use crate::{AgentRequest, Operation, Outcome, Request, SessionBind};

/// Selects agent requests, narrowed step by step. Made by [`agent_request`].
#[derive(Clone, Default)]
#[must_use = "a query does nothing by itself: hand it to `Events`"]
pub struct AgentRequests {
    conditions: Vec<Condition>,
}

/// One thing that is to hold.
#[derive(Clone)]
struct Condition {
    holds: Arc<dyn Fn(&AgentRequest) -> bool + Send + Sync>,
    /// How it reads behind `agent request`.
    text: String,
    /// What a request has instead.
    instead: fn(&AgentRequest) -> String,
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
        let text = format!("of kind {}", operation.name());
        self.and(
            move |request| request.operation() == operation,
            text,
            |request| format!("it is of kind {}", request.operation().name()),
        )
    }

    /// Only signatures for a login as this user.
    pub fn user(self, user: impl Into<String>) -> Self {
        let user = user.into();
        let text = format!("for user {user:?}");
        self.and(
            move |request| request.user() == Some(&user),
            text,
            |request| match request.user() {
                Some(user) => format!("it is for user {user:?}"),
                None => "it is for no login".to_owned(),
            },
        )
    }

    /// Only signatures that the key with this comment has given.
    pub fn signed_by(self, comment: impl Into<String>) -> Self {
        let comment = comment.into();
        let text = format!("signed by {comment:?}");
        let holds = move |request: &AgentRequest| {
            request.signer.as_ref().is_some_and(|signer| signer.comment == comment)
        };
        self.and(holds, text, |request| match &request.signer {
            Some(signer) => format!("{:?} has signed", signer.comment),
            None => "nobody has signed".to_owned(),
        })
    }

    /// Only those that got what they asked for.
    pub fn answered(self) -> Self {
        self.and(AgentRequest::answered, "answered".to_owned(), ended)
    }

    /// Only those that did not get what they asked for.
    pub fn failed(self) -> Self {
        self.and(|request| !request.answered(), "failed".to_owned(), ended)
    }

    /// Only those for which `condition` holds as well.
    pub fn filter(self, condition: impl Fn(&AgentRequest) -> bool + Send + Sync + 'static) -> Self {
        self.and(condition, "for which a closure holds".to_owned(), |_| {
            "the closure does not hold".to_owned()
        })
    }

    fn and(
        mut self,
        holds: impl Fn(&AgentRequest) -> bool + Send + Sync + 'static,
        text: String,
        instead: fn(&AgentRequest) -> String,
    ) -> Self {
        self.conditions.push(Condition { holds: Arc::new(holds), text, instead });
        self
    }
}

fn ended(request: &AgentRequest) -> String {
    match &request.outcome {
        Outcome::Answered => "it was answered".to_owned(),
        Outcome::Failed(why) => format!("it failed: {why}"),
        Outcome::Broken(fault) => format!("its answer was broken: {fault}"),
    }
}

impl fmt::Debug for AgentRequests {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AgentRequests({})", self.describe())
    }
}

impl Query for AgentRequests {
    type Output = AgentRequest;

    fn select(&self, event: &Arc<Event>) -> Option<AgentRequest> {
        let request = AgentRequest::of(event)?;
        self.conditions.iter().all(|condition| (condition.holds)(request)).then(|| request.clone())
    }

    fn selects(&self, event: &Arc<Event>) -> bool {
        AgentRequest::of(event)
            .is_some_and(|request| self.conditions.iter().all(|condition| (condition.holds)(request)))
    }

    fn describe(&self) -> String {
        let conditions = self.conditions.iter().map(|condition| condition.text.as_str());
        std::iter::once("agent request").chain(conditions).collect::<Vec<_>>().join(" ")
    }

    fn near(&self, event: &Event) -> Option<Mismatch> {
        /// What a condition weighs that does not hold.
        const UNMET: u32 = 10;
        let request = AgentRequest::of(event)?;
        let unmet = self.conditions.iter().filter(|condition| !(condition.holds)(request));
        unmet.map(|condition| Mismatch::new(UNMET, (condition.instead)(request))).reduce(Mismatch::and)
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
        self.query(agent_request().operation(Operation::Sign).answered())
    }

    fn session_binds(&self) -> Vec<SessionBind> {
        let bound = self.query(agent_request().answered()).into_iter();
        bound
            .filter_map(|bound| match bound.request {
                Request::SessionBind(bind) => Some(bind),
                _ => None,
            })
            .collect()
    }
}
