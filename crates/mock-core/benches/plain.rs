//! The smallest server that one would write by hand: it lets anybody in and answers every command alike. It records
//! nothing, checks nothing, and leaves its connections to themselves.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use mock_core::HostKey;
use russh::{
    Channel, ChannelId,
    server::{self, Auth, ChannelOpenHandle, Config, Msg, Session, run_stream},
};
use tokio::{net::TcpListener, task::AbortHandle};

use crate::ANSWER;

pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    accepting: AbortHandle,
}

impl Server {
    pub(crate) async fn start() -> Self {
        let config = Arc::new(Config {
            keys: vec![HostKey::ed25519().private_key().clone()],
            auth_rejection_time: Duration::ZERO,
            ..Config::default()
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let accepting = tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                socket.set_nodelay(true).unwrap();
                let config = Arc::clone(&config);
                tokio::spawn(async move { run_stream(config, socket, Anybody).await?.await });
            }
        });
        Self { address, accepting: accepting.abort_handle() }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

struct Anybody;

impl server::Handler for Anybody {
    type Error = russh::Error;

    async fn auth_none(&mut self, _: &str) -> Result<Auth, russh::Error> {
        Ok(Auth::Accept)
    }

    async fn channel_open_session(
        &mut self,
        _: Channel<Msg>,
        reply: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), russh::Error> {
        reply.accept().await;
        Ok(())
    }

    async fn exec_request(
        &mut self,
        channel: ChannelId,
        _: &[u8],
        session: &mut Session,
    ) -> Result<(), russh::Error> {
        session.channel_success(channel)?;
        session.data(channel, ANSWER.as_bytes())?;
        session.exit_status_request(channel, 0)?;
        session.eof(channel)?;
        session.close(channel)
    }
}
