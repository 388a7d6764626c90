//! The file system as a copy asks it: on a thread where it may wait, if it waits; and the journal.

use std::sync::Arc;

use mock_base::{Recorder, fault::Faults};
use tokio::task::spawn_blocking;

use super::{ScpCause, ScpOp, ScpOperation, Stop};
use crate::{
    Caller, FileSystem, OpenFile,
    fault::{Stage, Who},
};

/// What a copy works with at this end.
pub(super) struct Host {
    pub(super) fs: Arc<dyn FileSystem>,
    pub(super) caller: Arc<Caller>,
    pub(super) recorder: Option<Recorder>,
    pub(super) contents: bool,
    pub(super) faults: Faults<Stage>,
    pub(super) who: Who,
}

impl Host {
    /// Asks the file system.
    pub(super) async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&dyn FileSystem, &Caller) -> T + Send + 'static,
    ) -> Result<T, Stop> {
        if !self.fs.blocks() {
            return Ok(question(&*self.fs, &self.caller));
        }
        let (fs, caller) = (Arc::clone(&self.fs), Arc::clone(&self.caller));
        spawn_blocking(move || question(&*fs, &caller)).await.map_err(|_| Stop::Panicked)
    }

    /// Does something with a file that is open.
    pub(super) async fn with<T: Send + 'static>(
        &self,
        mut file: Box<dyn OpenFile>,
        action: impl FnOnce(&mut dyn OpenFile) -> T + Send + 'static,
    ) -> Result<(Box<dyn OpenFile>, T), Stop> {
        self.ask(move |_, _| {
            let done = action(&mut *file);
            (file, done)
        })
        .await
    }

    /// Begins the record of a copy. It is written when it is finished or dropped, whichever comes first.
    pub(super) fn begin(&self, operation: ScpOperation, path: &[u8]) -> Copying {
        let op = ScpOp::new(operation, path, &self.caller.start);
        Copying { op, recorder: self.recorder.clone() }
    }
}

/// A copy on its way.
pub(super) struct Copying {
    pub(super) op: ScpOp,
    /// Until it is recorded.
    recorder: Option<Recorder>,
}

impl Copying {
    /// Remembers why it failed; the first reason counts.
    pub(super) fn fail(&mut self, cause: impl Into<ScpCause>) {
        self.op.cause.get_or_insert(cause.into());
    }

    pub(super) fn finish(mut self) {
        self.record();
    }

    pub(super) fn failed(mut self, cause: impl Into<ScpCause>) {
        self.fail(cause);
        self.record();
    }

    fn record(&mut self) {
        if let Some(recorder) = self.recorder.take() {
            recorder.operation(self.op.clone());
        }
    }
}

impl Drop for Copying {
    fn drop(&mut self) {
        self.fail(ScpCause::ChannelEnded);
        self.record();
    }
}
