//! A stall of files is the same in both protocols and over both file systems: nothing is sent any more, also when the client has
//! ended its data, until one of the two ends the channel.

use std::{sync::Arc, time::Duration};

use mock_auth::AcceptAny;
use mock_core::{MockSshServer, event};
use mock_sftp::{
    Directory, FileSystem, MemFs, Scp, ScpCause, ScpEvents as _, Sftp, SftpEvents as _, scp_op, sftp_op,
    wire::{Attributes, Call, Init, OpenFlags, Operation, Request},
};
use russh::{Channel, ChannelMsg, client};
use tokio::time::timeout;

use crate::one_journal::Trusting;

const HOUR: Duration = Duration::from_secs(3600);

/// A client with a channel, which has said its part and ended its data, and is about to be stalled.
struct Stalled {
    server: MockSshServer,
    _client: client::Handle<Trusting>,
    channel: Channel<client::Msg>,
}

impl Stalled {
    async fn by(fault: &str, fs: impl FileSystem + Clone + 'static) -> Self {
        let (sftp, scp) = (Sftp::new(fs.clone()), Scp::new(fs));
        let is_scp = fault.starts_with("scp");
        let faults = if is_scp { scp.faults().clone() } else { sftp.faults().clone() };
        faults.add(fault.parse().unwrap()).unwrap();
        let rule = mock_core::Exec::on(mock_sftp::scp_command()).run(scp);
        let server = MockSshServer::builder().auth(AcceptAny).subsystem("sftp", sftp).exec(rule);
        let server = server.start_in_memory().unwrap();
        let mut client = client::connect_stream(Arc::default(), server.connect(), Trusting).await.unwrap();
        assert!(client.authenticate_password("anna", "").await.unwrap().success());
        let channel = client.channel_open_session().await.unwrap();
        if is_scp {
            channel.exec(true, "scp -t .").await.unwrap();
            channel.data(&b"C0644 3 new\nabc\0"[..]).await.unwrap();
        } else {
            channel.request_subsystem(true, "sftp").await.unwrap();
            channel.data(&sftp_requests()[..]).await.unwrap();
        }
        channel.eof().await.unwrap();
        server.events().wait_for(event::fault()).await.unwrap();
        Self { server, _client: client, channel }
    }

    /// Takes what the client was sent, until nothing more comes for an hour.
    async fn messages(&mut self) -> Vec<ChannelMsg> {
        let mut messages = Vec::new();
        while let Ok(message) = timeout(HOUR, self.channel.wait()).await {
            messages.push(message.unwrap());
        }
        messages
    }
}

/// An open, whose handle stays open, and a stat.
fn sftp_requests() -> Vec<u8> {
    let mut bytes = bytes::BytesMut::new();
    Init { version: 3, extensions: Vec::new() }.encode(&mut bytes);
    let flags = OpenFlags::WRITE | OpenFlags::CREATE;
    let open = Call::Open { path: b"/new", flags, attributes: Attributes::default() };
    Request { id: 1, call: open }.encode(&mut bytes);
    Request { id: 2, call: Call::Stat { path: b"/new" } }.encode(&mut bytes);
    bytes.to_vec()
}

/// Nothing more comes, whatever is waited for; then the client closes the channel, or the server is stopped.
async fn stalls(fault: &str, fs: impl FileSystem + Clone + 'static) {
    for closes in [true, false] {
        let mut stalled = Stalled::by(fault, fs.clone()).await;
        for message in stalled.messages().await {
            let before = matches!(
                message,
                ChannelMsg::Success | ChannelMsg::WindowAdjusted { .. } | ChannelMsg::Data { .. }
            );
            assert!(before, "{fault}: {message:?}");
        }
        let events = stalled.server.events();
        assert_eq!(events.count(event::channel_closed()), 0, "{fault}");
        if closes {
            stalled.channel.close().await.unwrap();
            events.wait_for(event::channel_closed()).await.unwrap();
        }
        stalled.server.shutdown().await.unwrap();
        assert_eq!((events.count(event::exit()), events.count(event::problem())), (0, 0), "{fault}");
        if fault.starts_with("sftp") {
            let closed = events.first(sftp_op().operation(Operation::Close)).unwrap();
            assert_eq!(closed.cause, Some(mock_sftp::Cause::ChannelEnded), "{}", events.timeline());
            assert_eq!(events.sftp_ops().len(), 3, "{}", events.timeline());
        } else {
            let cause = (fault != "scp upload: silence").then_some(ScpCause::ChannelEnded);
            assert_eq!(events.first(scp_op()).unwrap().cause, cause, "{}", events.timeline());
            assert_eq!(events.scp_ops().len(), 1);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn in_memory() {
    for fault in ["sftp stat: stall", "scp upload: stall after 2", "scp upload: stall", "scp upload: silence"]
    {
        stalls(fault, MemFs::new()).await;
    }
}

#[tokio::test(start_paused = true)]
async fn in_a_directory() {
    let place = tempfile::tempdir().unwrap();
    for fault in ["sftp stat: stall", "scp upload: stall after 2", "scp upload: stall", "scp upload: silence"]
    {
        stalls(fault, Directory::open(place.path()).unwrap()).await;
    }
}
