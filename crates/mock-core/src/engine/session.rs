//! One session of the engine, from its first byte to its last, with the deadlines and the ways to end it.

use std::{pin::pin, sync::Arc, time::Duration};

use russh::server::{Config, run_stream};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use super::{Engine, EngineError, Surroundings, convert};
use crate::{
    DisconnectReason,
    config::{FAREWELL, LINGER},
    fault::{How, Scene},
    transport::{Stream, Traffic, Transport},
};

/// Runs the session of a connection that began at `born` until the client leaves, a deadline passes, or the server stops.
pub(crate) async fn run<S: Stream>(
    config: Arc<Config>,
    transport: Transport<S>,
    traffic: &Traffic,
    engine: Engine,
    stop: &CancellationToken,
    born: Instant,
) -> Result<(), EngineError> {
    let surroundings = Arc::clone(&engine.surroundings);
    let options = Arc::clone(&surroundings.options);
    let mut life = pin!(async {
        // Boxed, so that what only the begin needs is given back then.
        let session = Box::pin(run_stream(config, transport, engine)).await?;
        let _set_once = surroundings.handle.set(session.handle());
        session.await
    });
    let begun = Instant::now();
    let unauthenticated = async {
        tokio::select! {
            () = surroundings.authenticated.cancelled() => {}
            // A stalled connection is there for what the client does about it.
            () = past(begun, options.handshake_timeout) => if !surroundings.scene.is_stalled() { return },
        }
        std::future::pending::<()>().await;
    };
    let by_application = |why: String| (DisconnectReason::ByApplication, why);
    let (reason, why) = tokio::select! {
        biased;
        ended = &mut life => return ended,
        () = surroundings.kill.cancelled() => return life.await,
        () = stop.cancelled() => {
            surroundings.tasks.close();
            let idle = timeout(options.grace, surroundings.tasks.wait());
            tokio::select! {
                ended = &mut life => return ended,
                _idle_or_not = idle => by_application("the server is shutting down".to_owned()),
            }
        }
        (reason, text) = by_fault(&surroundings.scene) => (reason, text),
        () = unauthenticated => {
            let limit = options.handshake_timeout.unwrap_or_default();
            by_application(format!("not authenticated within {limit:?}"))
        }
        () = past(born, options.connection_timeout) => {
            let limit = options.connection_timeout.unwrap_or_default();
            by_application(format!("the connection may last {limit:?}"))
        }
    };
    let _said_before = surroundings.ended.set(why.clone());
    // In clear text the engine says nothing; who called this does. On a stalled connection nobody says anything.
    if !surroundings.scene.is_stalled() && !traffic.observe(|observer| observer.server_in_clear()) {
        tokio::select! {
            ended = &mut life => return ended,
            () = say_farewell(&surroundings, traffic, reason, why) => {}
        }
        if let Ok(ended) = timeout(LINGER, &mut life).await {
            return ended;
        }
    }
    surroundings.kill.cancel();
    life.await
}

/// Sends a disconnect message, as far as the client takes it in time.
async fn say_farewell(surroundings: &Surroundings, traffic: &Traffic, reason: DisconnectReason, why: String) {
    let Some(handle) = surroundings.handle.get() else {
        return;
    };
    let _too_late = timeout(FAREWELL, async {
        if handle.disconnect(convert::disconnect(reason), why, String::new()).await.is_ok() {
            traffic.finished_sending.cancelled().await;
        }
    })
    .await;
}

/// The disconnect message of a fault, when there is one.
async fn by_fault(scene: &Scene) -> (DisconnectReason, String) {
    scene.goodbye().cancelled().await;
    match scene.ending().map(|ending| &ending.how) {
        Some(How::Disconnect { reason, text }) => (*reason, text.clone()),
        _ => std::future::pending().await,
    }
}

/// Done when something that began then is older than this, or never.
pub(crate) async fn past(begin: Instant, limit: Option<Duration>) {
    match limit.and_then(|limit| begin.checked_add(limit)) {
        Some(at) => sleep_until(at).await,
        None => std::future::pending().await,
    }
}
