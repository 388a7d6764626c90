//! Channels that this server opens: to where a client has it listen, to the client's agent and to its X server.
//!
//! The engine confirms a channel in two places: in a hook of its loop, before any data comes, and to the task that asked,
//! which alone gets the half for writing. The hook makes the channel and leaves it here; the task picks it up.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use mock_base::{
    Recorder,
    event::{ChannelKind, ChannelRefused},
};
use russh::{
    ChannelId, ChannelOpenFailure,
    server::{Handle, Msg, Session},
};
use tokio::sync::{Notify, oneshot};
use tokio_util::sync::CancellationToken;

use super::{
    Engine, Surroundings,
    channel::{Channel, ChannelShared},
    outflow::Outflow,
    output::Output,
};
use crate::{ChannelStream, OpenError, config::Habits, session::Inbox};

/// What is said of a channel that a client does not want: the engine keeps the client's own text to itself.
const REFUSED: &str = "refused by the client";

/// Channels that are confirmed, for the tasks that asked for them.
#[derive(Debug, Default)]
pub(crate) struct Confirmed {
    channels: Mutex<HashMap<ChannelId, Fresh>>,
    came: Notify,
}

/// A channel from where the hook makes it.
struct Fresh {
    inbox: Inbox,
    shared: Arc<ChannelShared>,
}

impl fmt::Debug for Fresh {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fresh")
    }
}

impl Confirmed {
    fn channels(&self) -> MutexGuard<'_, HashMap<ChannelId, Fresh>> {
        self.channels.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn put(&self, id: ChannelId, fresh: Fresh) {
        self.channels().insert(id, fresh);
        self.came.notify_waiters();
    }

    async fn take(&self, id: ChannelId) -> Fresh {
        loop {
            let came = self.came.notified();
            if let Some(fresh) = self.channels().remove(&id) {
                return fresh;
            }
            came.await;
        }
    }
}

impl Engine {
    /// The client agreed to a channel that this server opens.
    pub(super) fn confirmed(&mut self, id: ChannelId, session: &Session) {
        let number = self.next_channel;
        self.next_channel += 1;
        let over = self.surroundings.kill.child_token();
        let recorder = self.recorder().on_channel(number);
        let outflow = Outflow::new(Arc::clone(&self.surroundings.scene), recorder.clone());
        let output = Output::unopened(session.handle(), over.clone(), outflow);
        let mut channel = Channel::new(number, recorder, output, over, 0, Habits::default());
        channel.occupy();
        let fresh = Fresh { inbox: channel.inbox.clone(), shared: Arc::clone(&channel.shared) };
        self.channels.insert(id, channel);
        self.surroundings.confirmed.put(id, fresh);
    }
}

/// The client's side of a connection, where channels are opened to. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Opener {
    surroundings: Arc<Surroundings>,
    recorder: Recorder,
}

impl Opener {
    pub(super) fn new(surroundings: &Arc<Surroundings>, recorder: &Recorder) -> Self {
        Self { surroundings: Arc::clone(surroundings), recorder: recorder.clone() }
    }

    /// Writes to the journal in the name of the connection.
    pub(crate) fn recorder(&self) -> &Recorder {
        &self.recorder
    }

    /// Cancelled when the connection is over.
    pub(crate) fn until_over(&self) -> CancellationToken {
        self.surroundings.kill.child_token()
    }

    /// Runs this in a task of the connection, until it is done or the connection is over.
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.surroundings.spawn(task);
    }

    /// Opens a channel of a kind that servers open.
    pub(crate) async fn open(&self, kind: ChannelKind) -> Result<ChannelStream, OpenError> {
        let (answer, answered) = oneshot::channel();
        let this = self.clone();
        // In a task of the connection: whoever gives up waiting must not leave a channel half open.
        self.spawn(async move {
            let _nobody_waits = answer.send(this.ask(kind).await);
        });
        answered.await.unwrap_or(Err(OpenError::Disconnected))
    }

    async fn ask(&self, kind: ChannelKind) -> Result<ChannelStream, OpenError> {
        let Some(handle) = self.surroundings.handle.get() else {
            return Err(OpenError::Disconnected);
        };
        let channel = match request(handle, &kind).await {
            Ok(channel) => channel,
            Err(russh::Error::ChannelOpenFailure(failure)) => {
                let code = code(&failure);
                self.recorder.record(ChannelRefused::new(kind, code, REFUSED));
                return Err(OpenError::Refused { code });
            }
            Err(_) => return Err(OpenError::Disconnected),
        };
        // The reading half must go: messages that nobody takes from it would freeze the whole connection.
        let (_, writing) = channel.split();
        let Fresh { inbox, shared } = self.surroundings.confirmed.take(writing.id()).await;
        shared.output.open(writing);
        shared.opened(kind);
        let closer = Closer { shared: Arc::clone(&shared), surroundings: Arc::clone(&self.surroundings) };
        Ok(shared.stream(&inbox).closed_by(closer))
    }
}

impl fmt::Debug for Opener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opener").finish_non_exhaustive()
    }
}

async fn request(handle: &Handle, kind: &ChannelKind) -> Result<russh::Channel<Msg>, russh::Error> {
    match kind {
        ChannelKind::ForwardedTcpip { address, port, originator, originator_port } => {
            handle.channel_open_forwarded_tcpip(address, *port, originator, *originator_port).await
        }
        ChannelKind::ForwardedStreamlocal { path } => handle.channel_open_forwarded_streamlocal(path).await,
        ChannelKind::Agent => handle.channel_open_agent().await,
        ChannelKind::X11 { originator, originator_port } => {
            handle.channel_open_x11(originator, *originator_port).await
        }
        // A server opens no other; clients refuse them.
        _ => Err(russh::Error::ChannelOpenFailure(ChannelOpenFailure::UnknownChannelType)),
    }
}

fn code(failure: &ChannelOpenFailure) -> u32 {
    match failure {
        ChannelOpenFailure::AdministrativelyProhibited => 1,
        ChannelOpenFailure::ConnectFailed => 2,
        ChannelOpenFailure::UnknownChannelType => 3,
        ChannelOpenFailure::ResourceShortage => 4,
        ChannelOpenFailure::Other { code, .. } => *code,
    }
}

impl fmt::Debug for Closer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Closer")
    }
}

/// Closes a channel when nobody holds an end of it any more.
pub(crate) struct Closer {
    shared: Arc<ChannelShared>,
    surroundings: Arc<Surroundings>,
}

impl Drop for Closer {
    fn drop(&mut self) {
        let shared = Arc::clone(&self.shared);
        self.surroundings.spawn(async move { shared.leave().await });
    }
}
