//! A strategy that lets anybody in, and a client that accepts any server.

use std::{sync::Arc, time::Duration};

use mock_core::{
    Attempt, Authenticator, Builder, LoginContext, LoginState, Method, Methods, MockSshServer, Verdict,
};
use russh::{
    Channel, ChannelMsg,
    client::{self, Handle, Msg},
    keys::PublicKeyOrCertificate,
};
use tokio::io::{AsyncRead, AsyncWrite};

/// How long a test waits for anything.
pub(crate) const SOON: Duration = Duration::from_secs(10);

/// Lets anybody in.
pub(crate) struct Anybody;

impl Authenticator for Anybody {
    fn begin(&self, _: &LoginContext<'_>) -> Box<dyn LoginState> {
        Box::new(Self)
    }
}

impl LoginState for Anybody {
    fn methods(&self) -> Methods {
        [Method::PublicKey, Method::Password].into()
    }

    fn attempt(&mut self, _: &Attempt<'_>) -> Verdict {
        Verdict::accept("anybody")
    }
}

pub(crate) fn open() -> Builder {
    MockSshServer::builder().auth(Anybody)
}

/// A client that takes any host key.
pub(crate) struct Trusting;

impl client::Handler for Trusting {
    type Error = russh::Error;

    async fn check_server_key(&mut self, _: &PublicKeyOrCertificate) -> Result<bool, russh::Error> {
        Ok(true)
    }
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
