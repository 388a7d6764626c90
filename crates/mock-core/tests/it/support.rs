//! A server that lets anybody in, and what a client does with it.

use std::{sync::Arc, time::Duration};

use mock_core::{Builder, MockSshServer};
use russh::{
    Channel, ChannelMsg,
    client::{self, Handle, Msg},
};
use tokio::io::{AsyncRead, AsyncWrite};

pub(crate) use crate::common::{Anybody, Trusting};

/// How long a test waits for anything.
pub(crate) const SOON: Duration = Duration::from_secs(10);

pub(crate) fn open() -> Builder {
    MockSshServer::builder().auth(Anybody)
}

pub(crate) async fn handshake<S>(stream: S) -> Handle<Trusting>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    client::connect_stream(Arc::new(client::Config::default()), stream, Trusting).await.unwrap()
}

/// A client that is logged in over an in-memory stream.
pub(crate) async fn login(server: &MockSshServer) -> Handle<Trusting> {
    let mut client = handshake(server.connect()).await;
    assert!(client.authenticate_none("anna").await.unwrap().success());
    client
}

/// What a command printed and how it ended.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Output {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) status: Option<u32>,
    pub(crate) signal: Option<String>,
}

/// Reads a channel to its end.
pub(crate) async fn drain(channel: &mut Channel<Msg>) -> Output {
    let mut output = Output::default();
    while let Some(message) = channel.wait().await {
        match message {
            ChannelMsg::Data { data } => output.stdout.push_str(&String::from_utf8_lossy(&data)),
            ChannelMsg::ExtendedData { data, .. } => output.stderr.push_str(&String::from_utf8_lossy(&data)),
            ChannelMsg::ExitStatus { exit_status } => output.status = Some(exit_status),
            ChannelMsg::ExitSignal { signal_name, .. } => output.signal = Some(format!("{signal_name:?}")),
            _ => {}
        }
    }
    output
}

pub(crate) async fn exec(client: &Handle<Trusting>, command: &str) -> Output {
    let mut channel = client.channel_open_session().await.unwrap();
    channel.exec(true, command).await.unwrap();
    drain(&mut channel).await
}

/// Waits until a channel request was answered, and says how.
pub(crate) async fn answered(channel: &mut Channel<Msg>) -> bool {
    loop {
        match channel.wait().await.expect("the channel is open") {
            ChannelMsg::Success => return true,
            ChannelMsg::Failure => return false,
            _ => {}
        }
    }
}
