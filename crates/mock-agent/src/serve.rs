//! One client: reads a request, answers it, and does so until one side leaves.
//!
//! It works over any byte stream. Answers are written before the next request is read, so a client that does not
//! read its answers stops itself, and nothing queues up here.

use std::{io, sync::Arc};

use bytes::BytesMut;
use mock_base::{
    Recorder,
    event::{ClosedBy, Disconnected},
};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio_util::sync::CancellationToken;

use crate::{Frame, FrameError, Request, answer::answer, store::Store};

pub(crate) struct Client<S> {
    stream: S,
    store: Arc<Store>,
    /// Records on the client's connection.
    recorder: Recorder,
    /// What was read and not yet understood: never more than one frame and one read.
    buffer: BytesMut,
    received: u64,
    sent: u64,
}

/// Why serving ended other than by the client's leaving between two requests.
#[derive(Debug, thiserror::Error)]
enum ServeError {
    #[error(transparent)]
    Frame(#[from] FrameError),
    #[error("the stream ends within a request")]
    Truncated,
    #[error("{0}")]
    Io(#[from] io::Error),
}

impl<S: AsyncRead + AsyncWrite + Unpin> Client<S> {
    pub(crate) fn new(stream: S, store: Arc<Store>, recorder: Recorder) -> Self {
        Self { stream, store, recorder, buffer: BytesMut::new(), received: 0, sent: 0 }
    }

    pub(crate) async fn run(mut self, stop: CancellationToken) {
        let (by, reason) = match stop.run_until_cancelled(self.serve()).await {
            Some(Ok(())) => (ClosedBy::Client, "end of stream".to_owned()),
            Some(Err(error)) => (ClosedBy::Error, error.to_string()),
            None => (ClosedBy::Server, "the agent stopped".to_owned()),
        };
        let Self { stream, recorder, received, sent, .. } = self;
        drop(stream); // a wait for the event finds the stream closed
        recorder.record(Disconnected::new(by, reason, received, sent));
    }

    async fn serve(&mut self) -> Result<(), ServeError> {
        while let Some(frame) = self.next_frame().await? {
            let (response, record) = answer(&self.store, Request::decode(frame));
            self.recorder.operation(record);
            let answer = response.to_frame().encode();
            self.stream.write_all(&answer).await?;
            self.stream.flush().await?;
            self.sent += answer.len() as u64;
            // A stream that is always ready must not keep its thread: let others run, and be stopped.
            tokio::task::coop::consume_budget().await;
        }
        Ok(())
    }

    /// The next request, or `None` when the client left after the last one.
    async fn next_frame(&mut self) -> Result<Option<Frame>, ServeError> {
        loop {
            if let Some(frame) = Frame::take(&mut self.buffer)? {
                return Ok(Some(frame));
            }
            match self.stream.read_buf(&mut self.buffer).await? {
                0 if self.buffer.is_empty() => return Ok(None),
                0 => return Err(ServeError::Truncated),
                count => self.received += count as u64,
            }
        }
    }
}
