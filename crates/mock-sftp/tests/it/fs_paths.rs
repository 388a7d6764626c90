//! Paths: links that lead anywhere, walls around users, and what is too long.

use mock_sftp::{Caller, FileSystem, FsError, MemFs, OpenOptions, Rename, User};

const READ: OpenOptions = OpenOptions {
    read: true,
    write: false,
    append: false,
    create: false,
    truncate: false,
    exclusive: false,
    mode: None,
};

#[test]
fn forty_links_are_followed_and_no_more() {
    let mut builder = MemFs::builder().file("/0", "found");
    for number in 1..=41 {
        builder = builder.symlink(format!("{}", number - 1), format!("/{number}"));
    }
    let fs = builder.build().unwrap();
    assert_eq!(fs.read("/40").unwrap(), "found");
    assert_eq!(fs.read("/41"), Err(FsError::Loop));
    fs.symlink("self", "/self").unwrap();
    assert_eq!(fs.metadata("/self"), Err(FsError::Loop));
    assert_eq!(fs.metadata("/self/below"), Err(FsError::Loop));
    assert_eq!(fs.symlink_metadata("/self").unwrap().size, 4);
}

#[test]
fn links_are_absolute_or_relative_to_where_they_are() {
    let fs = MemFs::builder()
        .file("/srv/data/file", "1")
        .symlink("/srv", "/absolute")
        .symlink("../data/file", "/srv/links/up")
        .symlink("data", "/srv/directory")
        .build()
        .unwrap();
    for path in ["/absolute/data/file", "/srv/links/up", "/srv/directory/file", "/absolute/links/up"] {
        assert_eq!(fs.read(path).unwrap(), "1", "{path}");
    }
    let caller = fs.caller("alice");
    let real = |path: &str| String::from_utf8(fs.canonicalize(&caller, path.as_bytes()).unwrap()).unwrap();
    assert_eq!(real("/absolute/./links/../directory/file"), "/srv/data/file");
    assert_eq!(real("/absolute/directory/new"), "/srv/data/new");
    assert_eq!(real("/absolute/links/.."), "/srv");
    assert_eq!(real("absolute"), "/srv");
    assert_eq!(real("../.."), "/");
    assert_eq!(real("."), "/");
}

#[test]
fn a_link_to_nothing_is_filled_by_creating() {
    let fs = MemFs::builder().dir("/d").symlink("d/new", "/link").build().unwrap();
    let caller = fs.caller("alice");
    assert_eq!(fs.open(&caller, b"/link", &READ).map(drop), Err(FsError::NotFound));
    let exclusive = OpenOptions { write: true, create: true, exclusive: true, ..READ };
    assert_eq!(fs.open(&caller, b"/link", &exclusive).map(drop), Err(FsError::Exists));
    let create = OpenOptions { exclusive: false, ..exclusive };
    fs.open(&caller, b"/link", &create).unwrap().write_at(0, b"there").unwrap();
    assert_eq!(fs.read("/d/new").unwrap(), "there");
}

#[test]
fn names_and_paths_have_a_longest() {
    let fs = MemFs::new();
    let caller = fs.caller("alice");
    let name = |length| format!("/{}", "n".repeat(length));
    assert_eq!(fs.create_dir(&caller, name(255).as_bytes(), 0o777), Ok(()));
    assert_eq!(fs.create_dir(&caller, name(256).as_bytes(), 0o777), Err(FsError::NameTooLong));
    let path = |length: usize| format!("/{}", "./".repeat(length))[..length].to_owned();
    assert_eq!(fs.metadata(path(4095)).map(drop), Ok(()));
    assert_eq!(fs.metadata(path(4096)).map(drop), Err(FsError::NameTooLong));
    assert_eq!(FileSystem::symlink(&fs, &caller, &[b'x'; 4096], b"/l"), Err(FsError::NameTooLong));
    assert_eq!(FileSystem::symlink(&fs, &caller, b"", b"/l"), Err(FsError::NotFound));
    assert_eq!(fs.metadata(""), Err(FsError::NotFound));
    assert_eq!(fs.metadata("/a\0b"), Err(FsError::Invalid));
}

#[test]
fn names_are_bytes() {
    let fs = MemFs::new();
    let name = b"/\xff\x01 \"\n".as_slice();
    fs.write(name, "x").unwrap();
    assert_eq!(fs.list("/").unwrap(), [&name[1..]]);
    assert!(fs.snapshot().to_string().ends_with("/\\xff\\u{1} \"\\n\n"));
}

#[test]
fn nobody_leaves_their_root() {
    let fs = MemFs::builder()
        .file("/etc/shadow", "secret")
        .file("/srv/alice/etc/motd", "hi")
        .symlink("/etc/motd", "/srv/alice/absolute")
        .symlink("../../../../etc/motd", "/srv/alice/relative")
        .symlink("../../etc/shadow", "/srv/alice/home/out")
        .user(User::new("alice").root("/srv/alice").start("/home"))
        .build()
        .unwrap();
    let alice = fs.caller("alice");
    let read = |caller: &Caller, path: &str| {
        let mut all = Vec::new();
        fs.open(caller, path.as_bytes(), &READ)?
            .read_at(0, 100, &mut |bytes| all.extend_from_slice(&bytes))?;
        Ok(String::from_utf8(all).unwrap())
    };
    for path in ["/etc/motd", "/absolute", "/relative", "../etc/motd", "../../../etc/motd", "/../etc/motd"] {
        assert_eq!(read(&alice, path), Ok("hi".to_owned()), "{path}");
    }
    for path in ["/etc/shadow", "out", "/srv/alice/etc/motd"] {
        assert_eq!(read(&alice, path), Err(FsError::NotFound), "{path}");
    }
    assert_eq!(fs.canonicalize(&alice, b".").unwrap(), b"/home");
    assert_eq!(fs.canonicalize(&alice, b"../..").unwrap(), b"/");
    assert_eq!(fs.canonicalize(&alice, b"new").unwrap(), b"/home/new");
    let mut top = fs.open_dir(&alice, b"/").unwrap();
    let (dot, dots) = (top.next().unwrap().unwrap(), top.next().unwrap().unwrap());
    assert_eq!(dot.metadata.inode, dots.metadata.inode, "what is above is not shown");
    assert_eq!(fs.remove_dir(&alice, b"/"), Err(FsError::Busy));
    let renamed = FileSystem::rename(&fs, &alice, b"/home/..", b"/x", Rename::Replace);
    assert_eq!(renamed, Err(FsError::Busy));
    fs.remove_all("/srv/alice").unwrap();
    assert_eq!(read(&alice, "/etc/motd"), Err(FsError::NotFound));
}

#[test]
fn trees_are_as_deep_as_one_likes() {
    let fs = MemFs::new();
    let caller = fs.caller("alice");
    for _ in 0..50 {
        fs.create_dir_all("/a/".repeat(200)).unwrap();
        let bottom = format!("/b{}", "/a".repeat(200));
        // What is there goes to the bottom of a new one.
        fs.create_dir_all(&bottom).unwrap();
        FileSystem::rename(&fs, &caller, b"/a", format!("{bottom}/a").as_bytes(), Rename::Replace).unwrap();
        FileSystem::rename(&fs, &caller, b"/b", b"/a", Rename::Replace).unwrap();
    }
    assert!(fs.used_inodes() > 10_000);
    drop(fs);
}

#[test]
fn only_relative_paths_need_a_start_directory() {
    let home = User::new("anna").start("/home/anna");
    let fs = MemFs::builder().user(home).file("/srv/file", "1").symlink("/srv", "/link").build().unwrap();
    let anna = fs.caller("anna");
    let metadata = |path: &[u8]| FileSystem::metadata(&fs, &anna, path, true).map(|found| found.size);
    assert_eq!(metadata(b"/link/file"), Ok(1));
    for path in [&b"file"[..], b".", b"../srv/file"] {
        assert_eq!(metadata(path), Err(FsError::NotFound));
        assert_eq!(fs.canonicalize(&anna, path), Err(FsError::NotFound));
    }
    assert_eq!(fs.canonicalize(&anna, b"/link/file").unwrap(), b"/srv/file");
    FileSystem::create_dir(&fs, &anna, b"/home", 0o755).unwrap();
    FileSystem::create_dir(&fs, &anna, b"/home/anna", 0o755).unwrap();
    assert_eq!(metadata(b"../../srv/file"), Ok(1));
    // It may vanish while somebody is there.
    FileSystem::remove_dir(&fs, &anna, b"/home/anna").unwrap();
    assert_eq!((metadata(b"."), metadata(b"/srv/file")), (Err(FsError::NotFound), Ok(1)));
}
