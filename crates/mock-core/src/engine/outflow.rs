//! What faults do to the output of a channel.

use std::{
    future::pending,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use mock_base::Recorder;
use russh::{ChannelId, server::Handle};
use tokio::time::{sleep, sleep_until, timeout};

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
    /// The first look may be one that the engine took while it was handed the last of it; the second is behind it. An engine
    /// that waits for its client is not waited for long.
    pub(super) async fn until_sent(&self, scene: &Scene) {
        let sent = async {
            for _ in 0..2 {
                let before = scene.looks();
                // An answer where no request waits for one does nothing, but that the engine takes it.
                let _gone = self.handle.channel_success(self.channel).await;
                scene.until_it_looks(before).await;
            }
        };
        let _too_slow = timeout(FAREWELL, sent).await;
    }
}

/// Standard output of one channel as faults see it.
#[derive(Debug)]
pub(super) struct Outflow {
    pub(super) scene: Arc<Scene>,
    recorder: Recorder,
    /// Whether a fault has done something that goes on.
    touched: AtomicBool,
    flow: Mutex<Flow>,
}

#[derive(Debug, Default, Clone)]
struct Flow {
    bytes: u64,
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
        Self { scene, recorder, touched: AtomicBool::new(false), flow: Mutex::default() }
    }

    /// Whether everything is sent as it is.
    pub(super) fn is_open(&self) -> bool {
        self.scene.has_no_faults() && !self.touched.load(Ordering::Acquire)
    }

    fn flow(&self) -> MutexGuard<'_, Flow> {
        self.flow.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until some of these bytes may be sent. Returns how many; none if the connection is over.
    pub(super) async fn pass(&self, bytes: &[u8], nudge: &Nudge) -> usize {
        self.strike(nudge).await;
        if self.flow().stalled {
            pending::<()>().await;
        }
        let free_at = self.flow().pace.free_at();
        if let Some(free_at) = free_at {
            sleep_until(free_at).await;
        }
        if self.scene.ending().is_some() {
            return 0;
        }
        let flow = self.flow().clone();
        let until_bytes = self.scene.next_at(|stage| match stage {
            Stage::Stdout(Amount::Bytes(bytes)) => bytes.checked_sub(flow.bytes).filter(|left| *left > 0),
            _ => None,
        });
        let until_lines = self.scene.next_at(|stage| match stage {
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
    pub(super) async fn passed(&self, piece: &[u8], nudge: &Nudge) -> bool {
        {
            let mut flow = self.flow();
            flow.bytes += piece.len() as u64;
            flow.lines += newlines(piece).count() as u64;
            if let Some(rate) = flow.rate {
                flow.pace.take(piece.len(), rate);
            }
        }
        self.strike(nudge).await;
        self.scene.ending().is_none()
    }

    /// Lets strike what the output has come to.
    async fn strike(&self, nudge: &Nudge) {
        loop {
            let flow = self.flow().clone();
            let reached = |stage: &Stage| match stage {
                Stage::Stdout(Amount::Bytes(at)) => {
                    (flow.bytes_looked_at..=flow.bytes).contains(at).then_some(*at)
                }
                _ => None,
            };
            let lines_reached = |stage: &Stage| match stage {
                Stage::Stdout(Amount::Lines(at)) => {
                    (flow.lines_looked_at.max(1)..=flow.lines).contains(at).then_some(*at)
                }
                _ => None,
            };
            let amount = if let Some(at) = self.scene.next_at(reached) {
                self.flow().bytes_looked_at = at + 1;
                Amount::Bytes(at)
            } else if let Some(at) = self.scene.next_at(lines_reached) {
                self.flow().lines_looked_at = at + 1;
                Amount::Lines(at)
            } else {
                return;
            };
            self.strike_at(Stage::Stdout(amount), nudge).await;
        }
    }

    async fn strike_at(&self, here: Stage, nudge: &Nudge) {
        for struck in self.scene.strike(|stage| *stage == here) {
            if matches!(struck.action(), Action::Close | Action::Reset) {
                // What was sent before arrives.
                nudge.until_sent(&self.scene).await;
            }
            if self.scene.end_by(&struck, &self.recorder) {
                continue;
            }
            struck.record(&self.recorder);
            if let Action::Delay(delay) = struck.action() {
                sleep(self.scene.drawn(*delay, &struck)).await;
                continue;
            }
            let mut flow = self.flow();
            match struck.action() {
                Action::Stall => flow.stalled = true,
                Action::Bandwidth(rate) => flow.rate = Some(*rate),
                Action::Pieces(bytes) => flow.pieces = Some(*bytes),
                _ => {}
            }
            self.touched.store(true, Ordering::Release);
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
