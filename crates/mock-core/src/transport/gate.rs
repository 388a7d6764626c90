//! What faults do to the bytes of a connection, between the engine and the socket.

use std::{
    convert::Infallible,
    io,
    mem::{self, MaybeUninit},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use mock_base::fault::Struck;
use tokio::{
    io::ReadBuf,
    time::{Instant, Sleep, sleep_until},
};

use super::Stream;
use crate::{
    fault::{Scene, Shaping, Stage},
    pace::Pace,
};

#[derive(Debug, Clone, Copy)]
pub(super) enum Direction {
    Read,
    Write,
}

pub(super) fn cut() -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionAborted, "cut by the server")
}

/// The bit of a byte that is changed.
const FLIPPED: u8 = 0x20;

/// Holds, slows and changes what passes.
#[derive(Debug)]
pub(super) struct Gate {
    scene: Arc<Scene>,
    lanes: [Lane; 2],
    /// Breaks the signature of the key exchange, once.
    wrong_signature: Option<Struck<Stage>>,
    kex_begun: bool,
}

/// One direction.
#[derive(Debug, Default)]
struct Lane {
    /// Nothing moves before this is over.
    nap: Option<Pin<Box<Sleep>>>,
    pace: Pace,
    /// Bytes that have passed, as of the last time that this lane let some through.
    passed: u64,
    /// Amounts below this one have been looked at.
    looked_at: u64,
}

impl Gate {
    pub(super) fn new(scene: Arc<Scene>, wrong_signature: Option<Struck<Stage>>) -> Self {
        Self { scene, lanes: [Lane::default(), Lane::default()], wrong_signature, kex_begun: false }
    }

    /// Whether everything passes as it is.
    pub(super) fn is_open(&self) -> bool {
        self.scene.is_quiet()
    }

    fn lane(&mut self, direction: Direction) -> &mut Lane {
        let [reading, writing] = &mut self.lanes;
        match direction {
            Direction::Read => reading,
            Direction::Write => writing,
        }
    }

    /// Ready once something may pass in this direction, of which `passed` bytes have passed: with how much, and what is
    /// done to it.
    pub(super) fn poll_pass(
        &mut self,
        direction: Direction,
        passed: u64,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<(usize, Shaping)>> {
        let at = move |stage: &Stage| match (direction, stage) {
            (Direction::Read, Stage::Received(bytes)) | (Direction::Write, Stage::Sent(bytes)) => {
                Some(*bytes)
            }
            _ => None,
        };
        let stage = |bytes| match direction {
            Direction::Read => Stage::Received(bytes),
            Direction::Write => Stage::Sent(bytes),
        };
        let lane = self.lane(direction);
        if mem::replace(&mut lane.passed, passed) != passed {
            // What passed while there were no faults is no occasion for those of now.
            lane.looked_at = passed;
        }
        loop {
            let from = self.lane(direction).looked_at;
            match self.scene.next_at(|stage| at(stage).filter(|bytes| (from..=passed).contains(bytes))) {
                Some(bytes) => {
                    self.lane(direction).looked_at = bytes + 1;
                    self.scene.reach(stage(bytes));
                }
                None => break,
            }
        }
        self.lane(direction).looked_at = passed + 1;
        let shaping = ready!(self.poll_hold(direction, context))?;
        let next = self.scene.next_at(|stage| at(stage).filter(|bytes| *bytes > passed));
        let until_next = next.map_or(u64::MAX, |next| next - passed);
        let burst = shaping.rate.map_or(u64::MAX, Pace::burst);
        let piece = match direction {
            Direction::Read => usize::MAX,
            Direction::Write => shaping.pieces.unwrap_or(usize::MAX),
        };
        let most = usize::try_from(until_next.min(burst)).unwrap_or(usize::MAX).min(piece);
        Poll::Ready(Ok((most, shaping)))
    }

    /// Ready unless nothing may move in this direction now.
    pub(super) fn poll_hold(
        &mut self,
        direction: Direction,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<Shaping>> {
        if self.scene.cut().is_cancelled() {
            return Poll::Ready(Err(cut()));
        }
        let shaping = self.scene.shaping();
        if shaping.stalled {
            return Poll::Pending;
        }
        let lane = self.lane(direction);
        let until = shaping.until.max(lane.pace.free_at()).filter(|until| *until > Instant::now());
        if let Some(until) = until {
            let nap = lane.nap.get_or_insert_with(|| Box::pin(sleep_until(until)));
            if nap.deadline() != until {
                nap.as_mut().reset(until);
            }
            ready!(nap.as_mut().poll(context));
        }
        lane.nap = None;
        Poll::Ready(Ok(shaping))
    }

    /// Ready once the client of a stalled connection has left; what it sends until then is dropped. Pending for ever if
    /// nothing stalls.
    pub(super) fn poll_left<S: Stream>(
        &self,
        mut socket: Pin<&mut S>,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<Infallible>> {
        if !self.scene.is_stalled() {
            return Poll::Pending;
        }
        let mut dropped = [MaybeUninit::uninit(); 4096];
        loop {
            let mut dropped = ReadBuf::uninit(&mut dropped);
            ready!(socket.as_mut().poll_read(context, &mut dropped))?;
            if dropped.filled().is_empty() {
                return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into()));
            }
        }
    }

    /// So many bytes have passed: the next ones wait their time.
    pub(super) fn has_passed(&mut self, direction: Direction, bytes: usize, shaping: &Shaping) {
        let lane = self.lane(direction);
        lane.passed += bytes as u64;
        if let Some(rate) = shaping.rate {
            lane.pace.take(bytes, rate);
        }
    }

    /// Something was sent.
    pub(super) fn has_sent(&self) {
        self.scene.has_sent();
    }

    /// The engine looks for something to read, and all that it has written is sent.
    pub(super) fn has_looked(&self) {
        self.scene.has_looked();
    }

    /// A changed copy of the next byte to send, if it is to be changed.
    pub(super) fn corrupt_out(bytes: &[u8], shaping: &Shaping) -> Option<[u8; 1]> {
        let first = bytes.first().filter(|_| shaping.corrupt_out)?;
        Some([first ^ FLIPPED])
    }

    /// A changed byte was sent.
    pub(super) fn corrupted_out(&self) {
        self.scene.corrupted(|shaping| shaping.corrupt_out = false);
    }

    /// Changes the first byte that was received, if it is to be changed.
    pub(super) fn corrupt_in(&self, bytes: &mut [u8], shaping: &Shaping) {
        if let Some(first) = bytes.first_mut().filter(|_| shaping.corrupt_in) {
            *first ^= FLIPPED;
            self.scene.corrupted(|shaping| shaping.corrupt_in = false);
        }
    }

    /// The client has begun the key exchange.
    pub(super) fn kex_has_begun(&mut self) {
        if !mem::replace(&mut self.kex_begun, true) {
            self.scene.reach(Stage::Kex);
        }
    }

    /// Whether what is sent in clear text has to be looked at whole.
    pub(super) fn breaks_signature(&self) -> bool {
        self.wrong_signature.is_some()
    }

    /// Breaks the signature of the key exchange, if these packets hold it.
    pub(super) fn break_signature(&mut self, packets: &mut [u8]) {
        if super::clear::break_signature(packets)
            && let Some(struck) = self.wrong_signature.take()
        {
            struck.record(self.scene.recorder());
        }
    }
}
