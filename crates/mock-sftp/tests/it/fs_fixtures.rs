//! Trees from literals, directories and archives, and back.

use std::{
    collections::BTreeMap,
    error::Error,
    time::{Duration, UNIX_EPOCH},
};

use mock_sftp::{Change, Dir, Entry, File, FsError, MemFs};

/// One of each.
fn sample() -> MemFs {
    let time = UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    MemFs::builder()
        .time(time + Duration::from_secs(5))
        .put("/etc", Dir::new().mode(0o750).modified(time))
        .file("/etc/motd", File::new("hi\n").owner("alice").group("staff").mode(0o4755).modified(time))
        .file("/large", vec![7; 200_000])
        .hard_link("/etc/motd", "/home/alice/motd")
        .symlink("../etc", "/home/link")
        .file(format!("/long/{}", "n".repeat(200)), "long name")
        .build()
        .unwrap()
}

#[test]
fn a_tree_survives_an_archive() {
    let fs = sample();
    let mut archive = Vec::new();
    fs.to_tar(&mut archive).unwrap();
    let copy = copy(&fs, Dir::from_tar(archive.as_slice()).unwrap());
    assert_eq!(copy.snapshot().with_times().to_string(), fs.snapshot().with_times().to_string());
    assert_eq!(copy.metadata("/etc/motd").unwrap().links, 2);
    assert!(Dir::from_tar(&b"no archive, and not short either"[..]).is_err());
}

#[cfg(unix)]
#[test]
fn a_tree_survives_a_directory() {
    let fs = sample();
    let sparse = 10 << 20;
    fs.write("/sparse", "").unwrap();
    fs.set_len("/sparse", sparse).unwrap();
    let host = tempfile::tempdir().unwrap();
    fs.to_dir(host.path()).unwrap();
    // Once more over what is there.
    fs.to_dir(host.path()).unwrap();
    let copy = copy(&fs, Dir::from_dir(host.path()).unwrap());
    // Owners and hard links are not taken from a host.
    fs.set_owner("/etc/motd", 0, 0).unwrap();
    fs.set_mode("/etc/motd", 0o4755).unwrap();
    assert_eq!(copy.snapshot().with_times().to_string(), fs.snapshot().with_times().to_string());
    assert!(Dir::from_dir(host.path().join("missing")).is_err());
}

/// A tree of the same time: that is when its symbolic links are made, wherever they come from.
fn copy(fs: &MemFs, root: Dir) -> MemFs {
    MemFs::builder().time(fs.time()).put("/", root).build().unwrap()
}

#[test]
fn nested_maps_are_directories() {
    let inner = BTreeMap::from([("one", "1"), ("two", "2")]);
    let outer =
        vec![("a", Entry::from(inner)), ("b", Entry::from("text")), ("c", Entry::Symlink(b"b".to_vec()))];
    let fs = MemFs::builder().put("/served", outer).build().unwrap();
    assert_eq!(fs.read("/served/a/two").unwrap(), "2");
    assert_eq!(fs.read("/served/c").unwrap(), "text");
    fs.put("/served/a", [("two", "two"), ("three", "3")]).unwrap();
    assert_eq!(fs.list("/served/a").unwrap(), ["one", "three", "two"]);
    assert_eq!(fs.read("/served/a/two").unwrap(), "two");
}

#[test]
fn what_does_not_go_together_is_named() {
    let error = MemFs::builder().file("/a", "").file("/a/b", "").build().unwrap_err();
    assert_eq!((error.path.as_slice(), error.source), (b"/a/b".as_slice(), FsError::NotADirectory));
    assert_eq!(error.to_string(), "cannot make /a/b");
    assert_eq!(error.source().unwrap().to_string(), "Not a directory");
    let on_a_directory = MemFs::builder().dir("/a").file("/a", "").build().unwrap_err();
    assert_eq!(on_a_directory.source, FsError::IsADirectory);
    let dangling = MemFs::builder().hard_link("/missing", "/b").build().unwrap_err();
    assert_eq!(dangling.source, FsError::NotFound);
}

#[test]
fn changes_are_told_apart() {
    let fs = sample();
    let before = fs.snapshot();
    assert!(fs.diff(&before).is_empty());
    assert_eq!(fs.diff(&before).to_string(), "no change\n");
    fs.advance(Duration::from_secs(60));
    fs.set_modified("/large", fs.time()).unwrap();
    assert!(fs.diff(&before).is_empty(), "times are compared where asked for");
    let times = fs.diff(&before.clone().with_times()).to_string();
    assert_eq!(times, "~ /large: modified 2001-09-09T01:46:45Z -> 2001-09-09T01:47:45Z\n");

    let mut large = vec![7; 200_000];
    large[150_000] = 8;
    fs.write("/large", &large).unwrap();
    fs.remove_all("/home/link").unwrap();
    fs.symlink("../large", "/home/link").unwrap();
    fs.remove_all("/long").unwrap();
    fs.write("/long", "now a file").unwrap();
    fs.set_owner("/etc", "alice", "staff").unwrap();
    fs.rename("/home/alice", "/home/bob").unwrap();
    let diff = fs.diff(&before);
    let name = "n".repeat(200);
    let expected = [
        "~ /etc: owner root:root -> alice:staff",
        "> /home/alice -> /home/bob",
        "> /home/alice/motd -> /home/bob/motd",
        "~ /home/link: target ../etc -> ../large",
        "~ /large: content of 200000 bytes -> of 200000 bytes from byte 150000 on",
        "~ /long: directory -> file \"now a file\"",
        &format!("- /long/{name}: file \"long name\""),
    ];
    assert_eq!(diff.to_string().lines().collect::<Vec<_>>(), expected);
    let moved = Change::Moved { from: "/home/alice".into(), to: "/home/bob".into() };
    assert_eq!(diff.changes()[1], moved);
    assert_eq!(before.read("/large").unwrap(), vec![7; 200_000]);
    assert_eq!(before.read("/home/link"), Err(FsError::Invalid));
}
