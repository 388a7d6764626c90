//! A channel and another stream, joined: what comes on one goes out on the other.

use std::{io, time::Duration};

use bytes::BytesMut;
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, split},
    time::sleep,
    try_join,
};
use tokio_util::sync::CancellationToken;

use super::{ChannelStream, Stdin, Stdout};

/// As much as a packet carries, and what is worth reading into.
const BUFFER: usize = 32 * 1024;
const LEAST: usize = 4 * 1024;

/// How long what a client sent may wait to be taken once the channel is closed.
const PATIENCE: Duration = Duration::from_secs(1);

impl ChannelStream {
    /// Copies to and from another stream, a socket say, until both directions have ended, one has failed, or the channel is
    /// closed.
    ///
    /// What the client sent before it closed the channel still arrives, as far as this is not dropped before. What serves a
    /// channel that a client opened is ([`Connect`](crate::Connect)); there a task of its own waits for the rest.
    ///
    /// ```
    /// use mock_core::{ChannelStream, Forward, any};
    /// use tokio::net::TcpStream;
    ///
    /// // Whatever clients ask for is what the test runs.
    /// let rule = Forward::to(any()).connect(async |stream: ChannelStream| {
    ///     if let Ok(socket) = TcpStream::connect("127.0.0.1:5432").await {
    ///         let _ended = tokio::spawn(stream.join(socket)).await;
    ///     }
    /// });
    /// # let _ = rule;
    /// ```
    pub async fn join<S: AsyncRead + AsyncWrite>(self, far: S) {
        let over = self.over();
        let (from_client, to_client) = self.split();
        let (from_far, to_far) = split(far);
        let up = async {
            let copied = over.run_until_cancelled(fetch(from_far, to_client)).await;
            copied.unwrap_or(Ok(()))
        };
        // Where one direction fails, the other has nobody to go to.
        let _failed = try_join!(deliver(from_client, to_far, &over), up);
    }
}

async fn deliver(
    mut client: Stdin,
    mut far: impl AsyncWrite + Unpin,
    over: &CancellationToken,
) -> io::Result<()> {
    let delivered = async {
        while let Some(bytes) = client.read().await {
            far.write_all(&bytes).await?;
        }
        far.shutdown().await
    };
    let too_late = async {
        over.cancelled().await;
        sleep(PATIENCE).await;
    };
    tokio::select! {
        biased;
        delivered = delivered => delivered,
        () = too_late => Err(io::ErrorKind::TimedOut.into()),
    }
}

async fn fetch(mut far: impl AsyncRead + Unpin, client: Stdout) -> io::Result<()> {
    let mut buffer = BytesMut::new();
    loop {
        // Short pieces share a buffer.
        if buffer.capacity() < LEAST {
            buffer.reserve(BUFFER);
        }
        if far.read_buf(&mut buffer).await? == 0 {
            return client.end().await;
        }
        client.send(buffer.split().freeze()).await?;
    }
}
