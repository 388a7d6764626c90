//! What the client sends, queued between the engine and a program.
//!
//! The engine must never wait for a program: its loop also reads window adjustments of every other channel. So
//! data is queued without waiting. What bounds the queue is the channel's window, which the engine lets run dry
//! while a program does not read (`engine/window.rs`).

use std::{
    collections::VecDeque,
    future::poll_fn,
    io,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker, ready},
};

use bytes::{Buf, Bytes, BytesMut};
use tokio::io::{AsyncRead, ReadBuf};

use crate::engine::Closer;

/// Longest line that [`Stdin::read_line`] takes, and message of [`Stdin::read_until`].
const LONGEST_LINE: usize = 1 << 20;

/// Most that pieces share a chunk.
const CHUNK: usize = 32 * 1024;

/// What waits in a queue.
#[derive(Debug)]
pub(crate) struct Waiting {
    pub(crate) data: Vec<u8>,
    pub(crate) ended: bool,
}

/// The engine's end of the queue.
#[derive(Debug, Clone, Default)]
pub(crate) struct Inbox {
    queue: Arc<Mutex<Queue>>,
}

#[derive(Debug, Default)]
struct Queue {
    chunks: VecDeque<BytesMut>,
    bytes: usize,
    ended: bool,
    /// How many read; without any, data is thrown away once there was one.
    readers: usize,
    abandoned: bool,
    reader: Option<Waker>,
}

impl Inbox {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Queues data, and returns how many bytes wait to be read.
    pub(crate) fn push(&self, data: &[u8]) -> usize {
        let mut queue = self.queue();
        if !queue.abandoned && !data.is_empty() {
            queue.bytes += data.len();
            // Small pieces share a chunk: a client that sends single bytes must not cost a chunk each.
            match queue.chunks.back_mut() {
                Some(last) if last.len() + data.len() <= CHUNK => last.extend_from_slice(data),
                _ => queue.chunks.push_back(BytesMut::from(data)),
            }
        }
        Self::wake(&mut queue);
        queue.bytes
    }

    pub(crate) fn waiting(&self) -> usize {
        self.queue().bytes
    }

    /// A copy of what waits, and whether it is all.
    pub(crate) fn waiting_data(&self) -> Waiting {
        let queue = self.queue();
        Waiting { data: queue.chunks.iter().flatten().copied().collect(), ended: queue.ended }
    }

    /// No more data will come; what waits can still be read.
    pub(crate) fn end(&self) {
        let mut queue = self.queue();
        queue.ended = true;
        Self::wake(&mut queue);
    }

    fn wake(queue: &mut Queue) {
        if let Some(reader) = queue.reader.take() {
            reader.wake();
        }
    }

    /// The program's end; there is one.
    pub(crate) fn reader(&self) -> Stdin {
        self.queue().readers += 1;
        Stdin { inbox: self.clone(), closer: None, current: Bytes::new() }
    }
}

/// What the client sends on a channel.
///
/// Also an [`AsyncRead`]. Dropping it throws away what comes later.
#[derive(Debug)]
pub struct Stdin {
    inbox: Inbox,
    /// Closes a channel that this server opened, once nobody has this or its other direction.
    closer: Option<Arc<Closer>>,
    /// What was taken from the queue and not read yet.
    current: Bytes,
}

impl Stdin {
    /// The next piece of data as it came, or `None` at its end.
    pub async fn read(&mut self) -> Option<Bytes> {
        poll_fn(|context| self.poll_fill(context)).await;
        (!self.current.is_empty()).then(|| std::mem::take(&mut self.current))
    }

    /// The next line without its line feed, or `None` at the end of the data.
    ///
    /// # Errors
    ///
    /// [`InvalidData`](io::ErrorKind::InvalidData) for a line of more than 1 MiB.
    pub async fn read_line(&mut self) -> io::Result<Option<Vec<u8>>> {
        self.read_until(b"\n").await
    }

    /// The next data up to `end`, without it, or `None` at the end of the data. The last may lack its `end`. For protocols
    /// whose messages end with a text, as NETCONF's do (RFC 6242 section 4.3).
    ///
    /// # Errors
    ///
    /// [`InvalidData`](io::ErrorKind::InvalidData) for a line or a message of more than 1 MiB.
    pub async fn read_until(&mut self, end: &[u8]) -> io::Result<Option<Vec<u8>>> {
        let mut message: Vec<u8> = Vec::new();
        loop {
            poll_fn(|context| self.poll_fill(context)).await;
            if self.current.is_empty() {
                return Ok((!message.is_empty()).then_some(message));
            }
            // It may have begun in what was there before.
            let overlap = end.len().saturating_sub(1);
            let before = message.len().saturating_sub(overlap);
            let mut seam = message.split_off(before);
            let old = seam.len();
            seam.extend_from_slice(self.current.get(..overlap).unwrap_or(&self.current));
            let at_seam = find(&seam, end);
            seam.truncate(at_seam.unwrap_or(old));
            message.extend_from_slice(&seam);
            if let Some(at) = at_seam {
                self.current.advance(at + end.len() - old);
                return Ok(Some(message));
            }
            if let Some(at) = find(&self.current, end) {
                message.extend_from_slice(&self.current.split_to(at));
                self.current.advance(end.len());
                return Ok(Some(message));
            }
            message.extend_from_slice(&std::mem::take(&mut self.current));
            if message.len() > LONGEST_LINE {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "line of more than 1 MiB"));
            }
        }
    }

    /// All data up to its end.
    ///
    /// # Errors
    ///
    /// [`InvalidData`](io::ErrorKind::InvalidData) for more than `limit` bytes.
    pub async fn read_to_end(&mut self, limit: usize) -> io::Result<Vec<u8>> {
        let mut data = Vec::new();
        while let Some(chunk) = self.read().await {
            if data.len() + chunk.len() > limit {
                let text = format!("more than {limit} bytes of data");
                return Err(io::Error::new(io::ErrorKind::InvalidData, text));
            }
            data.extend_from_slice(&chunk);
        }
        Ok(data)
    }

    pub(super) fn closed_by(&mut self, closer: Arc<Closer>) {
        self.closer = Some(closer);
    }

    /// Puts data in front of what is read next.
    pub(super) fn put_back(&mut self, data: Bytes) {
        if self.current.is_empty() {
            self.current = data;
        } else {
            self.current = [data, std::mem::take(&mut self.current)].concat().into();
        }
    }

    /// A second reader, of this data and then of what comes: one of the two is to be dropped unread.
    pub(super) fn twin(&self, data: Bytes) -> Self {
        let mut twin = self.inbox.reader();
        twin.current = data;
        twin
    }

    /// Ready with something in `current`, or with nothing at the end of the data.
    fn poll_fill(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if !self.current.is_empty() {
            return Poll::Ready(());
        }
        let mut queue = self.inbox.queue();
        if let Some(chunk) = queue.chunks.pop_front() {
            queue.bytes -= chunk.len();
            drop(queue);
            self.current = chunk.freeze();
            return Poll::Ready(());
        }
        if queue.ended {
            return Poll::Ready(());
        }
        queue.reader = Some(context.waker().clone());
        Poll::Pending
    }
}

impl AsyncRead for Stdin {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        ready!(self.poll_fill(context));
        let length = self.current.len().min(buffer.remaining());
        buffer.put_slice(&self.current.split_to(length));
        Poll::Ready(Ok(()))
    }
}

impl Drop for Stdin {
    fn drop(&mut self) {
        let mut queue = self.inbox.queue();
        queue.readers = queue.readers.saturating_sub(1);
        if queue.readers == 0 {
            queue.abandoned = true;
            queue.chunks.clear();
            queue.bytes = 0;
        }
    }
}

/// Where this text begins; an empty one is nowhere.
fn find(data: &[u8], text: &[u8]) -> Option<usize> {
    match text {
        [] => None,
        [byte] => data.iter().position(|found| found == byte),
        text => data.windows(text.len()).position(|found| found == text),
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt as _;

    use super::*;

    #[tokio::test]
    async fn lines_are_cut_across_pieces_and_the_last_may_lack_its_line_feed() {
        let inbox = Inbox::default();
        let mut stdin = inbox.reader();
        inbox.push(b"one\ntw");
        inbox.push(b"o\n\nthree");
        inbox.end();
        let mut lines = Vec::new();
        while let Some(line) = stdin.read_line().await.unwrap() {
            lines.push(String::from_utf8(line).unwrap());
        }
        assert_eq!(lines, ["one", "two", "", "three"]);
    }

    #[tokio::test]
    async fn messages_end_with_a_text_wherever_it_is_cut() {
        let sent = b"]<a>]]>]]>]]>]]]>]]><b>]]>]]";
        for cut in 0..sent.len() {
            let inbox = Inbox::default();
            let mut stdin = inbox.reader();
            let (first, rest) = sent.split_at(cut);
            inbox.push(first);
            inbox.push(rest);
            inbox.end();
            let mut messages = Vec::new();
            while let Some(message) = stdin.read_until(b"]]>]]>").await.unwrap() {
                messages.push(String::from_utf8(message).unwrap());
            }
            assert_eq!(messages, ["]<a>", "]]>]", "<b>]]>]]"], "{cut}");
        }
    }

    #[tokio::test]
    async fn reading_in_small_steps_loses_nothing_and_frees_the_queue() {
        let inbox = Inbox::default();
        let mut stdin = inbox.reader();
        assert_eq!(inbox.push(b"abcdef"), 6);
        let mut two = [0; 2];
        stdin.read_exact(&mut two).await.unwrap();
        assert_eq!((&two, inbox.waiting()), (b"ab", 0));
        inbox.end();
        assert_eq!(stdin.read_to_end(10).await.unwrap(), b"cdef");
    }

    #[tokio::test]
    async fn what_nobody_reads_is_not_kept() {
        let inbox = Inbox::default();
        drop(inbox.reader());
        assert_eq!(inbox.push(b"abc"), 0);
    }

    #[tokio::test]
    async fn more_than_the_limit_is_an_error() {
        let inbox = Inbox::default();
        let mut stdin = inbox.reader();
        inbox.push(b"abc");
        inbox.end();
        let error = stdin.read_to_end(2).await.unwrap_err();
        assert_eq!(error.to_string(), "more than 2 bytes of data");
    }
}
