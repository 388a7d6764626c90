//! What becomes of requests about forwards: rules that are added and removed, and connections to where a client has the
//! server listen.
//!
//! Such a connection is handed over as a port of this machine, which every language and library can connect to.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use mock_core::{ChannelStream, Forward, ForwardRule, ForwardRules, OpenError, RemoteForward};
use tokio::{net::TcpListener, task::JoinSet, time::timeout};

use super::{
    answer::{Answer, Code, Door, Failure, ForwardLine, Forwards},
    common::duration,
    request::{ConnectForwarded, Within},
    rule::{self, bad_rule, keys},
};
use crate::{
    lab::Lab,
    scenario::{forward_of_keys, remote_forward_of_keys},
};

/// A rule of a request, which may lead to the servers of this lab.
pub(super) fn rule(rule: &rule::Forward, lab: &Lab) -> Result<Forward, Failure> {
    let rule = forward_of_keys(&keys(&rule.0), "rule").map_err(|error| bad_rule(&error))?;
    if let Some(name) = rule.server() {
        let names: Vec<_> = [lab.server.name()].into_iter().chain(lab.hosts.names()).collect();
        if !names.contains(&name) {
            let hint = format!("there are `{}`", names.join("`, `"));
            return Err(Failure::new(Code::BadRule, format!("there is no server `{name}`")).hint(hint));
        }
    }
    Ok(rule.build(&lab.network))
}

pub(super) fn remote_rule(rule: &rule::RemoteForward) -> Result<RemoteForward, Failure> {
    remote_forward_of_keys(&keys(&rule.0), "rule").map_err(|error| bad_rule(&error))
}

pub(super) fn list(rules: &ForwardRules<impl ForwardRule>) -> Answer {
    let lines = rules.list().into_iter().map(|info| ForwardLine {
        number: info.id.0,
        rule: info.rule,
        hits: info.hits,
    });
    Answer::Forwards(Forwards { rules: lines.collect() })
}

/// Connections that were handed over.
#[derive(Default)]
pub(super) struct Doors(Mutex<JoinSet<()>>);

impl Doors {
    /// Opens a connection to where a client has the server listen.
    pub(super) async fn forwarded(&self, request: ConnectForwarded, lab: &Lab) -> Result<Answer, Failure> {
        let opening = match (request.port, request.socket) {
            (Some(port), None) => lab.server.connect_forwarded(port),
            (None, Some(path)) => lab.server.connect_forwarded_socket(path),
            _ => {
                let hint = "write the one for which the client has asked".to_owned();
                return Err(Failure::new(Code::BadRequest, "it takes `port` or `socket`").hint(hint));
            }
        };
        self.open(opening, &request.within).await
    }

    /// Opens a connection to a client, and a port for whoever asked for it.
    pub(super) async fn open(
        &self,
        opening: mock_core::ConnectForwarded,
        within: &Within,
    ) -> Result<Answer, Failure> {
        let within = duration(within)?;
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
        let mut doors = self.0.lock().unwrap_or_else(PoisonError::into_inner);
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

fn not_opened(error: OpenError) -> Failure {
    match error {
        OpenError::NotListening => Failure::new(Code::NotFound, error.to_string())
            .hint("`wait` for an event `forward` tells when one has asked".to_owned()),
        OpenError::NotOffered => Failure::new(Code::NotFound, "no client offers it")
            .hint("`wait` for an event `agent_forward` or `x11_forward` tells when one does".to_owned()),
        error => Failure::new(Code::NotOpened, error.to_string()),
    }
}
