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
            tasks.spawn(task(future, shared));
        }
        Ok(Run::Service(service)) => {
            let driver = Arc::new(Driver::new(service, shared.recorder.clone()));
            channel.running = Running::Service(Arc::clone(&driver));
            tasks.spawn(service::run(driver, shared));
        }
        Err(panic) => {
            shared
                .recorder
                .record(Panicked::new("program", panic_text(&*panic)));
            tasks.spawn(async move { shared.finish(Exit::Silent).await });
        }
    }
}

/// Connects a forwarded stream to its far end.
pub(super) fn connect(channel: &Channel, to: Arc<dyn Connect>, tasks: &TaskTracker) {
    let (shared, stream) = (Arc::clone(&channel.shared), channel.stream());
    tasks.spawn(task(
        Box::pin(async move {
            to.connect(stream).await;
            Exit::Silent
        }),
        shared,
    ));
}

/// Runs a future until it is done or its channel is closed, whichever comes first.
async fn task(future: BoxFuture<Exit>, channel: Arc<ChannelShared>) {
    let done = tokio::select! {
        biased;
        () = channel.over.cancelled() => return,
        done = AssertUnwindSafe(future).catch_unwind() => done,
    };
    let exit = done.unwrap_or_else(|panic| {
        channel
            .recorder
            .record(Panicked::new("program", panic_text(&*panic)));
        Exit::Silent
    });
    channel.finish(exit).await;
}
