//! Starting programs on channels, and ending them.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use futures_util::FutureExt as _;
use mock_base::event::Panicked;
use tokio_util::task::TaskTracker;

use super::{
    channel::{Channel, ChannelShared, Occupant},
    panic_text,
    service::Driver,
};
use crate::{BoxFuture, Connect, Exit, ForwardRequest, Program, Run, Session, Start, program::Running};

/// Starts a program. The request was answered already, so whatever it sends comes after the answer.
pub(super) fn program(channel: &mut Channel, program: &dyn Program, session: Session, tasks: &TaskTracker) {
    let shared = Arc::clone(&channel.shared);
    let early = channel.inbox.waiting_data();
    match catch_unwind(AssertUnwindSafe(|| program.start(Start { session }))) {
        Ok(Run(Running::Task(future))) => {
            tasks.spawn(task(future, shared));
        }
        Ok(Run(Running::Reply(future))) => {
            let mut first_turn = Box::pin(task(future, shared));
            if (&mut first_turn).now_or_never().is_none() {
                tasks.spawn(first_turn);
            }
        }
        Ok(Run(Running::Service(service))) => {
            let driver = Arc::new(Driver::new(service, shared));
            // What was sent before the request belongs to it.
            if !early.data.is_empty() {
                driver.receive(&early.data);
            }
            if early.ended {
                driver.eof();
            }
            channel.occupant = Occupant::Service(Arc::clone(&driver));
            tasks.spawn(async move { driver.run().await });
        }
        Err(panic) => {
            shared.recorder.record(Panicked::new("program", panic_text(&*panic)));
            tasks.spawn(async move { shared.finish(Exit::Silent).await });
        }
    }
}

/// Has somebody answer a request for a forwarded connection, and serve it.
pub(super) fn connect(channel: &Channel, request: ForwardRequest, to: Arc<dyn Connect>, tasks: &TaskTracker) {
    let channel = Arc::clone(&channel.shared);
    tasks.spawn(async move {
        let connected = async { to.connect(request).await };
        if unless_closed(connected, &channel).await.is_some() {
            channel.leave().await;
        }
    });
}

/// Runs a program until it is done or its channel is closed, whichever comes first.
async fn task(future: BoxFuture<Exit>, channel: Arc<ChannelShared>) {
    if let Some(done) = unless_closed(future, &channel).await {
        channel.finish(done.unwrap_or(Exit::Silent)).await;
    }
}

/// What a future comes to, unless its channel is closed before; nothing if it panics.
async fn unless_closed<T>(future: impl Future<Output = T>, channel: &ChannelShared) -> Option<Option<T>> {
    let done = tokio::select! {
        biased;
        () = channel.over.cancelled() => return None,
        done = AssertUnwindSafe(future).catch_unwind() => done,
    };
    Some(done.map_err(|panic| channel.recorder.record(Panicked::new("program", panic_text(&*panic)))).ok())
}
