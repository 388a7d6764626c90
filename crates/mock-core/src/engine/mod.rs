//! The only place that knows the engine: its `Handler` is implemented here, and turned into ours.
//!
//! Rules that hold throughout, because the engine's own loop depends on them: nothing here waits for a program or
//! for a window; a request is answered within its hook; a channel's messages are taken from hooks, never from the
//! engine's queue; and a channel is written to in one way, `data_bytes`, by what runs on it: in a
//! task, except for the first turn of a scripted reply.

mod auth;
mod channel;
mod config;
mod convert;
mod faults;
mod forward;
mod hooks;
mod life;
mod opening;
mod outflow;
mod outgoing;
mod output;
mod request;
mod service;
mod session;
mod start;
mod window;

use std::{
    any::Any,
    collections::HashMap,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, OnceLock},
};

use mock_base::{Recorder, event::Panicked};
use russh::{
    ChannelId,
    server::{ChannelOpenHandle, Handle},
};
use tokio::{runtime::Handle as Runtime, task::JoinHandle};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use self::channel::Channel;
pub(crate) use self::{
    config::{config, knows},
    opening::Opening,
    outgoing::{Closer, Confirmed, Opener},
    output::{Output, OutputStream},
    session::{past, run},
};
use crate::{
    Connection, Handler, Prompt,
    config::Options,
    fault::Scene,
    forward::{Listeners, Offered},
};
pub(crate) use russh::server::Config;

/// What a connection's session and its surroundings share.
#[derive(Debug)]
pub(crate) struct Surroundings {
    pub(crate) options: Arc<Options>,
    /// Cancelled when the connection is over or to be cut; every program on it ends with it.
    pub(crate) kill: CancellationToken,
    /// Cancelled once the client is logged in.
    pub(crate) authenticated: CancellationToken,
    /// Why this server ended the connection, if it did; said before it does.
    pub(crate) ended: OnceLock<String>,
    /// Programs that run on the connection.
    pub(crate) tasks: TaskTracker,
    /// Where the faults of the connection strike.
    pub(crate) scene: Arc<Scene>,
    /// The engine's handle on the session; there once its first packet was read.
    pub(crate) handle: OnceLock<Handle>,
    /// Channels to the client that have just been opened.
    pub(crate) confirmed: Confirmed,
    /// Where clients of the server have it listen.
    pub(crate) listeners: Listeners,
    /// What clients of the server offer to it.
    pub(crate) offered: Offered,
    pub(crate) runtime: Runtime,
}

impl Surroundings {
    /// Runs this in a task of the connection, until it is done or the connection is over.
    pub(crate) fn spawn<T: Send + 'static>(
        &self,
        task: impl Future<Output = T> + Send + 'static,
    ) -> JoinHandle<Option<T>> {
        self.tasks.spawn_on(self.kill.clone().run_until_cancelled_owned(task), &self.runtime)
    }
}

/// One connection, as the engine sees it.
pub(crate) struct Engine {
    connection: Connection,
    handler: Box<dyn Handler>,
    surroundings: Arc<Surroundings>,
    /// The user that is logged in.
    user: String,
    attempts: u32,
    rejections: u32,
    /// Requests to log in of any kind, for the bound on them.
    auth_requests: u32,
    /// The prompts that wait for their answers, and the number of their round.
    asked: (u32, Vec<Prompt>),
    channels: HashMap<ChannelId, Channel>,
    next_channel: u32,
    /// Requests for channels that are never to be answered.
    unanswered: Vec<ChannelOpenHandle>,
}

/// Why a session ended within the engine.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EngineError {
    #[error(transparent)]
    Protocol(#[from] russh::Error),
    #[error("the handler panicked")]
    Panicked,
    #[error("cut by the server")]
    Cut,
}

impl Engine {
    pub(crate) fn new(
        connection: Connection,
        handler: Box<dyn Handler>,
        surroundings: Arc<Surroundings>,
    ) -> Self {
        Self {
            connection,
            handler,
            surroundings,
            user: String::new(),
            attempts: 0,
            rejections: 0,
            auth_requests: 0,
            asked: (0, Vec::new()),
            channels: HashMap::new(),
            next_channel: 0,
            unanswered: Vec::new(),
        }
    }

    fn recorder(&self) -> &Recorder {
        self.connection.recorder()
    }

    /// Asks the handler. A panic there ends this connection, and nothing else.
    fn decide<T>(&mut self, ask: impl FnOnce(&mut dyn Handler) -> T) -> Result<T, EngineError> {
        catch_unwind(AssertUnwindSafe(|| ask(&mut *self.handler))).map_err(|panic| {
            self.recorder().record(Panicked::new("handler", panic_text(&*panic)));
            EngineError::Panicked
        })
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.surroundings.listeners.forget(self.connection.number());
        for channel in self.channels.values() {
            channel.close();
        }
    }
}

/// The message of a panic.
pub(crate) fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(ToString::to_string);
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no message".to_owned())
}
