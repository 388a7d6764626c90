//! Extensions and versions: what is announced, what each does, and what is answered where it is switched off.

use bytes::BytesMut;
use mock_sftp::{
    Limits as Disk, MemFs, Profile, Sftp, User,
    wire::{
        Answer, Call, ExtendedCall, Extension, Init, Limits, NamesById, OpenFlags, StatVfs, StatusCode,
        Version,
    },
};

use crate::sftp_client::{Client, Packet};

fn some_files() -> MemFs {
    MemFs::builder()
        .user(User::new("anna").start("/home/anna"))
        .user(User::new("berta").start("/home/berta"))
        .file("/home/anna/notes", "hello")
        .dir("/home/berta")
        .build()
        .unwrap()
}

/// What is answered to a client that asks for this version.
fn hello(sftp: Sftp, version: u32) -> (Client, Packet) {
    let mut client = Client::connect(sftp);
    let mut init = BytesMut::new();
    Init { version, extensions: vec![(b"newline", b"\n")] }.encode(&mut init);
    client.receive(&init).unwrap();
    let packet = client.packet();
    (client, packet)
}

#[test]
fn extensions_are_announced_as_openssh_does() {
    let (_, packet) = hello(Sftp::new(MemFs::new()), 6);
    let version = Version::decode(&packet.0).unwrap();
    assert_eq!(version.version, 3);
    let announced: Vec<_> = version.extensions.iter().map(|(name, version)| (*name, *version)).collect();
    let expected = Extension::ALL.map(|known| (known.name().as_bytes(), known.version().as_bytes()));
    assert_eq!(announced, expected);
}

#[test]
fn an_extension_that_is_switched_off_is_unknown() {
    let sftp = Sftp::new(some_files()).without(Extension::Limits).without(Extension::HardLink);
    let (mut client, packet) = hello(sftp, 3);
    let version = Version::decode(&packet.0).unwrap();
    assert_eq!(version.extensions.len(), 9);
    assert!(!version.extensions.iter().any(|(name, _)| *name == b"limits@openssh.com"));
    assert_eq!(client.extended(ExtendedCall::Limits).status(), StatusCode::OpUnsupported);
    let unknown = ExtendedCall::Unknown { name: b"check-file", body: b"anything" };
    assert_eq!(client.extended(unknown).status(), StatusCode::OpUnsupported);

    let (mut client, packet) = hello(Sftp::new(some_files()).without_extensions(), 3);
    assert_eq!(Version::decode(&packet.0).unwrap().extensions, []);
    for call in [
        ExtendedCall::PosixRename { from: b"a", to: b"b" },
        ExtendedCall::StatVfs { path: b"/" },
        ExtendedCall::ExpandPath { path: b"~" },
    ] {
        assert_eq!(client.extended(call).status(), StatusCode::OpUnsupported);
    }
}

#[test]
fn older_versions_do_less() {
    let (mut client, packet) = hello(Sftp::new(some_files()), 2);
    assert_eq!(packet.0[..], *b"\x02\0\0\0\x02");
    let plain = |packet: &Packet| match packet.reply().answer {
        Answer::Status { code, explanation: None } => code,
        other => panic!("{other:?}"),
    };
    assert_eq!(plain(&client.ask(Call::ReadLink { path: b"x" })), StatusCode::OpUnsupported);
    let symlink = Call::SymLink { target: b"a", path: b"b" };
    assert_eq!(plain(&client.ask(symlink)), StatusCode::OpUnsupported);
    assert_eq!(plain(&client.extended(ExtendedCall::Limits)), StatusCode::OpUnsupported);
    assert_eq!(plain(&client.ask(Call::Rename { from: b"notes", to: b"n" })), StatusCode::Ok);

    let (mut client, packet) = hello(Sftp::new(some_files()).max_version(1), 3);
    assert_eq!(packet.0[..], *b"\x02\0\0\0\x01");
    let rename = Call::Rename { from: b"notes", to: b"n" };
    assert_eq!(plain(&client.ask(rename)), StatusCode::OpUnsupported);
    let (_, packet) = hello(Sftp::new(some_files()).max_version(9), 9);
    assert_eq!(packet.0[..5], *b"\x02\0\0\0\x03");
}

#[test]
fn limits_are_those_of_openssh() {
    let mut client = Client::begin(Sftp::new(MemFs::new()).max_handles(5));
    let data = client.extended(ExtendedCall::Limits).extended();
    let expected = Limits {
        max_packet_length: 262_144,
        max_read_length: 261_120,
        max_write_length: 261_120,
        max_open_handles: 5,
    };
    assert_eq!(Limits::decode(&data).unwrap(), expected);
}

#[test]
fn space_is_the_file_system_s() {
    let disk = Disk { bytes: Some(10 * 4096), inodes: Some(100), ..Disk::default() };
    let fs = MemFs::builder().limits(disk).file("/a", vec![1; 4096]).build().unwrap();
    let mut client = Client::of(fs.clone());
    let data = client.extended(ExtendedCall::StatVfs { path: b"/a" }).extended();
    let space = StatVfs::decode(&data).unwrap();
    assert_eq!((space.block_size, space.fragment_size, space.name_max), (4096, 4096, 255));
    assert_eq!((space.blocks, space.blocks_free, space.blocks_available), (10, 9, 9));
    assert_eq!((space.files, space.files_free, space.files_available, space.flags), (100, 98, 98, 0));
    let handle = client.open("/a", OpenFlags::READ);
    assert_eq!(client.extended(ExtendedCall::FStatVfs { handle: &handle }).extended(), data);
    fs.set_read_only(true);
    let data = client.extended(ExtendedCall::StatVfs { path: b"/" }).extended();
    assert_eq!(StatVfs::decode(&data).unwrap().flags, 1);
    let missing = ExtendedCall::StatVfs { path: b"/missing" };
    assert_eq!(client.extended(missing).status(), StatusCode::NoSuchFile);
}

#[test]
fn homes_are_found() {
    let mut client = Client::of(some_files());
    let mut expand = |path: &str| client.extended(ExtendedCall::ExpandPath { path: path.as_bytes() });
    assert_eq!(expand("~").path(), "/home/anna");
    assert_eq!(expand("~/notes").path(), "/home/anna/notes");
    assert_eq!(expand("~berta").path(), "/home/berta");
    assert_eq!(expand("~berta/x").path(), "/home/berta/x");
    assert_eq!(expand("x").path(), "/home/anna/x");
    assert_eq!(expand("").path(), "/home/anna");
    assert_eq!(expand("/home/..").path(), "/");
    match expand("~nobody/x").reply().answer {
        Answer::Status { code: StatusCode::NoSuchFile, explanation: Some(why) } => {
            assert_eq!(why.message, b"no such user");
        }
        other => panic!("{other:?}"),
    }
    let mut home =
        |user: &'static str| client.extended(ExtendedCall::HomeDirectory { user: user.as_bytes() });
    assert_eq!(home("").path(), "/home/anna");
    assert_eq!(home("anna").path(), "/home/anna");
    assert_eq!(home("berta").path(), "/home/berta");
    assert_eq!(home("nobody").status(), StatusCode::Failure);
    // Asked for twice, because asking must not make anybody known.
    assert_eq!(home("nobody").status(), StatusCode::Failure);
}

#[test]
fn ids_have_names() {
    let mut client = Client::of(some_files());
    let ids = |ids: &[u32]| ids.iter().flat_map(|id| id.to_be_bytes()).collect::<Vec<_>>();
    let (users, groups) = (ids(&[0, 1001, 77]), ids(&[1000]));
    let call = ExtendedCall::UsersGroupsById { users: &users, groups: &groups };
    let names = NamesById::decode(&client.extended(call).extended()).unwrap();
    assert_eq!(names.users, ["root", "berta", ""]);
    assert_eq!(names.groups, ["anna"]);
    let half = ExtendedCall::UsersGroupsById { users: &[0, 0], groups: &[] };
    assert_eq!(client.extended(half).status(), StatusCode::BadMessage);
    // So many names do not fit a packet.
    let many = ids(&vec![1000; 60_000]);
    let call = ExtendedCall::UsersGroupsById { users: &many, groups: &[] };
    assert_eq!(client.extended(call).status(), StatusCode::Failure);
}

#[test]
fn data_are_copied_within_the_server() {
    let fs = MemFs::new();
    let content: Vec<u8> = (0..5_000_000_u32).map(|byte| byte.to_le_bytes()[1]).collect();
    fs.write("/from", &content).unwrap();
    let mut client = Client::of(fs.clone());
    let from = client.open("/from", OpenFlags::READ);
    let to = client.open("/to", OpenFlags::WRITE | OpenFlags::CREATE);
    let copy = |from_offset, length, to_offset| ExtendedCall::CopyData {
        from: &from,
        from_offset,
        length,
        to: &to,
        to_offset,
    };
    assert_eq!(client.extended(copy(0, 0, 0)).status(), StatusCode::Ok);
    assert!(fs.read("/to").unwrap() == content);
    assert_eq!(client.extended(copy(100, 50, 0)).status(), StatusCode::Ok);
    assert_eq!(fs.read("/to").unwrap()[..50], content[100..150]);
    assert_eq!(client.extended(copy(4_999_990, 50, 5_000_000)).status(), StatusCode::Eof);
    assert_eq!(fs.read("/to").unwrap().len(), 5_000_010);
    assert_eq!(client.extended(copy(1 << 63, 1, 0)).status(), StatusCode::BadMessage);

    let same = ExtendedCall::CopyData { from: &from, from_offset: 0, length: 0, to: &from, to_offset: 9 };
    assert_eq!(client.extended(same).status(), StatusCode::Failure);
    let again = client.open("/from", OpenFlags::WRITE);
    let same = ExtendedCall::CopyData { from: &from, from_offset: 0, length: 0, to: &again, to_offset: 9 };
    assert_eq!(client.extended(same).status(), StatusCode::Failure);
    let backwards = ExtendedCall::CopyData { from: &to, from_offset: 0, length: 0, to: &from, to_offset: 0 };
    assert_eq!(client.extended(backwards).status(), StatusCode::NoSuchFile);
}

#[test]
fn what_follows_a_copy_waits_for_it() {
    let fs = MemFs::new();
    fs.write("/from", vec![5; 8 << 20]).unwrap();
    let mut client = Client::of(fs);
    let from = client.open("/from", OpenFlags::READ);
    let to = client.open("/to", OpenFlags::WRITE | OpenFlags::CREATE);
    let copy = ExtendedCall::CopyData { from: &from, from_offset: 0, length: 0, to: &to, to_offset: 0 };
    let mut frames = client.frame(Call::Extended(copy));
    frames.extend_from_slice(&client.frame(Call::Stat { path: b"/to" }));
    client.receive(&frames).unwrap();
    assert!(client.sink.woken && client.sink.sent.is_empty(), "others have their turn first");
    assert!(client.session.held() > 0);
    client.run();
    assert_eq!(client.packet().status(), StatusCode::Ok);
    assert_eq!(client.packet().attributes().size, Some(8 << 20));
    assert_eq!(client.session.held(), 0);
}

#[test]
fn a_profile_announces_what_its_server_does_in_its_order() {
    for profile in Profile::ALL {
        let (_, packet) = hello(Sftp::new(MemFs::new()).profile(profile), 6);
        let version = Version::decode(&packet.0).unwrap();
        assert_eq!(version.version, 3);
        let announced: Vec<_> = version.extensions.iter().map(|(name, data)| (*name, *data)).collect();
        let missing: Vec<_> = Sftp::missing_of(profile).collect();
        let all = || Extension::ALL.iter().map(|known| (known.name(), known.version())).collect::<Vec<_>>();
        let real = profile.sftp.map_or_else(all, |sftp| sftp.extensions.to_vec());
        let expected: Vec<_> = real
            .into_iter()
            .filter(|(name, _)| !missing.contains(name))
            .map(|(name, data)| (name.as_bytes(), data.as_bytes()))
            .collect();
        assert_eq!(announced, expected, "{}", profile.name);
    }
}

#[test]
fn a_read_returns_no_more_than_the_server_of_the_profile_does() {
    let files = || MemFs::builder().file("/long", vec![b'x'; 200_000]).build().unwrap();
    let read = |sftp: Sftp| {
        let (mut client, _) = hello(sftp, 3);
        let handle = client.open("/long", OpenFlags::READ);
        client.read(&handle, 0, 150_000).len()
    };
    assert_eq!(read(Sftp::new(files())), 150_000);
    assert_eq!(read(Sftp::new(files()).profile(&Profile::OPENSSH_7_4)), 65_536);
    assert_eq!(read(Sftp::new(files()).profile(&Profile::OPENSSH_7_4).max_read_length(100)), 100);
    let (mut client, _) = hello(Sftp::new(files()).max_read_length(4096), 3);
    let limits = client.extended(ExtendedCall::Limits).extended();
    assert_eq!(Limits::decode(&limits).unwrap().max_read_length, 4096);
}
