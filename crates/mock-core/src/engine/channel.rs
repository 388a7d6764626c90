//! One channel: what was said on it, and what runs on it.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use mock_base::{
    Recorder,
    event::{
        ChannelClosed, ChannelKind, Exit as ExitEvent, Problem, Pty, Stdin as StdinEvent, StdinEof,
        X11Forward,
    },
};
use tokio_util::sync::CancellationToken;

use super::{Opener, Output, OutputStream, life::Life, service::Driver};
use crate::{
    ChannelStream, Exit, Offers, Parts, Request, Session, Stdout,
    config::Habits,
    fault::{Action, Stage},
    forward::Taken,
    session::{ControlQueue, Inbox},
};

/// Environment variables that one channel may carry; and bytes of all their names and values together.
const MOST_VARIABLES: usize = 1024;
const MOST_VARIABLE_BYTES: usize = 256 * 1024;

/// A channel, owned by its connection.
pub(super) struct Channel {
    pub(super) number: u32,
    pub(super) env: Vec<(String, String)>,
    pub(super) pty: Option<Pty>,
    pub(super) agent_forwarding: bool,
    pub(super) x11: Option<X11Forward>,
    /// What the client offers on it.
    pub(super) offers: Vec<Arc<Taken>>,
    pub(super) inbox: Inbox,
    pub(super) controls: ControlQueue,
    pub(super) occupant: Occupant,
    pub(super) shared: Arc<ChannelShared>,
    recorded_stdin: usize,
    /// What a fault keeps from being read: bytes that arrived since, if it does.
    withheld: Option<usize>,
}

/// What runs on a channel.
pub(super) enum Occupant {
    /// Nobody yet.
    Nobody,
    /// A program or a forwarded stream that reads the inbox.
    Task,
    /// A program that is driven by what arrives.
    Service(Arc<Driver>),
}

/// What a channel shares with the task that runs on it.
pub(super) struct ChannelShared {
    pub(super) recorder: Recorder,
    pub(super) output: Output,
    /// Cancelled when the channel is closed from whichever side, and with its connection.
    pub(super) over: CancellationToken,
    /// What is done when a program has ended.
    habits: Habits,
    received: AtomicU64,
    life: Life,
}

impl Channel {
    pub(super) fn new(
        number: u32,
        recorder: Recorder,
        output: Output,
        over: CancellationToken,
        recorded_stdin: usize,
        habits: Habits,
    ) -> Self {
        let shared = ChannelShared {
            recorder,
            output,
            over,
            habits,
            received: AtomicU64::new(0),
            life: Life::default(),
        };
        Self {
            number,
            env: Vec::new(),
            pty: None,
            agent_forwarding: false,
            x11: None,
            offers: Vec::new(),
            inbox: Inbox::default(),
            controls: ControlQueue::default(),
            occupant: Occupant::Nobody,
            shared: Arc::new(shared),
            recorded_stdin,
            withheld: None,
        }
    }

    pub(super) fn recorder(&self) -> &Recorder {
        &self.shared.recorder
    }

    /// Keeps a variable, unless there are too many already.
    pub(super) fn keep_env(&mut self, name: &str, value: &str) -> bool {
        let bytes: usize = self.env.iter().map(|(name, value)| name.len() + value.len()).sum();
        let fits = self.env.len() < MOST_VARIABLES && bytes + name.len() + value.len() <= MOST_VARIABLE_BYTES;
        if fits {
            self.env.push((name.to_owned(), value.to_owned()));
        }
        fits
    }

    /// The session that a program is started with. What was said before the request belongs to it.
    pub(super) fn session(&self, request: Request, opener: Opener) -> Session {
        let offers = Offers { opener, agent: request.agent_forwarding, x11: request.x11.is_some() };
        Session::new(Parts {
            request: Arc::new(request),
            stdin: self.inbox.reader(),
            stdout: Stdout::new(self.shared.output.clone(), OutputStream::Stdout),
            stderr: Stdout::new(self.shared.output.clone(), OutputStream::Stderr),
            controls: self.controls.reader(),
            recorder: self.shared.recorder.clone(),
            offers,
        })
    }

    /// Data arrived. Returns how much waits to be read.
    pub(super) fn receive(&mut self, data: &[u8]) -> usize {
        let before = self.shared.received.fetch_add(data.len() as u64, Ordering::Relaxed);
        let data = self.meddled(before, data);
        if data.is_empty() {
            return self.unread();
        }
        if let Occupant::Service(driver) = &self.occupant {
            return driver.receive(data);
        }
        let recorded = data.get(..self.recorded_stdin).unwrap_or(data);
        if !recorded.is_empty() {
            self.recorded_stdin -= recorded.len();
            self.recorder().record(StdinEvent::new(recorded.to_vec()));
        }
        self.inbox.push(data)
    }

    /// What of this data faults let through; `before` is how much came before it.
    fn meddled<'a>(&mut self, before: u64, data: &'a [u8]) -> &'a [u8] {
        let scene = self.shared.output.scene();
        if scene.has_no_faults() && self.withheld.is_none() {
            return data;
        }
        let after = before + data.len() as u64;
        // The first data comes to all amounts from none on, later data only to those beyond what came before.
        let first = if before == 0 { 0 } else { before + 1 };
        let reached = |stage: &Stage| match stage {
            Stage::Stdin(at) => (first..=after).contains(at).then_some(*at),
            _ => None,
        };
        let mut passes = if self.withheld.is_some() { 0 } else { data.len() };
        if let Some(at) = scene.next_at(reached) {
            let within = usize::try_from(at - before).unwrap_or(usize::MAX);
            for struck in scene.strike(|stage| reached(stage).is_some()) {
                passes = passes.min(within);
                if !scene.end_by(&struck, &self.shared.recorder) {
                    struck.record(&self.shared.recorder);
                    self.withheld.get_or_insert(0);
                }
            }
        }
        let (passing, rest) = data.split_at_checked(passes).unwrap_or((data, &[]));
        if let Some(withheld) = &mut self.withheld {
            *withheld += rest.len();
        }
        passing
    }

    /// The client will send no more.
    pub(super) fn end(&mut self) {
        let received = self.shared.received.load(Ordering::Relaxed);
        self.shared.life.end(self.recorder(), StdinEof::new(received));
        if self.withheld.is_some() {
            return;
        }
        self.inbox.end();
        if let Occupant::Service(driver) = &self.occupant {
            driver.eof();
        }
    }

    /// The channel is closed by the client or with its connection: whatever runs on it ends.
    pub(super) fn close(&self) {
        // First: who reads to the end must see that it is not one that the client sent.
        self.shared.closed();
        self.inbox.end();
        self.controls.end();
    }

    /// How much of what arrived waits to be read.
    pub(super) fn unread(&self) -> usize {
        let held = match &self.occupant {
            Occupant::Service(driver) => driver.held(),
            _ => self.inbox.waiting(),
        };
        held + self.withheld.unwrap_or(0)
    }

    /// Whether the channel is closed, and recorded as such, so that it may be forgotten.
    pub(super) fn is_over(&self) -> bool {
        self.shared.life.is_closed()
    }

    /// Whether something runs here already; if not, what is about to.
    pub(super) fn occupy(&mut self) -> bool {
        let free = matches!(self.occupant, Occupant::Nobody);
        if free {
            self.occupant = Occupant::Task;
        }
        free
    }

    /// What was about to run was refused: another request may succeed.
    pub(super) fn vacate(&mut self) {
        self.occupant = Occupant::Nobody;
    }
}

impl ChannelShared {
    /// The channel as the stream of a forwarded connection.
    pub(super) fn stream(&self, inbox: &Inbox) -> ChannelStream {
        let writer = Stdout::new(self.output.clone(), OutputStream::Stdout);
        ChannelStream::new(inbox.reader(), writer, self.recorder.clone())
    }

    /// Records that the channel is opened.
    pub(super) fn opened(&self, kind: ChannelKind) {
        self.life.open(&self.recorder, kind);
    }

    /// The program is done: says how, and closes the channel.
    pub(super) async fn finish(&self, exit: Exit) {
        // Whoever is gone meets no fault.
        let (exit, closes) =
            if self.over.is_cancelled() { (exit, true) } else { self.exit_fault(exit).await };
        self.end(exit, closes).await;
    }

    /// The stream of a forwarded connection is done: closes the channel.
    pub(super) async fn leave(&self) {
        self.end(Exit::Silent, true).await;
    }

    async fn end(&self, exit: Exit, closes: bool) {
        if self.output.scene().ending().is_some() {
            // A fault ends the connection: nothing but that is said.
            self.output.finish();
            return self.over.cancelled().await;
        }
        // Nothing that another holder of the output sends may come after this.
        self.output.finish();
        if let Exit::Failed(why) = &exit
            && !self.over.is_cancelled()
        {
            self.recorder.record(Problem::new(format!("the program failed: {why}")));
        }
        match &exit {
            Exit::Status(status) => self.recorder.record(ExitEvent::new(*status, None)),
            Exit::Failed(_) => self.recorder.record(ExitEvent::new(1, None)),
            Exit::Signal { name, .. } => self.recorder.record(ExitEvent::new(None, name.clone())),
            Exit::Silent => {}
            Exit::Cut => return self.output.cut().await,
        }
        // Each fails when the client closed the channel meanwhile; then there is nobody to tell.
        if self.habits.exit_status_after_eof {
            let _gone = self.output.eof().await;
        }
        let _gone = self.output.exit(&exit).await;
        if !closes {
            let _gone = self.output.eof().await;
            return;
        }
        let _gone = self.output.close().await;
        if self.habits.closes_after_session {
            self.output.until_sent().await;
        }
        self.session_ended();
        self.closed();
    }

    /// Closes the connection, if it is for one session.
    pub(super) fn session_ended(&self) {
        if self.habits.closes_after_session {
            self.output.scene().close("the session has ended");
        }
    }

    /// How the program ended as faults will have it, and whether the channel is closed then.
    async fn exit_fault(&self, mut exit: Exit) -> (Exit, bool) {
        let mut closes = true;
        let scene = self.output.scene();
        for struck in scene.strike(|stage| *stage == Stage::Exit) {
            struck.record(&self.recorder);
            match struck.action() {
                Action::Silence => exit = Exit::Silent,
                Action::Status(status) => exit = Exit::Status(*status),
                Action::Signal(name) => exit = Exit::signal(name.clone()),
                Action::NoClose => closes = false,
                Action::Delay(delay) => tokio::select! {
                    () = self.over.cancelled() => {}
                    () = tokio::time::sleep(scene.drawn(*delay, &struck)) => {}
                },
                _ => {}
            }
        }
        (exit, closes)
    }

    /// Records once that the channel is closed, if it was ever opened, and ends what still uses it.
    pub(super) fn closed(&self) {
        let received = self.received.load(Ordering::Relaxed);
        self.life.close(&self.recorder, ChannelClosed::new(received, self.output.sent()));
        self.over.cancel();
    }
}
