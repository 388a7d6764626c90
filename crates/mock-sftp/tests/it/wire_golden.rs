//! Every message against bytes that were written down from the draft: decoded, compared, encoded again.

use bytes::{Bytes, BytesMut};
use mock_sftp::wire::{
    Answer, Attributes, Call, DecodeError, Explanation, ExtendedCall, Init, Limits, Name, NamesById,
    OpenFlags, Owner, Reply, Request, StatVfs, StatusCode, Times, Version,
};

macro_rules! golden {
    ($name:literal) => {
        golden(include_str!(concat!("../golden/", $name, ".hex")))
    };
}

const ID: u32 = 0x0102_0304;
const HANDLE: &[u8] = &[0xa1, 0xb2, 0xc3, 0xd4, 0, 0, 0, 1];
const PATH: &[u8] = b"/home/anna/a b";

/// Hexadecimal text with comments, as bytes.
fn golden(text: &str) -> Vec<u8> {
    let digits: Vec<u32> = text
        .lines()
        .flat_map(|line| line.split('#').next().unwrap().chars())
        .filter(|character| !character.is_whitespace())
        .map(|digit| digit.to_digit(16).unwrap())
        .collect();
    digits.chunks(2).map(|pair| u8::try_from(pair[0] * 16 + pair[1]).unwrap()).collect()
}

/// The packet, after a look at its length.
fn packet(frame: &[u8]) -> &[u8] {
    let (length, packet) = frame.split_first_chunk().unwrap();
    assert_eq!(u32::from_be_bytes(*length) as usize, packet.len());
    packet
}

fn encoded(encode: impl FnOnce(&mut BytesMut)) -> Vec<u8> {
    let mut out = BytesMut::new();
    encode(&mut out);
    out.to_vec()
}

#[track_caller]
fn request(bytes: &[u8], call: Call<'_>) {
    let request = Request { id: ID, call };
    assert_eq!(Request::decode(packet(bytes)).unwrap(), request);
    assert_eq!(encoded(|out| request.encode(out)), bytes);
    for end in 5..packet(bytes).len() {
        // Cut off anywhere it is refused, unless what is cut off means nothing.
        let cut = Request::decode(&packet(bytes)[..end]);
        let shorter = matches!(
            cut.as_ref().map(|request| &request.call),
            Ok(Call::Unknown { .. } | Call::Extended(ExtendedCall::Unknown { .. }))
        );
        assert!(shorter || matches!(cut, Err(DecodeError::Truncated(_))), "{end}: {cut:?}");
        assert_eq!(Request::id_of(&packet(bytes)[..end]), Some(ID));
    }
}

#[track_caller]
fn extended(bytes: &[u8], call: ExtendedCall<'_>) {
    request(bytes, Call::Extended(call));
}

#[track_caller]
fn reply(bytes: &[u8], answer: Answer<'_>) {
    let reply = Reply { id: ID, answer };
    assert_eq!(Reply::decode(packet(bytes)).unwrap(), reply);
    assert_eq!(encoded(|out| reply.encode(out)), bytes);
}

fn attributes() -> Attributes {
    Attributes {
        size: Some(0x1_0000_0005),
        owner: Some(Owner { user: 1000, group: 100 }),
        permissions: Some(0o100_644),
        times: Some(Times { accessed: 1, modified: 2 }),
        extended: Vec::new(),
    }
}

#[test]
fn beginnings() {
    for (bytes, version, extensions) in
        [(golden!("init"), 3, vec![]), (golden!("init_extended"), 6, vec![(&b"vendor-id"[..], &b"x"[..])])]
    {
        let init = Init { version, extensions };
        assert_eq!(Init::decode(packet(&bytes)).unwrap(), init);
        assert_eq!(encoded(|out| init.encode(out)), bytes);
    }
    let bytes = golden!("version");
    let extensions = vec![(&b"posix-rename@openssh.com"[..], &b"1"[..]), (b"statvfs@openssh.com", b"2")];
    let version = Version { version: 3, extensions };
    assert_eq!(Version::decode(packet(&bytes)).unwrap(), version);
    assert_eq!(encoded(|out| version.encode(out)), bytes);
    assert_eq!(Init::decode(packet(&bytes)), Err(DecodeError::Unexpected(2)));
    assert_eq!(Reply::decode(packet(&golden!("open"))), Err(DecodeError::Unexpected(3)));
}

#[test]
fn requests_for_files() {
    let write = OpenFlags::WRITE | OpenFlags::CREATE | OpenFlags::TRUNCATE;
    let mode = Attributes { permissions: Some(0o640), ..Attributes::default() };
    request(&golden!("open"), Call::Open { path: PATH, flags: write, attributes: mode });
    request(&golden!("close"), Call::Close { handle: HANDLE });
    request(&golden!("read"), Call::Read { handle: HANDLE, offset: 1 << 32, length: 32_768 });
    request(&golden!("write"), Call::Write { handle: HANDLE, offset: 5, data: b"\0\xffdata" });
    request(&golden!("fstat"), Call::FStat { handle: HANDLE });
    let times = Times { accessed: 3, modified: 4 };
    let times = Attributes { times: Some(times), ..Attributes::default() };
    request(&golden!("fsetstat"), Call::FSetStat { handle: HANDLE, attributes: times });
    request(&golden!("opendir"), Call::OpenDir { path: b"." });
    request(&golden!("readdir"), Call::ReadDir { handle: HANDLE });
}

#[test]
fn requests_by_path() {
    request(&golden!("lstat"), Call::LStat { path: PATH });
    request(&golden!("stat"), Call::Stat { path: PATH });
    request(&golden!("setstat"), Call::SetStat { path: PATH, attributes: attributes() });
    let acl = (Bytes::from("acl@x"), Bytes::from("rw"));
    let acl = Attributes { extended: vec![acl], ..Attributes::default() };
    request(&golden!("setstat_extended"), Call::SetStat { path: b"x", attributes: acl });
    request(&golden!("remove"), Call::Remove { path: b"\xff\xfe" });
    request(&golden!("mkdir"), Call::MkDir { path: PATH, attributes: Attributes::default() });
    request(&golden!("rmdir"), Call::RmDir { path: PATH });
    request(&golden!("realpath"), Call::RealPath { path: b"" });
    request(&golden!("rename"), Call::Rename { from: b"old", to: b"new" });
    request(&golden!("readlink"), Call::ReadLink { path: PATH });
    request(&golden!("symlink"), Call::SymLink { target: b"target", path: b"link" });
    request(&golden!("unknown"), Call::Unknown { message_type: 99, body: b"rest" });
}

#[test]
fn requests_of_extensions() {
    extended(&golden!("posix_rename"), ExtendedCall::PosixRename { from: b"old", to: b"new" });
    extended(&golden!("statvfs"), ExtendedCall::StatVfs { path: b"/" });
    extended(&golden!("fstatvfs"), ExtendedCall::FStatVfs { handle: HANDLE });
    extended(&golden!("hardlink"), ExtendedCall::HardLink { existing: b"old", path: b"new" });
    extended(&golden!("fsync"), ExtendedCall::FSync { handle: HANDLE });
    let owner = Attributes { owner: Some(Owner { user: 0, group: 7 }), ..Attributes::default() };
    extended(&golden!("lsetstat"), ExtendedCall::LSetStat { path: b"link", attributes: owner });
    extended(&golden!("limits"), ExtendedCall::Limits);
    extended(&golden!("expand_path"), ExtendedCall::ExpandPath { path: b"~/x" });
    let to = &[0xa1, 0xb2, 0xc3, 0xd4, 0, 0, 0, 2];
    extended(
        &golden!("copy_data"),
        ExtendedCall::CopyData { from: HANDLE, from_offset: 1, length: 2, to, to_offset: 3 },
    );
    extended(&golden!("home_directory"), ExtendedCall::HomeDirectory { user: b"anna" });
    let users = &[0, 0, 3, 232, 0, 0, 0, 0];
    extended(
        &golden!("users_groups_by_id"),
        ExtendedCall::UsersGroupsById { users, groups: &[0, 0, 0, 100] },
    );
    extended(
        &golden!("unknown_extension"),
        ExtendedCall::Unknown { name: b"check-file", body: b"\0\x01\x02" },
    );
}

#[test]
fn replies() {
    let status = |code, message: &'static str, language: &'static str| Answer::Status {
        code,
        explanation: Some(Explanation { message: message.as_bytes(), language: language.as_bytes() }),
    };
    reply(&golden!("status"), status(StatusCode::NoSuchFile, "No such file", ""));
    reply(&golden!("status_other"), status(StatusCode::Other(15), "quota exceeded", "en"));
    reply(&golden!("status_version_2"), Answer::Status { code: StatusCode::Eof, explanation: None });
    reply(&golden!("handle"), Answer::Handle(HANDLE));
    reply(&golden!("data"), Answer::Data(b"\0\xffdata"));
    let long_name = b"-rw-r--r--    1 anna     users           5 Jan  1  1970 a";
    let names = vec![Name { name: b"a", long_name, attributes: attributes() }, Name::path(b"/x")];
    reply(&golden!("names"), Answer::Names(names));
    reply(&golden!("attrs"), Answer::Attributes(attributes()));
    reply(&golden!("extended_reply"), Answer::Extended(b"\x01\x02\x03"));
}

/// What follows the id of an extended reply.
fn data(bytes: &[u8]) -> Vec<u8> {
    match Reply::decode(packet(bytes)).unwrap().answer {
        Answer::Extended(data) => data.to_vec(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn replies_of_extensions() {
    let bytes = data(&golden!("limits_reply"));
    let limits = Limits {
        max_packet_length: 262_144,
        max_read_length: 261_120,
        max_write_length: 261_120,
        max_open_handles: 1024,
    };
    assert_eq!(Limits::decode(&bytes).unwrap(), limits);
    assert_eq!(encoded(|out| limits.encode(out)), bytes);

    let bytes = data(&golden!("statvfs_reply"));
    let space = StatVfs {
        block_size: 4096,
        fragment_size: 4096,
        blocks: 100,
        blocks_free: 60,
        blocks_available: 50,
        files: 20,
        files_free: 10,
        files_available: 9,
        id: 7,
        flags: 1,
        name_max: 255,
    };
    assert_eq!(StatVfs::decode(&bytes).unwrap(), space);
    assert_eq!(encoded(|out| space.encode(out)), bytes);

    let bytes = data(&golden!("users_groups_reply"));
    let names = NamesById { users: vec!["anna".into(), "root".into()], groups: vec![String::new()] };
    assert_eq!(NamesById::decode(&bytes).unwrap(), names);
    assert_eq!(encoded(|out| names.encode(out)), bytes);
}

#[test]
fn a_path_with_a_byte_0_is_no_path() {
    let bytes = encoded(|out| Request { id: 1, call: Call::Stat { path: b"a\0b" } }.encode(out));
    assert_eq!(Request::decode(packet(&bytes)), Err(DecodeError::Nul("path")));
}
