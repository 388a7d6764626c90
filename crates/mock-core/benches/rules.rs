//! What it costs to choose a rule among thousands, and what expectations cost a login.
//!
//! The choice is measured without a server, by asking which rule would answer; for an unknown command the hint at the
//! nearest rule is included.

#![expect(clippy::unwrap_used, reason = "a benchmark stops when it cannot go on")]

#[path = "../tests/common/mod.rs"]
mod common;

use std::{
    hint::black_box,
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use common::{Anybody, Trusting};
use criterion::{Criterion, criterion_group, criterion_main};
use mock_core::{Exec, MockSshServer, Request, Rules, Wanted, argv, event, glob, prefix, regex};
use russh::{Disconnect, client};
use tokio::runtime::{Builder, Runtime};

const RULES: usize = 10_000;

/// A server with so many rules, each made from the words of its command.
fn with_rules(make: impl Fn(String) -> Exec) -> MockSshServer {
    let commands = (0..RULES).map(|number| format!("deploy --service web-{number} --stage live"));
    let builder = commands.fold(MockSshServer::builder(), |builder, command| builder.exec(make(command)));
    builder.start_blocking().unwrap()
}

fn request(number: usize, stage: &str) -> Request {
    let command = format!("deploy --service web-{number} --stage {stage}");
    Request::detached("anna", Wanted::Exec(command.into()))
}

fn choose(rules: &Rules, request: &Request, found: bool) -> usize {
    let rule = rules.would_answer(request);
    assert_eq!(rule.is_some(), found);
    rule.map(|rule| rule.rule).or_else(|| rules.hint(request)).map_or(0, |text| text.len())
}

fn rules(criterion: &mut Criterion) {
    let literal = |command: String| regex(&format!("^{}$", command.replace('-', r"\-"))).unwrap();
    let searched = |command: String| regex(&format!("{command}$")).unwrap();
    let kinds: [(&str, MockSshServer); 5] = [
        ("exact", with_rules(Exec::on)),
        ("prefix", with_rules(|command| Exec::on(prefix(command)))),
        ("glob", with_rules(|command| Exec::on(glob(&command.replace("live", "l*")).unwrap()))),
        ("regex", with_rules(|command| Exec::on(literal(command)))),
        ("regex-unanchored", with_rules(|command| Exec::on(searched(command)))),
    ];
    for (kind, server) in kinds {
        measure(criterion, kind, server.rules());
    }
    let server = with_rules(|command| Exec::on(argv(command.split(' ').collect::<Vec<_>>())));
    measure(criterion, "argv", server.rules());
}

fn measure(criterion: &mut Criterion, kind: &str, rules: &Rules) {
    let mut group = criterion.benchmark_group(format!("choose-of-10000-{kind}"));
    let asked = [
        ("first", request(0, "live"), true),
        ("last", request(RULES - 1, "live"), true),
        ("unknown", request(RULES / 2, "test"), false),
    ];
    for (name, request, found) in asked {
        group.bench_function(name, |bencher| bencher.iter(|| black_box(choose(rules, &request, found))));
    }
    group.finish();
}

async fn login(address: SocketAddr) {
    let config = client::Config { nodelay: true, ..client::Config::default() };
    let mut client = client::connect(Arc::new(config), address, Trusting).await.unwrap();
    assert!(client.authenticate_none("anna").await.unwrap().success());
    client.disconnect(Disconnect::ByApplication, "", "").await.unwrap();
    // The client calls its own goodbye an error.
    let _left = client.await;
}

/// A login on a server of its own, and what was expected of it verified, in turn with one of which nothing is: so both
/// meet the same machine.
fn logins(criterion: &mut Criterion) {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let mut group = criterion.benchmark_group("login");
    group.bench_function("expecting-nothing", |bencher| {
        bencher.iter_custom(|rounds| timed(&runtime, rounds, false));
    });
    group.bench_function("verified", |bencher| bencher.iter_custom(|rounds| timed(&runtime, rounds, true)));
    group.finish();
}

fn timed(runtime: &Runtime, rounds: u64, expecting: bool) -> Duration {
    runtime.block_on(async {
        let mut took = Duration::ZERO;
        for _ in 0..rounds {
            for now in [expecting, !expecting] {
                let server = MockSshServer::builder().auth(Anybody).start().await.unwrap();
                let begun = Instant::now();
                if now {
                    expect(&server);
                }
                login(server.addr()).await;
                server.verify().unwrap();
                if now == expecting {
                    took += begun.elapsed();
                }
                server.shutdown().await.unwrap();
            }
        }
        took
    })
}

/// Ten expectations that a login meets.
fn expect(server: &MockSshServer) {
    server.expect(event::connected(), 1);
    server.expect(event::auth_accepted(), 1);
    server.expect(event::auth_attempt(), 1..);
    server.expect(event::negotiated(), 1);
    server.expect_none(event::exec());
    server.expect_none(event::exec().command(prefix("rm ")));
    server.expect_none(event::shell());
    server.expect_none(event::problem());
    server.expect_none(event::panicked());
    server.expect_in_order((event::connected(), event::negotiated(), event::auth_accepted()));
}

criterion_group!(benches, rules, logins);
criterion_main!(benches);
