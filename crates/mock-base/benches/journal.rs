//! What the journal costs: servers pay for recording, tests for queries and waits.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use mock_base::{Journal, JournalOptions, event};

/// Journals of this many events are as long as they get in practice.
const EVENTS: u32 = 100_000;

fn record(bench: &mut Criterion) {
    // Bounded, so that the measurement does not grow with the number of iterations.
    let journal = Journal::with_options(JournalOptions::new().limit(1_000));
    let recorder = journal.recorder("lab").on_connection(1).on_channel(0);
    bench.bench_function("journal/record", |bench| {
        bench.iter(|| recorder.record(event::StdinEof::new(black_box(1u64))));
    });
}

fn query(bench: &mut Criterion) {
    let journal = filled();
    bench.bench_function("journal/query among 100000", |bench| {
        bench.iter(|| journal.events().count(event::exec()));
    });
}

fn wait(bench: &mut Criterion) {
    let journal = filled();
    bench.bench_function("journal/wait satisfied", |bench| {
        bench.iter(|| {
            let newest = u64::from(EVENTS) - 1;
            journal.events().wait_for(event::exec()).after(newest).blocking().is_ok()
        });
    });
}

/// 100,000 events that no query looks for, and one that it does.
fn filled() -> Journal {
    let journal = Journal::new();
    let recorder = journal.recorder("lab").on_connection(1).on_channel(0);
    for count in 0..EVENTS {
        recorder.record(event::StdinEof::new(count));
    }
    recorder.record(event::Exec::new("uname -r", true, None));
    journal
}

criterion_group!(benches, record, query, wait);
criterion_main!(benches);
