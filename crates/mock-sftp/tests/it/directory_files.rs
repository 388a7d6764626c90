//! What a directory of the host does as a file system, beyond what random operations show.

use std::{
    fs,
    os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink},
    time::{Duration, UNIX_EPOCH},
};

use mock_base::Journal;
use mock_sftp::{
    Caller, Directory, FileKind, FileSystem, FsError, OpenOptions, Rename, Scp, ScpCause, ScpEvents as _,
    SetAttributes, Sftp,
};
use nix::{
    errno::Errno,
    sys::{
        inotify::{AddWatchFlags, InitFlags, Inotify},
        stat::Mode,
    },
    unistd::mkfifo,
};
use tempfile::TempDir;

use crate::scp_client;

fn lab() -> (TempDir, Directory, Caller) {
    let place = tempfile::tempdir().unwrap();
    fs::write(place.path().join("file"), "content").unwrap();
    fs::create_dir(place.path().join("dir")).unwrap();
    let directory = Directory::open(place.path()).unwrap();
    let caller = directory.caller("anna");
    (place, directory, caller)
}

fn read_only() -> OpenOptions {
    OpenOptions { read: true, ..OpenOptions::default() }
}

#[test]
fn times_and_owners_are_set() {
    let (place, directory, caller) = lab();
    let at = |seconds, nanos| UNIX_EPOCH + Duration::new(seconds, nanos);
    let set = SetAttributes {
        accessed: Some(at(1_000_000_000, 1)),
        modified: Some(UNIX_EPOCH - Duration::new(5, 250_000_000)),
        mode: Some(0o4751),
        ..SetAttributes::default()
    };
    directory.set_attributes(&caller, b"file", &set, true).unwrap();
    let found = directory.metadata(&caller, b"file", true).unwrap();
    assert_eq!((found.accessed, found.mode), (at(1_000_000_000, 1), 0o4751));
    assert_eq!(found.modified, UNIX_EPOCH - Duration::new(5, 250_000_000));
    // One of them alone leaves the other.
    let set = SetAttributes { modified: Some(at(7, 0)), ..SetAttributes::default() };
    let mut file = directory.open(&caller, b"file", &read_only()).unwrap();
    file.set_attributes(&set).unwrap();
    let found = file.metadata().unwrap();
    assert_eq!((found.accessed, found.modified), (at(1_000_000_000, 1), at(7, 0)));

    let own = fs::metadata(place.path()).unwrap();
    let same = SetAttributes { uid: Some(own.uid()), gid: Some(own.gid()), ..SetAttributes::default() };
    directory.set_attributes(&caller, b"file", &same, true).unwrap();
    file.set_attributes(&same).unwrap();
    let nobody = SetAttributes { uid: Some(u32::MAX), gid: Some(u32::MAX), ..SetAttributes::default() };
    directory.set_attributes(&caller, b"file", &nobody, true).unwrap();
    assert_eq!(directory.metadata(&caller, b"file", true).unwrap().uid, own.uid());
    if own.uid() != 0 {
        let other = SetAttributes { uid: Some(0), ..SetAttributes::default() };
        let refused = directory.set_attributes(&caller, b"file", &other, true);
        assert_eq!(refused, Err(FsError::NotPermitted));
    }
    // A link has times and an owner of its own, and no mode.
    symlink("file", place.path().join("link")).unwrap();
    let set = SetAttributes { modified: Some(at(9, 0)), ..same };
    directory.set_attributes(&caller, b"link", &set, false).unwrap();
    assert_eq!(directory.metadata(&caller, b"link", false).unwrap().modified, at(9, 0));
    assert_eq!(directory.metadata(&caller, b"link", true).unwrap().modified, at(7, 0));
}

#[test]
fn modes_are_set_where_nothing_can_be_read() {
    let (place, directory, caller) = lab();
    fs::set_permissions(place.path().join("file"), fs::Permissions::from_mode(0o000)).unwrap();
    let set = SetAttributes { mode: Some(0o640), ..SetAttributes::default() };
    directory.set_attributes(&caller, b"file", &set, true).unwrap();
    assert_eq!(fs::metadata(place.path().join("file")).unwrap().mode() & 0o7777, 0o640);
}

#[test]
fn space_is_that_of_the_host() {
    let (_place, directory, caller) = lab();
    for path in [&b"/"[..], b"dir", b"file"] {
        let space = directory.space(&caller, path).unwrap();
        assert!(space.blocks >= space.blocks_free && space.block_size > 0, "{space:?}");
        assert_eq!((space.read_only, space.name_max), (false, 255));
    }
    assert_eq!(directory.space(&caller, b"missing"), Err(FsError::NotFound));
    assert!(directory.read_only().space(&caller, b"/").unwrap().read_only);
}

#[test]
fn what_is_read_only_stays_as_it_is() {
    let (place, directory, caller) = lab();
    symlink("file", place.path().join("link")).unwrap();
    let directory = directory.read_only();
    let refused = Err(FsError::ReadOnly);
    let set = |set: SetAttributes| directory.set_attributes(&caller, b"file", &set, true);
    assert_eq!(set(SetAttributes { size: Some(0), ..SetAttributes::default() }), refused);
    assert_eq!(set(SetAttributes { mode: Some(0), ..SetAttributes::default() }), refused);
    assert_eq!(set(SetAttributes { modified: Some(UNIX_EPOCH), ..SetAttributes::default() }), refused);
    assert_eq!(directory.remove_file(&caller, b"file"), refused);
    assert_eq!(directory.remove_dir(&caller, b"dir"), refused);
    assert_eq!(directory.create_dir(&caller, b"new", 0o777), refused);
    assert_eq!(directory.create_dir(&caller, b"dir", 0o777), Err(FsError::Exists));
    assert_eq!(directory.symlink(&caller, b"x", b"new"), refused);
    assert_eq!(directory.hard_link(&caller, b"file", b"new"), refused);
    assert_eq!(directory.rename(&caller, b"file", b"new", Rename::Replace), refused);
    let open = |path: &[u8], options: OpenOptions| directory.open(&caller, path, &options).map(drop);
    let write = OpenOptions { write: true, ..OpenOptions::default() };
    let create = OpenOptions { read: true, create: true, ..OpenOptions::default() };
    for options in
        [write, OpenOptions { append: true, ..read_only() }, OpenOptions { truncate: true, ..read_only() }]
    {
        assert_eq!(open(b"file", options), refused);
        assert_eq!(open(b"link", options), refused);
        assert_eq!(open(b"missing", options), Err(FsError::NotFound));
    }
    assert_eq!(open(b"new", create), refused);
    assert_eq!(open(b"file", create), Ok(()));
    assert_eq!(open(b"file", OpenOptions { exclusive: true, ..create }), Err(FsError::Exists));
    assert_eq!(open(b"dir", write), Err(FsError::IsADirectory));
    let mut file = directory.open(&caller, b"file", &read_only()).unwrap();
    assert_eq!(file.set_attributes(&SetAttributes { mode: Some(0), ..SetAttributes::default() }), refused);
    assert_eq!(file.write_at(0, b"x"), Err(FsError::BadHandle));
    assert_eq!(fs::read_to_string(place.path().join("file")).unwrap(), "content");
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 3);
}

#[test]
fn what_would_be_waited_for_is_not_opened() {
    let (place, directory, caller) = lab();
    mkfifo(&place.path().join("pipe"), Mode::S_IRWXU).unwrap();
    assert_eq!(directory.metadata(&caller, b"pipe", true).unwrap().kind, FileKind::Other);
    let watch = Inotify::init(InitFlags::IN_NONBLOCK | InitFlags::IN_CLOEXEC).unwrap();
    watch.add_watch(&place.path().join("pipe"), AddWatchFlags::IN_OPEN).unwrap();
    let write_only = OpenOptions { write: true, ..OpenOptions::default() };
    let create = OpenOptions { read: true, write: true, create: true, ..OpenOptions::default() };
    for options in [read_only(), write_only, create] {
        assert_eq!(directory.open(&caller, b"pipe", &options).map(drop), Err(FsError::Unsupported));
    }
    assert_eq!(watch.read_events().map(|events| events.len()), Err(Errno::EAGAIN), "not even for a moment");
    let new = OpenOptions { exclusive: true, ..create };
    assert_eq!(directory.open(&caller, b"pipe", &new).map(drop), Err(FsError::Exists));
    let cut = SetAttributes { size: Some(0), ..SetAttributes::default() };
    assert_eq!(directory.set_attributes(&caller, b"pipe", &cut, true), Err(FsError::Invalid));
}

#[tokio::test]
async fn a_fifo_is_not_sent_by_scp() {
    let (place, directory, _) = lab();
    mkfifo(&place.path().join("pipe"), Mode::S_IRWXU).unwrap();
    let ended = scp_client::run(directory, "scp -f /pipe", "\0").await;
    let ended = ended.is(1, "\\x01scp: /pipe: not a regular file\\n");
    assert_eq!(ended.ops()[0].cause, Some(ScpCause::NotRegular));
}

#[test]
fn a_way_back_may_be_longer_than_what_is_kept_open() {
    let (place, directory, caller) = lab();
    let deep = "d/".repeat(200);
    fs::create_dir_all(place.path().join(&deep)).unwrap();
    let path = deep + &"../".repeat(200) + "file";
    assert_eq!(directory.metadata(&caller, path.as_bytes(), true).unwrap().size, 7);
    assert_eq!(directory.canonicalize(&caller, path.as_bytes()).unwrap(), b"/file");
}

#[test]
fn there_is_no_such_directory() {
    let (place, ..) = lab();
    assert!(Directory::open(place.path().join("missing")).is_err());
    assert!(Directory::open(place.path().join("file")).is_err());
}

#[test]
fn paths_may_begin_elsewhere() {
    let (place, directory, _) = lab();
    fs::write(place.path().join("dir/here"), "").unwrap();
    let directory = directory.start("/dir");
    let caller = directory.caller("anna");
    assert!(directory.metadata(&caller, b"here", true).is_ok());
    assert_eq!(directory.canonicalize(&caller, b".").unwrap(), b"/dir");
}

/// A file system that blocks is asked on other threads.
#[tokio::test]
async fn it_is_served_by_sftp_and_scp() {
    let (place, directory, _) = lab();
    let journal = Journal::new();
    let scp = Scp::new(directory.clone()).record_to(journal.recorder("scp"));
    let (mut client, server) = tokio::io::duplex(4096);
    let serving = tokio::spawn(async move { scp.serve(server, b"scp -r -p -t dir", "anna").await });
    let says = b"T1000000000 0 1000000001 0\nD0750 0 in\nT1000000000 0 1000000001 0\nC0604 3 a\none\0E\n";
    tokio::io::AsyncWriteExt::write_all(&mut client, says).await.unwrap();
    tokio::io::AsyncWriteExt::shutdown(&mut client).await.unwrap();
    let mut answers = Vec::new();
    tokio::io::AsyncReadExt::read_to_end(&mut client, &mut answers).await.unwrap();
    assert_eq!((answers, serving.await.unwrap().unwrap()), (vec![0; 7], 0));
    let found = |path: &str| fs::metadata(place.path().join(path)).unwrap();
    assert_eq!((found("dir/in").mode() & 0o7777, found("dir/in").mtime()), (0o750, 1_000_000_000));
    assert_eq!((found("dir/in/a").mode() & 0o7777, found("dir/in/a").mtime()), (0o604, 1_000_000_000));
    assert_eq!(fs::read_to_string(place.path().join("dir/in/a")).unwrap(), "one");
    assert_eq!(journal.events().scp_uploads().len(), 1);

    let (mut client, server) = tokio::io::duplex(4096);
    let serving = tokio::spawn(async move { Sftp::new(directory).serve(server, "anna").await });
    tokio::io::AsyncWriteExt::write_all(&mut client, b"\0\0\0\x05\x01\0\0\0\x03").await.unwrap();
    // realpath "dir/.."
    let ask = b"\0\0\0\x0f\x10\0\0\0\x07\0\0\0\x06dir/..";
    tokio::io::AsyncWriteExt::write_all(&mut client, ask).await.unwrap();
    tokio::io::AsyncWriteExt::shutdown(&mut client).await.unwrap();
    let mut answers = Vec::new();
    tokio::io::AsyncReadExt::read_to_end(&mut client, &mut answers).await.unwrap();
    serving.await.unwrap().unwrap();
    assert!(answers.windows(9).any(|bytes| bytes == b"\0\0\0\x01\0\0\0\x01/"), "{}", answers.escape_ascii());
}

#[test]
fn only_relative_paths_need_a_start_directory() {
    let (place, directory, _) = lab();
    let directory = directory.start("/home/anna");
    let anna = directory.caller("anna");
    let metadata = |path: &[u8]| directory.metadata(&anna, path, true).map(|found| found.size);
    assert_eq!(metadata(b"/dir/../file"), Ok(7));
    assert_eq!((metadata(b"file"), metadata(b"../file")), (Err(FsError::NotFound), Err(FsError::NotFound)));
    assert_eq!(directory.canonicalize(&anna, b"."), Err(FsError::NotFound));
    assert_eq!(directory.canonicalize(&anna, b"/dir/../file").unwrap(), b"/file");
    directory.create_dir(&anna, b"/home", 0o755).unwrap();
    fs::create_dir(place.path().join("home/anna")).unwrap();
    assert_eq!(metadata(b"../../file"), Ok(7));
}
