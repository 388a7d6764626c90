//! What becomes of requests about forwards: rules that are added and removed, and connections to where a client has the
//! server listen.
//!
//! Such a connection is handed over as a port of this machine, which every language and library can connect to.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use mock_core::{ChannelStream, Forward, ForwardRule, ForwardRules, OpenError, RemoteForward, RuleId};
use tokio::{net::TcpListener, task::JoinSet, time::timeout};

use super::{
    answer::{Answer, Code, Done, Door, Failure, ForwardLine, Forwards, RuleNumber},
    common::duration,
    request::{
        ConnectForwarded, ForwardAdd, ForwardReplace, NumberOf, RemoteForwardAdd, RemoteForwardReplace,
    },
    rule::{bad_rule, keys},
};
use crate::{
    lab::Lab,
    scenario::{forward_of_keys, remote_forward_of_keys},
};

/// What requests have made of forwards.
pub(super) struct Forwarding {
    forwards: Changed<Forward>,
    remote: Changed<RemoteForward>,
    /// Connections that were handed over.
    doors: Mutex<JoinSet<()>>,
}

/// A list of rules, and which of them requests have added.
struct Changed<R> {
    rules: ForwardRules<R>,
    added: Mutex<Vec<RuleId>>,
    /// The command that lists them.
    listed_by: &'static str,
}

/// What becomes of requests.
impl Forwarding {
    pub(super) fn new(lab: &Lab) -> Self {
        Self {
            forwards: Changed::new(lab.server.forwards(), "forward.list"),
            remote: Changed::new(lab.server.remote_forwards(), "remote_forward.list"),
            doors: Mutex::default(),
        }
    }

    /// Removes what requests have added.
    pub(super) fn reset(&self) {
        self.forwards.reset();
        self.remote.reset();
    }

    pub(super) fn add(&self, request: &ForwardAdd, lab: &Lab) -> Result<Answer, Failure> {
        Ok(self.forwards.add(forward(&request.rule.0, lab)?, request.first))
    }

    pub(super) fn replace(&self, request: &ForwardReplace, lab: &Lab) -> Result<Answer, Failure> {
        self.forwards.replace(request.number, forward(&request.rule.0, lab)?)
    }

    pub(super) fn remove(&self, request: &NumberOf) -> Result<Answer, Failure> {
        self.forwards.remove(request.number)
    }

    pub(super) fn list(&self) -> Answer {
        self.forwards.list()
    }

    pub(super) fn add_remote(&self, request: &RemoteForwardAdd) -> Result<Answer, Failure> {
        Ok(self.remote.add(remote(&request.rule.0)?, request.first))
    }

    pub(super) fn replace_remote(&self, request: &RemoteForwardReplace) -> Result<Answer, Failure> {
        self.remote.replace(request.number, remote(&request.rule.0)?)
    }

    pub(super) fn remove_remote(&self, request: &NumberOf) -> Result<Answer, Failure> {
        self.remote.remove(request.number)
    }

    pub(super) fn list_remote(&self) -> Answer {
        self.remote.list()
    }

    /// Opens a connection to a client, and a port for whoever asked for it.
    pub(super) async fn connect(&self, request: ConnectForwarded, lab: &Lab) -> Result<Answer, Failure> {
        let within = duration(&request.within)?;
        let opening = match (request.port, request.socket) {
            (Some(port), None) => lab.server.connect_forwarded(port),
            (None, Some(path)) => lab.server.connect_forwarded_socket(path),
            _ => {
                let hint = "write the one for which the client has asked".to_owned();
                return Err(Failure::new(Code::BadRequest, "it takes `port` or `socket`").hint(hint));
            }
        };
        let opened = timeout(within, opening.into_future()).await;
        let stream = opened
            .map_err(|_late| Failure::new(Code::TimedOut, "the client did not answer"))?
            .map_err(not_opened)?;
        let address = self.hand_over(stream, within).await;
        let address = address.map_err(|error| {
            Failure::new(Code::NotOpened, format!("no port of this machine can be had: {error}"))
        })?;
        Ok(Answer::Door(Door { address: address.ip().to_string(), port: address.port() }))
    }

    /// Opens a port for one connection, which has to come within this time.
    async fn hand_over(&self, stream: ChannelStream, within: Duration) -> std::io::Result<SocketAddr> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let mut doors = self.doors.lock().unwrap_or_else(PoisonError::into_inner);
        while doors.try_join_next().is_some() {}
        doors.spawn(async move {
            // Whoever does not come finds nobody, and the client sees its connection closed.
            if let Ok(Ok((socket, _))) = timeout(within, listener.accept()).await {
                drop(listener);
                let _best_effort = socket.set_nodelay(true);
                stream.join(socket).await;
            }
        });
        Ok(address)
    }
}

impl<R: ForwardRule> Changed<R> {
    fn new(rules: &ForwardRules<R>, listed_by: &'static str) -> Self {
        Self { rules: rules.clone(), added: Mutex::default(), listed_by }
    }

    fn added(&self) -> MutexGuard<'_, Vec<RuleId>> {
        self.added.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn number(&self, id: RuleId) -> Answer {
        self.added().push(id);
        Answer::Number(RuleNumber { number: id.0 })
    }

    fn add(&self, rule: R, first: bool) -> Answer {
        self.number(if first { self.rules.add_first(rule) } else { self.rules.add(rule) })
    }

    fn replace(&self, number: u64, rule: R) -> Result<Answer, Failure> {
        let id = self.rules.replace(RuleId(number), rule);
        id.map(|id| self.number(id)).ok_or_else(|| self.not_found(number))
    }

    fn remove(&self, number: u64) -> Result<Answer, Failure> {
        self.added().retain(|added| added.0 != number);
        if self.rules.remove(RuleId(number)) {
            Ok(Answer::Done(Done {}))
        } else {
            Err(self.not_found(number))
        }
    }

    fn list(&self) -> Answer {
        let lines = self.rules.list().into_iter().map(|info| ForwardLine {
            number: info.id.0,
            rule: info.rule,
            hits: info.hits,
        });
        Answer::Forwards(Forwards { rules: lines.collect() })
    }

    fn reset(&self) {
        for id in self.added().drain(..) {
            self.rules.remove(id);
        }
    }

    fn not_found(&self, number: u64) -> Failure {
        let text = format!("there is no rule with the number {number}");
        Failure::new(Code::NotFound, text).hint(format!("`{}` lists those there are", self.listed_by))
    }
}

fn forward(fields: &Fields, lab: &Lab) -> Result<Forward, Failure> {
    let rule = forward_of_keys(&keys(fields), "rule").map_err(|error| bad_rule(&error))?;
    if let Some(name) = rule.server() {
        let names: Vec<_> = [lab.server.name()].into_iter().chain(lab.hosts.names()).collect();
        if !names.contains(&name) {
            let hint = format!("there are `{}`", names.join("`, `"));
            return Err(Failure::new(Code::BadRule, format!("there is no server `{name}`")).hint(hint));
        }
    }
    Ok(rule.build(&lab.network))
}

fn remote(fields: &Fields) -> Result<RemoteForward, Failure> {
    remote_forward_of_keys(&keys(fields), "rule").map_err(|error| bad_rule(&error))
}

type Fields = serde_json::Map<String, serde_json::Value>;

fn not_opened(error: OpenError) -> Failure {
    match error {
        OpenError::NotListening => Failure::new(Code::NotFound, error.to_string())
            .hint("`wait` for an event `forward` tells when one has asked".to_owned()),
        error => Failure::new(Code::NotOpened, error.to_string()),
    }
}
