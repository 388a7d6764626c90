//! Drives a program that is a state machine.
//!
//! Data goes in from the connection's own task, without a copy. Replies come out in a task of the channel, which is
//! the only one that waits for the client's window: the engine shows a hook neither that window nor a way to be
//! called back by a timer, so a reply cannot be sent from where the data arrives.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use mock_base::{
    Recorder,
    event::{Panicked, Problem},
};
use tokio::{sync::Notify, time::sleep};

use super::{OutputStream, channel::ChannelShared, panic_text};
use crate::{Exit, Flow, Outbox, Service};

/// Replies up to this size are gathered into one packet of at most [`PACKET`] bytes.
const SMALL: usize = 4 * 1024;
const PACKET: usize = 32 * 1024;

/// A state machine, and what it wants to send.
pub(super) struct Driver {
    core: Mutex<Core>,
    changed: Notify,
    recorder: Recorder,
}

struct Core {
    /// Gone once it is done.
    service: Option<Box<dyn Service>>,
    out: Outbox,
    exit: Exit,
}

impl Driver {
    pub(super) fn new(service: Box<dyn Service>, recorder: Recorder) -> Self {
        let core = Core { service: Some(service), out: Outbox::new(), exit: Exit::Silent };
        Self { core: Mutex::new(core), changed: Notify::new(), recorder }
    }

    pub(super) fn receive(&self, data: &[u8]) {
        self.step(|service, out| service.receive(data, out));
    }

    pub(super) fn eof(&self) {
        self.step(|service, out| service.eof(out));
    }

    fn resume(&self) {
        self.step(|service, out| service.resume(out));
    }

    fn step(&self, step: impl FnOnce(&mut dyn Service, &mut Outbox) -> Flow) {
        self.with(|core| {
            let Some(service) = core.service.as_mut() else {
                return;
            };
            let flow = catch_unwind(AssertUnwindSafe(|| step(&mut **service, &mut core.out)));
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
        });
        self.changed.notify_one();
    }

    fn with<T>(&self, look: impl FnOnce(&mut Core) -> T) -> T {
        look(&mut self.core.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn next(&self) -> Next {
        self.with(|core| match take(&mut core.out) {
            Some(bytes) => Next::Send(bytes),
            None if core.service.is_none() => Next::Finish(core.exit.clone()),
            None => Next::Wait(core.out.wake_after.take()),
        })
    }

    /// What was taken is sent. Returns whether the service waits for room.
    fn sent(&self, length: usize) -> bool {
        self.with(|core| {
            core.out.bytes = core.out.bytes.saturating_sub(length);
            core.out.bytes <= Outbox::CAPACITY / 2 && std::mem::take(&mut core.out.wants_room)
        })
    }
}

enum Next {
    Send(Bytes),
    Finish(Exit),
    Wait(Option<Duration>),
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
pub(super) async fn run(driver: Arc<Driver>, channel: Arc<ChannelShared>) {
    let mut wake_after = None;
    loop {
        match driver.next() {
            Next::Send(bytes) => {
                let length = bytes.len();
                if channel.output.send(OutputStream::Stdout, bytes).await.is_err() {
                    return;
                }
                if driver.sent(length) {
                    driver.resume();
                }
            }
            Next::Finish(exit) => return channel.finish(exit).await,
            Next::Wait(asked) => {
                if let Some(delay) = asked {
                    wake_after = Some(Box::pin(sleep(delay)));
                }
                let timer = async {
                    match wake_after.as_mut() {
                        Some(timer) => timer.await,
                        None => std::future::pending().await,
                    }
                };
                tokio::select! {
                    () = channel.over.cancelled() => return,
                    () = driver.changed.notified() => {}
                    () = timer => {
                        wake_after = None;
                        driver.resume();
                    }
                }
            }
        }
    }
}
