//! A directory of the host has no way out: not by dots, not by links, not by what is exchanged meanwhile.

use std::{
    fs,
    os::unix::fs::symlink,
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

use mock_sftp::{Caller, Directory, FileSystem, FsError, OpenOptions, Rename, SetAttributes};
use tempfile::TempDir;

const READ: OpenOptions = OpenOptions {
    read: true,
    write: false,
    append: false,
    create: false,
    truncate: false,
    exclusive: false,
    mode: None,
};
const NEW: OpenOptions = OpenOptions { read: false, write: true, create: true, truncate: true, ..READ };

/// A directory to be served, and beside it what nobody may reach.
struct Lab {
    place: TempDir,
    directory: Directory,
    caller: Caller,
}

impl Lab {
    fn new() -> Self {
        let place = tempfile::tempdir().unwrap();
        fs::create_dir_all(place.path().join("root/sub")).unwrap();
        fs::write(place.path().join("secret"), "secret").unwrap();
        fs::write(place.path().join("root/secret"), "decoy").unwrap();
        let directory = Directory::open(place.path().join("root")).unwrap();
        let caller = directory.caller("anna");
        Self { place, directory, caller }
    }

    fn root(&self) -> std::path::PathBuf {
        self.place.path().join("root")
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, FsError> {
        let mut file = self.directory.open(&self.caller, path.as_bytes(), &READ)?;
        let mut content = Vec::new();
        file.read_at(0, 100, &mut |piece| content.extend_from_slice(&piece))?;
        Ok(content)
    }

    fn outside_is_untouched(&self) {
        let names = |path: &Path| {
            let mut names: Vec<_> =
                fs::read_dir(path).unwrap().map(|entry| entry.unwrap().file_name()).collect();
            names.sort();
            names
        };
        assert_eq!(names(self.place.path()), ["root", "secret"]);
        assert_eq!(fs::read_to_string(self.place.path().join("secret")).unwrap(), "secret");
    }
}

#[test]
fn dots_end_at_the_root() {
    let lab = Lab::new();
    for path in ["../secret", "/../secret", "sub/../../../secret", "./.././secret", "sub/../../secret"] {
        assert_eq!(lab.read(path).unwrap(), b"decoy", "{path}");
    }
    let inode = |path: &str| lab.directory.metadata(&lab.caller, path.as_bytes(), true).unwrap().inode;
    assert_eq!(inode(".."), inode("/"));
    let mut listing = lab.directory.open_dir(&lab.caller, b"..").unwrap();
    let above = [listing.next().unwrap().unwrap(), listing.next().unwrap().unwrap()];
    assert_eq!(above.map(|entry| entry.metadata.inode), [inode("/"), inode("/")]);
    assert_eq!(lab.directory.canonicalize(&lab.caller, b"../../sub/../..").unwrap(), b"/");
}

#[test]
fn links_lead_to_what_is_there_within_the_root() {
    let lab = Lab::new();
    let root = lab.root();
    symlink("/etc/passwd", root.join("absolute")).unwrap();
    symlink("../secret", root.join("relative")).unwrap();
    symlink("../../../../../etc", root.join("climbs")).unwrap();
    symlink(lab.place.path().join("secret"), root.join("whole")).unwrap();
    symlink("/", root.join("sub/top")).unwrap();
    symlink("/proc/self/root", root.join("magic")).unwrap();
    assert_eq!(lab.read("relative").unwrap(), b"decoy");
    assert_eq!(lab.read("sub/top/secret").unwrap(), b"decoy");
    for path in ["absolute", "climbs/passwd", "whole", "magic/etc/passwd"] {
        assert_eq!(lab.read(path), Err(FsError::NotFound), "{path}");
    }
    // What is made through a link is made within as well.
    fs::create_dir(root.join("etc")).unwrap();
    let new = lab.directory.open(&lab.caller, b"absolute", &NEW);
    new.unwrap().write_at(0, b"mine").unwrap();
    assert_eq!(fs::read_to_string(root.join("etc/passwd")).unwrap(), "mine");
    lab.directory.open(&lab.caller, b"relative", &NEW).unwrap().write_at(0, b"mine").unwrap();
    lab.outside_is_untouched();
}

#[test]
fn nothing_can_be_done_to_what_is_outside() {
    let lab = Lab::new();
    let (fs, caller) = (&lab.directory, &lab.caller);
    symlink(lab.place.path(), lab.root().join("out")).unwrap();
    symlink("..", lab.root().join("up")).unwrap();
    symlink(lab.place.path().join("secret"), lab.root().join("link")).unwrap();
    let all = SetAttributes {
        size: Some(0),
        mode: Some(0),
        modified: Some(std::time::UNIX_EPOCH),
        ..SetAttributes::default()
    };
    assert_eq!(fs.set_attributes(caller, b"link", &all, true), Err(FsError::NotFound));
    assert_eq!(fs.set_attributes(caller, b"out/secret", &all, true), Err(FsError::NotFound));
    let mode = SetAttributes { mode: Some(0), ..SetAttributes::default() };
    assert_eq!(fs.set_attributes(caller, b"link", &mode, false), Err(FsError::Unsupported));
    assert_eq!(fs.remove_file(caller, b"out/secret"), Err(FsError::NotFound));
    assert_eq!(fs.remove_dir(caller, b".."), Err(FsError::NotEmpty));
    assert_eq!(fs.rename(caller, b"out/secret", b"stolen", Rename::Replace), Err(FsError::NotFound));
    assert_eq!(fs.rename(caller, b"sub", b"../..", Rename::Replace), Err(FsError::Busy));
    assert_eq!(fs.hard_link(caller, b"out/secret", b"stolen"), Err(FsError::NotFound));
    assert_eq!(fs.create_dir(caller, b"../..", 0o777), Err(FsError::Exists));
    // These are within.
    fs.rename(caller, b"secret", b"up/../moved", Rename::Refuse).unwrap();
    fs.hard_link(caller, b"link", b"up/link2").unwrap();
    assert!(lab.root().join("link2").is_symlink());
    fs.create_dir(caller, b"up/made", 0o777).unwrap();
    assert!(lab.root().join("made").is_dir());
    lab.outside_is_untouched();
}

#[test]
fn a_caller_has_a_root_of_its_own() {
    let lab = Lab::new();
    fs::write(lab.root().join("sub/own"), "own").unwrap();
    let mut caller = lab.caller.clone();
    caller.root = b"/sub".to_vec();
    assert_eq!(lab.directory.canonicalize(&caller, b"../..").unwrap(), b"/");
    assert!(lab.directory.metadata(&caller, b"/own", true).is_ok());
    assert_eq!(lab.directory.metadata(&caller, b"../secret", true), Err(FsError::NotFound));
}

/// Ends the other thread also when the test fails, which would be waited for otherwise.
struct AtTheEnd<'a>(&'a AtomicBool);

impl Drop for AtTheEnd<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// A directory and a file are exchanged for links to the outside, over and over, while they are used.
#[test]
fn no_race_leads_out() {
    let lab = Lab::new();
    let root = lab.root();
    fs::create_dir(root.join("dir")).unwrap();
    fs::write(root.join("dir/secret"), "decoy").unwrap();
    symlink(lab.place.path(), root.join("trap")).unwrap();
    fs::write(root.join("plain"), "decoy").unwrap();
    symlink(lab.place.path().join("secret"), root.join("bait")).unwrap();
    fs::create_dir(root.join("deep")).unwrap();
    let mode = |path: &str| fs::metadata(lab.place.path().join(path)).unwrap().permissions();
    let before = mode("secret");
    let stop = AtomicBool::new(false);
    thread::scope(|threads| {
        threads.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                for [from, to] in [["dir", "away"], ["trap", "dir"], ["dir", "trap"], ["away", "dir"]] {
                    fs::rename(root.join(from), root.join(to)).unwrap();
                }
                for [from, to] in
                    [["plain", "spare"], ["bait", "plain"], ["plain", "bait"], ["spare", "plain"]]
                {
                    fs::rename(root.join(from), root.join(to)).unwrap();
                }
                // Also one that is left upwards while it is moved.
                for [from, to] in [["sub", "deep/sub"], ["deep/sub", "sub"]] {
                    fs::rename(root.join(from), root.join(to)).unwrap();
                }
            }
        });
        let _ended = AtTheEnd(&stop);
        let (fs, caller) = (&lab.directory, &lab.caller);
        for _ in 0..3000 {
            if let Ok(content) = lab.read("dir/secret") {
                assert_eq!(content, b"decoy");
            }
            for path in ["plain", "sub/../secret", "sub/../../secret", "deep/sub/../../../secret"] {
                if let Ok(content) = lab.read(path) {
                    assert_eq!(content, b"decoy");
                }
            }
            let _ = fs.open(caller, b"dir/new", &NEW).and_then(|mut file| file.write_at(0, b"x"));
            let _ = fs.create_dir(caller, b"dir/made", 0o777);
            let _ = fs.rename(caller, b"dir/new", b"dir/newer", Rename::Replace);
            let mode = SetAttributes { mode: Some(0o777), ..SetAttributes::default() };
            let _ = fs.set_attributes(caller, b"dir", &mode, true);
            let _ = fs.set_attributes(caller, b"plain", &mode, true);
            let append = OpenOptions { append: true, ..OpenOptions::default() };
            let _ = fs.open(caller, b"plain", &append).and_then(|mut file| file.write_at(0, b""));
            let _ = fs.remove_file(caller, b"dir/newer");
            if let Ok(mut listing) = fs.open_dir(caller, b"dir") {
                while let Ok(Some(entry)) = listing.next() {
                    assert_ne!(entry.name, "root");
                }
            }
        }
    });
    assert_eq!(mode("secret"), before);
    lab.outside_is_untouched();
}
