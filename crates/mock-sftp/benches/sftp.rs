//! What the SFTP server costs by itself: packets in, packets out, without encryption and without a stream.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a benchmark stops when it cannot go on")]

use std::{hint::black_box, time::Duration};

use bytes::{Bytes, BytesMut};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use mock_sftp::{
    MemFs, ReplySink, Sftp, SftpSession,
    wire::{Answer, Attributes, Call, Init, OpenFlags, Reply, Request},
};

/// Size of a large file.
const LARGE: usize = 64 << 20;

/// Data in one packet of SSH.
const PACKET: usize = 32 << 10;

/// What clients ask for at once: OpenSSH without and with `limits@openssh.com`.
const REQUESTS: [usize; 2] = [32 << 10, 255 << 10];

/// Takes every reply, and keeps the last piece.
#[derive(Default)]
struct Sink(Bytes);

impl ReplySink for Sink {
    fn room(&self) -> usize {
        1 << 20
    }
    fn send(&mut self, bytes: Bytes) {
        self.0 = bytes;
    }
    fn wake(&mut self) {}
    fn wake_after(&mut self, _: Duration) {}
}

fn begin(fs: &MemFs) -> (SftpSession, Sink) {
    let (mut session, mut sink) = (Sftp::new(fs.clone()).session("anna"), Sink::default());
    let mut init = BytesMut::new();
    Init { version: 3, extensions: Vec::new() }.encode(&mut init);
    session.receive(&init, &mut sink).unwrap();
    (session, sink)
}

fn frame(call: Call<'_>) -> BytesMut {
    let mut frame = BytesMut::new();
    Request { id: 1, call }.encode(&mut frame);
    frame
}

fn open(session: &mut SftpSession, sink: &mut Sink, path: &[u8]) -> Vec<u8> {
    let flags = OpenFlags::READ | OpenFlags::WRITE | OpenFlags::CREATE;
    let open = frame(Call::Open { path, flags, attributes: Attributes::default() });
    session.receive(&open, sink).unwrap();
    match Reply::decode(&sink.0[4..]).unwrap().answer {
        Answer::Handle(handle) => handle.to_vec(),
        _ => Vec::new(),
    }
}

/// One request after the other, as bytes.
fn frames(request: usize, call: impl Fn(u64, usize) -> BytesMut) -> BytesMut {
    let mut frames = BytesMut::new();
    for offset in (0..LARGE).step_by(request) {
        frames.extend_from_slice(&call(offset as u64, request.min(LARGE - offset)));
    }
    frames
}

fn large_files(criterion: &mut Criterion) {
    let fs = MemFs::new();
    fs.write("/large", vec![7; LARGE]).unwrap();
    let mut group = criterion.benchmark_group("sftp");
    group.throughput(Throughput::Bytes(LARGE as u64)).sample_size(10);
    group.measurement_time(Duration::from_secs(3));
    for request in REQUESTS {
        let (mut session, mut sink) = begin(&fs);
        let handle = open(&mut session, &mut sink, b"/large");
        let reads = frames(request, |offset, length| {
            frame(Call::Read { handle: &handle, offset, length: u32::try_from(length).unwrap() })
        });
        let name = format!("get 64 MiB in {} KiB", request >> 10);
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                for packet in reads.chunks(PACKET) {
                    session.receive(packet, &mut sink).unwrap();
                    black_box(&sink.0);
                }
            });
        });
        let data = vec![9; request];
        let writes = frames(request, |offset, length| {
            frame(Call::Write { handle: &handle, offset, data: &data[..length] })
        });
        let name = format!("put 64 MiB in {} KiB", request >> 10);
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                for packet in writes.chunks(PACKET) {
                    session.receive(packet, &mut sink).unwrap();
                }
            });
        });
    }
    group.finish();
}

fn small_requests(criterion: &mut Criterion) {
    let fs = MemFs::new();
    for number in 0..1000 {
        fs.write(format!("/home/anna/{number}"), "hello").unwrap();
    }
    let mut group = criterion.benchmark_group("sftp");
    group.measurement_time(Duration::from_secs(3));
    for (name, call) in [
        ("stat", Call::Stat { path: b"/home/anna/500" }),
        ("stat of a missing file", Call::Stat { path: b"/home/anna/none" }),
        ("realpath", Call::RealPath { path: b"/home/anna/../anna" }),
    ] {
        let (mut session, mut sink) = begin(&fs);
        let request = frame(call);
        group.bench_function(name, |bencher| {
            bencher.iter(|| session.receive(&request, &mut sink).unwrap());
        });
    }
    group.bench_function("list 1,000 files", |bencher| {
        bencher.iter(|| {
            let (mut session, mut sink) = begin(&fs);
            session.receive(&frame(Call::OpenDir { path: b"/home/anna" }), &mut sink).unwrap();
            let Answer::Handle(handle) = Reply::decode(&sink.0[4..]).unwrap().answer else { return };
            let next = frame(Call::ReadDir { handle });
            while sink.0.get(4) != Some(&101) {
                session.receive(&next, &mut sink).unwrap();
            }
        });
    });
    group.finish();
}

criterion_group!(benches, large_files, small_requests);
criterion_main!(benches);
