//! Channels and requests of forwarding.

use std::sync::Arc;

use mock_base::event::{ChannelKind, ChannelRefused, Forward, ForwardCancelled, Problem};
use russh::server::{ChannelOpenHandle, Handle, Msg};

use super::{
    Engine, EngineError, channel::Channel, convert, opening::Opening, outflow::Outflow, outgoing::Opener,
    output::Output, start,
};
use crate::{ForwardRequest, Forwarding, Listen, Open, OpenFailure, config::Habits};

impl Engine {
    /// Opens a channel, or not.
    pub(super) async fn open(
        &mut self,
        channel: russh::Channel<Msg>,
        kind: ChannelKind,
        reply: ChannelOpenHandle,
        handle: Handle,
    ) -> Result<(), EngineError> {
        self.channels.retain(|_, channel| !channel.is_over());
        let limit = self.surroundings.options.max_channels;
        if self.channels.len() + self.unanswered.len() >= limit {
            let text = format!("{limit} channels are open");
            return self.refuse(kind, OpenFailure::ResourceShortage, text, reply).await;
        }
        let session_channel = matches!(kind, ChannelKind::Session);
        let forwarded = kind.target().is_some();
        let decided = match self.channel_fault(&kind) {
            Some(open) => open,
            None => self.decide(|handler| handler.channel_open(&kind))?,
        };
        let to = match decided {
            Open::Accept if session_channel => None,
            Open::Connect(to) if forwarded => Some(to),
            Open::Accept | Open::Connect(_) => {
                let text = "a channel of this type cannot be opened so".to_owned();
                return self.refuse(kind, OpenFailure::AdministrativelyProhibited, text, reply).await;
            }
            Open::Refuse { reason, text } => return self.refuse(kind, reason, text, reply).await,
            Open::Silence => {
                self.unanswered.push(reply);
                return Ok(());
            }
        };
        let id = channel.id();
        // The reading half must go: messages that nobody takes from it would freeze the whole connection.
        let (_, writing) = channel.split();
        let number = self.next_channel;
        self.next_channel += 1;
        let recorder = self.recorder().on_channel(number);
        let over = self.surroundings.kill.child_token();
        let outflow = Outflow::new(Arc::clone(&self.surroundings.scene), recorder.clone());
        let output = Output::new(writing, handle, over.clone(), outflow);
        let options = &self.surroundings.options;
        let (stdin_limit, habits) =
            if session_channel { (options.recorded_stdin, options.habits) } else { (0, Habits::default()) };
        let mut channel = Channel::new(number, recorder, output, over, stdin_limit, habits);
        if let Some(to) = to {
            channel.occupy();
            let surroundings = Arc::clone(&self.surroundings);
            let opening = Opening::new(kind, &channel, reply, self.recorder().clone(), surroundings);
            let request = ForwardRequest::new(self.connection.clone(), opening);
            start::connect(&channel, request, to, &self.surroundings.tasks);
        } else {
            channel.shared.opened(kind);
            reply.accept().await;
        }
        self.channels.insert(id, channel);
        Ok(())
    }

    async fn refuse(
        &mut self,
        kind: ChannelKind,
        reason: OpenFailure,
        text: String,
        reply: ChannelOpenHandle,
    ) -> Result<(), EngineError> {
        self.recorder().record(ChannelRefused::new(kind, reason.code(), text.clone()));
        reply.reject(convert::open_failure(reason, text)).await;
        Ok(())
    }

    /// The server is to listen. Returns the port that it has, which is told to a client that asked for any; 0 for a socket.
    pub(super) fn listen(&mut self, listen: Listen) -> Result<Option<u32>, EngineError> {
        let forwarding = self.decide(|handler| handler.forward(&listen))?;
        let (address, asked) = endpoint(&listen);
        let opener = Opener::new(&self.surroundings, self.recorder());
        let listeners = self.surroundings.listeners.clone();
        let connection = self.connection.number();
        let bound = match forwarding {
            Forwarding::Refuse => Ok(None),
            Forwarding::Accept { port } => listeners.pretend(listen, port, connection, opener).map(Some),
            Forwarding::Host => listeners.bind(listen, connection, opener).map(Some),
        };
        let bound = bound.unwrap_or_else(|error| {
            self.recorder().record(Problem::new(format!("cannot listen for the client: {error}")));
            None
        });
        let forward = Forward::new(address, asked, bound.is_some());
        self.recorder().record(match bound {
            Some(port) if asked == Some(0) => forward.bound(port),
            _ => forward,
        });
        Ok(bound)
    }

    pub(super) fn cancel_listen(&mut self, listen: &Listen) -> Result<bool, EngineError> {
        let allowed = self.decide(|handler| handler.cancel_forward(listen))?;
        let accepted = allowed && self.surroundings.listeners.cancel(self.connection.number(), listen);
        let (address, port) = endpoint(listen);
        self.recorder().record(ForwardCancelled::new(address, port, accepted));
        Ok(accepted)
    }
}

fn endpoint(listen: &Listen) -> (String, Option<u32>) {
    match listen {
        Listen::Tcp { address, port } => (address.clone(), Some(*port)),
        Listen::Unix { path } => (path.clone(), None),
    }
}
