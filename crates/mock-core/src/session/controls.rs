//! Signals and window sizes on their way to a program.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Poll, Waker},
};

use mock_base::event::WindowChange;

/// Controls that wait for a program that does not listen; beyond that, older ones are dropped. The journal has all.
const WAITING: usize = 256;

/// Something that the client sends beside data.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Control {
    /// A signal, by its name without `SIG` (RFC 4254 section 6.9).
    Signal(String),
    /// Another size of its terminal (RFC 4254 section 6.7).
    WindowChange(WindowChange),
}

/// The engine's end.
#[derive(Debug, Clone, Default)]
pub(crate) struct ControlQueue {
    queue: Arc<Mutex<Queue>>,
}

#[derive(Debug, Default)]
struct Queue {
    waiting: VecDeque<Control>,
    ended: bool,
    reader: Option<Waker>,
}

impl ControlQueue {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn push(&self, control: Control) {
        let mut queue = self.queue();
        if queue.waiting.len() >= WAITING {
            queue.waiting.pop_front();
        }
        queue.waiting.push_back(control);
        Self::wake(&mut queue);
    }

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

    pub(crate) fn reader(&self) -> Controls {
        Controls { controls: self.clone() }
    }
}

/// Signals and window sizes that a client sends, in order.
#[derive(Debug)]
pub struct Controls {
    controls: ControlQueue,
}

impl Controls {
    /// The next one, or `None` once the channel is closed.
    pub async fn next(&mut self) -> Option<Control> {
        std::future::poll_fn(|context| {
            let mut queue = self.controls.queue();
            if let Some(control) = queue.waiting.pop_front() {
                return Poll::Ready(Some(control));
            }
            if queue.ended {
                return Poll::Ready(None);
            }
            queue.reader = Some(context.waker().clone());
            Poll::Pending
        })
        .await
    }
}
