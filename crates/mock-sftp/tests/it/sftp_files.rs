//! Files and directories that are open: what is answered, with the codes of OpenSSH's server.

use mock_sftp::{
    Limits, MemFs, Sftp,
    wire::{Attributes, Call, ExtendedCall, OpenFlags, StatusCode, Times},
};

use crate::sftp_client::Client;

const NEW: OpenFlags = OpenFlags(0x1a);

fn some_files() -> MemFs {
    MemFs::builder().file("/etc/motd", "hello\n").dir("/upload").build().unwrap()
}

#[test]
fn a_file_is_read_in_any_pieces() {
    let mut client = Client::of(some_files());
    let handle = client.open("/etc/motd", OpenFlags::READ);
    assert_eq!(client.read(&handle, 0, 3), "hel");
    assert_eq!(client.read(&handle, 3, 100), "lo\n");
    assert_eq!(client.read(&handle, 5, 1), "\n");
    assert_eq!(client.read(&handle, 0, 0), "");
    let read = |offset| Call::Read { handle: &handle, offset, length: 1 };
    assert_eq!(client.status(read(6)), StatusCode::Eof);
    assert_eq!(client.status(read(1 << 62)), StatusCode::Eof);
    assert_eq!(client.status(read(1 << 63)), StatusCode::BadMessage);
    assert_eq!(client.ask(Call::FStat { handle: &handle }).attributes().size, Some(6));
    client.close(&handle);
    assert_eq!(client.status(read(0)), StatusCode::Failure);
}

#[test]
fn a_read_is_as_long_as_a_packet_may_be() {
    let fs = MemFs::new();
    fs.write("/long", vec![7; 600_000]).unwrap();
    let mut client = Client::of(fs);
    let handle = client.open("/long", OpenFlags::READ);
    client.sink.pieces.clear();
    assert_eq!(client.read(&handle, 1, u32::MAX).len(), 261_120);
    // The header by itself, and then pieces of the file.
    assert_eq!(client.sink.pieces[0].len(), 13);
}

#[test]
fn a_file_is_written_in_any_order() {
    let fs = some_files();
    let mut client = Client::of(fs.clone());
    let handle = client.open("/upload/new", NEW);
    assert_eq!(client.write(&handle, 3, b"def"), StatusCode::Ok);
    assert_eq!(client.write(&handle, 0, b"abc"), StatusCode::Ok);
    assert_eq!(client.write(&handle, 0, b""), StatusCode::Ok);
    assert_eq!(client.write(&handle, 1 << 63, b"x"), StatusCode::BadMessage);
    assert_eq!(client.extended(ExtendedCall::FSync { handle: &handle }).status(), StatusCode::Ok);
    assert_eq!(client.ask(Call::FStat { handle: &handle }).attributes().size, Some(6));
    client.close(&handle);
    assert_eq!(fs.read("/upload/new").unwrap(), "abcdef");
}

#[test]
fn flags_are_those_of_open() {
    let fs = some_files();
    let mut client = Client::of(fs.clone());
    let attributes = Attributes { permissions: Some(0o100_600), ..Attributes::default() };
    let open = |path, flags| Call::Open { path, flags, attributes: attributes.clone() };
    let exclusive = OpenFlags::WRITE | OpenFlags::CREATE | OpenFlags::EXCLUSIVE;
    assert_eq!(client.status(open(b"/etc/motd", exclusive)), StatusCode::Failure);
    assert_eq!(client.status(open(b"/etc/none", OpenFlags::WRITE)), StatusCode::NoSuchFile);
    assert_eq!(client.status(open(b"/etc", OpenFlags::WRITE)), StatusCode::Failure);
    assert_eq!(client.status(open(b"", OpenFlags::READ)), StatusCode::NoSuchFile);

    let handle = client.ask(open(b"/etc/secret", exclusive)).handle();
    assert_eq!(client.attributes("/etc/secret").permissions, Some(0o100_600));
    // Not opened to read.
    let read = Call::Read { handle: &handle, offset: 0, length: 1 };
    assert_eq!(client.status(read), StatusCode::NoSuchFile);

    let append = client.open("/etc/motd", OpenFlags::WRITE | OpenFlags::APPEND);
    assert_eq!(client.write(&append, 0, b"more\n"), StatusCode::Ok);
    assert_eq!(fs.read("/etc/motd").unwrap(), "hello\nmore\n");

    // Without a direction, to read.
    let handle = client.open("/etc/motd", OpenFlags(0));
    assert_eq!(client.read(&handle, 0, 5), "hello");
    assert_eq!(client.write(&handle, 0, b"x"), StatusCode::NoSuchFile);
    let _emptied = client.open("/etc/motd", OpenFlags::WRITE | OpenFlags::TRUNCATE);
    assert_eq!(fs.read("/etc/motd").unwrap(), "");
}

#[test]
fn a_write_that_does_not_fit_fails() {
    let limits = Limits { bytes: Some(10), ..Limits::default() };
    let fs = MemFs::builder().limits(limits).build().unwrap();
    let mut client = Client::of(fs);
    let handle = client.open("/full", NEW);
    assert_eq!(client.write(&handle, 0, &[0; 11]), StatusCode::Failure);
    let record = client.events().of::<mock_sftp::SftpOp>().pop().unwrap();
    assert_eq!(record.cause.unwrap().to_string(), "No space left on device");
    assert_eq!((record.path, record.handle), ("/full".into(), Some(1)));
}

#[test]
fn handles_are_opaque_and_not_used_again() {
    let fs = some_files();
    let sftp = Sftp::new(fs).max_handles(2);
    let mut client = Client::begin(sftp.clone());
    let file = client.open("/etc/motd", OpenFlags::READ);
    let directory = client.ask(Call::OpenDir { path: b"/" }).handle();
    let open = Call::Open { path: b"/upload/x", flags: NEW, attributes: Attributes::default() };
    assert_eq!(client.status(open), StatusCode::Failure);
    assert_eq!(client.status(Call::OpenDir { path: b"/" }), StatusCode::Failure);
    client.close(&file);
    let again = client.open("/etc/motd", OpenFlags::READ);
    assert_ne!(file, again);

    // One of another channel.
    let mut other = Client::begin(sftp);
    let foreign = other.open("/etc/motd", OpenFlags::READ);
    for wrong in [&b""[..], b"abcd", &[0; 300], &foreign, &file] {
        let read = Call::Read { handle: wrong, offset: 0, length: 1 };
        assert_eq!(client.status(read), StatusCode::Failure);
        assert_eq!(client.write(wrong, 0, b"x"), StatusCode::Failure);
        assert_eq!(client.status(Call::FStat { handle: wrong }), StatusCode::Failure);
        assert_eq!(client.status(Call::ReadDir { handle: wrong }), StatusCode::Failure);
        assert_eq!(client.status(Call::Close { handle: wrong }), StatusCode::NoSuchFile);
        let sync = ExtendedCall::FSync { handle: wrong };
        assert_eq!(client.extended(sync).status(), StatusCode::NoSuchFile);
    }
    // A handle of the other kind.
    assert_eq!(client.status(Call::ReadDir { handle: &again }), StatusCode::Failure);
    assert_eq!(client.status(Call::FStat { handle: &directory }), StatusCode::Failure);
    let read = Call::Read { handle: &directory, offset: 0, length: 1 };
    assert_eq!(client.status(read), StatusCode::Failure);
}

#[test]
fn attributes_of_an_open_file_are_set() {
    let fs = some_files();
    let mut client = Client::of(fs.clone());
    let handle = client.open("/etc/motd", OpenFlags::READ | OpenFlags::WRITE);
    let attributes = Attributes {
        size: Some(4),
        permissions: Some(0o4711),
        times: Some(Times { accessed: 1, modified: 2 }),
        ..Attributes::default()
    };
    let set = Call::FSetStat { handle: &handle, attributes };
    assert_eq!(client.status(set), StatusCode::Ok);
    let now = client.attributes("/etc/motd");
    assert_eq!((now.size, now.permissions), (Some(4), Some(0o104_711)));
    assert_eq!(now.times, Some(Times { accessed: 1, modified: 2 }));
    assert_eq!(fs.read("/etc/motd").unwrap(), "hell");
    let unknown = Call::FSetStat { handle: b"x", attributes: Attributes::default() };
    assert_eq!(client.status(unknown), StatusCode::Failure);
}

#[test]
fn a_file_without_a_name_stays_open() {
    let mut client = Client::of(some_files());
    let handle = client.open("/etc/motd", OpenFlags::READ);
    assert_eq!(client.status(Call::Remove { path: b"/etc/motd" }), StatusCode::Ok);
    assert_eq!(client.read(&handle, 0, 100), "hello\n");
    let space = client.extended(ExtendedCall::FStatVfs { handle: &handle }).extended();
    assert_eq!(space.len(), 11 * 8);
}
