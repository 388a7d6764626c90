//! Starting programs on channels, and ending them.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use futures_util::FutureExt as _;
use mock_base::event::Panicked;
use tokio_util::task::TaskTracker;

use super::{
    channel::{Channel, ChannelShared, Running},
    panic_text,
    service::{self, Driver},
};
use crate::{BoxFuture, Connect, Exit, Program, Request, Run, Start};

/// Starts a program. The request was answered already, so whatever it sends comes after the answer.
pub(super) fn program(channel: &mut Channel, program: &dyn Program, request: Request, tasks: &TaskTracker) {
    let shared = Arc::clone(&channel.shared);
    let session = channel.session(request);
    match catch_unwind(AssertUnwindSafe(|| program.start(Start { session }))) {
        Ok(Run::Task(future)) => {
            spawn(task(future, shared), tasks);
        }
        Ok(Run::Service(service)) => {
            let driver = Arc::new(Driver::new(service, shared.recorder.clone()));
            channel.running = Running::Service(Arc::clone(&driver));
            tasks.spawn(service::run(driver, shared));
        }
        Err(panic) => {
            shared.recorder.record(Panicked::new("program", panic_text(&*panic)));
            tasks.spawn(async move { shared.finish(Exit::Silent).await });
        }
    }
}

/// Connects a forwarded stream to its far end.
pub(super) fn connect(channel: &Channel, to: Arc<dyn Connect>, tasks: &TaskTracker) {
    let (shared, stream) = (Arc::clone(&channel.shared), channel.stream());
    let connected = async move {
        to.connect(stream).await;
        Exit::Silent
    };
    spawn(task(Box::pin(connected), shared), tasks);
}

/// Gives a program its first turn at once, and a task of its own if it has to wait. Most replies need no more than
/// that turn, and so no other thread.
fn spawn(program: impl Future<Output = ()> + Send + 'static, tasks: &TaskTracker) {
    let mut program = Box::pin(program);
    if (&mut program).now_or_never().is_none() {
        tasks.spawn(program);
    }
}

/// Runs a future until it is done or its channel is closed, whichever comes first.
async fn task(future: BoxFuture<Exit>, channel: Arc<ChannelShared>) {
    let done = tokio::select! {
        biased;
        () = channel.over.cancelled() => return,
        done = AssertUnwindSafe(future).catch_unwind() => done,
    };
    let exit = done.unwrap_or_else(|panic| {
        channel.recorder.record(Panicked::new("program", panic_text(&*panic)));
        Exit::Silent
    });
    channel.finish(exit).await;
}
