//! Any bytes, cut anywhere, at a session over a small tree: it answers, waits or ends, and holds no more than it got.
//!
//! The first byte says where to cut; the rest is what a client sends after its init, with a file open as handle 1 and a directory as
//! handle 2. Names of handles differ from session to session by four bytes: what is sent has [`TAG`] in their place.
#![no_main]

use std::time::{Duration, UNIX_EPOCH};

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use mock_sftp::{Limits, MemFs, ReplySink, Sftp};

const INIT: &[u8] = b"\0\0\0\x05\x01\0\0\0\x03";
/// Opens `/a` to be read and written, and `/c`.
const OPEN: &[u8] = b"\0\0\0\x13\x03\0\0\0\x01\0\0\0\x02/a\0\0\0\x03\0\0\0\0";
const OPEN_DIR: &[u8] = b"\0\0\0\x0b\x0b\0\0\0\x02\0\0\0\x02/c";

/// Stands for the bytes that the names of all handles of a session begin with.
const TAG: [u8; 4] = *b"\x7fTAG";

/// Keeps the last of what is sent, and has always room.
#[derive(Default)]
struct Sink(Bytes);

impl Sink {
    /// The beginning of the name that the last reply has.
    fn tag(&self) -> [u8; 4] {
        let reply = self.0.as_ref();
        assert_eq!((reply.len(), reply[4]), (21, 102), "it is a handle");
        reply[13..17].try_into().expect("there are four")
    }
}

impl ReplySink for Sink {
    fn room(&self) -> usize {
        1 << 20
    }

    fn send(&mut self, bytes: Bytes) {
        self.0 = bytes;
    }

    // Only faults ask for it, and there are none.
    fn wake_after(&mut self, _: Duration) {}

    fn wake(&mut self) {}
}

fuzz_target!(|bytes: &[u8]| {
    let Some((cut, bytes)) = bytes.split_first() else { return };
    let limits = Limits { bytes: Some(1 << 20), inodes: Some(100), file_size: Some(1 << 20) };
    let fs = MemFs::builder().limits(limits).file("/a", "hello").symlink("a", "/b").dir("/c");
    let fs = fs.build().expect("it goes together");
    fs.set_time(UNIX_EPOCH);
    let mut session = Sftp::new(fs).session("anna");
    let mut sink = Sink::default();
    for begin in [INIT, OPEN, OPEN_DIR] {
        session.receive(begin, &mut sink).expect("it is understood");
    }
    let tag = sink.tag();
    let mut bytes = bytes.to_vec();
    for at in 0..bytes.len().saturating_sub(3) {
        if bytes[at..].starts_with(&TAG) {
            bytes[at..at + 4].copy_from_slice(&tag);
        }
    }
    for part in bytes.chunks(usize::from(*cut) + 1) {
        if session.receive(part, &mut sink).is_err() {
            return;
        }
        assert!(session.held() <= bytes.len());
    }
    let _ended = session.eof(&mut sink);
});
