//! What the journal costs: servers pay for recording, tests for queries, waits and verification.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use mock_base::{
    Expect, Journal, JournalOptions, ParsedExpectation, ParsedQuery, event, expect, glob, prefix, regex,
};

/// Journals of this many events are as long as they get in practice.
const EVENTS: u64 = 100_000;
/// Events of one connection of such a journal: from the connection to its end, with as many commands as fit.
const CONNECTION: u64 = 100;

fn record(bench: &mut Criterion) {
    // Bounded, so that the measurement does not grow with the number of iterations.
    let journal = Journal::with_options(JournalOptions::new().limit(1_000));
    let recorder = journal.recorder("lab").on_connection(1).on_channel(0);
    bench.bench_function("journal/record", |bench| {
        bench.iter(|| recorder.record(event::StdinEof::new(black_box(1u64))));
    });
}

fn query(bench: &mut Criterion) {
    let events = filled().events();
    bench.bench_function("journal/typed query, one in 100000", |bench| {
        bench.iter(|| events.query(event::exec().command("deploy v2")).len());
    });
    bench.bench_function("journal/typed query, 32000 in 100000", |bench| {
        bench.iter(|| events.query(event::exec()).len());
    });
    bench.bench_function("journal/count, 32000 in 100000", |bench| {
        bench.iter(|| events.count(event::exec()));
    });
    let text: Option<ParsedQuery> = r#"exec "deploy *" user "deploy""#.parse().ok();
    bench.bench_function("journal/query as text among 100000", |bench| {
        bench.iter(|| text.clone().map(|text| events.query(text).len()));
    });
    bench.bench_function("journal/all 100000", |bench| bench.iter(|| events.all().len()));
    bench.bench_function("journal/gaps of 1000 connections among 100000", |bench| {
        bench.iter(|| events.connections().gaps().len());
    });
}

fn verify(bench: &mut Criterion) {
    let events = filled().events();
    let Ok(expectations) = expectations() else { return };
    assert!(events.verify(&expectations).is_ok(), "what is measured is met");
    bench.bench_function("journal/verify 10 of 100000", |bench| {
        bench.iter(|| events.verify(&expectations).is_ok());
    });
    let unmet: [Expect; 1] = [expect(event::exec().command("deploy v3 --now"), 1)];
    bench.bench_function("journal/report on 100000", |bench| {
        bench.iter(|| events.verify(&unmet).map_err(|error| error.to_string()).is_err());
    });
    let as_text = [r#"exec "deploy v2" x1"#, r#"exec ~"^rm " none"#, "login x1000"];
    let as_text: Vec<ParsedExpectation> = as_text.iter().filter_map(|text| text.parse().ok()).collect();
    bench.bench_function("journal/verify 3 as text of 100000", |bench| {
        bench.iter(|| events.verify(&as_text).is_ok());
    });
}

/// All are met, so that looking is measured and not reporting.
fn expectations() -> Result<Vec<Expect>, mock_base::PatternError> {
    let commands = EVENTS / CONNECTION * 32;
    Ok(vec![
        expect(event::connected(), EVENTS / CONNECTION),
        expect(event::auth_accepted().user("deploy"), EVENTS / CONNECTION),
        expect(event::exec(), commands),
        expect(event::exec().command("deploy v2"), 1),
        expect(event::exec().command(prefix("job ")), commands - 1),
        expect(event::exec().command(regex("^rm ")?), 0),
        expect(event::exec().command(glob("deploy *")?), 1),
        expect(event::exit().status(1), 0),
        expect(event::signal(), 0),
        expect(event::disconnected(), EVENTS / CONNECTION),
    ])
}

fn wait(bench: &mut Criterion) {
    let journal = filled();
    bench.bench_function("journal/wait satisfied", |bench| {
        bench.iter(|| {
            let newest = EVENTS - 2;
            journal.events().wait_for(event::disconnected()).after(newest).blocking().is_ok()
        });
    });
}

/// A thousand connections that log in and run commands; one of the commands is another.
fn filled() -> Journal {
    let journal = Journal::new();
    for number in 1..=EVENTS / CONNECTION {
        let connection = journal.recorder("lab").on_connection(number);
        connection.record(event::Connected::new("127.0.0.1:50000"));
        connection.record(event::ClientVersion::new("SSH-2.0-OpenSSH_9.6"));
        connection.record(event::AuthAccepted::new("deploy", "publickey", 1u32));
        for channel in 0..32 {
            let channel_of = connection.on_channel(channel);
            let command = if (number, channel) == (500, 16) {
                "deploy v2".to_owned()
            } else {
                format!("job {channel}")
            };
            channel_of.record(event::Exec::new(command, true, Some("job *".to_owned())).by("deploy"));
            channel_of.record(event::Exit::new(Some(0), None));
            channel_of.record(event::ChannelClosed::new(0u64, 0u64));
        }
        connection.record(event::Disconnected::new(event::ClosedBy::Client, "closed", 1u64, 2u64));
    }
    journal
}

criterion_group!(benches, record, query, verify, wait);
criterion_main!(benches);
