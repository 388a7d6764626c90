//! The stream that the engine is given.
//!
//! It can be cut from outside (the engine has no way to end a session at once), it counts bytes, shows what is in
//! clear text to the [`Observer`], and reads ahead: the engine asks for four bytes and then for the rest of each
//! packet, which without a buffer would be two system calls a packet. It writes behind, because the engine does not
//! read while it waits to write: a peer built the same way would wait for it in turn, and both for ever. When the
//! engine drops it, the socket underneath is handed back, so that a last word can be sent in clear text where the
//! engine has none.

use std::{
    fmt, io, mem,
    pin::Pin,
    sync::{Arc, atomic::Ordering},
    task::{Context, Poll, ready},
};

use bytes::{Buf as _, BytesMut};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    sync::oneshot,
};
use tokio_util::{
    io::poll_read_buf,
    sync::{CancellationToken, WaitForCancellationFutureOwned},
};

use mock_base::fault::Struck;

use super::{
    Stream, Traffic,
    gate::{Direction, Gate, cut},
};
use crate::fault::{Scene, Stage};

/// Capacity that the read buffer starts with and goes back to.
const SMALL_BUFFER: usize = 4 * 1024;
/// Capacity that it grows to while it is filled by single reads.
const LARGE_BUFFER: usize = 64 * 1024;

/// Bytes that may wait for a socket that takes no more. The windows of its channels bound what a connection sends,
/// so only many busy channels at once get there; then the engine waits after all.
const MOST_BEHIND: usize = 16 << 20;

/// A stream with a kill switch.
pub(crate) struct Transport<S> {
    /// There until this is dropped.
    socket: Option<S>,
    give_back: Option<oneshot::Sender<S>>,
    /// What was read ahead, and how much of it was taken.
    ahead: Vec<u8>,
    taken: usize,
    /// Whether the last read filled the buffer, so that the next one may be larger.
    filled: bool,
    /// Whether anything was read since something was sent, which would have acknowledged it.
    unanswered: bool,
    /// What the engine has written and the socket has not taken yet.
    behind: BytesMut,
    traffic: Arc<Traffic>,
    /// Whether the observer still wants to see what passes.
    watched: bool,
    /// What faults do to what passes.
    gate: Gate,
    kill: CancellationToken,
    /// One for each direction, because a future wakes only who polled it last.
    killed: [Pin<Box<WaitForCancellationFutureOwned>>; 2],
}

impl<S> fmt::Debug for Transport<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transport").field("traffic", &self.traffic).finish_non_exhaustive()
    }
}

impl<S: Stream> Transport<S> {
    /// Wraps a socket. It comes back through the receiver when the transport is dropped.
    pub(crate) fn new(
        socket: S,
        traffic: Arc<Traffic>,
        scene: Arc<Scene>,
        wrong_signature: Option<Struck<Stage>>,
    ) -> (Self, oneshot::Receiver<S>) {
        let (give_back, returned) = oneshot::channel();
        let kill = scene.cut().clone();
        let killed = [Box::pin(kill.clone().cancelled_owned()), Box::pin(kill.clone().cancelled_owned())];
        let transport = Self {
            socket: Some(socket),
            give_back: Some(give_back),
            ahead: Vec::new(),
            taken: 0,
            filled: false,
            unanswered: false,
            behind: BytesMut::new(),
            traffic,
            watched: true,
            gate: Gate::new(scene, wrong_signature),
            kill,
            killed,
        };
        (transport, returned)
    }

    fn socket(&mut self) -> io::Result<Pin<&mut S>> {
        self.socket.as_mut().map(Pin::new).ok_or_else(cut)
    }

    fn poll_send(&mut self, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let sent = if self.gate.is_open() {
            ready!(self.socket()?.poll_write(context, bytes))?
        } else {
            ready!(self.poll_send_gated(context, bytes))?
        };
        self.unanswered = false;
        self.traffic.sent.fetch_add(sent as u64, Ordering::Relaxed);
        Poll::Ready(Ok(sent))
    }

    /// Sends what faults let through, changed as they will have it.
    fn poll_send_gated(&mut self, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let passed = self.traffic.sent();
        let (most, shaping) = ready!(self.gate.poll_pass(Direction::Write, passed, context))?;
        let changed = Gate::corrupt_out(bytes, &shaping);
        let piece = changed.as_ref().map_or(bytes.get(..most).unwrap_or(bytes), |changed| changed);
        let sent = ready!(self.socket()?.poll_write(context, piece))?;
        if changed.is_some() && sent > 0 {
            self.gate.corrupted_out();
        }
        self.gate.has_passed(Direction::Write, sent, &shaping);
        self.gate.has_sent();
        Poll::Ready(Ok(sent))
    }

    /// Takes packets of a key exchange whole, as the engine writes them, so that a fault can break the signature in them.
    fn poll_write_broken(&mut self, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.traffic.observe(|observer| observer.sent(bytes));
        let mut packets = bytes.to_vec();
        self.gate.break_signature(&mut packets);
        self.behind.extend_from_slice(&packets);
        match self.poll_catch_up(context) {
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            // What the socket does not take yet is sent while the engine reads.
            _ => Poll::Ready(Ok(bytes.len())),
        }
    }

    /// Ready once nothing waits any more.
    fn poll_catch_up(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.behind.is_empty() {
            let behind = mem::take(&mut self.behind);
            let sent = self.poll_send(context, &behind);
            self.behind = behind;
            match ready!(sent)? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                sent => self.behind.advance(sent),
            }
        }
        self.behind = BytesMut::new();
        Poll::Ready(Ok(()))
    }

    /// Pending unless the connection was cut, or stalled and left; then an error. Registers the task in `direction`.
    fn poll_over<T>(&mut self, direction: Direction, context: &mut Context<'_>) -> Poll<io::Result<T>> {
        let [reading, writing] = &mut self.killed;
        let killed = match direction {
            Direction::Read => reading,
            Direction::Write => writing,
        };
        if killed.as_mut().poll(context).is_ready() {
            return Poll::Ready(Err(cut()));
        }
        let Some(socket) = self.socket.as_mut().filter(|_| !self.gate.is_open()) else {
            return Poll::Pending;
        };
        self.gate.poll_left(Pin::new(socket), context).map_ok(|never| match never {})
    }

    fn poll_fill(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut capacity = if self.filled { LARGE_BUFFER } else { SMALL_BUFFER };
        let mut shaping = None;
        if !self.gate.is_open() {
            let passed = self.traffic.received();
            let (most, now) = ready!(self.gate.poll_pass(Direction::Read, passed, context))?;
            capacity = capacity.min(most);
            shaping = Some(now);
        }
        self.taken = 0;
        self.ahead.clear();
        if self.ahead.capacity() != capacity {
            self.ahead = Vec::with_capacity(capacity);
        }
        let Some(socket) = self.socket.as_mut() else {
            return Poll::Ready(Err(cut()));
        };
        let Poll::Ready(read) = poll_read_buf(Pin::new(socket), context, &mut self.ahead) else {
            // An idle connection keeps no buffer, and what was read and not answered is acknowledged at least.
            self.ahead = Vec::new();
            if mem::take(&mut self.unanswered) {
                socket.acknowledge();
            }
            return Poll::Pending;
        };
        let read = read?;
        self.filled = read >= SMALL_BUFFER;
        self.unanswered = true;
        self.traffic.received.fetch_add(read as u64, Ordering::Relaxed);
        if let Some(shaping) = shaping {
            self.gate.corrupt_in(&mut self.ahead, &shaping);
            self.gate.has_passed(Direction::Read, read, &shaping);
        }
        if self.watched {
            let (traffic, ahead) = (&self.traffic, &self.ahead);
            let (watched, kex_has_begun) = traffic.observe(|observer| {
                observer.received(ahead);
                (observer.watches(), observer.kex_has_begun())
            });
            self.watched = watched;
            if kex_has_begun {
                self.gate.kex_has_begun();
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: Stream> AsyncRead for Transport<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.kill.is_cancelled() {
            return Poll::Ready(Err(cut()));
        }
        let caught_up = this.poll_catch_up(context)?.is_ready();
        if caught_up && !this.gate.is_open() {
            this.gate.has_looked();
        }
        if this.taken == this.ahead.len() {
            match this.poll_fill(context) {
                Poll::Ready(filled) => filled?,
                Poll::Pending => return this.poll_over(Direction::Read, context),
            }
        }
        if !this.gate.is_open() {
            // What has struck just now concerns what was read just now.
            match this.gate.poll_hold(Direction::Read, context) {
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Ready(Ok(_)) => {}
                Poll::Pending => return this.poll_over(Direction::Read, context),
            }
        }
        let waiting = this.ahead.get(this.taken..).unwrap_or_default();
        let bytes = waiting.get(..buffer.remaining()).unwrap_or(waiting);
        buffer.put_slice(bytes);
        this.taken += bytes.len();
        Poll::Ready(Ok(()))
    }
}

impl<S: Stream> AsyncWrite for Transport<S> {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if this.kill.is_cancelled() {
            return Poll::Ready(Err(cut()));
        }
        if this.watched && this.gate.breaks_signature() {
            return this.poll_write_broken(context, bytes);
        }
        let written = match this.poll_catch_up(context)? {
            Poll::Ready(()) => this.poll_send(context, bytes)?,
            Poll::Pending => Poll::Pending,
        };
        let written = match written {
            Poll::Ready(written) => written,
            Poll::Pending if this.behind.len() < MOST_BEHIND => {
                this.behind.extend_from_slice(bytes);
                bytes.len()
            }
            Poll::Pending => return this.poll_over(Direction::Write, context),
        };
        if this.watched {
            let written = bytes.get(..written).unwrap_or(bytes);
            this.traffic.observe(|observer| observer.sent(written));
        }
        Poll::Ready(Ok(written))
    }

    /// Sends what it can. What stays behind is sent while the engine reads.
    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        match this.poll_catch_up(context)? {
            Poll::Pending => Poll::Ready(Ok(())),
            Poll::Ready(()) => match this.socket()?.poll_flush(context) {
                Poll::Pending => this.poll_over(Direction::Write, context),
                flushed @ Poll::Ready(_) => flushed,
            },
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let shut = match this.poll_catch_up(context)? {
            Poll::Pending => Poll::Pending,
            Poll::Ready(()) => this.socket()?.poll_shutdown(context),
        };
        match shut {
            Poll::Pending => this.poll_over(Direction::Write, context),
            shut @ Poll::Ready(_) => {
                this.traffic.finished_sending.cancel();
                shut
            }
        }
    }
}

impl<S> Drop for Transport<S> {
    fn drop(&mut self) {
        if let (Some(socket), Some(give_back)) = (self.socket.take(), self.give_back.take()) {
            // Nobody waits for it when the server is gone: then the socket is closed here.
            let _nobody = give_back.send(socket);
        }
    }
}

#[cfg(test)]
mod tests {
    use mock_base::Journal;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};

    use super::*;
    use crate::{Connection, fault::Faults, transport::Observer};

    fn wrap<S: Stream>(socket: S) -> (Transport<S>, oneshot::Receiver<S>, CancellationToken, Arc<Traffic>) {
        let recorder = Journal::new().recorder("lab");
        let traffic = Traffic::new(Observer::new(recorder.clone()));
        let kill = CancellationToken::new();
        let connection = Connection::for_tests(recorder);
        let scene = Scene::new(&Faults::new(), &connection, kill.clone());
        let (transport, back) = Transport::new(socket, Arc::clone(&traffic), Arc::new(scene), None);
        (transport, back, kill, traffic)
    }

    #[tokio::test]
    async fn a_cut_wakes_a_read_and_a_write_that_wait() {
        let (near, _far) = duplex(8);
        let (mut transport, _back, kill, _) = wrap(near);
        transport.write_all(&vec![0; MOST_BEHIND + 8]).await.unwrap();
        let (mut reader, mut writer) = tokio::io::split(transport);
        let reading = tokio::spawn(async move { reader.read_u8().await });
        let writing = tokio::spawn(async move { writer.write_all(&[0; 64]).await });
        tokio::task::yield_now().await;
        kill.cancel();
        assert_eq!(reading.await.unwrap().unwrap_err().kind(), io::ErrorKind::ConnectionAborted);
        assert_eq!(writing.await.unwrap().unwrap_err().kind(), io::ErrorKind::ConnectionAborted);
    }

    #[tokio::test]
    async fn a_writer_that_does_not_read_holds_up_nobody() {
        let (near, mut far) = duplex(8);
        let (mut transport, _back, _kill, traffic) = wrap(near);
        let sent: Vec<u8> = (0..100_000_u32).map(|n| n.to_le_bytes()[0]).collect();
        transport.write_all(&sent).await.unwrap();
        transport.flush().await.unwrap();
        let far = async {
            let mut received = vec![0; sent.len()];
            far.read_exact(&mut received).await.unwrap();
            far.write_all(b"!").await.unwrap();
            received
        };
        let (received, mark) = tokio::join!(far, transport.read_u8());
        assert!(received == sent && mark.unwrap() == b'!', "what was left behind arrives while reading");
        assert_eq!(traffic.sent(), 100_000);
    }

    #[tokio::test]
    async fn the_socket_comes_back_and_bytes_are_counted_and_unchanged() {
        let (near, mut far) = duplex(1 << 20);
        let (mut transport, back, _kill, traffic) = wrap(near);
        let sent: Vec<u8> = (0..200_000_u32).map(|n| n.to_le_bytes()[0]).collect();
        far.write_all(&sent).await.unwrap();
        let mut received = vec![0; sent.len()];
        for piece in received.chunks_mut(777) {
            transport.read_exact(piece).await.unwrap();
        }
        assert!(received == sent, "what was read is what was sent");
        transport.write_all(b"bye").await.unwrap();
        assert_eq!((traffic.received(), traffic.sent()), (200_000, 3));
        drop(transport);
        back.await.unwrap().write_all(b"!").await.unwrap();
        let mut last = [0; 4];
        far.read_exact(&mut last).await.unwrap();
        assert_eq!(&last, b"bye!");
    }
}
