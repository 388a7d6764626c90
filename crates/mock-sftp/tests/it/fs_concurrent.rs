//! Many sessions on one tree.

use std::{sync::Barrier, thread};

use mock_sftp::{FileSystem, MemFs, OpenOptions, Rename};

const THREADS: u8 = 8;

/// Runs the same on many threads that begin together.
fn together(fs: &MemFs, action: impl Fn(&MemFs, u8) + Sync) {
    let start = Barrier::new(usize::from(THREADS));
    thread::scope(|scope| {
        for number in 0..THREADS {
            let (fs, start, action) = (fs.clone(), &start, &action);
            scope.spawn(move || {
                start.wait();
                action(&fs, number);
            });
        }
    });
}

#[test]
fn nothing_gets_lost() {
    let fs = MemFs::builder().dir("/from").dir("/to").build().unwrap();
    together(&fs, |fs, thread| {
        let caller = fs.caller("alice");
        for number in 0..50 {
            let from = format!("/from/{thread}-{number}");
            fs.write(&from, [thread; 100]).unwrap();
            let to = format!("/to/{thread}-{number}");
            FileSystem::rename(fs, &caller, from.as_bytes(), to.as_bytes(), Rename::Refuse).unwrap();
            FileSystem::hard_link(fs, &caller, to.as_bytes(), from.as_bytes()).unwrap();
            let mut directory = fs.open_dir(&caller, b"/to").unwrap();
            while directory.next().unwrap().is_some() {}
            fs.remove_file(&caller, from.as_bytes()).unwrap();
        }
    });
    assert_eq!(fs.list("/from").unwrap().len(), 0);
    assert_eq!(fs.list("/to").unwrap().len(), usize::from(THREADS) * 50);
    assert_eq!(fs.used_bytes(), u64::from(THREADS) * 50 * 100);
    fs.remove_all("/").unwrap();
    assert_eq!((fs.used_bytes(), fs.used_inodes()), (0, 1));
}

#[test]
fn one_of_many_makes_a_name() {
    let fs = MemFs::new();
    let made = std::sync::atomic::AtomicU32::new(0);
    together(&fs, |fs, _| {
        let options = OpenOptions { write: true, create: true, exclusive: true, ..OpenOptions::default() };
        if fs.open(&fs.caller("alice"), b"/lock", &options).is_ok() {
            made.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        }
    });
    assert_eq!(made.into_inner(), 1);
}

#[test]
fn appended_lines_stay_whole() {
    let fs = MemFs::new();
    together(&fs, |fs, thread| {
        let options = OpenOptions { append: true, create: true, ..OpenOptions::default() };
        let mut file = fs.open(&fs.caller("alice"), b"/log", &options).unwrap();
        for _ in 0..200 {
            file.write_at(0, format!("{thread}{thread}{thread}{thread}\n").as_bytes()).unwrap();
        }
    });
    let log = String::from_utf8(fs.read("/log").unwrap().to_vec()).unwrap();
    assert_eq!(log.lines().count(), usize::from(THREADS) * 200);
    assert!(log.lines().all(|line| line.len() == 4 && line.bytes().all(|byte| byte == line.as_bytes()[0])));
}

/// Each moves the other's directory; a lock taken in the wrong order would stop them for good.
#[test]
fn directories_move_into_each_other() {
    let fs = MemFs::builder().dir("/a/a").dir("/b/b").build().unwrap();
    together(&fs, |fs, thread| {
        let caller = fs.caller("alice");
        for _ in 0..200 {
            let (from, to) = if thread % 2 == 0 { ("/a", "/b/b/a") } else { ("/b", "/a/a/b") };
            let there = FileSystem::rename(fs, &caller, from.as_bytes(), to.as_bytes(), Rename::Replace);
            let back = FileSystem::rename(fs, &caller, to.as_bytes(), from.as_bytes(), Rename::Replace);
            let _ = (there, back, fs.walk("/").unwrap());
        }
    });
    assert_eq!(fs.walk("/").unwrap().len(), 5, "{}", fs.snapshot());
}
