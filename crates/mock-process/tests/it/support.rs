//! A server that lets anybody in and runs programs of the host, a client for it, and what a program answered.

use std::{future::Future, sync::Arc, time::Duration};

use mock_core::{
    Attempt, Authenticator, Credential, Exec, LoginContext, LoginState, Method, Methods, MockSshServer,
    Program, Verdict, any, event,
};
use mock_process::{Ended, HostProcess, Started};
use russh::{Channel, ChannelMsg, Sig, client, keys::PublicKeyOrCertificate};

/// No test needs this long; one that hangs fails.
const DEADLINE: Duration = Duration::from_secs(20);

/// Lets in whoever asks.
#[derive(Debug)]
struct Anybody;

impl Authenticator for Anybody {
    fn begin(&self, _: &LoginContext<'_>) -> Box<dyn LoginState> {
        Box::new(Self)
    }
}

impl LoginState for Anybody {
    fn methods(&self) -> Methods {
        Methods::from([Method::Password])
    }

    fn attempt(&mut self, attempt: &Attempt<'_>) -> Verdict {
        match attempt.credential {
            Credential::None => Verdict::accept("anybody"),
            _ => Verdict::reject("not needed"),
        }
    }
}

/// A server that runs this program for each command.
pub(crate) fn server(program: impl Program + 'static) -> MockSshServer {
    MockSshServer::builder()
        .auth(Anybody)
        .exec(Exec::on(any()).run(program))
        .shell(HostProcess::login_shell().env("SHELL", "/bin/sh"))
        .start_in_memory()
        .unwrap()
}

/// A server that runs the commands that clients send.
pub(crate) fn sh() -> MockSshServer {
    server(HostProcess::command())
}

#[derive(Debug)]
pub(crate) struct AnyHost;

impl client::Handler for AnyHost {
    type Error = russh::Error;

    async fn check_server_key(&mut self, _: &PublicKeyOrCertificate) -> Result<bool, Self::Error> {
        Ok(true)
    }
}

pub(crate) type Client = client::Handle<AnyHost>;

pub(crate) async fn connect(server: &MockSshServer) -> Client {
    connect_with(server, client::Config::default()).await
}

pub(crate) async fn connect_with(server: &MockSshServer, config: client::Config) -> Client {
    let mut client = client::connect_stream(Arc::new(config), server.connect(), AnyHost).await.unwrap();
    assert!(client.authenticate_none("anna").await.unwrap().success());
    client
}

/// How a program ended, as the client was told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum End {
    Status(u32),
    Signal(String),
}

/// What a program answered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Output {
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: Vec<u8>,
    pub(crate) end: Option<End>,
}

impl Output {
    /// Standard output as text.
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.stdout).unwrap()
    }

    pub(crate) fn status(&self) -> u32 {
        match &self.end {
            Some(End::Status(status)) => *status,
            other => panic!("no exit status: {other:?}, {self:?}"),
        }
    }
}

/// A channel on which a command runs.
pub(crate) async fn exec(client: &Client, command: impl Into<Vec<u8>>) -> Channel<client::Msg> {
    let channel = client.channel_open_session().await.unwrap();
    channel.exec(true, command).await.unwrap();
    channel
}

/// Runs a command without input.
pub(crate) async fn run(client: &Client, command: impl Into<Vec<u8>>) -> Output {
    let channel = exec(client, command).await;
    channel.eof().await.unwrap();
    output(channel).await
}

/// Everything up to the end of the channel.
pub(crate) async fn output(mut channel: Channel<client::Msg>) -> Output {
    let mut output = Output::default();
    while let Some(message) = soon(channel.wait()).await {
        take(&mut output, message);
    }
    output
}

/// Everything up to the first time that standard output ends like this.
pub(crate) async fn output_until(channel: &mut Channel<client::Msg>, end: &str) -> Output {
    let mut output = Output::default();
    while !output.stdout.ends_with(end.as_bytes()) {
        match soon(channel.wait()).await {
            Some(message) => take(&mut output, message),
            None => panic!("the channel ended after {output:?}"),
        }
    }
    output
}

pub(crate) fn take(output: &mut Output, message: ChannelMsg) {
    match message {
        ChannelMsg::Data { data } => output.stdout.extend(&data),
        ChannelMsg::ExtendedData { data, ext: 1 } => output.stderr.extend(&data),
        ChannelMsg::ExitStatus { exit_status } => output.end = Some(End::Status(exit_status)),
        ChannelMsg::ExitSignal { signal_name, .. } => output.end = Some(End::Signal(name(&signal_name))),
        ChannelMsg::Failure => panic!("a request was refused"),
        _ => {}
    }
}

fn name(signal: &Sig) -> String {
    match signal {
        Sig::Custom(name) => name.clone(),
        named => format!("{named:?}"),
    }
}

/// Awaits this, but not for ever.
pub(crate) async fn soon<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(DEADLINE, what).await.unwrap_or_else(|_| panic!("not within {DEADLINE:?}"))
}

/// The process that the server started first.
pub(crate) async fn started(server: &MockSshServer) -> Started {
    let any = event::operation::<Started>();
    server.events().wait_for(any).within(DEADLINE).await.unwrap().payload
}

/// Waits until this process is reaped.
pub(crate) async fn ended(server: &MockSshServer, pid: u32) -> Ended {
    let this_one = event::operation::<Ended>().filter(move |ended| ended.pid == pid);
    server.events().wait_for(this_one).within(DEADLINE).await.unwrap().payload
}
