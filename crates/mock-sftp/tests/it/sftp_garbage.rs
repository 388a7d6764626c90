//! Whatever a client sends: it is answered with its id, or it ends the channel; what follows is never taken for what it
//! is not.

use bytes::BytesMut;
use mock_sftp::{
    MemFs, SessionError, Sftp,
    wire::{Call, Init, OpenFlags, Operation, Reply, Request, StatusCode},
};
use proptest::prelude::*;

use crate::sftp_client::Client;

fn frame(packet: &[u8]) -> Vec<u8> {
    let length = u32::try_from(packet.len()).unwrap();
    [&length.to_be_bytes(), packet].concat()
}

#[test]
fn init_comes_first_and_once() {
    let mut client = Client::connect(Sftp::new(MemFs::new()));
    let request = client.frame(Call::Stat { path: b"/" });
    assert_eq!(client.receive(&request), Err(SessionError::NotInitialised(Operation::Stat)));

    let mut client = Client::of(MemFs::new());
    let mut init = BytesMut::new();
    Init { version: 3, extensions: Vec::new() }.encode(&mut init);
    assert_eq!(client.receive(&init), Err(SessionError::InitialisedTwice));

    let mut client = Client::connect(Sftp::new(MemFs::new()));
    assert!(matches!(client.receive(&frame(b"\x01\0\0")), Err(SessionError::MalformedInit(_))));
}

#[test]
fn what_is_no_sftp_ends_the_channel() {
    let mut client = Client::connect(Sftp::new(MemFs::new()));
    let banner = client.receive(b"GET / HTTP/1.1\r\n");
    assert_eq!(banner, Err(SessionError::PacketTooLong(0x4745_5420)));
    let mut client = Client::of(MemFs::new());
    assert_eq!(client.receive(&[0, 4, 0, 1]), Err(SessionError::PacketTooLong(262_145)));
    let mut client = Client::of(MemFs::new());
    assert_eq!(client.receive(&frame(b"")), Err(SessionError::NoRequestId(0)));
    let mut client = Client::of(MemFs::new());
    assert_eq!(client.receive(&frame(b"\x11\0\0\0")), Err(SessionError::NoRequestId(4)));
}

#[test]
fn the_longest_packet_is_taken() {
    let fs = MemFs::new();
    let mut client = Client::of(fs.clone());
    let handle = client.open("/long", OpenFlags::WRITE | OpenFlags::CREATE);
    let data = vec![3; 262_144 - 29];
    assert_eq!(client.write(&handle, 0, &data), StatusCode::Ok);
    assert!(fs.read("/long").unwrap() == data);
}

#[test]
fn an_unknown_type_is_not_supported() {
    let mut client = Client::of(MemFs::new());
    for message_type in [0, 2, 21, 99, 101, 199, 201, 255] {
        let call = Call::Unknown { message_type, body: b"anything" };
        assert_eq!(client.status(call), StatusCode::OpUnsupported, "{message_type}");
    }
}

#[test]
fn a_body_that_is_too_short_is_a_bad_message() {
    let mut client = Client::of(MemFs::new());
    for message_type in (3..=20).chain([200]) {
        client.receive(&frame(&[message_type, 1, 2, 3, 4, 0, 0])).unwrap();
        let packet = client.packet();
        assert_eq!((packet.reply().id, packet.status()), (0x0102_0304, StatusCode::BadMessage));
    }
    // A write that says more data than it has.
    client.receive(&frame(b"\x06\0\0\0\x09\0\0\0\x01h\0\0\0\0\0\0\0\0\0\0\x01\0some")).unwrap();
    let packet = client.packet();
    assert_eq!((packet.reply().id, packet.status()), (9, StatusCode::BadMessage));
    let record = client.events().of::<mock_sftp::SftpOp>().pop().unwrap();
    assert_eq!((record.operation, record.status), (Operation::Write, Some(StatusCode::BadMessage)));
    assert_eq!(record.cause.unwrap().to_string(), "ends within the data");
}

/// Packets that are long enough to have an id, but are no init.
fn packets() -> impl Strategy<Value = Vec<Vec<u8>>> {
    let any_type = prop_oneof![3_u8..=20, Just(200), 2_u8..];
    let packet = (any_type, any::<u32>(), prop::collection::vec(any::<u8>(), 0..200));
    let packet = packet.prop_map(|(kind, id, body)| [&[kind][..], &id.to_be_bytes(), &body].concat());
    prop::collection::vec(packet, 1..20)
}

/// Requests that are well formed but for one byte.
fn nearly_right() -> impl Strategy<Value = Vec<u8>> {
    let handle = prop::collection::vec(any::<u8>(), 0..12);
    let path = "[a-c/.]{0,8}";
    let fields = (0..12, handle, path, any::<u64>(), any::<u32>(), any::<prop::sample::Index>(), any::<u8>());
    fields.prop_map(|(which, handle, path, offset, length, at, byte)| {
        let (handle, path) = (&handle[..], path.as_bytes());
        let flags = OpenFlags(length);
        let attributes = mock_sftp::wire::Attributes::default();
        let call = match which {
            0 => Call::Open { path, flags, attributes },
            1 => Call::Close { handle },
            2 => Call::Read { handle, offset, length },
            3 => Call::Write { handle, offset, data: path },
            4 => Call::SetStat { path, attributes },
            5 => Call::OpenDir { path },
            6 => Call::ReadDir { handle },
            7 => Call::MkDir { path, attributes },
            8 => Call::RealPath { path },
            9 => Call::Rename { from: path, to: b"/x" },
            10 => Call::SymLink { target: path, path: b"/y" },
            _ => Call::Remove { path },
        };
        let mut bytes = BytesMut::new();
        Request { id: length, call }.encode(&mut bytes);
        let mut packet = bytes[4..].to_vec();
        let at = at.index(packet.len() - 5) + 5;
        packet[at] = byte;
        packet
    })
}

/// Each packet is answered with its id, and the last one is understood.
fn all_are_answered(packets: &[Vec<u8>]) {
    let mut client = Client::of(MemFs::new());
    for packet in packets {
        client.receive(&frame(packet)).unwrap();
        client.run();
        let reply = client.packet();
        let id = u32::from_be_bytes(*packet[1..].first_chunk().unwrap());
        assert_eq!(Reply::decode(&reply.0).unwrap().id, id);
        assert!(client.next_packet().is_none());
    }
    assert_eq!(client.ask(Call::RealPath { path: b"/" }).path(), "/");
}

proptest! {
    #[test]
    fn garbage_within_packets_is_answered(packets in packets()) {
        all_are_answered(&packets);
    }

    #[test]
    fn what_is_nearly_right_is_answered(packets in prop::collection::vec(nearly_right(), 1..20)) {
        all_are_answered(&packets);
    }

    #[test]
    fn garbage_instead_of_packets_ends_the_channel_or_waits(
        garbage in prop::collection::vec(any::<u8>(), 0..2000),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut client = Client::of(MemFs::new());
        let (first, second) = garbage.split_at(cut.index(garbage.len() + 1));
        let held = client.receive(first).and_then(|_| client.receive(second)).map(|_| client.session.held());
        prop_assert!(held.is_ok_and(|held| held <= garbage.len()) || client.sink.sent.len() < 300 * 2000);
    }
}
