//! A stall of files is the same in both protocols and over both file systems: nothing is sent any more, also when the client has
//! ended its data, until one of the two ends the channel.

use std::time::Duration;

use mock_core::event;
use mock_sftp::{
    Directory, FileSystem, MemFs, Scp, ScpCause, ScpEvents as _, Sftp, SftpEvents as _, scp_op, sftp_op,
    wire::{Attributes, Call, Init, OpenFlags, Operation, Request},
};
use russh::ChannelMsg;
use tokio::time::timeout;

use crate::channel::Lab;

const HOUR: Duration = Duration::from_secs(3600);

/// A client that is stalled by this fault.
async fn stalled(fault: &str, fs: impl FileSystem + Clone + 'static) -> Lab {
    let (sftp, scp) = (Sftp::new(fs.clone()), Scp::new(fs));
    let is_scp = fault.starts_with("scp");
    let faults = if is_scp { scp.faults() } else { sftp.faults() };
    faults.add(fault.parse().unwrap()).unwrap();
    let (says, command) = if is_scp { (UPLOAD.to_vec(), Some("scp -t .")) } else { (sftp_requests(), None) };
    let lab = Lab::saying(&says, command, sftp, scp).await;
    lab.server.events().wait_for(event::fault()).await.unwrap();
    lab
}

const UPLOAD: &[u8] = b"C0644 3 new\nabc\0";

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
        let mut stalled = stalled(fault, fs.clone()).await;
        while let Ok(message) = timeout(HOUR, stalled.channel.wait()).await {
            let message = message.unwrap();
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
