//! What faults do to the output of a channel.

use std::{
    future::pending,
    mem,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use mock_base::Recorder;
use russh::{ChannelId, server::Handle};
use tokio::{
    sync::{Mutex, MutexGuard},
    time::{sleep, sleep_until, timeout},
};

use crate::config::FAREWELL;
use crate::fault::{Action, Amount, Scene, Stage};
use crate::pace::Pace;

/// Finds out whether the engine has sent what it was handed.
pub(super) struct Nudge {
    pub(super) handle: Handle,
    pub(super) channel: ChannelId,
}

impl Nudge {
    /// Waits until the engine has sent what it was handed before, which it does before it looks for something to read.
    ///
    /// The first look may be one that the engine took while it was handed the last of it; the second is behind it. A client
    /// that takes nothing is not waited for long.
    pub(super) async fn until_sent(&self, scene: &Scene) {
        let mut all_sent = pin!(async {
            for _ in 0..2 {
                let before = scene.looks();
                // An answer where no request waits for one does nothing, but that the engine takes it.
                let _gone = self.handle.channel_success(self.channel).await;
                scene.until_it_looks(before).await;
            }
        });
        loop {
            let before = scene.sends();
            if timeout(FAREWELL, &mut all_sent).await.is_ok() || scene.sends() == before {
                return;
            }
        }
    }
}

/// Standard output of one channel as faults see it.
#[derive(Debug)]
pub(super) struct Outflow {
    pub(super) scene: Arc<Scene>,
    recorder: Recorder,
    /// Bytes that were sent, whether there were faults or not.
    bytes: AtomicU64,
    /// Whether a fault has done something that goes on.
    touched: AtomicBool,
    /// Held by who writes while there are faults, so that an amount is come to once.
    flow: Mutex<Flow>,
}

#[derive(Debug, Default)]
struct Flow {
    /// Bytes at the end of the turn before.
    bytes: u64,
    /// Lines that were sent while there were faults.
    lines: u64,
    /// Amounts below these have been looked at.
    bytes_looked_at: u64,
    lines_looked_at: u64,
    stalled: bool,
    rate: Option<u64>,
    pieces: Option<usize>,
    pace: Pace,
}

impl Outflow {
    pub(super) fn new(scene: Arc<Scene>, recorder: Recorder) -> Self {
        let (bytes, touched) = (AtomicU64::new(0), AtomicBool::new(false));
        Self { scene, recorder, bytes, touched, flow: Mutex::default() }
    }

    /// Whether everything is sent as it is.
    pub(super) fn is_open(&self) -> bool {
        self.scene.has_no_faults() && !self.touched.load(Ordering::Acquire)
    }

    /// So many bytes were sent.
    pub(super) fn sent(&self, bytes: usize) {
        self.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// Waits until something may be sent. Nobody else sends before the turn is over. None if the connection is.
    pub(super) async fn turn(&self, nudge: &Nudge) -> Option<Turn<'_>> {
        let mut turn = Turn { outflow: self, flow: self.flow.lock().await };
        let bytes = self.bytes.load(Ordering::Relaxed);
        if mem::replace(&mut turn.flow.bytes, bytes) != bytes {
            // What passed while there were no faults is no occasion for those of now.
            turn.flow.bytes_looked_at = bytes;
        }
        turn.strike(nudge).await;
        if turn.flow.stalled {
            pending::<()>().await;
        }
        if let Some(free_at) = turn.flow.pace.free_at() {
            sleep_until(free_at).await;
        }
        self.scene.ending().is_none().then_some(turn)
    }
}

/// The turn of one that sends.
pub(super) struct Turn<'a> {
    outflow: &'a Outflow,
    flow: MutexGuard<'a, Flow>,
}

impl Turn<'_> {
    /// How many of these bytes may be sent now.
    pub(super) fn most(&self, bytes: &[u8]) -> usize {
        let flow = &*self.flow;
        let until_bytes = self.outflow.scene.next_at(|stage| match stage {
            Stage::Stdout(Amount::Bytes(bytes)) => bytes.checked_sub(flow.bytes).filter(|left| *left > 0),
            _ => None,
        });
        let until_lines = self.outflow.scene.next_at(|stage| match stage {
            Stage::Stdout(Amount::Lines(lines)) => lines.checked_sub(flow.lines).filter(|left| *left > 0),
            _ => None,
        });
        let burst = flow.rate.map(Pace::burst);
        let most = until_bytes.into_iter().chain(burst).min().unwrap_or(u64::MAX);
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        let to_line = until_lines.and_then(|lines| end_of_line(bytes, lines)).unwrap_or(usize::MAX);
        bytes.len().min(most).min(to_line).min(flow.pieces.unwrap_or(usize::MAX))
    }

    /// These bytes were sent. Returns whether the connection goes on.
    pub(super) async fn end(mut self, piece: &[u8], nudge: &Nudge) -> bool {
        let flow = &mut *self.flow;
        flow.bytes += piece.len() as u64;
        flow.lines += newlines(piece).count() as u64;
        if let Some(rate) = flow.rate {
            flow.pace.take(piece.len(), rate);
        }
        self.strike(nudge).await;
        self.outflow.scene.ending().is_none()
    }

    /// Lets strike what the output has come to.
    async fn strike(&mut self, nudge: &Nudge) {
        while let Some(amount) = self.reached() {
            self.strike_at(Stage::Stdout(amount), nudge).await;
        }
    }

    /// The next amount that the output has come to, once.
    fn reached(&mut self) -> Option<Amount> {
        let flow = &mut *self.flow;
        let bytes = flow.bytes_looked_at..=flow.bytes;
        let at = self.outflow.scene.next_at(|stage| match stage {
            Stage::Stdout(Amount::Bytes(at)) => bytes.contains(at).then_some(*at),
            _ => None,
        });
        flow.bytes_looked_at = at.unwrap_or(flow.bytes) + 1;
        if let Some(at) = at {
            return Some(Amount::Bytes(at));
        }
        let lines = flow.lines_looked_at.max(1)..=flow.lines;
        let at = self.outflow.scene.next_at(|stage| match stage {
            Stage::Stdout(Amount::Lines(at)) => lines.contains(at).then_some(*at),
            _ => None,
        });
        flow.lines_looked_at = at.unwrap_or(flow.lines) + 1;
        at.map(Amount::Lines)
    }

    async fn strike_at(&mut self, here: Stage, nudge: &Nudge) {
        let Outflow { scene, recorder, touched, .. } = self.outflow;
        for struck in scene.strike(|stage| *stage == here) {
            if matches!(struck.action(), Action::Close | Action::Reset) {
                // What was sent before arrives.
                nudge.until_sent(scene).await;
            }
            if scene.end_by(&struck, recorder) {
                continue;
            }
            struck.record(recorder);
            match struck.action() {
                Action::Delay(delay) => {
                    sleep(scene.drawn(*delay, &struck)).await;
                    continue;
                }
                Action::Stall => self.flow.stalled = true,
                Action::Bandwidth(rate) => self.flow.rate = Some(*rate),
                Action::Pieces(bytes) => self.flow.pieces = Some(*bytes),
                _ => {}
            }
            touched.store(true, Ordering::Release);
        }
    }
}

fn newlines(bytes: &[u8]) -> impl Iterator<Item = usize> {
    bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at)
}

/// How many bytes there are up to the end of this line, from 1.
fn end_of_line(bytes: &[u8], line: u64) -> Option<usize> {
    let before = usize::try_from(line).ok()?.checked_sub(1)?;
    newlines(bytes).nth(before).map(|at| at + 1)
}
