//! A channel that a client asked for, until it is opened or refused.

use std::sync::Arc;

use futures_util::FutureExt as _;
use mock_base::{
    Recorder,
    event::{ChannelKind, ChannelRefused},
};
use russh::server::ChannelOpenHandle;

use super::{
    Surroundings,
    channel::{Channel, ChannelShared},
    convert,
};
use crate::{ChannelStream, OpenFailure, session::Inbox};

/// A request for a channel that nobody has answered yet. Dropped so, it is refused.
pub(crate) struct Opening {
    kind: ChannelKind,
    inbox: Inbox,
    reply: Option<ChannelOpenHandle>,
    number: u32,
    channel: Arc<ChannelShared>,
    /// That of the connection: what was not opened has no number.
    recorder: Recorder,
    surroundings: Arc<Surroundings>,
}

impl Opening {
    pub(super) fn new(
        kind: ChannelKind,
        channel: &Channel,
        reply: ChannelOpenHandle,
        recorder: Recorder,
        surroundings: Arc<Surroundings>,
    ) -> Self {
        let (inbox, number, reply) = (channel.inbox.clone(), channel.number, Some(reply));
        Self { kind, inbox, reply, number, channel: Arc::clone(&channel.shared), recorder, surroundings }
    }

    pub(crate) fn surroundings(&self) -> Arc<Surroundings> {
        Arc::clone(&self.surroundings)
    }

    pub(crate) fn kind(&self) -> &ChannelKind {
        &self.kind
    }

    pub(crate) fn number(&self) -> u32 {
        self.number
    }

    pub(crate) fn accept(mut self) -> ChannelStream {
        if let Some(reply) = self.reply.take() {
            self.channel.opened(self.kind.clone());
            // It waits for nothing.
            let _done = reply.accept().now_or_never();
        }
        self.channel.stream(&self.inbox)
    }

    pub(crate) fn refuse(mut self, reason: OpenFailure, text: String) {
        self.refuse_once(reason, text);
    }

    fn refuse_once(&mut self, reason: OpenFailure, text: String) {
        if let Some(reply) = self.reply.take() {
            // With its connection a request ends without an answer.
            if !self.channel.over.is_cancelled() {
                self.recorder.record(ChannelRefused::new(self.kind.clone(), reason.code(), text.clone()));
            }
            let _done = reply.reject(convert::open_failure(reason, text)).now_or_never();
            self.channel.closed();
        }
    }
}

impl Drop for Opening {
    fn drop(&mut self) {
        self.refuse_once(OpenFailure::ConnectFailed, "nobody took the connection".to_owned());
    }
}
