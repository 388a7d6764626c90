//! Any bytes, cut anywhere, at a session over a small tree: it answers, waits or ends, and holds no more than it got.
//! The first byte says where to cut; the rest is what a client sends after its init.
#![no_main]

use std::time::Duration;

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use mock_sftp::{Limits, MemFs, ReplySink, Sftp};

const INIT: &[u8] = b"\0\0\0\x05\x01\0\0\0\x03";

/// Counts what is sent, and has always room.
#[derive(Default)]
struct Sink(usize);

impl ReplySink for Sink {
    fn room(&self) -> usize {
        1 << 20
    }

    fn send(&mut self, bytes: Bytes) {
        self.0 += bytes.len();
    }

    // Only faults ask for it, and there are none.
    fn wake_after(&mut self, _: Duration) {}

    fn wake(&mut self) {}
}

fuzz_target!(|bytes: &[u8]| {
    let Some((cut, bytes)) = bytes.split_first() else { return };
    let limits = Limits { bytes: Some(1 << 20), inodes: Some(100), file_size: Some(1 << 20) };
    let fs = MemFs::builder().limits(limits).file("/a", "hello").symlink("a", "/b").dir("/c");
    let mut session = Sftp::new(fs.build().expect("it goes together")).session("anna");
    let mut sink = Sink::default();
    session.receive(INIT, &mut sink).expect("it is an init");
    for part in bytes.chunks(usize::from(*cut) + 1) {
        if session.receive(part, &mut sink).is_err() {
            return;
        }
        assert!(session.held() <= bytes.len());
    }
    let _ended = session.eof(&mut sink);
});
