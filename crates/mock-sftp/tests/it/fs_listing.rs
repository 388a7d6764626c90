//! Listing directories while they change.

use std::collections::BTreeSet;

use mock_sftp::{FileSystem, FsError, MemFs, OpenDir};

use crate::fs_ops::names;

fn numbered(count: u32) -> MemFs {
    MemFs::builder().files((0..count).map(|number| (format!("/{number:06}"), ""))).build().unwrap()
}

fn open(fs: &MemFs, path: &str) -> Box<dyn OpenDir> {
    fs.open_dir(&fs.caller("alice"), path.as_bytes()).unwrap()
}

#[test]
fn every_name_is_listed_once_with_what_it_is() {
    let fs = numbered(1000);
    let mut directory = open(&fs, "/");
    let names = names(&mut *directory).unwrap();
    assert_eq!(names, (0..1000).map(|number| format!("{number:06}")).collect::<Vec<_>>());
    assert_eq!(directory.next(), Ok(None));
    let mut directory = open(&fs, "/");
    let entry = std::iter::from_fn(|| directory.next().unwrap()).find(|entry| entry.name == "000500");
    assert_eq!(entry.unwrap().metadata, fs.metadata("/000500").unwrap());
}

#[test]
fn what_stays_is_listed_once_whatever_comes_and_goes() {
    let fs = numbered(2000);
    let mut directory = open(&fs, "/");
    let mut seen = Vec::new();
    let mut step = 0;
    while let Some(entry) = directory.next().unwrap() {
        seen.push(String::from_utf8(entry.name.to_vec()).unwrap());
        // One in two of the names goes, from the end as from the beginning, and as many come.
        let number = step % 1000 * 2 + 1;
        step += 7;
        if fs.remove_all(format!("/{number:06}")).is_ok() {
            fs.write(format!("/{number:06}-new"), "").unwrap();
        }
    }
    let unique: BTreeSet<_> = seen.iter().collect();
    assert_eq!(unique.len(), seen.len());
    for number in (0..2000).step_by(2) {
        assert!(unique.contains(&format!("{number:06}")), "{number}");
    }
}

#[test]
fn a_removed_directory_has_nothing_in_it() {
    let fs = MemFs::builder().file("/dir/file", "").build().unwrap();
    let mut directory = open(&fs, "/dir");
    fs.remove_all("/dir").unwrap();
    assert_eq!(names(&mut *directory), Ok(vec![]));
    assert_eq!(fs.open_dir(&fs.caller("alice"), b"/dir").map(drop), Err(FsError::NotFound));
}

#[test]
fn links_to_directories_are_listed_and_files_are_not() {
    let fs = MemFs::builder().file("/dir/file", "").symlink("dir", "/link").build().unwrap();
    assert_eq!(names(&mut *open(&fs, "/link")), Ok(vec!["file".to_owned()]));
    assert_eq!(fs.open_dir(&fs.caller("alice"), b"/dir/file").map(drop), Err(FsError::NotADirectory));
}
