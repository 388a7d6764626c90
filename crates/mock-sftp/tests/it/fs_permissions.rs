//! Owners and modes, where they are checked.

use mock_sftp::{Caller, Dir, File, FileSystem, FsError, MemFs, OpenOptions, Rename, SetAttributes, User};

const DENIED: Result<(), FsError> = Err(FsError::PermissionDenied);
const NOT_PERMITTED: Result<(), FsError> = Err(FsError::NotPermitted);

struct Host {
    fs: MemFs,
    alice: Caller,
    bob: Caller,
    root: Caller,
}

fn host() -> Host {
    let fs = MemFs::builder()
        .user(User::new("alice").groups(["staff"]))
        .user("bob")
        .put("/alice", Dir::new().owner("alice").mode(0o755).file("own", File::new("1").owner("alice")))
        .put("/alice/secret", File::new("2").owner("alice").mode(0o600))
        .put("/closed", Dir::new().mode(0o700).file("in", "3"))
        .put("/listed", Dir::new().mode(0o744).file("in", "4"))
        .put("/tmp", Dir::new().mode(0o1777))
        .put("/staff", Dir::new().mode(0o2775).group("staff"))
        .file("/readable", "5")
        .check_permissions()
        .build()
        .unwrap();
    let [alice, bob, root] = ["alice", "bob", "root"].map(|name| fs.caller(name));
    Host { fs, alice, bob, root }
}

impl Host {
    fn open(&self, caller: &Caller, path: &str, options: OpenOptions) -> Result<(), FsError> {
        self.fs.open(caller, path.as_bytes(), &options).map(drop)
    }

    fn create(&self, caller: &Caller, path: &str) -> Result<(), FsError> {
        let options = OpenOptions { write: true, create: true, mode: Some(0o777), ..OpenOptions::default() };
        self.open(caller, path, options)
    }

    fn read(&self, caller: &Caller, path: &str) -> Result<(), FsError> {
        self.open(caller, path, OpenOptions { read: true, ..OpenOptions::default() })
    }

    fn set(&self, caller: &Caller, path: &str, attributes: &SetAttributes) -> Result<(), FsError> {
        self.fs.set_attributes(caller, path.as_bytes(), attributes, true)
    }
}

fn mode(mode: u32) -> SetAttributes {
    SetAttributes { mode: Some(mode), ..SetAttributes::default() }
}

fn owner(uid: Option<u32>, gid: Option<u32>) -> SetAttributes {
    SetAttributes { uid, gid, ..SetAttributes::default() }
}

#[test]
fn bits_are_those_of_owner_group_or_others() {
    let host = host();
    assert_eq!(host.read(&host.bob, "/readable"), Ok(()));
    assert_eq!(host.create(&host.bob, "/readable"), DENIED);
    assert_eq!(host.read(&host.bob, "/alice/own"), Ok(()));
    assert_eq!(host.read(&host.bob, "/alice/secret"), DENIED);
    assert_eq!(host.read(&host.alice, "/alice/secret"), Ok(()));
    assert_eq!(host.read(&host.root, "/alice/secret"), Ok(()));
    assert_eq!(host.create(&host.root, "/closed/new"), Ok(()));
    // The owner's bits count for the owner even if others may do more.
    host.fs.set_mode("/alice/own", 0o077).unwrap();
    assert_eq!(host.read(&host.alice, "/alice/own"), DENIED);
    assert_eq!(host.read(&host.bob, "/alice/own"), Ok(()));
}

#[test]
fn directories_are_searched_listed_and_written_apart() {
    let host = host();
    let stat = |path: &str| FileSystem::metadata(&host.fs, &host.bob, path.as_bytes(), true).map(drop);
    let list = |path: &str| host.fs.open_dir(&host.bob, path.as_bytes()).map(drop);
    assert_eq!((stat("/closed/in"), list("/closed")), (DENIED, DENIED));
    assert_eq!((stat("/listed/in"), list("/listed")), (DENIED, Ok(())));
    // Names that do not exist are not told either.
    assert_eq!(stat("/closed/missing"), DENIED);
    assert_eq!(host.create(&host.bob, "/alice/new"), DENIED);
    assert_eq!(host.fs.create_dir(&host.bob, b"/alice/new", 0o777), DENIED);
    assert_eq!(host.fs.remove_file(&host.bob, b"/alice/own"), DENIED);
    assert_eq!(FileSystem::symlink(&host.fs, &host.bob, b"x", b"/alice/new"), DENIED);
    assert_eq!(FileSystem::hard_link(&host.fs, &host.bob, b"/readable", b"/alice/new"), DENIED);
    // What exists is said to exist, whoever asks.
    assert_eq!(host.fs.create_dir(&host.bob, b"/alice/own", 0o777), Err(FsError::Exists));
}

#[test]
fn what_is_made_is_the_users_and_loses_the_umask() {
    let host = host();
    host.create(&host.alice, "/tmp/file").unwrap();
    let file = host.fs.metadata("/tmp/file").unwrap();
    assert_eq!((file.uid, file.gid, file.mode), (host.alice.uid, host.alice.gid, 0o755));
    assert_eq!((host.root.uid, host.alice.uid, host.bob.uid), (0, 1000, 1001));
}

#[test]
fn sticky_directories_keep_what_others_own() {
    let host = host();
    host.create(&host.alice, "/tmp/alices").unwrap();
    host.create(&host.bob, "/tmp/bobs").unwrap();
    let rename =
        |caller, from: &[u8], to: &[u8]| FileSystem::rename(&host.fs, caller, from, to, Rename::Replace);
    assert_eq!(host.fs.remove_file(&host.bob, b"/tmp/alices"), NOT_PERMITTED);
    assert_eq!(rename(&host.bob, b"/tmp/alices", b"/tmp/new"), NOT_PERMITTED);
    assert_eq!(rename(&host.bob, b"/tmp/bobs", b"/tmp/alices"), NOT_PERMITTED);
    assert_eq!(rename(&host.bob, b"/tmp/bobs", b"/tmp/new"), Ok(()));
    assert_eq!(host.fs.remove_file(&host.alice, b"/tmp/alices"), Ok(()));
    // The owner of the directory may.
    host.fs.set_owner("/tmp", "alice", "alice").unwrap();
    assert_eq!(host.fs.remove_file(&host.alice, b"/tmp/new"), Ok(()));
}

#[test]
fn a_directory_hands_its_group_down() {
    let host = host();
    let gid = host.fs.metadata("/staff").unwrap().gid;
    host.create(&host.alice, "/staff/file").unwrap();
    host.fs.create_dir(&host.alice, b"/staff/dir", 0o777).unwrap();
    let (file, dir) = (host.fs.metadata("/staff/file").unwrap(), host.fs.metadata("/staff/dir").unwrap());
    assert_eq!((file.gid, file.mode), (gid, 0o755));
    assert_eq!((dir.gid, dir.mode), (gid, 0o2755));
    assert_eq!(host.create(&host.bob, "/staff/bobs"), DENIED);
}

#[test]
fn attributes_are_the_owners_to_change() {
    let host = host();
    let time = SetAttributes { modified: Some(host.fs.time()), ..SetAttributes::default() };
    assert_eq!(host.set(&host.bob, "/alice/own", &mode(0o777)), NOT_PERMITTED);
    assert_eq!(host.set(&host.bob, "/alice/own", &time), NOT_PERMITTED);
    assert_eq!(host.set(&host.alice, "/alice/own", &mode(0o6755)), Ok(()));
    assert_eq!(host.set(&host.alice, "/alice/own", &time), Ok(()));
    let size = SetAttributes { size: Some(0), ..SetAttributes::default() };
    assert_eq!(host.set(&host.bob, "/alice/own", &size), DENIED);
    let link = host.fs.set_attributes(&host.root, b"/link", &mode(0o600), false);
    assert_eq!(link, Err(FsError::NotFound));
    host.fs.symlink("readable", "/link").unwrap();
    let link = host.fs.set_attributes(&host.root, b"/link", &mode(0o600), false);
    assert_eq!(link, Err(FsError::Unsupported));
}

#[test]
fn files_are_roots_to_give_away() {
    let host = host();
    let staff = host.fs.metadata("/staff").unwrap().gid;
    let (alice, bob) = (host.alice.uid, host.bob.uid);
    assert_eq!(host.set(&host.alice, "/alice/own", &owner(Some(bob), None)), NOT_PERMITTED);
    assert_eq!(host.set(&host.alice, "/alice/own", &owner(Some(alice), Some(bob))), NOT_PERMITTED);
    assert_eq!(host.set(&host.alice, "/alice/own", &owner(Some(alice), Some(staff))), Ok(()));
    assert_eq!(host.set(&host.bob, "/alice/own", &owner(Some(alice), None)), NOT_PERMITTED);
    assert_eq!(host.set(&host.root, "/alice/own", &owner(Some(bob), Some(bob))), Ok(()));
    let own = host.fs.metadata("/alice/own").unwrap();
    assert_eq!((own.uid, own.gid), (bob, bob));
}

#[test]
fn privileges_do_not_outlive_a_change() {
    let host = host();
    host.fs.set_mode("/alice/own", 0o6777).unwrap();
    let write = OpenOptions { write: true, ..OpenOptions::default() };
    host.fs.open(&host.bob, b"/alice/own", &write).unwrap().write_at(0, b"x").unwrap();
    assert_eq!(host.fs.metadata("/alice/own").unwrap().mode, 0o777);
    host.fs.set_mode("/alice/own", 0o6777).unwrap();
    host.fs.open(&host.root, b"/alice/own", &write).unwrap().write_at(0, b"x").unwrap();
    assert_eq!(host.fs.metadata("/alice/own").unwrap().mode, 0o6777);
    host.set(&host.root, "/alice/own", &owner(Some(0), None)).unwrap();
    assert_eq!(host.fs.metadata("/alice/own").unwrap().mode, 0o777);
}

#[test]
fn nobody_is_checked_unless_asked() {
    let fs = MemFs::builder().put("/closed", Dir::new().mode(0).file("in", "1")).build().unwrap();
    let caller = fs.caller("alice");
    assert_eq!(FileSystem::metadata(&fs, &caller, b"/closed/in", true).map(drop), Ok(()));
    assert_eq!(fs.create_dir(&caller, b"/closed/new", 0o777), Ok(()));
    assert_eq!(fs.metadata("/closed/new").unwrap().uid, caller.uid);
}
