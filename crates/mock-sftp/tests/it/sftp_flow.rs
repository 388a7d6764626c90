//! How bytes become requests: cut anywhere, sent ahead, held back for want of room, answered in order.

use bytes::BytesMut;
use mock_sftp::{
    MemFs, Progress, SessionError,
    wire::{Answer, Attributes, Call, OpenFlags, StatusCode},
};
use proptest::prelude::*;

use crate::sftp_client::Client;

fn a_file() -> MemFs {
    let content: Vec<u8> = (0..100_000_u32).map(|byte| byte.to_le_bytes()[0]).collect();
    MemFs::builder().file("/file", content).build().unwrap()
}

/// A conversation as bytes: opens are the first two requests, so their handles are known beforehand.
fn conversation(client: &mut Client) -> BytesMut {
    let read = client.open("/file", OpenFlags::READ);
    let write = client.open("/new", OpenFlags::WRITE | OpenFlags::CREATE);
    let append = client.open("/log", OpenFlags::WRITE | OpenFlags::CREATE | OpenFlags::APPEND);
    let data: Vec<u8> = (0..40_000_u32).map(|byte| byte.to_le_bytes()[0] ^ 0x55).collect();
    let mut bytes = BytesMut::new();
    for call in [
        Call::Read { handle: &read, offset: 10, length: 1000 },
        Call::Write { handle: &write, offset: 0, data: &data },
        Call::Stat { path: b"/new" },
        Call::Write { handle: &write, offset: 40_000, data: b"" },
        Call::Write { handle: &append, offset: 0, data: &data[..300] },
        Call::Write { handle: b"unknown!", offset: 0, data: &data[..300] },
        Call::Write { handle: &read, offset: 0, data: &data[..300] },
        Call::Unknown { message_type: 77, body: &data[..50] },
        Call::Write { handle: &write, offset: 1 << 63, data: &data[..3000] },
        Call::Write { handle: &write, offset: 39_999, data: b"the end" },
        Call::FStat { handle: &write },
        Call::Close { handle: &write },
        Call::Close { handle: &append },
    ] {
        bytes.extend_from_slice(&client.frame(call));
    }
    bytes
}

/// What is answered when the bytes arrive in these pieces, and what is then in the files.
fn outcome(cuts: &[usize]) -> (Vec<u8>, Vec<u8>, Vec<u8>) {
    let fs = MemFs::builder()
        .time(std::time::UNIX_EPOCH)
        .file("/file", a_file().read("/file").unwrap())
        .build()
        .unwrap();
    let mut client = Client::of(fs.clone());
    let bytes = conversation(&mut client);
    let mut cuts: Vec<_> = cuts.iter().map(|cut| cut % bytes.len()).collect();
    cuts.sort_unstable();
    cuts.push(bytes.len());
    let mut start = 0;
    for end in cuts {
        client.receive(&bytes[start..end]).unwrap();
        start = end;
    }
    assert_eq!(client.session.held(), 0);
    let file = |path| fs.read(path).unwrap().to_vec();
    (client.sink.sent.to_vec(), file("/new"), file("/log"))
}

proptest! {
    #[test]
    fn packets_may_be_cut_anywhere(cuts in prop::collection::vec(any::<usize>(), 0..20)) {
        prop_assert!(outcome(&cuts) == outcome(&[]));
    }
}

#[test]
fn packets_may_come_byte_by_byte() {
    let cuts: Vec<_> = (0..45_000).collect();
    assert!(outcome(&cuts) == outcome(&[]));
}

#[test]
fn requests_wait_for_room_and_all_are_answered_in_order() {
    let mut client = Client::of(a_file());
    let handle = client.open("/file", OpenFlags::READ);
    let mut frames = BytesMut::new();
    let requests = 1000_u64;
    for number in 0..requests {
        frames.extend_from_slice(&client.frame(Call::Read {
            handle: &handle,
            offset: number,
            length: 32_768,
        }));
    }
    // Nobody takes a reply while all are asked for.
    for piece in frames.chunks(10_000) {
        client.receive(piece).unwrap();
    }
    let unanswered = client.session.held();
    assert!(client.sink.sent.len() <= 1 << 20);
    assert!(unanswered > 30_000 && unanswered < frames.len(), "{unanswered}");

    let mut answered = 0;
    while answered < requests {
        while let Some(packet) = client.next_packet() {
            let Answer::Data(data) = packet.reply().answer else { panic!("{packet:?}") };
            assert_eq!((data.len(), data[0]), (32_768, answered.to_le_bytes()[0]));
            answered += 1;
        }
        client.session.resume(&mut client.sink).unwrap();
    }
    assert_eq!(client.session.held(), 0);
    assert_eq!(client.status(Call::Close { handle: &handle }), StatusCode::Ok);
}

#[test]
fn a_write_may_wait_for_room_as_well() {
    let fs = a_file();
    let mut client = Client::of(fs.clone());
    let read = client.open("/file", OpenFlags::READ);
    let write = client.open("/new", OpenFlags::WRITE | OpenFlags::CREATE);
    let data = vec![9; 50_000];
    let mut frames = BytesMut::new();
    for _ in 0..40 {
        frames.extend_from_slice(&client.frame(Call::Read { handle: &read, offset: 0, length: 100_000 }));
    }
    frames.extend_from_slice(&client.frame(Call::Write { handle: &write, offset: 0, data: &data }));
    for piece in frames.chunks(1000) {
        client.receive(piece).unwrap();
    }
    assert_eq!(fs.read("/new").unwrap().len(), 0);
    let mut answered = 0;
    while answered < 41 {
        while client.next_packet().is_some() {
            answered += 1;
        }
        client.session.resume(&mut client.sink).unwrap();
    }
    assert!(fs.read("/new").unwrap() == data[..]);
}

#[test]
fn data_of_a_write_do_not_wait_for_the_rest() {
    let fs = MemFs::new();
    let mut client = Client::of(fs.clone());
    let handle = client.open("/new", OpenFlags::WRITE | OpenFlags::CREATE);
    let frame = client.frame(Call::Write { handle: &handle, offset: 0, data: &vec![1; 200_000] });
    client.receive(&frame[..150_000]).unwrap();
    assert_eq!(client.session.held(), 0);
    assert_eq!(fs.metadata("/new").unwrap().size, 150_000 - 33);
    assert!(client.sink.sent.is_empty());
    client.receive(&frame[150_000..]).unwrap();
    assert_eq!(client.packet().status(), StatusCode::Ok);
}

#[test]
fn the_end_of_the_data_waits_for_the_last_reply() {
    let mut client = Client::of(a_file());
    let handle = client.open("/file", OpenFlags::READ);
    for _ in 0..20 {
        let frame = client.frame(Call::Read { handle: &handle, offset: 0, length: 100_000 });
        client.receive(&frame).unwrap();
    }
    assert_eq!(client.session.eof(&mut client.sink), Ok(Progress::Continue));
    let mut answered = 0;
    loop {
        while client.next_packet().is_some() {
            answered += 1;
        }
        if client.session.resume(&mut client.sink).unwrap() == Progress::Finished {
            break;
        }
    }
    while client.next_packet().is_some() {
        answered += 1;
    }
    assert_eq!(answered, 20);
}

#[test]
fn the_end_within_a_packet_is_an_error() {
    let mut client = Client::of(a_file());
    let frame = client.frame(Call::Stat { path: b"/" });
    client.receive(&frame[..10]).unwrap();
    assert_eq!(client.session.eof(&mut client.sink), Err(SessionError::CutOff));

    let mut client = Client::of(a_file());
    let handle = client.open("/new", OpenFlags::WRITE | OpenFlags::CREATE);
    let frame = client.frame(Call::Write { handle: &handle, offset: 0, data: &[1; 1000] });
    client.receive(&frame[..500]).unwrap();
    assert_eq!(client.session.eof(&mut client.sink), Err(SessionError::CutOff));

    let mut client = Client::of(a_file());
    assert_eq!(client.session.eof(&mut client.sink), Ok(Progress::Finished));
}

#[test]
fn an_append_is_never_split() {
    let fs = MemFs::new();
    let flags = OpenFlags::WRITE | OpenFlags::CREATE | OpenFlags::APPEND;
    let mut anna = Client::of(fs.clone());
    let mut berta = Client::of(fs.clone());
    let handle = anna.open("/log", flags);
    let frame = anna.frame(Call::Write { handle: &handle, offset: 0, data: b"aaaaaaaa" });
    anna.receive(&frame[..frame.len() - 4]).unwrap();
    let handle = berta.open("/log", flags);
    assert_eq!(berta.write(&handle, 0, b"bbbb"), StatusCode::Ok);
    anna.receive(&frame[frame.len() - 4..]).unwrap();
    assert_eq!(fs.read("/log").unwrap(), "bbbbaaaaaaaa");
}

#[test]
fn what_later_drafts_add_is_ignored() {
    let fs = MemFs::new();
    let mut client = Client::of(fs.clone());
    let handle = client.open("/new", OpenFlags::WRITE | OpenFlags::CREATE);
    for call in [
        Call::Write { handle: &handle, offset: 0, data: b"data" },
        Call::RealPath { path: b"/" },
        Call::MkDir { path: b"/d", attributes: Attributes::default() },
    ] {
        let mut frame = client.frame(call);
        frame.extend_from_slice(b"more");
        let length = u32::try_from(frame.len() - 4).unwrap();
        frame[..4].copy_from_slice(&length.to_be_bytes());
        let (first, second) = frame.split_at(frame.len() - 2);
        client.receive(first).unwrap();
        client.receive(second).unwrap();
        let packet = client.packet();
        assert!(!matches!(packet.reply().answer, Answer::Status { code, .. } if code != StatusCode::Ok));
    }
    assert_eq!(fs.read("/new").unwrap(), "data");
}

#[test]
fn a_session_that_does_nothing_is_small() {
    // All that it owns beyond this grows on use: a map of handles and what was received of a packet.
    assert!(size_of::<mock_sftp::SftpSession>() < 1024);
}
