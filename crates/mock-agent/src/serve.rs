//! One client: reads a request, answers it, and does so until one side leaves.
//!
//! It works over any byte stream. Answers are written before the next request is read, so a client that does not
//! read its answers stops itself, and nothing queues up here.

use std::io;

use bytes::{Bytes, BytesMut};
use mock_base::{
    Recorder,
    event::{ClosedBy, Disconnected},
};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::task::spawn_blocking;
use tokio_util::sync::CancellationToken;

use crate::{
    Break, Frame, FrameError, Request,
    answer::{Answered, Considered, Conversation},
    codec::wire_length,
};

pub(crate) struct Client<S> {
    stream: S,
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

/// Deals with a request. An RSA signature takes as long as many others, and the first one still longer: it is made by
/// another thread, so that no client waits for that of another.
async fn answer(
    mut conversation: Conversation,
    considered: Considered,
) -> Result<(Conversation, Answered), ServeError> {
    if !considered.is_slow {
        let answered = conversation.answer(considered);
        return Ok((conversation, answered));
    }
    let signing = spawn_blocking(move || {
        let answered = conversation.answer(considered);
        (conversation, answered)
    });
    Ok(signing.await.map_err(io::Error::other)?)
}

/// How serving ended without an error.
enum Left {
    Client,
    /// A policy said so.
    Policy,
    /// A fault did so.
    Fault,
}

/// The bytes of an answer, broken as they are to be, and whether the connection ends behind them.
fn play(proper: &Frame, fault: Option<Break>) -> (Bytes, bool) {
    /// A type that no message has, in front of bytes that are no field.
    const GARBAGE: (u8, &[u8]) = (0xee, b"\xff\xff\xff\xffgarbage");
    let bytes = proper.encode();
    match fault {
        None | Some(Break::WrongSignature) => (bytes, false),
        Some(Break::Closed) => (Bytes::new(), true),
        Some(Break::Silence) => (Bytes::new(), false),
        Some(Break::Truncated) => (bytes.slice(..bytes.len() / 2), true),
        Some(Break::WrongLength) => {
            let mut longer = BytesMut::from(bytes);
            let length = wire_length(longer.len() - size_of::<u32>() + 1);
            longer.iter_mut().zip(length.to_be_bytes()).for_each(|(byte, length)| *byte = length);
            (longer.freeze(), false)
        }
        Some(Break::Garbage) => (Frame::new(GARBAGE.0, GARBAGE.1).encode(), false),
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Client<S> {
    pub(crate) fn new(stream: S, recorder: Recorder) -> Self {
        Self { stream, recorder, buffer: BytesMut::new(), received: 0, sent: 0 }
    }

    pub(crate) async fn run(mut self, conversation: Conversation, stop: CancellationToken) {
        let (by, reason) = match stop.run_until_cancelled(self.serve(conversation)).await {
            Some(Ok(Left::Client)) => (ClosedBy::Client, "end of stream".to_owned()),
            Some(Ok(Left::Policy)) => (ClosedBy::Server, "closed by a policy".to_owned()),
            Some(Ok(Left::Fault)) => (ClosedBy::Server, "closed by a fault".to_owned()),
            Some(Err(error)) => (ClosedBy::Error, error.to_string()),
            None => (ClosedBy::Server, "the agent stopped".to_owned()),
        };
        let Self { stream, recorder, received, sent, .. } = self;
        drop(stream); // a wait for the event finds the stream closed
        recorder.record(Disconnected::new(by, reason, received, sent));
    }

    async fn serve(&mut self, mut conversation: Conversation) -> Result<Left, ServeError> {
        while let Some(frame) = self.next_frame().await? {
            let considered = conversation.consider(Request::decode(frame));
            let leaving = if considered.by_fault { Left::Fault } else { Left::Policy };
            if !considered.delay.is_zero() {
                tokio::time::sleep(considered.delay).await;
            }
            let answered;
            (conversation, answered) = answer(conversation, considered).await?;
            self.recorder.operation(answered.record);
            let (answer, leaves) = play(&answered.response.to_frame(), answered.fault);
            self.stream.write_all(&answer).await?;
            self.stream.flush().await?;
            self.sent += answer.len() as u64;
            if leaves {
                return Ok(leaving);
            }
            // A stream that is always ready must not keep its thread: let others run, and be stopped.
            tokio::task::coop::consume_budget().await;
        }
        Ok(Left::Client)
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
