//! What a session allocates for lengths that a client makes up, counted by the allocator.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use bytes::{Bytes, BytesMut};
use mock_sftp::{
    MemFs, ReplySink, SessionError, Sftp, SftpSession,
    wire::{Attributes, Call, Init, OpenFlags, Request},
};
use peak_alloc::PeakAlloc;

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

/// A packet, of which OpenSSH takes none that is longer.
const LONGEST: usize = 256 << 10;

/// Takes so much, and keeps it.
struct Sink {
    sent: BytesMut,
    woken: bool,
}

impl ReplySink for Sink {
    fn room(&self) -> usize {
        2 * LONGEST
    }

    fn send(&mut self, bytes: Bytes) {
        self.sent.extend_from_slice(&bytes);
    }

    fn wake(&mut self) {
        self.woken = true;
    }

    fn wake_after(&mut self, _: std::time::Duration) {}
}

fn frame(call: Call<'_>) -> BytesMut {
    let mut frame = BytesMut::new();
    Request { id: 1, call }.encode(&mut frame);
    frame
}

fn begin(fs: &MemFs, sink: &mut Sink) -> SftpSession {
    let mut session = Sftp::new(fs.clone()).session("anna");
    let mut init = BytesMut::new();
    Init { version: 3, extensions: Vec::new() }.encode(&mut init);
    session.receive(&init, sink).unwrap();
    sink.sent.clear();
    session
}

/// The most that was allocated meanwhile, beyond what was before.
fn peak<T>(of: impl FnOnce() -> T) -> (usize, T) {
    let before = ALLOCATOR.current_usage();
    ALLOCATOR.reset_peak_usage();
    let came = of();
    (ALLOCATOR.peak_usage().saturating_sub(before), came)
}

/// One test, because what others allocate meanwhile would be counted as well.
#[test]
fn no_length_that_a_client_makes_up_is_allocated() {
    let fs = MemFs::new();
    let mut sink = Sink { sent: BytesMut::with_capacity(2 * LONGEST), woken: false };
    for length in [0x0004_0001, 0x7fff_ffff, u32::MAX] {
        let mut session = begin(&fs, &mut sink);
        let (peak, came) = peak(|| session.receive(&length.to_be_bytes(), &mut sink).unwrap_err());
        assert_eq!(came, SessionError::PacketTooLong(length as usize));
        assert!(peak < 1024, "{peak} bytes for a packet of {length}");
    }

    let mut session = begin(&fs, &mut sink);
    let flags = OpenFlags::READ | OpenFlags::WRITE | OpenFlags::CREATE;
    let open = frame(Call::Open { path: b"/sparse", flags, attributes: Attributes::default() });
    session.receive(&open, &mut sink).unwrap();
    // Length, type, id, length of the handle.
    let handle = sink.sent.split().split_off(13).freeze();
    let size = Attributes { size: Some(8 << 30), ..Attributes::default() };
    session.receive(&frame(Call::FSetStat { handle: &handle, attributes: size }), &mut sink).unwrap();
    sink.sent.clear();

    let read = frame(Call::Read { handle: &handle, offset: 0, length: u32::MAX });
    sink.sent.reserve(2 * LONGEST);
    let (most, ()) = peak(|| {
        session.receive(&read, &mut sink).unwrap();
        while std::mem::take(&mut sink.woken) {
            session.resume(&mut sink).unwrap();
        }
    });
    assert_eq!(sink.sent.len(), 13 + 261_120, "as much as a packet may have");
    assert!(most <= 2 * LONGEST, "{most} bytes for one answer");

    // The length of the data within a packet that ends before them.
    let mut write = frame(Call::Write { handle: &handle, offset: 0, data: b"data" });
    let at = write.len() - 8;
    write[at..at + 4].copy_from_slice(&u32::MAX.to_be_bytes());
    sink.sent.clear();
    let (most, _) = peak(|| session.receive(&write, &mut sink).unwrap());
    // Status, bad message.
    assert_eq!(sink.sent[4..13], *b"\x65\0\0\0\x01\0\0\0\x05");
    assert!(most < 4096, "{most} bytes for a packet of {}", write.len());
}
