//! What is in a file: any writing, cutting and reading, beside a plain vector; and what readers keep.

use bytes::Bytes;
use mock_sftp::{FileSystem, FsError, MemFs, OpenFile, OpenOptions, SetAttributes};
use proptest::{collection::vec, prelude::*};

/// Several chunks, however large those are.
const SIZE: u64 = 300_000;

#[derive(Debug, Clone)]
enum Change {
    Write {
        at: u64,
        length: usize,
        byte: u8,
    },
    Cut(u64),
    /// Keeps everything that is read from now on.
    Keep,
}

fn change() -> impl Strategy<Value = Change> {
    let write = (0..SIZE, prop_oneof![0..50usize, 0..200_000usize], 1..u8::MAX);
    prop_oneof![
        6 => write.prop_map(|(at, length, byte)| Change::Write { at, length, byte }),
        2 => (0..SIZE).prop_map(Change::Cut),
        1 => Just(Change::Keep),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_file_is_a_vector_of_bytes(changes in vec(change(), 1..12), at in 0..SIZE, length in 0..200_000usize) {
        let fs = MemFs::new();
        let mut file = open(&fs, "/file");
        let mut expected = Vec::new();
        let mut kept = Vec::new();
        for change in changes {
            match change {
                Change::Write { at, length, byte } => {
                    file.write_at(at, &vec![byte; length]).unwrap();
                    let at = usize::try_from(at).unwrap();
                    if length > 0 {
                        expected.resize(expected.len().max(at + length), 0);
                        expected[at..at + length].fill(byte);
                    }
                }
                Change::Cut(size) => {
                    set_size(&mut *file, size).unwrap();
                    expected.resize(usize::try_from(size).unwrap(), 0);
                }
                Change::Keep => kept.push((pieces(&mut *file, 0, usize::MAX), expected.clone())),
            }
        }
        prop_assert!(fs.read("/file").unwrap() == expected);
        let at = usize::try_from(at).unwrap().min(expected.len());
        let end = expected.len().min(at + length);
        prop_assert!(pieces(&mut *file, at as u64, length).concat() == expected[at..end]);
        for (pieces, expected) in kept {
            prop_assert!(pieces.concat() == expected, "what was read has changed");
        }
        prop_assert!(fs.used_bytes() <= expected.len() as u64);
        drop(file);
        fs.remove_all("/file").unwrap();
        prop_assert_eq!(fs.used_bytes(), 0);
    }
}

#[test]
fn reading_shares_the_memory_of_the_file() {
    let fs = MemFs::new();
    fs.write("/file", vec![1; 200_000]).unwrap();
    let mut file = open_existing(&fs, "/file");
    let first = pieces(&mut *file, 0, usize::MAX);
    let second = pieces(&mut *file, 0, usize::MAX);
    assert_eq!(addresses(&first), addresses(&second));
}

#[test]
fn memory_that_nobody_reads_is_written_again() {
    let fs = MemFs::new();
    let mut file = open(&fs, "/file");
    file.write_at(0, &vec![1; 200_000]).unwrap();
    let before = addresses(&pieces(&mut *file, 0, usize::MAX));
    file.write_at(0, &vec![2; 200_000]).unwrap();
    assert_eq!(addresses(&pieces(&mut *file, 0, usize::MAX)), before);
}

#[test]
fn memory_that_somebody_reads_is_left_alone() {
    let fs = MemFs::new();
    let mut file = open(&fs, "/file");
    file.write_at(0, b"before").unwrap();
    let kept = pieces(&mut *file, 0, usize::MAX);
    file.write_at(2, b"!!").unwrap();
    assert_eq!(kept, ["before"]);
    assert_eq!(fs.read("/file").unwrap(), "be!!re");
    set_size(&mut *file, 1).unwrap();
    fs.remove_all("/file").unwrap();
    drop(file);
    assert_eq!(kept, ["before"]);
}

#[test]
fn a_hole_of_a_tebibyte_costs_nothing() {
    let fs = MemFs::new();
    let mut file = open(&fs, "/sparse");
    file.write_at(1 << 40, b"end").unwrap();
    assert_eq!(fs.metadata("/sparse").unwrap().size, (1 << 40) + 3);
    assert!(fs.used_bytes() < 100_000);
    assert_eq!(pieces(&mut *file, (1 << 40) - 2, 10).concat(), b"\0\0end");
    assert_eq!(pieces(&mut *file, 1 << 39, 100_000).concat(), vec![0; 100_000]);
    set_size(&mut *file, 1 << 62).unwrap();
    assert_eq!(pieces(&mut *file, 1 << 61, 3).concat(), [0, 0, 0]);
    assert!(file.content().is_none(), "too much to be taken");
}

#[test]
fn there_is_a_longest_file() {
    let fs = MemFs::new();
    let mut file = open(&fs, "/file");
    let longest = i64::MAX.unsigned_abs();
    assert_eq!(file.write_at(longest - 1, b"ab"), Err(FsError::TooLarge));
    assert_eq!(fs.metadata("/file").unwrap().size, longest);
    assert_eq!(file.write_at(longest + 1, b"a"), Err(FsError::Invalid));
    assert_eq!(set_size(&mut *file, u64::MAX), Err(FsError::Invalid));
    assert_eq!(file.read_at(u64::MAX, 1, &mut |_| {}), Err(FsError::Invalid));
    assert_eq!(file.read_at(longest, 1, &mut |_| {}), Ok(0));
}

#[test]
fn generated_files_are_read_and_replaced_but_not_written() {
    let count_up = |offset: u64, buffer: &mut [u8]| {
        for (at, byte) in (offset..).zip(buffer) {
            *byte = u8::try_from(at % 251).unwrap();
        }
    };
    let fs = MemFs::builder().file_fn("/huge", 100 << 30, count_up).build().unwrap();
    let caller = fs.caller("alice");
    let mut file = open_existing(&fs, "/huge");
    let expected: Vec<_> =
        (0..200_000_u64).map(|at| u8::try_from((at + (50 << 30)) % 251).unwrap()).collect();
    assert!(pieces(&mut *file, 50 << 30, 200_000).concat() == expected);
    assert_eq!(file.read_at(100 << 30, 1, &mut |_| {}), Ok(0));
    assert!(file.content().is_none());

    let write = OpenOptions { write: true, ..OpenOptions::default() };
    assert_eq!(fs.open(&caller, b"/huge", &write).map(drop), Err(FsError::NotPermitted));
    let mut file = fs.open(&caller, b"/huge", &OpenOptions { truncate: true, ..write }).unwrap();
    file.write_at(0, b"small").unwrap();
    assert_eq!(fs.read("/huge").unwrap(), "small");
}

#[test]
fn a_file_is_opened_for_what_it_is_opened_for() {
    let fs = MemFs::builder().file("/file", "text").build().unwrap();
    let caller = fs.caller("alice");
    let mut reading = open_existing(&fs, "/file");
    assert_eq!(reading.write_at(0, b"x"), Err(FsError::BadHandle));
    assert_eq!(set_size(&mut *reading, 0), Err(FsError::Invalid));
    let append = OpenOptions { append: true, ..OpenOptions::default() };
    let mut appending = fs.open(&caller, b"/file", &append).unwrap();
    assert_eq!(appending.read_at(0, 1, &mut |_| {}), Err(FsError::BadHandle));
    appending.write_at(0, b" and more").unwrap();
    assert_eq!(fs.read("/file").unwrap(), "text and more");
    assert_eq!(reading.content().unwrap().concat(), b"text and more");
    assert_eq!(reading.sync(), Ok(()));
    let nothing = fs.open(&caller, b"/file", &OpenOptions::default());
    assert_eq!(nothing.map(drop), Err(FsError::Invalid));
}

fn open(fs: &MemFs, path: &str) -> Box<dyn OpenFile> {
    let options = OpenOptions { read: true, write: true, create: true, ..OpenOptions::default() };
    fs.open(&fs.caller("alice"), path.as_bytes(), &options).unwrap()
}

fn open_existing(fs: &MemFs, path: &str) -> Box<dyn OpenFile> {
    let options = OpenOptions { read: true, ..OpenOptions::default() };
    fs.open(&fs.caller("alice"), path.as_bytes(), &options).unwrap()
}

fn set_size(file: &mut dyn OpenFile, size: u64) -> Result<(), FsError> {
    file.set_attributes(&SetAttributes { size: Some(size), ..SetAttributes::default() })
}

fn pieces(file: &mut dyn OpenFile, at: u64, length: usize) -> Vec<Bytes> {
    let mut pieces = Vec::new();
    let count = file.read_at(at, length, &mut |piece| pieces.push(piece)).unwrap();
    assert_eq!(count, pieces.iter().map(Bytes::len).sum::<usize>());
    pieces
}

fn addresses(pieces: &[Bytes]) -> Vec<*const u8> {
    pieces.iter().map(|piece| piece.as_ptr()).collect()
}
