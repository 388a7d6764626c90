//! What is done by path: what is answered, with the codes of OpenSSH's server.

use mock_sftp::{
    MemFs, User,
    wire::{Attributes, Call, ExtendedCall, Owner, StatusCode, Times},
};

use crate::sftp_client::Client;

fn some_files() -> MemFs {
    MemFs::builder()
        .user(User::new("anna").start("/home/anna"))
        .file("/home/anna/notes", "hello")
        .dir("/home/anna/empty")
        .symlink("notes", "/home/anna/link")
        .symlink("loop", "/home/anna/loop")
        .build()
        .unwrap()
}

fn client() -> Client {
    Client::of(some_files())
}

#[test]
fn attributes_are_those_of_the_file() {
    let mut client = client();
    let file = client.ask(Call::Stat { path: b"link" }).attributes();
    assert_eq!((file.size, file.permissions), (Some(5), Some(0o100_644)));
    assert_eq!(client.attributes("empty").permissions, Some(0o040_755));
    assert_eq!(client.attributes("link").permissions, Some(0o120_777));
    assert_eq!(client.status(Call::Stat { path: b"loop" }), StatusCode::NoSuchFile);
    assert_eq!(client.status(Call::LStat { path: b"notes/x" }), StatusCode::NoSuchFile);
    assert_eq!(client.status(Call::Stat { path: b"" }), StatusCode::NoSuchFile);
    assert_eq!(client.status(Call::Stat { path: &[b'x'; 300] }), StatusCode::BadMessage);
}

#[test]
fn paths_are_made_absolute() {
    let mut client = client();
    let mut real = |path: &str| client.ask(Call::RealPath { path: path.as_bytes() }).path();
    assert_eq!(real("."), "/home/anna");
    assert_eq!(real(""), "/home/anna");
    assert_eq!(real("/"), "/");
    assert_eq!(real("../anna//./link"), "/home/anna/notes");
    assert_eq!(real("missing"), "/home/anna/missing");
    assert_eq!(client.status(Call::RealPath { path: b"missing/x" }), StatusCode::NoSuchFile);
}

#[test]
fn links_are_made_and_read() {
    let mut client = client();
    assert_eq!(client.status(Call::SymLink { target: b"to", path: b"from" }), StatusCode::Ok);
    assert_eq!(client.ask(Call::ReadLink { path: b"from" }).path(), "to");
    assert_eq!(client.status(Call::SymLink { target: b"to", path: b"from" }), StatusCode::Failure);
    assert_eq!(client.status(Call::ReadLink { path: b"notes" }), StatusCode::BadMessage);
    let link = ExtendedCall::HardLink { existing: b"notes", path: b"further" };
    assert_eq!(client.extended(link).status(), StatusCode::Ok);
    let directory = ExtendedCall::HardLink { existing: b"empty", path: b"x" };
    assert_ne!(client.extended(directory).status(), StatusCode::Ok);
}

#[test]
fn directories_are_made_and_removed() {
    let mut client = client();
    let attributes = Attributes { permissions: Some(0o040_700), ..Attributes::default() };
    let make = Call::MkDir { path: b"new", attributes };
    assert_eq!(client.status(make.clone()), StatusCode::Ok);
    assert_eq!(client.attributes("new").permissions, Some(0o040_700));
    assert_eq!(client.status(make), StatusCode::Failure);
    assert_eq!(client.status(Call::RmDir { path: b"new" }), StatusCode::Ok);
    assert_eq!(client.status(Call::RmDir { path: b"/home" }), StatusCode::Failure);
    assert_eq!(client.status(Call::RmDir { path: b"notes" }), StatusCode::NoSuchFile);
    assert_ne!(client.status(Call::Remove { path: b"empty" }), StatusCode::Ok);
    assert_eq!(client.status(Call::Remove { path: b"link" }), StatusCode::Ok);
    assert_eq!(client.status(Call::Remove { path: b"link" }), StatusCode::NoSuchFile);
}

#[test]
fn a_rename_replaces_only_where_that_is_asked_for() {
    let fs = some_files();
    let mut client = Client::of(fs.clone());
    fs.write("/home/anna/other", "other").unwrap();
    let rename = Call::Rename { from: b"other", to: b"notes" };
    assert_eq!(client.status(rename), StatusCode::Failure);
    let replace = ExtendedCall::PosixRename { from: b"other", to: b"notes" };
    assert_eq!(client.extended(replace).status(), StatusCode::Ok);
    assert_eq!(fs.read("/home/anna/notes").unwrap(), "other");
    assert_eq!(client.status(Call::Rename { from: b"notes", to: b"new" }), StatusCode::Ok);
    assert_eq!(client.status(Call::Rename { from: b"notes", to: b"x" }), StatusCode::NoSuchFile);
}

#[test]
fn each_attribute_is_set_by_itself() {
    let mut client = client();
    let times = Times { accessed: 10, modified: u32::MAX };
    let attributes = Attributes {
        size: Some(2),
        owner: Some(Owner { user: 7, group: 8 }),
        permissions: Some(0o100_600),
        times: Some(times),
        ..Attributes::default()
    };
    let set = Call::SetStat { path: b"link", attributes: attributes.clone() };
    assert_eq!(client.status(set), StatusCode::Ok);
    assert_eq!(client.attributes("notes"), Attributes { ..attributes });

    // The highest number means that it stays, as in `chown(2)`.
    for (user, group, now) in [(u32::MAX, 9, (7, 9)), (11, u32::MAX, (11, 9)), (u32::MAX, u32::MAX, (11, 9))]
    {
        let attributes = Attributes { owner: Some(Owner { user, group }), ..Attributes::default() };
        assert_eq!(client.status(Call::SetStat { path: b"link", attributes }), StatusCode::Ok);
        let now = Owner { user: now.0, group: now.1 };
        assert_eq!(client.attributes("notes").owner, Some(now));
    }

    // The size of a directory cannot be set; its mode can, and is.
    let attributes = Attributes { size: Some(1), permissions: Some(0o700), ..Attributes::default() };
    let set = Call::SetStat { path: b"empty", attributes };
    assert_eq!(client.status(set), StatusCode::Failure);
    assert_eq!(client.attributes("empty").permissions, Some(0o040_700));
    let nothing = Call::SetStat { path: b"missing", attributes: Attributes::default() };
    assert_eq!(client.status(nothing), StatusCode::Ok, "nothing was to be set");
}

#[test]
fn attributes_of_a_link_itself() {
    let mut client = client();
    let times = Times { accessed: 1, modified: 2 };
    let attributes = Attributes { times: Some(times), ..Attributes::default() };
    let set = ExtendedCall::LSetStat { path: b"link", attributes };
    assert_eq!(client.extended(set).status(), StatusCode::Ok);
    assert_eq!(client.attributes("link").times, Some(times));
    assert_ne!(client.attributes("notes").times, Some(times));
    let attributes = Attributes { size: Some(1), ..Attributes::default() };
    let size = ExtendedCall::LSetStat { path: b"link", attributes };
    assert_eq!(client.extended(size).status(), StatusCode::BadMessage);
}

#[test]
fn modes_bind_where_they_are_to() {
    let fs = MemFs::builder()
        .check_permissions()
        .user(User::new("anna"))
        .file("/secret", mock_sftp::File::new("x").mode(0o600))
        .build()
        .unwrap();
    let mut client = Client::of(fs);
    let open = Call::Open {
        path: b"/secret",
        flags: mock_sftp::wire::OpenFlags::READ,
        attributes: Attributes::default(),
    };
    assert_eq!(client.status(open), StatusCode::PermissionDenied);
    let attributes = Attributes { permissions: Some(0o777), ..Attributes::default() };
    let chmod = Call::SetStat { path: b"/secret", attributes };
    assert_eq!(client.status(chmod), StatusCode::PermissionDenied);
}

#[test]
fn names_are_bytes() {
    let fs = MemFs::new();
    let mut client = Client::of(fs.clone());
    let name = b"/\xff\x80 \x01";
    let make = Call::MkDir { path: name, attributes: Attributes::default() };
    assert_eq!(client.status(make), StatusCode::Ok);
    assert_eq!(fs.list("/").unwrap(), [&name[1..]]);
    assert_eq!(client.status(Call::Stat { path: "/\u{fffd}".as_bytes() }), StatusCode::NoSuchFile);
    assert_eq!(client.status(Call::Stat { path: b"/\0" }), StatusCode::BadMessage);
}
