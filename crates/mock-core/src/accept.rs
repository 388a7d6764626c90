//! The task that owns a server: it accepts connections, and outlives all of them.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use mock_base::{
    Recorder,
    event::{Problem, Refused, Stopped},
};
use tokio::{
    net::{TcpListener, TcpStream},
    time::{sleep, timeout},
};

use crate::{
    config::{FAREWELL, LINGER},
    connection::{self, Origin},
    server::Shared,
};

/// How long to wait after an error that concerns the process and not one connection, such as no file descriptor.
const AFTER_ERROR: Duration = Duration::from_millis(50);

/// What a shutdown may take beyond the grace and the goodbyes, before it is reported as failed.
const PATIENCE: Duration = Duration::from_secs(5);

/// Accepts until the server is stopped, then waits until nothing of it is left.
pub(crate) async fn own(server: Arc<Shared>, listener: Option<TcpListener>) {
    // However this task ends, with its runtime say: who waits for the end of the server must not wait for ever.
    let _closed = server.closed.clone().drop_guard();
    if let Some(listener) = listener {
        tokio::select! {
            biased;
            () = server.stop.cancelled() => {}
            () = accept(&server, &listener) => {}
        }
    } else {
        server.stop.cancelled().await;
    }
    server.tasks.close();
    let deadline = server.options.grace.saturating_add(FAREWELL + LINGER + PATIENCE);
    if timeout(deadline, server.tasks.wait()).await.is_err() {
        let _set_once = server.left_running.set((server.tasks.len(), deadline));
        server.kill.cancel();
    }
    server.recorder.record(Stopped::new(server.connections_so_far()));
}

async fn accept(server: &Arc<Shared>, listener: &TcpListener) {
    loop {
        let (socket, address) = next(&server.recorder, || listener.accept()).await;
        admit(server, socket, address);
    }
}

/// The next connection to a listener. What is wrong with the listener is recorded, and waited for to pass.
pub(crate) async fn next<T, F: Future<Output = io::Result<T>>>(
    recorder: &Recorder,
    mut accept: impl FnMut() -> F,
) -> T {
    loop {
        match accept().await {
            Ok(accepted) => return accepted,
            // The client was gone before it was accepted: its own affair.
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
            Err(error) => {
                recorder.record(Problem::new(format!("cannot accept a connection: {error}")));
                sleep(AFTER_ERROR).await;
            }
        }
    }
}

fn admit(server: &Arc<Shared>, socket: TcpStream, peer: SocketAddr) {
    let limit = server.options.max_connections;
    if server.tasks.len() >= limit {
        let why = format!("{limit} connections are open");
        server.recorder.record(Refused::new(peer.to_string(), why));
        return;
    }
    // Answers are written whole, so there is nothing that waiting could gather.
    let _best_effort = socket.set_nodelay(true);
    let origin = Origin::tcp(peer, socket.local_addr().ok());
    server.tasks.spawn(connection::serve(Arc::clone(server), socket, origin));
}

#[cfg(test)]
mod tests {
    use mock_base::{Journal, event};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_is_wrong_with_a_listener_is_recorded_and_passes() {
        let journal = Journal::new();
        let mut errors = vec![io::ErrorKind::ConnectionAborted, io::ErrorKind::OutOfMemory];
        let accept = || {
            let error = errors.pop();
            async move { error.map_or(Ok("a connection"), |kind| Err(kind.into())) }
        };
        assert_eq!(next(&journal.recorder("default"), accept).await, "a connection");
        let problems = journal.events().query(event::problem());
        let texts: Vec<_> = problems.iter().map(|problem| problem.text.as_str()).collect();
        assert_eq!(texts, ["cannot accept a connection: out of memory"]);
    }
}
