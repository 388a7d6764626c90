//! `--control`: requests to a server that runs, as JSON Lines on standard input or a Unix socket.
//!
//! Each client is a task of its own and handles one request after another, so answers come in the order of the requests,
//! and a client that waits for something holds up nobody else. `docs/control.md` is generated from the types.

mod answer;
mod fault;
mod handle;
mod line;
mod request;
mod rule;
#[cfg(feature = "schema")]
pub mod schema;
mod socket;
mod stream;

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use mock_core::RuleId;
use tokio::{
    io::BufReader,
    net::UnixListener,
    sync::{mpsc, watch},
    task::JoinSet,
    time::timeout,
};

pub(crate) use self::socket::ListenError;
use self::{
    socket::SocketFile,
    stream::{Ended, Writer, serve},
};
use crate::{expected::Mark, lab::Lab, output::PATIENCE, signals::Reason};

/// How long to wait after a client could not be accepted.
const RETRY: Duration = Duration::from_millis(50);

/// Where requests come from.
pub(crate) enum Endpoint {
    Stdin,
    Socket(UnixListener, SocketFile),
}

impl Endpoint {
    /// Opens it, where there is one.
    pub(crate) async fn open(path: Option<&Path>) -> Result<Option<Self>, ListenError> {
        match path {
            None => Ok(None),
            Some(path) if path == "-" => Ok(Some(Self::Stdin)),
            Some(path) => {
                let (listener, file) = socket::listen(path).await?;
                Ok(Some(Self::Socket(listener, file)))
            }
        }
    }

    /// The path of a socket.
    pub(crate) fn path(&self) -> Option<PathBuf> {
        match self {
            Self::Stdin => None,
            Self::Socket(_, file) => Some(file.path.clone()),
        }
    }
}

/// What the clients share.
struct Shared {
    lab: Arc<Lab>,
    /// What was expected before the first request.
    begin: Mark,
    /// Rules that were added by requests.
    added: Mutex<Vec<RuleId>>,
    /// Where a request to stop goes; none where something else decides.
    reasons: Option<mpsc::Sender<Reason>>,
    /// Set when the server is about to stop.
    stopping: watch::Receiver<bool>,
}

impl Shared {
    fn added(&self, change: impl FnOnce(&mut Vec<RuleId>)) {
        change(&mut self.added.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Ready when the server is about to stop.
    async fn stop(&self) {
        // Whoever could tell may be gone: then it stops as well.
        let mut stopping = self.stopping.clone();
        let _stops = stopping.wait_for(|stopping| *stopping).await;
    }

    fn give(&self, reason: Reason) {
        if let Some(reasons) = &self.reasons {
            // One reason is enough.
            let _given_already = reasons.try_send(reason);
        }
    }
}

/// Clients that make requests, or nobody where there is no `--control`.
pub(crate) struct Control {
    reasons: mpsc::Receiver<Reason>,
    stopping: watch::Sender<bool>,
    tasks: JoinSet<()>,
}

impl Control {
    /// Begins to serve requests of those who may stop the server.
    pub(crate) fn start(endpoint: Option<Endpoint>, lab: &Arc<Lab>) -> Self {
        let (reasons, reasons_given) = mpsc::channel(1);
        Self::serve(endpoint, lab, Some(reasons), reasons_given)
    }

    /// Begins to serve requests of those who may not: the server ends with its command.
    pub(crate) fn start_for_command(endpoint: Option<Endpoint>, lab: &Arc<Lab>) -> Self {
        Self::serve(endpoint, lab, None, mpsc::channel(1).1)
    }

    fn serve(
        endpoint: Option<Endpoint>,
        lab: &Arc<Lab>,
        reasons: Option<mpsc::Sender<Reason>>,
        reasons_given: mpsc::Receiver<Reason>,
    ) -> Self {
        let (stopping, is_stopping) = watch::channel(false);
        let mut tasks = JoinSet::new();
        if let Some(endpoint) = endpoint {
            let shared = Arc::new(Shared {
                begin: lab.expected().mark(),
                lab: Arc::clone(lab),
                added: Mutex::default(),
                reasons,
                stopping: is_stopping,
            });
            match endpoint {
                Endpoint::Stdin => tasks.spawn(on_stdin(shared)),
                Endpoint::Socket(listener, file) => tasks.spawn(accept(listener, file, shared)),
            };
        }
        Self { reasons: reasons_given, stopping, tasks }
    }

    /// The next reason to stop; none ever where nobody makes requests.
    pub(crate) async fn reason(&mut self) -> Reason {
        match self.reasons.recv().await {
            Some(reason) => reason,
            None => std::future::pending().await,
        }
    }

    /// Answers what waits for an answer, and ends.
    pub(crate) async fn end(mut self) {
        self.stopping.send_replace(true);
        let all = async { while self.tasks.join_next().await.is_some() {} };
        let _somebody_does_not_read = timeout(PATIENCE, all).await;
        self.tasks.shutdown().await;
    }
}

async fn on_stdin(shared: Arc<Shared>) {
    let ended = serve(BufReader::new(tokio::io::stdin()), Writer::Stdout, &shared).await;
    if ended == Ended::ByClient {
        shared.give(Reason::ControlEnded);
    }
}

/// Accepts clients until the server stops, then waits for them.
async fn accept(listener: UnixListener, file: SocketFile, shared: Arc<Shared>) {
    let mut clients = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((client, _)) => {
                    let shared = Arc::clone(&shared);
                    clients.spawn(async move {
                        let (reader, writer) = client.into_split();
                        serve(BufReader::new(reader), Writer::Socket(writer), &shared).await;
                    });
                }
                // A client that has gone, or too many open files. Those are not fewer at once.
                Err(_) => tokio::time::sleep(RETRY).await,
            },
            Some(_ended) = clients.join_next() => {}
            () = shared.stop() => break,
        }
    }
    drop((listener, file));
    while clients.join_next().await.is_some() {}
}
