//! Drives a program that is a state machine.
//!
//! Data goes in from the connection's own task, without a copy. Replies come out in a task of the channel, which is
//! the only one that waits for the client's window: the engine shows a hook neither that window nor a way to be
//! called back by a timer, so a reply cannot be sent from where the data arrives.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    sync::{Arc, Mutex, PoisonError},
};

use bytes::{Bytes, BytesMut};
use mock_base::{
    Recorder,
    event::{Panicked, Problem},
};
use tokio::{sync::Notify, time::sleep_until};

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

    /// Hands data over. Returns how much of all data the service holds back.
    pub(super) fn receive(&self, data: &[u8]) -> usize {
        self.step(|service, out| service.receive(data, out));
        self.held()
    }

    pub(super) fn held(&self) -> usize {
        self.with(|core| core.service.as_ref().map_or(0, |service| service.held()))
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
        match self.with(|core| core.out.wake_at) {
            Some(at) => sleep_until(at).await,
            None => std::future::pending().await,
        }
        self.with(|core| core.out.wake_at = None);
        self.resume();
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
pub(super) async fn run(driver: Arc<Driver>, channel: Arc<ChannelShared>) {
    loop {
        match driver.next() {
            Next::Send(bytes) => {
                let length = bytes.len();
                let mut sending = pin!(channel.output.send(OutputStream::Stdout, bytes));
                let sent = loop {
                    tokio::select! {
                        biased;
                        sent = &mut sending => break sent,
                        () = driver.timer() => {}
                        // Another time may have been asked for.
                        () = driver.changed.notified() => {}
                    }
                };
                if sent.is_err() {
                    return;
                }
                driver.sent(length);
            }
            Next::Finish(exit) => return channel.finish(exit).await,
            Next::Wait => tokio::select! {
                () = channel.over.cancelled() => return,
                () = driver.changed.notified() => {}
                () = driver.timer() => {}
            },
        }
    }
}
