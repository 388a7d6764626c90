//! The one way in which a channel is written to: within the client's window, from tasks.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use bytes::Bytes;
use russh::{
    ChannelWriteHalf,
    server::{Handle, Msg},
};
use tokio_util::sync::CancellationToken;

use super::convert;
use crate::Exit;

/// Data type of standard error (RFC 4254 section 5.2).
const STDERR: u32 = 1;

/// Which of the two streams to the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OutputStream {
    Stdout,
    Stderr,
}

/// The sending direction of a channel. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Output {
    shared: Arc<Shared>,
}

struct Shared {
    channel: ChannelWriteHalf<Msg>,
    handle: Handle,
    sent: AtomicU64,
    /// Cancelled when the channel is closed, from whichever side: a write that waits for the window ends then. The
    /// engine itself would let it wait for ever.
    closed: CancellationToken,
}

impl Output {
    pub(super) fn new(channel: ChannelWriteHalf<Msg>, handle: Handle, closed: CancellationToken) -> Self {
        Self { shared: Arc::new(Shared { channel, handle, sent: AtomicU64::new(0), closed }) }
    }

    /// Sends data, and waits until the window has taken it.
    pub(crate) async fn send(&self, stream: OutputStream, bytes: Bytes) -> io::Result<()> {
        let length = bytes.len() as u64;
        self.unless_closed(async |channel, _| match stream {
            OutputStream::Stdout => channel.data_bytes(bytes).await.is_ok(),
            OutputStream::Stderr => channel.extended_data_bytes(STDERR, bytes).await.is_ok(),
        })
        .await?;
        self.shared.sent.fetch_add(length, Ordering::Relaxed);
        Ok(())
    }

    /// Sends how a program ended, if anything.
    pub(super) async fn exit(&self, exit: &Exit) -> io::Result<()> {
        self.unless_closed(async |channel, handle| match exit {
            Exit::Status(status) => channel.exit_status(*status).await.is_ok(),
            Exit::Signal { name, core_dumped, message } => {
                let signal = convert::signal(name);
                handle
                    .exit_signal_request(channel.id(), signal, *core_dumped, message.clone(), String::new())
                    .await
                    .is_ok()
            }
            Exit::Silent => true,
        })
        .await
    }

    /// Sends the end of the data, then closes the channel. Both wait behind everything sent before.
    pub(super) async fn close(&self) -> io::Result<()> {
        self.unless_closed(async |channel, _| channel.eof().await.is_ok() && channel.close().await.is_ok())
            .await
    }

    /// Bytes sent so far, on both streams together.
    pub(super) fn sent(&self) -> u64 {
        self.shared.sent.load(Ordering::Relaxed)
    }

    async fn unless_closed(
        &self,
        write: impl AsyncFnOnce(&ChannelWriteHalf<Msg>, &Handle) -> bool,
    ) -> io::Result<()> {
        let done = tokio::select! {
            biased;
            () = self.shared.closed.cancelled() => false,
            done = write(&self.shared.channel, &self.shared.handle) => done,
        };
        if done { Ok(()) } else { Err(io::Error::new(io::ErrorKind::BrokenPipe, "the channel is closed")) }
    }
}
