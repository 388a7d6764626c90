//! What the tree in memory costs: contents beside a plain copy of the same bytes, a large directory, and small files.

#![expect(clippy::unwrap_used, reason = "a benchmark stops when it cannot go on")]

use std::{hint::black_box, time::Duration};

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use mock_sftp::{Caller, FileSystem, MemFs, OpenFile, OpenOptions};

/// Size of a large file.
const LARGE: usize = 64 << 20;

/// What clients send at once: OpenSSH's without and with `limits@openssh.com`.
const REQUESTS: [usize; 2] = [32 << 10, 255 << 10];

const CREATE: OpenOptions = OpenOptions {
    read: true,
    write: true,
    append: false,
    create: true,
    truncate: true,
    exclusive: false,
    mode: None,
};

fn open(fs: &dyn FileSystem, caller: &Caller, path: &str) -> Box<dyn OpenFile> {
    fs.open(caller, path.as_bytes(), &CREATE).unwrap()
}

fn write(file: &mut dyn OpenFile, request: &[u8]) {
    for offset in (0..LARGE).step_by(request.len()) {
        file.write_at(offset as u64, request).unwrap();
    }
}

/// What a server does with them: they are copied once, into a packet.
fn read(file: &mut dyn OpenFile, request: usize, packet: &mut Vec<u8>) {
    for offset in (0..LARGE).step_by(request) {
        packet.clear();
        file.read_at(offset as u64, request, &mut |bytes| packet.extend_from_slice(&bytes)).unwrap();
        black_box(&packet);
    }
}

fn contents(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("content");
    group
        .throughput(Throughput::Bytes(LARGE as u64))
        .sample_size(10)
        .measurement_time(Duration::from_secs(3));
    let fs = MemFs::new();
    let caller = fs.caller("alice");
    for size in REQUESTS {
        let request = vec![7; size];
        let mut packet = Vec::with_capacity(size);
        let kib = size >> 10;
        group.bench_function(format!("copy {kib} KiB"), |bencher| {
            let mut memory = vec![1; LARGE];
            bencher.iter(|| {
                for place in memory.chunks_exact_mut(size) {
                    place.copy_from_slice(&request);
                }
                black_box(&memory);
            });
        });
        group.bench_function(format!("write {kib} KiB, new file"), |bencher| {
            bencher.iter(|| write(&mut *open(&fs, &caller, "new"), &request));
        });
        let mut file = open(&fs, &caller, "old");
        write(&mut *file, &request);
        group.bench_function(format!("write {kib} KiB, same file"), |bencher| {
            bencher.iter(|| write(&mut *file, &request));
        });
        group.bench_function(format!("read {kib} KiB"), |bencher| {
            bencher.iter(|| read(&mut *file, size, &mut packet));
        });
    }
}

fn listing(criterion: &mut Criterion) {
    const ENTRIES: u64 = 100_000;
    let fs = MemFs::builder().files((0..ENTRIES).map(|number| (format!("/{number}"), ""))).build().unwrap();
    let caller = fs.caller("alice");
    let mut group = criterion.benchmark_group("directory");
    group.throughput(Throughput::Elements(ENTRIES));
    group.bench_function("list 100,000", |bencher| {
        bencher.iter(|| {
            let mut directory = fs.open_dir(&caller, b"/").unwrap();
            let mut count = 0;
            while let Some(entry) = directory.next().unwrap() {
                black_box(&entry);
                count += 1;
            }
            assert_eq!(count, ENTRIES + 2);
        });
    });
}

fn small_files(criterion: &mut Criterion) {
    let paths: Vec<_> = (0..1000).map(|number| format!("/srv/app/file-{number}")).collect();
    let fs = MemFs::builder().dir("/srv/app").build().unwrap();
    let caller = fs.caller("alice");
    let create = || {
        for path in &paths {
            open(&fs, &caller, path).write_at(0, b"a small file\n").unwrap();
        }
    };
    let remove = || {
        for path in &paths {
            fs.remove_file(&caller, path.as_bytes()).unwrap();
        }
    };
    let mut group = criterion.benchmark_group("1,000 small files");
    group.throughput(Throughput::Elements(1000));
    group.bench_function("create", |bencher| {
        bencher.iter_batched(|| fs.remove_all("/srv/app/.").unwrap(), |()| create(), BatchSize::PerIteration);
    });
    create();
    group.bench_function("stat", |bencher| {
        bencher.iter(|| {
            for path in &paths {
                black_box(FileSystem::metadata(&fs, &caller, path.as_bytes(), true).unwrap());
            }
        });
    });
    group.bench_function("remove", |bencher| {
        bencher.iter_batched(create, |()| remove(), BatchSize::PerIteration);
    });
}

criterion_group!(benches, contents, listing, small_files);
criterion_main!(benches);
