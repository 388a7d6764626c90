//! `--control`: requests to a server or an agent that runs, as JSON Lines on standard input or a Unix socket.
//!
//! Each client is a task of its own and handles one request after another, so answers come in the order of the requests,
//! and a client that waits for something holds up nobody else. `docs/control.md` is generated from the types.

mod agent;
mod answer;
mod common;
mod fault;
mod forward;
mod handle;
mod line;
mod request;
mod rule;
mod rules;
#[cfg(feature = "schema")]
pub mod schema;
mod socket;
mod stream;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use serde::de::DeserializeOwned;
use tokio::{
    io::BufReader,
    net::UnixListener,
    sync::{mpsc, watch},
    time::timeout,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use self::answer::{Answer, Failure};
pub(crate) use self::{agent::ControlledAgent, handle::ControlledLab, socket::ListenError};
use self::{
    socket::SocketFile,
    stream::{Ended, Writer, serve},
};
use crate::{
    output::PATIENCE,
    signals::{Reason, Signals},
};

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
            Self::Socket(_, file) => Some(file.file.path().to_owned()),
        }
    }
}

/// Who obeys requests: a server with all that belongs to it, or an agent.
pub(crate) trait Target: Send + Sync + 'static {
    /// The requests that there are.
    type Request: DeserializeOwned + Send;

    /// What is said where it is not for clients to stop it.
    const ENDS_OTHERWISE: &str;

    /// Whether this asks to stop it. Then nothing else is to be done.
    fn asks_to_stop(request: &Self::Request) -> bool;

    /// Does what is asked.
    fn obey(&self, request: Self::Request) -> impl Future<Output = Result<Answer, Failure>> + Send;
}

/// What the clients share.
struct Shared<T> {
    target: T,
    /// Where a request to stop goes; none where something else decides.
    reasons: Option<mpsc::Sender<Reason>>,
    /// Set when the server is about to stop.
    stopping: watch::Receiver<bool>,
    /// Every task that serves clients.
    tasks: TaskTracker,
    /// Cancelled when those that are left are to end at once.
    cut: CancellationToken,
}

impl<T: Send + Sync + 'static> Shared<T> {
    /// Runs this, unless it is cut off.
    fn spawn(self: &Arc<Self>, serving: impl Future<Output: Send> + Send + 'static) {
        let cut = self.cut.clone();
        self.tasks.spawn(async move { cut.run_until_cancelled(serving).await });
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
    tasks: TaskTracker,
    cut: CancellationToken,
}

impl Control {
    /// Begins to serve requests of those who may stop it.
    pub(crate) fn start<T: Target>(endpoint: Option<Endpoint>, target: T) -> Self {
        let (reasons, reasons_given) = mpsc::channel(1);
        Self::serve(endpoint, target, Some(reasons), reasons_given)
    }

    /// Begins to serve requests of those who may not: it ends with its command.
    pub(crate) fn start_for_command<T: Target>(endpoint: Option<Endpoint>, target: T) -> Self {
        Self::serve(endpoint, target, None, mpsc::channel(1).1)
    }

    fn serve<T: Target>(
        endpoint: Option<Endpoint>,
        target: T,
        reasons: Option<mpsc::Sender<Reason>>,
        reasons_given: mpsc::Receiver<Reason>,
    ) -> Self {
        let (stopping, is_stopping) = watch::channel(false);
        let (tasks, cut) = (TaskTracker::new(), CancellationToken::new());
        if let Some(endpoint) = endpoint {
            let (tasks, cut) = (tasks.clone(), cut.clone());
            let shared = Arc::new(Shared { target, reasons, stopping: is_stopping, tasks, cut });
            match endpoint {
                Endpoint::Stdin => shared.spawn(on_stdin(Arc::clone(&shared))),
                Endpoint::Socket(listener, file) => {
                    shared.spawn(accept(listener, file, Arc::clone(&shared)));
                }
            }
        }
        Self { reasons: reasons_given, stopping, tasks, cut }
    }

    /// The next reason to stop; none ever where nobody makes requests.
    async fn reason(&mut self) -> Reason {
        match self.reasons.recv().await {
            Some(reason) => reason,
            None => std::future::pending().await,
        }
    }

    /// Waits for a reason to stop: a request or a signal.
    pub(crate) async fn or_signal(&mut self, signals: &mut Signals, with_parent: bool) -> Reason {
        loop {
            tokio::select! {
                reason = signals.next() => return reason,
                reason = self.reason() => match reason {
                    // Whoever started this may have others to stop it, unless that is not to be.
                    Reason::ControlEnded if !with_parent => {}
                    reason => return reason,
                },
            }
        }
    }

    /// Answers what waits for an answer, and ends. Nothing of the target is held by a client then: one that does not read
    /// its answers is cut off.
    pub(crate) async fn end(self) {
        self.stopping.send_replace(true);
        self.tasks.close();
        let _somebody_does_not_read = timeout(PATIENCE, self.tasks.wait()).await;
        self.cut.cancel();
        self.tasks.wait().await;
    }
}

async fn on_stdin<T: Target>(shared: Arc<Shared<T>>) {
    let ended = serve(BufReader::new(tokio::io::stdin()), Writer::Stdout, &shared).await;
    if ended == Ended::ByClient {
        shared.give(Reason::ControlEnded);
    }
}

/// Accepts clients until the server stops.
async fn accept<T: Target>(listener: UnixListener, _file: SocketFile, shared: Arc<Shared<T>>) {
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((client, _)) => {
                    let of_client = Arc::clone(&shared);
                    shared.spawn(async move {
                        let (reader, writer) = client.into_split();
                        serve(BufReader::new(reader), Writer::Socket(writer), &of_client).await
                    });
                }
                // A client that has gone, or too many open files. Those are not fewer at once.
                Err(_) => tokio::time::sleep(RETRY).await,
            },
            () = shared.stop() => break,
        }
    }
}
