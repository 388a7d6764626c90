//! Full disks, used-up quotas and read-only trees.

use mock_sftp::{
    File, FileSystem, FsError, Limits, MemFs, OpenFile, OpenOptions, Rename, SetAttributes, User,
};

fn create(fs: &MemFs, user: &str, path: &str) -> Result<Box<dyn OpenFile>, FsError> {
    let options = OpenOptions { read: true, write: true, create: true, ..OpenOptions::default() };
    fs.open(&fs.caller(user), path.as_bytes(), &options)
}

fn limited(limits: Limits) -> MemFs {
    MemFs::builder().limits(limits).build().unwrap()
}

#[test]
fn a_full_disk_takes_what_fits() {
    let fs = limited(Limits { bytes: Some(100_000), ..Limits::default() });
    let mut file = create(&fs, "alice", "/file").unwrap();
    assert_eq!(file.write_at(0, &vec![1; 90_000]), Ok(()));
    assert_eq!(file.write_at(90_000, &vec![2; 90_000]), Err(FsError::NoSpace));
    assert_eq!(fs.metadata("/file").unwrap().size, 100_000);
    assert_eq!(file.write_at(50, &[3; 1000]), Ok(()), "what is there can be changed");
    assert_eq!(create(&fs, "alice", "/empty").unwrap().write_at(0, b"x"), Err(FsError::NoSpace));
    // Room comes back only when nobody uses the file any more.
    fs.remove_file(&fs.caller("alice"), b"/file").unwrap();
    assert_eq!(fs.used_bytes(), 100_000);
    drop(file);
    assert_eq!(fs.used_bytes(), 0);
    assert_eq!(create(&fs, "alice", "/empty").unwrap().write_at(0, b"x"), Ok(()));
}

#[test]
fn emptying_and_cutting_makes_room() {
    let fs = limited(Limits { bytes: Some(100_000), ..Limits::default() });
    let mut file = create(&fs, "alice", "/file").unwrap();
    file.write_at(0, &vec![1; 100_000]).unwrap();
    let size = |size| SetAttributes { size: Some(size), ..SetAttributes::default() };
    file.set_attributes(&size(70_000)).unwrap();
    assert_eq!(fs.used_bytes(), 70_000);
    file.set_attributes(&size(100)).unwrap();
    assert_eq!(fs.used_bytes(), 100);
    file.set_attributes(&size(1 << 40)).unwrap();
    assert_eq!(fs.used_bytes(), 100, "a hole takes nothing");
    let options = OpenOptions { write: true, truncate: true, ..OpenOptions::default() };
    fs.open(&fs.caller("alice"), b"/file", &options).unwrap();
    assert_eq!(fs.used_bytes(), 0);
}

#[test]
fn inodes_run_out() {
    let fs = limited(Limits { inodes: Some(3), ..Limits::default() });
    let caller = fs.caller("alice");
    create(&fs, "alice", "/file").unwrap();
    fs.create_dir(&caller, b"/dir", 0o777).unwrap();
    assert_eq!(create(&fs, "alice", "/more").map(drop), Err(FsError::NoSpace));
    assert_eq!(fs.create_dir(&caller, b"/more", 0o777), Err(FsError::NoSpace));
    assert_eq!(FileSystem::symlink(&fs, &caller, b"x", b"/more"), Err(FsError::NoSpace));
    assert_eq!(FileSystem::hard_link(&fs, &caller, b"/file", b"/name"), Ok(()), "a name is no inode");
    FileSystem::rename(&fs, &caller, b"/file", b"/name", Rename::Replace).unwrap();
    fs.remove_file(&caller, b"/file").unwrap();
    assert_eq!(fs.used_inodes(), 3);
    fs.remove_file(&caller, b"/name").unwrap();
    assert_eq!(fs.create_dir(&caller, b"/more", 0o777), Ok(()));
}

#[test]
fn files_have_a_largest_size() {
    let fs = limited(Limits { file_size: Some(1000), ..Limits::default() });
    let mut file = create(&fs, "alice", "/file").unwrap();
    assert_eq!(file.write_at(600, &[1; 600]), Err(FsError::TooLarge));
    assert_eq!(fs.metadata("/file").unwrap().size, 1000);
    assert_eq!(file.write_at(1000, b"x"), Err(FsError::TooLarge));
    assert_eq!(file.write_at(999, b"x"), Ok(()));
    let size = |size| SetAttributes { size: Some(size), ..SetAttributes::default() };
    assert_eq!(file.set_attributes(&size(1001)), Err(FsError::TooLarge));
    // A file that is too large already can be made smaller.
    fs.put("/large", vec![0; 5000]).unwrap();
    let set = |length| fs.set_attributes(&fs.caller("alice"), b"/large", &size(length), true);
    assert_eq!((set(5001), set(4000)), (Err(FsError::TooLarge), Ok(())));
}

#[test]
fn users_have_quotas_of_their_own() {
    let fs = MemFs::builder().user(User::new("alice").quota(1000)).user("bob").build().unwrap();
    let mut file = create(&fs, "alice", "/alices").unwrap();
    assert_eq!(file.write_at(0, &[1; 900]), Ok(()));
    assert_eq!(file.write_at(900, &[1; 200]), Err(FsError::QuotaExceeded));
    assert_eq!(fs.metadata("/alices").unwrap().size, 900);
    assert_eq!(fs.used_bytes(), 900);
    create(&fs, "bob", "/bobs").unwrap().write_at(0, &[1; 5000]).unwrap();
    // What is given away no longer counts.
    fs.set_owner("/alices", "bob", "bob").unwrap();
    create(&fs, "alice", "/more").unwrap().write_at(0, &[1; 1000]).unwrap();
    fs.remove_all("/more").unwrap();
    create(&fs, "alice", "/again").unwrap().write_at(0, &[1; 1000]).unwrap();
}

#[test]
fn the_test_itself_is_not_limited() {
    let limits = Limits { bytes: Some(10), inodes: Some(1), file_size: Some(5) };
    let fs = MemFs::builder().limits(limits).read_only().file("/large", vec![0; 1000]).build().unwrap();
    fs.write("/more", [0; 1000]).unwrap();
    assert_eq!((fs.used_bytes(), fs.used_inodes()), (2000, 3));
}

#[test]
fn read_only_trees_can_be_read() {
    let fs = MemFs::builder().file("/file", "text").dir("/dir").read_only().build().unwrap();
    let caller = fs.caller("root");
    let read = OpenOptions { read: true, ..OpenOptions::default() };
    assert_eq!(fs.open(&caller, b"/file", &read).unwrap().read_at(0, 9, &mut |_| {}), Ok(4));
    for options in [
        OpenOptions { write: true, ..read },
        OpenOptions { append: true, ..read },
        OpenOptions { truncate: true, ..read },
    ] {
        assert_eq!(fs.open(&caller, b"/file", &options).map(drop), Err(FsError::ReadOnly), "{options:?}");
    }
    let create = OpenOptions { write: true, create: true, ..read };
    let refused = Err(FsError::ReadOnly);
    assert_eq!(fs.open(&caller, b"/new", &create).map(drop), refused);
    assert_eq!(fs.create_dir(&caller, b"/new", 0o777), refused);
    assert_eq!(fs.create_dir(&caller, b"/dir", 0o777), Err(FsError::Exists));
    assert_eq!(fs.remove_file(&caller, b"/file"), refused);
    assert_eq!(fs.remove_dir(&caller, b"/dir"), refused);
    assert_eq!(FileSystem::symlink(&fs, &caller, b"x", b"/new"), refused);
    assert_eq!(FileSystem::hard_link(&fs, &caller, b"/file", b"/new"), refused);
    assert_eq!(FileSystem::rename(&fs, &caller, b"/file", b"/new", Rename::Replace), refused);
    let mode = SetAttributes { mode: Some(0o600), ..SetAttributes::default() };
    assert_eq!(fs.set_attributes(&caller, b"/file", &mode, true), refused);
    assert!(fs.space(&caller, b"/").unwrap().read_only);
    fs.set_read_only(false);
    assert_eq!(fs.create_dir(&caller, b"/new", 0o777), Ok(()));
}

#[test]
fn space_is_told_in_blocks() {
    let limits = Limits { bytes: Some(40_960), inodes: Some(10), ..Limits::default() };
    let fs = MemFs::builder().limits(limits).file("/file", File::new(vec![1; 4097])).build().unwrap();
    let caller = fs.caller("alice");
    let space = fs.space(&caller, b"/file").unwrap();
    assert_eq!((space.block_size, space.blocks, space.blocks_free, space.blocks_available), (4096, 10, 8, 8));
    assert_eq!((space.files, space.files_free, space.name_max), (10, 8, 255));
    assert_eq!(fs.space(&caller, b"/missing"), Err(FsError::NotFound));
    let endless = MemFs::new();
    assert!(endless.space(&caller, b"/").unwrap().blocks_free > 1 << 20);
}

#[test]
fn a_part_of_a_tree_is_read_only_with_what_is_made_there_later() {
    let fs = MemFs::builder()
        .file("/etc/ssh/config", "old")
        .file("/srv/data", "old")
        .hard_link("/etc/ssh/config", "/srv/config")
        .read_only_below("/etc")
        .build()
        .unwrap();
    fs.write("/etc/added", "by the test").unwrap();
    let caller = fs.caller("alice");
    let write = OpenOptions { write: true, ..OpenOptions::default() };
    let read = OpenOptions { read: true, ..OpenOptions::default() };
    let mode = SetAttributes { mode: Some(0o600), ..SetAttributes::default() };
    let rename = |from: &str, to: &str| {
        FileSystem::rename(&fs, &caller, from.as_bytes(), to.as_bytes(), Rename::Replace)
    };
    let refused = [
        create(&fs, "alice", "/etc/new").map(drop),
        create(&fs, "alice", "/etc/ssh/new").map(drop),
        fs.open(&caller, b"/etc/ssh/config", &write).map(drop),
        fs.open(&caller, b"/srv/config", &write).map(drop),
        fs.open(&caller, b"/etc/added", &write).map(drop),
        fs.set_attributes(&caller, b"/etc/ssh", &mode, true),
        fs.create_dir(&caller, b"/etc/dir", 0o777),
        fs.remove_file(&caller, b"/etc/added"),
        fs.remove_dir(&caller, b"/etc"),
        FileSystem::symlink(&fs, &caller, b"x", b"/etc/link"),
        FileSystem::hard_link(&fs, &caller, b"/srv/data", b"/etc/name"),
        rename("/etc/added", "/srv/moved"),
        rename("/srv/data", "/etc/moved"),
        rename("/etc", "/other"),
    ];
    assert_eq!(refused, [Err(FsError::ReadOnly); 14]);
    assert!(fs.space(&caller, b"/etc/ssh").unwrap().read_only);
    assert!(!fs.space(&caller, b"/srv").unwrap().read_only);
    fs.open(&caller, b"/etc/ssh/config", &read).unwrap();
    fs.open(&caller, b"/srv/data", &write).unwrap();

    fs.set_read_only_below("/etc", false).unwrap();
    create(&fs, "alice", "/etc/new").unwrap();
    assert_eq!(fs.set_read_only_below("/nowhere", true), Err(FsError::NotFound));
    assert!(MemFs::builder().read_only_below("/nowhere").build().is_err());
}
