//! What the faults of one connection need, wherever on it they strike.

use std::{
    pin::pin,
    sync::{
        Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use mock_base::{
    Recorder,
    fault::{Faults, Occasion, Struck},
};
use tokio::{
    sync::Notify,
    time::{Instant, sleep_until},
};
use tokio_util::sync::CancellationToken;

use super::{Action, Stage};
use crate::{Connection, DisconnectReason};

/// A connection as its faults see it. Costs one look at an atomic number wherever there are none.
#[derive(Debug)]
pub(crate) struct Scene {
    faults: Faults<Stage>,
    connection: Connection,
    /// Who is logged in, or tried last.
    user: Mutex<String>,
    kill: CancellationToken,
    /// Cancelled when a fault ends the connection with a disconnect message.
    goodbye: CancellationToken,
    ending: OnceLock<Ending>,
    /// How often the engine looked for something to read, with all sent, while there were faults.
    looks: AtomicU64,
    /// How often something was sent while there were faults.
    sends: AtomicU64,
    looked: Notify,
    /// Whether anything of the shaping is set.
    shaped: AtomicBool,
    shaping: Mutex<Shaping>,
}

/// How a fault ends a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ending {
    pub(crate) how: How,
    /// What the journal says.
    pub(crate) why: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum How {
    Close,
    Reset,
    Disconnect { reason: DisconnectReason, text: String },
}

/// What faults have done to the bytes of a connection.
#[derive(Debug, Clone, Default)]
pub(crate) struct Shaping {
    pub(crate) stalled: bool,
    /// Nothing moves before this time.
    pub(crate) until: Option<Instant>,
    /// Bytes a second, in each direction.
    pub(crate) rate: Option<u64>,
    /// Most bytes that are written at once.
    pub(crate) pieces: Option<usize>,
    /// The next byte that is sent, or received, is changed.
    pub(crate) corrupt_out: bool,
    pub(crate) corrupt_in: bool,
}

impl Scene {
    pub(crate) fn new(faults: &Faults<Stage>, connection: &Connection, kill: CancellationToken) -> Self {
        Self {
            faults: faults.clone(),
            connection: connection.clone(),
            user: Mutex::default(),
            kill,
            goodbye: CancellationToken::new(),
            ending: OnceLock::new(),
            looks: AtomicU64::new(0),
            sends: AtomicU64::new(0),
            looked: Notify::new(),
            shaped: AtomicBool::new(false),
            shaping: Mutex::default(),
        }
    }

    /// Whether there is anything to look for.
    pub(crate) fn is_quiet(&self) -> bool {
        self.faults.is_empty() && !self.shaped.load(Ordering::Acquire)
    }

    /// Whether there are no faults; what they have begun may still go on.
    pub(crate) fn has_no_faults(&self) -> bool {
        self.faults.is_empty()
    }

    pub(crate) fn recorder(&self) -> &Recorder {
        self.connection.recorder()
    }

    pub(crate) fn goodbye(&self) -> &CancellationToken {
        &self.goodbye
    }

    pub(crate) fn cut(&self) -> &CancellationToken {
        &self.kill
    }

    /// The user is this one, as far as is known.
    pub(crate) fn user_is(&self, user: &str) {
        user.clone_into(&mut self.user.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// The faults that strike at such a stage now.
    pub(crate) fn strike(&self, at: impl Fn(&Stage) -> bool) -> Vec<Struck<Stage>> {
        self.strike_only(at, |_| true)
    }

    /// Of the faults at such a stage, those with such an action; the others count no occasion.
    pub(crate) fn strike_only(
        &self,
        at: impl Fn(&Stage) -> bool,
        doing: impl Fn(&Action) -> bool,
    ) -> Vec<Struck<Stage>> {
        if self.faults.is_empty() {
            return Vec::new();
        }
        let user = self.user.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let peer = self.connection.peer().to_string();
        let occasion = Occasion::new(self.connection.state(), self.connection.seed())
            .on_connection(self.connection.number(), &peer)
            .by(&user);
        self.faults.strike_where(&occasion, |stage, action| at(stage) && doing(action))
    }

    /// The least number that `at` finds in a stage: the next amount at which a fault is to strike.
    pub(crate) fn next_at(&self, at: impl Fn(&Stage) -> Option<u64>) -> Option<u64> {
        self.faults.least(at)
    }

    /// The connection comes to this stage: what strikes concerns its bytes, or ends it.
    pub(crate) fn reach(&self, stage: Stage) {
        for struck in self.strike_only(|at| *at == stage, |action| !Self::is_planned(action)) {
            self.apply(&struck, stage);
        }
    }

    /// What is decided when a connection begins.
    pub(super) fn is_planned(action: &Action) -> bool {
        matches!(
            action,
            Action::NothingInCommon
                | Action::WrongSignature
                | Action::NewHostKey
                | Action::NoWindow
                | Action::Protocol(_)
                | Action::Lines { .. }
        )
    }

    fn apply(&self, struck: &Struck<Stage>, stage: Stage) {
        match struck.action() {
            Action::Close | Action::Reset | Action::Disconnect { .. } => {
                self.end_by(struck, self.recorder());
                return;
            }
            Action::Stall => self.shape(|shaping| shaping.stalled = true),
            Action::Delay(delay) => {
                let delay = self.drawn(*delay, struck);
                self.shape(|shaping| match Instant::now().checked_add(delay) {
                    // Delays of one moment pass beside each other.
                    Some(until) => shaping.until = shaping.until.max(Some(until)),
                    // Longer than a clock can tell.
                    None => shaping.stalled = true,
                });
            }
            Action::Bandwidth(rate) => self.shape(|shaping| shaping.rate = Some(*rate)),
            Action::Pieces(bytes) => self.shape(|shaping| shaping.pieces = Some(*bytes)),
            Action::Corrupt => self.shape(|shaping| {
                *(if matches!(stage, Stage::Received(_)) {
                    &mut shaping.corrupt_in
                } else {
                    &mut shaping.corrupt_out
                }) = true;
            }),
            _ => return,
        }
        struck.record(self.recorder());
    }

    /// A delay of a fault: what it is drawn for is the fault and the connection.
    pub(crate) fn drawn(&self, delay: mock_base::Delay, struck: &Struck<Stage>) -> Duration {
        let seed = self.connection.seed();
        delay.sample(&mut seed.rng(&[struck.id().0, self.connection.number(), u64::from(u16::MAX)]))
    }

    /// Ends the connection, if that is what the fault does. Returns whether it is.
    pub(crate) fn end_by(&self, struck: &Struck<Stage>, recorder: &Recorder) -> bool {
        let (how, over) = match struck.action() {
            Action::Close => (How::Close, &self.kill),
            Action::Reset => (How::Reset, &self.kill),
            Action::Disconnect { reason, text } => {
                (How::Disconnect { reason: *reason, text: text.clone() }, &self.goodbye)
            }
            _ => return false,
        };
        struck.record(recorder);
        let why = format!("fault {}", struck.label());
        let _ended_before = self.ending.set(Ending { how, why });
        over.cancel();
        true
    }

    /// Closes the connection for another reason than a fault, in the way of one.
    pub(crate) fn close(&self, why: &str) {
        let _ended_before = self.ending.set(Ending { how: How::Close, why: why.to_owned() });
        self.kill.cancel();
    }

    /// Begins to see when the engine looks for something to read, as if there were faults.
    pub(crate) fn watch(&self) {
        self.shape(|_| {});
    }

    /// Something was sent.
    pub(crate) fn has_sent(&self) {
        self.sends.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn sends(&self) -> u64 {
        self.sends.load(Ordering::Relaxed)
    }

    /// The engine looked for something to read, and all that it had written was sent.
    pub(crate) fn has_looked(&self) {
        self.looks.fetch_add(1, Ordering::AcqRel);
        self.looked.notify_waiters();
    }

    pub(crate) fn looks(&self) -> u64 {
        self.looks.load(Ordering::Acquire)
    }

    /// Waits until it has looked once more than this.
    pub(crate) async fn until_it_looks(&self, before: u64) {
        loop {
            let mut again = pin!(self.looked.notified());
            again.as_mut().enable();
            if self.looks() > before {
                return;
            }
            again.await;
        }
    }

    /// How a fault ended the connection, if one did.
    pub(crate) fn ending(&self) -> Option<&Ending> {
        self.ending.get()
    }

    fn lock(&self) -> MutexGuard<'_, Shaping> {
        self.shaping.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn shape(&self, change: impl FnOnce(&mut Shaping)) {
        change(&mut self.lock());
        self.shaped.store(true, Ordering::Release);
    }

    /// What is done to bytes now.
    pub(crate) fn shaping(&self) -> Shaping {
        if self.shaped.load(Ordering::Acquire) { self.lock().clone() } else { Shaping::default() }
    }

    /// The byte was changed.
    pub(crate) fn corrupted(&self, change: impl FnOnce(&mut Shaping)) {
        change(&mut self.lock());
    }

    /// Whether nothing is sent or taken in any more.
    pub(crate) fn is_stalled(&self) -> bool {
        self.shaping().stalled
    }

    /// Waits while the connection is delayed. Returns whether it goes on: not if it is stalled, or ended.
    pub(crate) async fn hold(&self) -> bool {
        let shaping = self.shaping();
        if let Some(until) = shaping.until.filter(|_| !shaping.stalled) {
            sleep_until(until).await;
        }
        !shaping.stalled && self.ending().is_none()
    }
}
