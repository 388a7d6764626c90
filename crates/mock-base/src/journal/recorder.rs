//! The writing end of a journal.

use std::{fmt, sync::Arc};

use super::{Journal, Shared};
use crate::event::{Kind, Record};

/// Writes events of one server, connection or channel. Cheap to clone.
#[derive(Clone)]
pub struct Recorder {
    shared: Arc<Shared>,
    server: Arc<str>,
    connection: Option<u64>,
    channel: Option<u32>,
}

impl Recorder {
    pub(super) fn new(shared: Arc<Shared>, server: Arc<str>) -> Self {
        Self { shared, server, connection: None, channel: None }
    }

    /// A recorder for the connection with this number.
    #[must_use]
    pub fn on_connection(&self, number: u64) -> Self {
        Self { connection: Some(number), channel: None, ..self.clone() }
    }

    /// A recorder for the channel with this number on the same connection.
    #[must_use]
    pub fn on_channel(&self, number: u32) -> Self {
        Self { channel: Some(number), ..self.clone() }
    }

    /// Records what happened.
    pub fn record(&self, kind: impl Into<Kind>) {
        self.shared.push(&self.server, self.connection, self.channel, kind.into());
    }

    /// Records a typed event of another crate.
    pub fn operation(&self, record: impl Record) {
        self.record(Kind::Operation(Arc::new(record)));
    }

    /// The name of the server that records.
    #[must_use]
    pub fn server(&self) -> &Arc<str> {
        &self.server
    }

    /// The journal that is written to.
    #[must_use]
    pub fn journal(&self) -> Journal {
        Journal { shared: Arc::clone(&self.shared) }
    }
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorder")
            .field("server", &self.server)
            .field("connection", &self.connection)
            .field("channel", &self.channel)
            .finish_non_exhaustive()
    }
}
