//! What can be at the far end of a forwarded connection, within this process.

use std::sync::{Arc, Weak};

use bytes::Bytes;
use mock_base::Delay;
use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt as _, copy_bidirectional_with_sizes},
    time::sleep,
};

use crate::{BoxFuture, ChannelStream, Connect, ForwardRequest, OpenFailure, server::Shared};

/// As much as a packet carries.
const BUFFER: usize = 32 * 1024;

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
        Box::pin(join(request.accept(), there))
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

/// Copies in both directions until both have ended, or one has failed: then the other has nobody to go to.
pub(super) async fn join<S: AsyncRead + AsyncWrite + Unpin>(mut near: ChannelStream, mut far: S) {
    let _ended = copy_bidirectional_with_sizes(&mut near, &mut far, BUFFER, BUFFER).await;
}
