//! What can be at the far end of a forwarded connection, within this process.

use std::sync::{Arc, Weak};

use bytes::Bytes;
use mock_base::Delay;
use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt as _},
    time::sleep,
};

use crate::{BoxFuture, Connect, ForwardRequest, OpenFailure, server::Shared};

/// What sets the delays of forwarded connections apart from other draws of a connection.
const DELAYS: u64 = 0x_666f_7277;

/// Whatever is sent comes back.
pub(super) struct Echo;

impl Connect for Echo {
    fn connect(&self, request: ForwardRequest) -> BoxFuture<()> {
        let (mut reader, writer) = request.accept().split();
        Box::pin(async move {
            while let Some(bytes) = reader.read().await {
                if writer.send(bytes).await.is_err() {
                    return;
                }
            }
        })
    }
}

/// The same bytes for everybody.
pub(super) struct Canned(pub(super) Bytes);

impl Connect for Canned {
    fn connect(&self, request: ForwardRequest) -> BoxFuture<()> {
        let (mut stream, bytes) = (request.accept(), self.0.clone());
        Box::pin(async move {
            if stream.send(bytes).await.is_ok() && stream.shutdown().await.is_ok() {
                while stream.read().await.is_some() {}
            }
        })
    }
}

/// Nobody: the connection is refused.
pub(super) struct Nothing {
    pub(super) reason: OpenFailure,
    pub(super) text: String,
}

impl Connect for Nothing {
    fn connect(&self, request: ForwardRequest) -> BoxFuture<()> {
        request.refuse(self.reason, self.text.clone());
        Box::pin(async {})
    }
}

/// Another mock server. Weak, because two servers may forward to each other.
#[derive(Debug, Clone)]
pub(super) struct Server(Weak<Shared>);

impl Server {
    pub(super) fn new(server: &Arc<Shared>) -> Self {
        Self(Arc::downgrade(server))
    }

    /// The server, while it takes connections.
    pub(super) fn running(&self) -> Option<Arc<Shared>> {
        self.0.upgrade().filter(|server| !server.stop.is_cancelled())
    }
}

impl Connect for Server {
    fn connect(&self, request: ForwardRequest) -> BoxFuture<()> {
        let Some(server) = self.running() else {
            request.refuse(OpenFailure::ConnectFailed, "Connection refused");
            return Box::pin(async {});
        };
        let connection = request.connection();
        let mut via = connection.via().to_vec();
        via.push(connection.recorder().server().to_string());
        let there = server.connect(via);
        Box::pin(serve(request, there))
    }
}

/// Answers later.
pub(super) struct Delayed {
    pub(super) delay: Delay,
    pub(super) to: Arc<dyn Connect>,
}

impl Connect for Delayed {
    fn connect(&self, request: ForwardRequest) -> BoxFuture<()> {
        let connection = request.connection();
        let mut rng = connection.seed().rng(&[connection.number(), request.channel().into(), DELAYS]);
        let (delay, to) = (self.delay.sample(&mut rng), Arc::clone(&self.to));
        Box::pin(async move {
            sleep(delay).await;
            to.connect(request).await;
        })
    }
}

/// Accepts the request, and copies in both directions.
///
/// In a task of its own, because what serves a channel is dropped when the client closes it, and what the client sent
/// before is still to arrive.
pub(super) async fn serve<S>(request: ForwardRequest, far: S)
where
    S: AsyncRead + AsyncWrite + Send + 'static,
{
    let surroundings = request.surroundings();
    let _ended = surroundings.spawn(request.accept().join(far)).await;
}
