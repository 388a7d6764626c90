//! The one way in which a channel is written to: within the client's window, from tasks.

use std::{
    io,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use bytes::Bytes;
use russh::{
    ChannelWriteHalf,
    server::{Handle, Msg},
};
use tokio_util::sync::CancellationToken;

use super::{
    convert,
    outflow::{Nudge, Outflow, Turn},
};
use crate::{Exit, fault::Scene};

/// Data type of standard error (RFC 4254 section 5.2).
const STDERR: u32 = 1;

/// What is sent at once: as much as a packet of most clients carries.
const PIECE: usize = 32 * 1024;

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
    /// There once the channel is open, for one that this server opens.
    channel: OnceLock<ChannelWriteHalf<Msg>>,
    handle: Handle,
    sent: AtomicU64,
    /// Whether the program is done, so that nobody may send any more.
    finished: AtomicBool,
    /// Whether the end of the data was sent.
    ended: AtomicBool,
    /// Cancelled when the channel is closed, from whichever side: a write that waits for the window ends then. The
    /// engine itself would let it wait for ever.
    closed: CancellationToken,
    /// What faults do to standard output.
    outflow: Outflow,
}

impl Output {
    pub(super) fn new(
        channel: ChannelWriteHalf<Msg>,
        handle: Handle,
        closed: CancellationToken,
        outflow: Outflow,
    ) -> Self {
        let output = Self::unopened(handle, closed, outflow);
        output.open(channel);
        output
    }

    /// Of a channel whose half for writing comes later.
    pub(super) fn unopened(handle: Handle, closed: CancellationToken, outflow: Outflow) -> Self {
        let channel = OnceLock::new();
        let (sent, finished, ended) = (AtomicU64::new(0), AtomicBool::new(false), AtomicBool::new(false));
        Self { shared: Arc::new(Shared { channel, handle, sent, finished, ended, closed, outflow }) }
    }

    /// From here on there is something to write to.
    pub(super) fn open(&self, channel: ChannelWriteHalf<Msg>) {
        let _set_once = self.shared.channel.set(channel);
    }

    /// Sends data, and waits until the window has taken it. Not safe to cancel: what a piece on its way has taken from
    /// the window is lost then.
    pub(crate) async fn send(&self, stream: OutputStream, mut bytes: Bytes) -> io::Result<()> {
        let outflow = (stream == OutputStream::Stdout).then_some(&self.shared.outflow);
        while !bytes.is_empty() {
            let mut most = bytes.len().min(PIECE);
            let mut turn = None;
            if let Some(outflow) = outflow.filter(|outflow| !outflow.is_open()) {
                let taken = self.turn(outflow).await?;
                most = most.min(taken.most(&bytes));
                turn = Some(taken);
            }
            let piece = bytes.split_to(most);
            let length = piece.len();
            let turn = turn.map(|turn| (turn, piece.clone()));
            if self.shared.finished.load(Ordering::Acquire) || self.shared.ended.load(Ordering::Acquire) {
                return Err(closed());
            }
            self.unless_closed(async |channel, _| match stream {
                OutputStream::Stdout => channel.data_bytes(piece).await.is_ok(),
                OutputStream::Stderr => channel.extended_data_bytes(STDERR, piece).await.is_ok(),
            })
            .await?;
            self.shared.sent.fetch_add(length as u64, Ordering::Relaxed);
            if let Some(outflow) = outflow {
                outflow.sent(length);
            }
            if let Some((turn, piece)) = turn {
                self.unless_closed(async |channel, handle| turn.end(&piece, &nudge(channel, handle)).await)
                    .await?;
            }
        }
        Ok(())
    }

    /// Waits until faults let something through.
    async fn turn<'a>(&self, outflow: &'a Outflow) -> io::Result<Turn<'a>> {
        let mut turn = None;
        self.unless_closed(async |channel, handle| {
            turn = outflow.turn(&nudge(channel, handle)).await;
            turn.is_some()
        })
        .await?;
        turn.ok_or_else(closed)
    }

    /// Where the faults of the connection strike.
    pub(super) fn scene(&self) -> &Arc<Scene> {
        &self.shared.outflow.scene
    }

    /// From here on nobody sends data.
    pub(super) fn finish(&self) {
        self.shared.finished.store(true, Ordering::Release);
    }

    /// Sends the end of the data, once (RFC 4254 section 5.3).
    pub(crate) async fn eof(&self) -> io::Result<()> {
        if self.shared.ended.swap(true, Ordering::AcqRel) {
            return Ok(());
        }
        self.unless_closed(async |channel, _| channel.eof().await.is_ok()).await
    }

    /// Sends how a program ended, if anything.
    pub(super) async fn exit(&self, exit: &Exit) -> io::Result<()> {
        self.unless_closed(async |channel, handle| match exit {
            Exit::Status(status) => channel.exit_status(*status).await.is_ok(),
            Exit::Failed(_) => channel.exit_status(1).await.is_ok(),
            Exit::Signal { name, core_dumped, message } => {
                let signal = convert::signal(name);
                handle
                    .exit_signal_request(channel.id(), signal, *core_dumped, message.clone(), String::new())
                    .await
                    .is_ok()
            }
            Exit::Silent | Exit::Cut => true,
        })
        .await
    }

    /// Sends the end of the data, then closes the channel. Both wait behind everything sent before.
    pub(super) async fn close(&self) -> io::Result<()> {
        self.eof().await?;
        self.unless_closed(async |channel, _| channel.close().await.is_ok()).await
    }

    /// Cuts the connection, once what was sent is on its way.
    pub(super) async fn cut(&self) {
        self.until_sent().await;
        self.scene().cut().cancel();
    }

    /// Waits until what was sent is on its way, so that the client can read all of it.
    pub(super) async fn until_sent(&self) {
        let scene = self.scene();
        scene.watch();
        let _closed = self
            .unless_closed(async |channel, handle| {
                nudge(channel, handle).until_sent(scene).await;
                true
            })
            .await;
    }

    /// Whether the channel is closed, from whichever side.
    pub(crate) fn is_closed(&self) -> bool {
        self.shared.closed.is_cancelled()
    }

    /// Cancelled when the channel is closed, from whichever side.
    pub(crate) fn over(&self) -> CancellationToken {
        self.shared.closed.clone()
    }

    /// Bytes sent so far, on both streams together.
    pub(super) fn sent(&self) -> u64 {
        self.shared.sent.load(Ordering::Relaxed)
    }

    async fn unless_closed(
        &self,
        write: impl AsyncFnOnce(&ChannelWriteHalf<Msg>, &Handle) -> bool,
    ) -> io::Result<()> {
        let Some(channel) = self.shared.channel.get().filter(|_| !self.is_closed()) else {
            return Err(closed());
        };
        // The write first: mostly it is done at once, and then nobody needs to be told of a close.
        let done = tokio::select! {
            biased;
            done = write(channel, &self.shared.handle) => done,
            () = self.shared.closed.cancelled() => false,
        };
        if done { Ok(()) } else { Err(closed()) }
    }
}

fn nudge(channel: &ChannelWriteHalf<Msg>, handle: &Handle) -> Nudge {
    Nudge { handle: handle.clone(), channel: channel.id() }
}

fn closed() -> io::Error {
    io::Error::new(io::ErrorKind::BrokenPipe, "the channel is closed")
}
