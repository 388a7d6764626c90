//! A server with files, in memory, and one channel of a client that says something and ends its data.

use std::sync::Arc;

use mock_auth::AcceptAny;
use mock_core::{Exec, MockSshServer};
use mock_sftp::{Scp, Sftp, scp_command};
use russh::{Channel, client};

use crate::one_journal::Trusting;

pub(crate) struct Lab {
    pub(crate) server: MockSshServer,
    pub(crate) client: client::Handle<Trusting>,
    pub(crate) channel: Channel<client::Msg>,
}

impl Lab {
    /// Says this over SFTP, or to this command.
    pub(crate) async fn saying(says: &[u8], command: Option<&str>, sftp: Sftp, scp: Scp) -> Self {
        let rule = Exec::on(scp_command()).run(scp);
        let server = MockSshServer::builder().auth(AcceptAny).subsystem("sftp", sftp).exec(rule);
        let server = server.exec(Exec::echo()).start_in_memory().unwrap();
        let mut client = client::connect_stream(Arc::default(), server.connect(), Trusting).await.unwrap();
        assert!(client.authenticate_password("anna", "").await.unwrap().success());
        let channel = client.channel_open_session().await.unwrap();
        match command {
            Some(command) => channel.exec(true, command).await.unwrap(),
            None => channel.request_subsystem(true, "sftp").await.unwrap(),
        }
        channel.data(says).await.unwrap();
        channel.eof().await.unwrap();
        Self { server, client, channel }
    }
}
