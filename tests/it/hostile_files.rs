//! What is no SFTP and no SCP, from the length of a packet to its end: it is recorded, its channel ends without a status of success,
//! and the connection goes on as if nothing had been.

use mock_core::event;
use mock_sftp::{Directory, FileSystem, MemFs, Scp, Sftp};
use russh::ChannelMsg;

use crate::channel::Lab;

const INIT: &[u8] = b"\0\0\0\x05\x01\0\0\0\x03";

/// What a client says, after which command if not over SFTP, and what the journal says of it.
const CASES: [(&[u8], Option<&str>, &str); 8] = [
    (b"\x7f\xff\xff\xff\x01", None, "sftp: a packet of 2147483647 bytes, which is more than 256 KiB"),
    (b"SSH-2.0-what\r\n", None, "sftp: a packet of 1397966893 bytes, which is more than 256 KiB"),
    (b"\0\0\0\x0b\x11\0\0\0\x01\0\0\0\x02/a", None, "sftp: stat before init"),
    (b"\0\0\0\x03\x01\0\0", None, "sftp: malformed init"),
    (b"\0\0\0\x05\x01\0\0\0\x03\0\0\0\x05\x01\0\0\0\x03", None, "sftp: init a second time"),
    (b"\0\0\0\x05\x01\0\0\0\x03\0\0\0\x02\x11\0", None, "sftp: a packet of 2 bytes, which has no request id"),
    (b"\0\0\0\x05\x01\0\0\0\x03\0\0\0\x0b\x11\0\0\0\x01", None, "sftp: the data ended within a packet"),
    (b"C0644 what\n", Some("scp -t ."), "scp: size not present"),
];

async fn end(fs: impl FileSystem + Clone + 'static) {
    for (says, command, recorded) in CASES {
        let (sftp, scp) = (Sftp::new(fs.clone()), Scp::new(fs.clone()));
        let mut lab = Lab::saying(says, command, sftp, scp).await;
        while let Some(message) = lab.channel.wait().await {
            let fine = matches!(message, ChannelMsg::ExitStatus { exit_status: 0 });
            assert!(!fine, "{recorded}");
        }
        let events = lab.server.events();
        let problems: Vec<_> =
            events.query(event::problem()).iter().map(|problem| problem.text.clone()).collect();
        assert_eq!(problems, [recorded], "{}", events.timeline());

        let mut other = lab.client.channel_open_session().await.unwrap();
        other.exec(true, "uname").await.unwrap();
        let mut output = Vec::new();
        while let Some(message) = other.wait().await {
            if let ChannelMsg::Data { data } = message {
                output.extend_from_slice(&data);
            }
        }
        assert_eq!(output, b"REMOTE_OK:uname\n", "{recorded}");
        lab.server.shutdown().await.unwrap();
    }
}

#[tokio::test]
async fn in_memory() {
    end(MemFs::new()).await;
}

#[tokio::test]
async fn in_a_directory() {
    let place = tempfile::tempdir().unwrap();
    end(Directory::open(place.path()).unwrap()).await;
}

/// What can be answered is: with the id of the request, and what follows is understood.
#[tokio::test]
async fn what_has_an_id_is_answered() {
    let stat = b"\0\0\0\x0a\x11\0\0\0\x02\0\0\0\x01/";
    let unknown = b"\0\0\0\x05\xfe\0\0\0\x01";
    let short = b"\0\0\0\x07\x11\0\0\0\x03\0\0";
    let says = [INIT, unknown, stat, short].concat();
    let files = MemFs::new();
    let mut lab = Lab::saying(&says, None, Sftp::new(files.clone()), Scp::new(files)).await;
    let (mut sent, mut status) = (Vec::new(), None);
    while let Some(message) = lab.channel.wait().await {
        match message {
            ChannelMsg::Data { data } => sent.extend_from_slice(&data),
            ChannelMsg::ExitStatus { exit_status } => status = Some(exit_status),
            _ => {}
        }
    }
    let mut answers = Vec::new();
    while let Some((length, rest)) = sent.split_first_chunk() {
        let packet = &rest[..u32::from_be_bytes(*length) as usize];
        answers.push(packet[..9].to_vec());
        sent = rest[packet.len()..].to_vec();
    }
    let unsupported = *b"\x65\0\0\0\x01\0\0\0\x08";
    let bad_message = *b"\x65\0\0\0\x03\0\0\0\x05";
    assert_eq!(answers[1][..], unsupported);
    assert_eq!(answers[2][..5], *b"\x69\0\0\0\x02");
    assert_eq!((&answers[3][..], answers.len(), status), (&bad_message[..], 4, Some(0)));
    lab.server.shutdown().await.unwrap();
}
