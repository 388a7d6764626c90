//! The smallest server that one would write by hand with russh and russh-sftp, over the same file system: with a thread
//! for each core, as `#[tokio::main]` makes them, and on one thread, as ours is.

use std::{sync::Arc, time::Duration};

use mock_core::HostKey;
use mock_sftp::{MemFs, Sftp};
use russh::{
    Channel, ChannelId,
    server::{self, Auth, ChannelOpenHandle, Config, Msg, Session, VerifiedPublicKey, run_stream},
};
use tokio::net::TcpListener;

use crate::process::announce;

#[tokio::main]
pub(crate) async fn serve() {
    run().await;
}

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn serve_on_one_thread() {
    run().await;
}

async fn run() {
    let config = Arc::new(Config {
        keys: vec![HostKey::ed25519().private_key().clone()],
        auth_rejection_time: Duration::ZERO,
        ..Config::default()
    });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    announce(listener.local_addr().unwrap());
    let sftp = Sftp::new(MemFs::new());
    loop {
        let (socket, _) = listener.accept().await.unwrap();
        socket.set_nodelay(true).unwrap();
        let (config, connection) = (Arc::clone(&config), Connection { sftp: sftp.clone(), channel: None });
        tokio::spawn(async move { run_stream(config, socket, connection).await?.await });
    }
}

struct Connection {
    sftp: Sftp,
    channel: Option<Channel<Msg>>,
}

impl server::Handler for Connection {
    type Error = russh::Error;

    async fn auth_publickey(&mut self, _: &str, _: VerifiedPublicKey<'_>) -> Result<Auth, russh::Error> {
        Ok(Auth::Accept)
    }

    async fn channel_open_session(
        &mut self,
        channel: Channel<Msg>,
        reply: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), russh::Error> {
        self.channel = Some(channel);
        reply.accept().await;
        Ok(())
    }

    async fn subsystem_request(
        &mut self,
        id: ChannelId,
        _: &str,
        session: &mut Session,
    ) -> Result<(), russh::Error> {
        let Some(channel) = self.channel.take() else { return session.channel_failure(id) };
        session.channel_success(id)?;
        russh_sftp::server::run(channel.into_stream(), self.sftp.session("root")).await;
        Ok(())
    }
}
