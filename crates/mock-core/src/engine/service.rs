//! Drives a program that is a state machine.
//!
//! Data goes in from the connection's own task, without a copy. Replies come out of a future that waits for the client's
//! window and for timers, neither of which the engine shows to a hook. A task of the channel owns that future, and the
//! hook gives it a turn after a short packet: what can be sent at once is, without a switch to the task and back.

use std::{
    future::poll_fn,
    mem,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Waker},
};

use bytes::{Bytes, BytesMut};
use mock_base::{
    Recorder,
    event::{Panicked, Problem},
};
use tokio::time::sleep_until;

use super::{OutputStream, channel::ChannelShared, panic_text};
use crate::{BoxFuture, Exit, Flow, Outbox, Service};

/// Replies up to this size are gathered into one packet of at most [`PACKET`] bytes. Packets up to it are short.
const SMALL: usize = 4 * 1024;
const PACKET: usize = 32 * 1024;

/// A service on a channel: what is handed to it, and the future that sends what it replies.
pub(super) struct Driver {
    machine: Arc<Machine>,
    /// Gone once all is sent.
    sending: Mutex<Option<BoxFuture<()>>>,
    /// Wakes the task that owns this; none before it has begun.
    task: Mutex<Option<Waker>>,
    /// Whether the packet before was a long one.
    uploading: AtomicBool,
}

impl Driver {
    pub(super) fn new(service: Box<dyn Service>, channel: Arc<ChannelShared>) -> Self {
        let core = Core { service: Some(service), out: Outbox::new(), exit: Exit::Silent, changed: false };
        let machine = Arc::new(Machine { core: Mutex::new(core), recorder: channel.recorder.clone() });
        let sending: BoxFuture<()> = Box::pin(send(Arc::clone(&machine), channel));
        Self {
            machine,
            sending: Mutex::new(Some(sending)),
            task: Mutex::new(None),
            uploading: AtomicBool::new(false),
        }
    }

    /// Hands data over. Returns how much of all data the service holds back.
    pub(super) fn receive(&self, data: &[u8]) -> usize {
        self.machine.step(|service, out| service.receive(data, out));
        let held = self.machine.held();
        // In an upload more is on its way, and what it is answered with is better sent together, by the task.
        let long = data.len() > SMALL;
        if self.uploading.swap(long, Ordering::Relaxed) || long {
            self.wake();
        } else {
            self.take_turn();
        }
        held
    }

    pub(super) fn held(&self) -> usize {
        let held = self.machine.held();
        if self.machine.with(|core| core.changed) {
            self.wake();
        }
        held
    }

    pub(super) fn eof(&self) {
        self.machine.step(|service, out| service.eof(out));
        self.take_turn();
    }

    /// Sends what the service replies, until it is done or its channel is closed.
    pub(super) async fn run(&self) {
        poll_fn(|context| {
            *lock(&self.task) = Some(context.waker().clone());
            turn(&mut lock(&self.sending), context.waker())
        })
        .await;
    }

    fn wake(&self) {
        if let Some(task) = &*lock(&self.task) {
            task.wake_by_ref();
        }
    }

    /// Sends what can be sent at once, from where the data arrived. The task is woken for the rest.
    fn take_turn(&self) {
        let Some(task) = lock(&self.task).clone() else { return };
        let ended = self.sending.try_lock().map(|mut sending| turn(&mut sending, &task).is_ready());
        // All is sent; or the task is at it in another thread, and may have looked before there was this.
        if ended.unwrap_or(true) {
            task.wake();
        }
    }
}

fn turn(sending: &mut Option<BoxFuture<()>>, task: &Waker) -> Poll<()> {
    let turn = sending.as_mut().map(|sending| sending.as_mut().poll(&mut Context::from_waker(task)));
    let turn = turn.unwrap_or(Poll::Ready(()));
    if turn.is_ready() {
        *sending = None;
    }
    turn
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The state machine, and what it wants to send.
struct Machine {
    core: Mutex<Core>,
    recorder: Recorder,
}

struct Core {
    /// Gone once it is done.
    service: Option<Box<dyn Service>>,
    out: Outbox,
    exit: Exit,
    /// Whether the service had a turn that the sending future does not know of.
    changed: bool,
}

impl Machine {
    fn resume(&self) {
        self.step(|service, out| service.resume(out));
    }

    fn step(&self, step: impl FnOnce(&mut dyn Service, &mut Outbox) -> Flow) {
        self.with(|core| {
            core.changed = true;
            self.ask(core, step);
        });
    }

    /// How much of its data the service holds back.
    fn held(&self) -> usize {
        let mut held = 0;
        self.with(|core| {
            self.ask(core, |service, _| {
                held = service.held();
                Flow::Continue
            });
        });
        held
    }

    /// Asks the service, which may end or panic.
    fn ask(&self, core: &mut Core, ask: impl FnOnce(&mut dyn Service, &mut Outbox) -> Flow) {
        let Some(service) = core.service.as_mut() else {
            return;
        };
        let flow = catch_unwind(AssertUnwindSafe(|| ask(&mut **service, &mut core.out)));
        core.exit = match flow {
            Ok(Flow::Continue) => return,
            Ok(Flow::Exit(exit)) => exit,
            Ok(Flow::Fail(why)) => {
                self.recorder.record(Problem::new(why));
                Exit::Silent
            }
            Err(panic) => {
                self.recorder.record(Panicked::new("program", panic_text(&*panic)));
                Exit::Silent
            }
        };
        core.service = None;
        core.changed = true;
    }

    /// Done when the service had a turn. It wakes nobody, because who gives that turn gives one to the sending future too.
    async fn changed(&self) {
        let changed = || self.with(|core| mem::take(&mut core.changed));
        poll_fn(|_| if changed() { Poll::Ready(()) } else { Poll::Pending }).await;
    }

    fn with<T>(&self, look: impl FnOnce(&mut Core) -> T) -> T {
        look(&mut lock(&self.core))
    }

    fn next(&self) -> Next {
        self.with(|core| match take(&mut core.out) {
            Some(bytes) => Next::Send(bytes),
            None if core.service.is_none() => Next::Finish(core.exit.clone()),
            None => Next::Wait,
        })
    }

    /// What was taken is sent. The service is resumed as soon as half of the outbox is free again.
    fn sent(&self, length: usize) {
        let crossed = self.with(|core| {
            let before = core.out.bytes;
            core.out.bytes = before.saturating_sub(length);
            before > Outbox::CAPACITY / 2 && core.out.bytes <= Outbox::CAPACITY / 2
        });
        if crossed {
            self.resume();
        }
    }

    /// Done when the time is over that the service asked for, or never.
    async fn timer(&self) {
        let Some(at) = self.with(|core| core.out.wake_at) else { return std::future::pending().await };
        sleep_until(at).await;
        // Meanwhile another time may have been asked for.
        if self.with(|core| core.out.wake_at.take_if(|asked| *asked == at).is_some()) {
            self.resume();
        }
    }
}

enum Next {
    Send(Bytes),
    Finish(Exit),
    Wait,
}

/// The next bytes to send: one large reply, or as many small ones as fit a packet.
fn take(out: &mut Outbox) -> Option<Bytes> {
    let first = out.queued.pop_front()?;
    let fits = |length: usize, next: Option<&Bytes>| {
        next.is_some_and(|next| next.len() <= SMALL && length + next.len() <= PACKET)
    };
    if first.len() > SMALL || !fits(first.len(), out.queued.front()) {
        return Some(first);
    }
    let mut gathered = BytesMut::from(first);
    while fits(gathered.len(), out.queued.front()) {
        if let Some(next) = out.queued.pop_front() {
            gathered.extend_from_slice(&next);
        }
    }
    Some(gathered.freeze())
}

/// Sends what the service replies, until it is done or its channel is closed.
async fn send(machine: Arc<Machine>, channel: Arc<ChannelShared>) {
    loop {
        match machine.next() {
            Next::Send(bytes) => {
                let length = bytes.len();
                let mut sending = pin!(channel.output.send(OutputStream::Stdout, bytes));
                let sent = loop {
                    tokio::select! {
                        biased;
                        sent = &mut sending => break sent,
                        () = machine.timer() => {}
                        // Another time may have been asked for.
                        () = machine.changed() => {}
                    }
                };
                if sent.is_err() {
                    return;
                }
                machine.sent(length);
            }
            Next::Finish(exit) => return channel.finish(exit).await,
            Next::Wait => tokio::select! {
                () = channel.over.cancelled() => return,
                () = machine.changed() => {}
                () = machine.timer() => {}
            },
        }
    }
}
