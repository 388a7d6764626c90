//! Which operation changes which time of what, with a clock that stands still.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use mock_sftp::{AccessTimes, Caller, FileSystem, MemFs, Metadata, OpenOptions, Rename, SetAttributes};

const READ: OpenOptions = OpenOptions {
    read: true,
    write: false,
    append: false,
    create: false,
    truncate: false,
    exclusive: false,
    mode: None,
};
const WRITE: OpenOptions = OpenOptions { write: true, ..READ };

/// A second for each hour that has passed.
fn at(hours: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_000_000_000 + hours * 3600)
}

fn tree() -> (MemFs, Caller) {
    let fs = MemFs::builder()
        .time(at(0))
        .file("/a/file", "text")
        .dir("/b")
        .symlink("a/file", "/link")
        .build()
        .unwrap();
    fs.set_time(at(1));
    let caller = fs.caller("alice");
    (fs, caller)
}

/// Which of access, modification and change happened at hour one.
fn touched(metadata: &Metadata) -> String {
    let touched =
        |time: SystemTime, letter: &str| if time == at(1) { letter.to_owned() } else { String::new() };
    touched(metadata.accessed, "a") + &touched(metadata.modified, "m") + &touched(metadata.changed, "c")
}

fn all_touched(fs: &MemFs) -> Vec<String> {
    let found = fs.walk("/").unwrap().into_iter();
    let lines = found.map(|found| format!("{} {}", found.path.escape_ascii(), touched(&found.metadata)));
    lines.filter(|line| !line.ends_with(' ')).collect()
}

/// What one operation on a fresh tree touches.
fn touches(action: impl FnOnce(&dyn FileSystem, &Caller)) -> Vec<String> {
    let (fs, caller) = tree();
    action(&fs, &caller);
    all_touched(&fs)
}

#[test]
fn names_are_the_content_of_their_directory() {
    let created = touches(|fs, caller| fs.create_dir(caller, b"/b/new", 0o777).unwrap());
    assert_eq!(created, ["/b mc", "/b/new amc"]);
    let removed = touches(|fs, caller| fs.remove_file(caller, b"/a/file").unwrap());
    assert_eq!(removed, ["/a mc"]);
    let removed = touches(|fs, caller| fs.remove_dir(caller, b"/b").unwrap());
    assert_eq!(removed, ["/ mc"]);
    let renamed = touches(|fs, caller| fs.rename(caller, b"/a/file", b"/b/file", Rename::Replace).unwrap());
    assert_eq!(renamed, ["/a mc", "/b mc", "/b/file c"]);
    let linked = touches(|fs, caller| fs.hard_link(caller, b"/a/file", b"/b/file").unwrap());
    assert_eq!(linked, ["/a/file c", "/b mc", "/b/file c"]);
    let symlinked = touches(|fs, caller| fs.symlink(caller, b"x", b"/b/link").unwrap());
    assert_eq!(symlinked, ["/b mc", "/b/link amc"]);
}

#[test]
fn contents_and_attributes_are_the_file_alone() {
    let write = |fs: &dyn FileSystem, caller: &Caller, data: &[u8]| {
        fs.open(caller, b"/a/file", &WRITE).unwrap().write_at(0, data).unwrap();
    };
    assert_eq!(touches(|fs, caller| write(fs, caller, b"x")), ["/a/file mc"]);
    assert_eq!(touches(|fs, caller| write(fs, caller, b"")), [""; 0]);
    let emptied = OpenOptions { truncate: true, create: true, ..WRITE };
    assert_eq!(touches(|fs, caller| drop(fs.open(caller, b"/a/file", &emptied))), ["/a/file mc"]);
    let set = |attributes: SetAttributes| {
        touches(|fs, caller| fs.set_attributes(caller, b"/link", &attributes, true).unwrap())
    };
    assert_eq!(set(SetAttributes { mode: Some(0o600), ..SetAttributes::default() }), ["/a/file c"]);
    assert_eq!(set(SetAttributes { uid: Some(5), ..SetAttributes::default() }), ["/a/file c"]);
    assert_eq!(set(SetAttributes { size: Some(2), ..SetAttributes::default() }), ["/a/file mc"]);
    assert_eq!(set(SetAttributes { size: Some(4), ..SetAttributes::default() }), ["/a/file c"]);
    assert_eq!(set(SetAttributes { modified: Some(at(7)), ..SetAttributes::default() }), ["/a/file c"]);
    assert_eq!(set(SetAttributes::default()), [""; 0]);
}

#[test]
fn reading_is_access() {
    let read = |fs: &dyn FileSystem, caller: &Caller| {
        fs.open(caller, b"/a/file", &READ).unwrap().read_at(0, 9, &mut |_| {}).unwrap();
    };
    assert_eq!(touches(|fs, caller| read(fs, caller)), ["/a/file a"]);
    assert_eq!(touches(|fs, caller| drop(fs.open_dir(caller, b"/b"))), ["/b a"]);
    assert_eq!(touches(|fs, caller| drop(fs.read_link(caller, b"/link"))), ["/link a"]);
    // The test itself leaves no trace.
    let (fs, _) = tree();
    fs.read("/a/file").unwrap();
    fs.list("/b").unwrap();
    let _ = fs.snapshot().to_string();
    assert_eq!(all_touched(&fs), [""; 0]);
}

#[test]
fn access_is_noted_by_the_rule() {
    let accessed = |rule: AccessTimes, hours: &[u64]| {
        let fs = MemFs::builder().time(at(0)).access_times(rule).file("/file", "text").build().unwrap();
        let caller = fs.caller("alice");
        for hour in hours {
            fs.set_time(at(*hour));
            fs.open(&caller, b"/file", &READ).unwrap().read_at(0, 9, &mut |_| {}).unwrap();
        }
        fs.metadata("/file").unwrap().accessed
    };
    assert_eq!(accessed(AccessTimes::Always, &[1, 2]), at(2));
    assert_eq!(accessed(AccessTimes::Never, &[1, 2]), at(0));
    assert_eq!(accessed(AccessTimes::Relative, &[1, 2]), at(1));
    assert_eq!(accessed(AccessTimes::Relative, &[1, 24]), at(1));
    assert_eq!(accessed(AccessTimes::Relative, &[1, 25]), at(25));
}

#[test]
fn times_are_kept_to_the_nanosecond() {
    let (fs, caller) = tree();
    let exact = UNIX_EPOCH + Duration::new(4_000_000_000, 123_456_789);
    let attributes =
        SetAttributes { accessed: Some(exact), modified: Some(exact), ..SetAttributes::default() };
    fs.set_attributes(&caller, b"/link", &attributes, false).unwrap();
    let link = fs.symlink_metadata("/link").unwrap();
    assert_eq!((link.accessed, link.modified, link.changed), (exact, exact, at(1)));
    fs.set_modified("/b", UNIX_EPOCH - Duration::from_nanos(1)).unwrap();
    let text = fs.snapshot().with_times().to_string();
    assert!(text.contains("2096-10-02T07:06:40.123456789Z /link -> a/file\n"), "{text}");
    assert!(text.contains("-0.000000001s /b\n"), "{text}");
}

#[test]
fn a_clock_that_is_not_set_is_the_hosts() {
    let before = SystemTime::now();
    let fs = MemFs::builder().file("/file", "").build().unwrap();
    let modified = fs.metadata("/file").unwrap().modified;
    assert!(before <= modified && modified <= SystemTime::now());
    fs.advance(Duration::from_secs(3600));
    assert_eq!(fs.time(), fs.time());
    assert!(fs.time() >= before + Duration::from_secs(3600));
    fs.advance(Duration::MAX);
    assert!(fs.time() < before + Duration::from_secs(7200), "a time that cannot be told is not reached");
}
