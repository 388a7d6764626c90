//! Several servers writing one journal at once: one order for all.

use std::{sync::Barrier, thread, time::Duration};

use mock_base::{Journal, event};

const SERVERS: [&str; 4] = ["bastion", "db01", "db02", "web"];
const EACH: u64 = 500;

#[test]
fn numbers_and_times_increase_whoever_records() {
    let journal = Journal::new();
    let start = Barrier::new(SERVERS.len());
    thread::scope(|scope| {
        for server in SERVERS {
            let recorder = journal.recorder(server);
            let start = &start;
            scope.spawn(move || {
                start.wait();
                for count in 0..EACH {
                    recorder.record(event::StdinEof::new(count));
                }
            });
        }
    });
    let all = journal.events().all();
    let numbers: Vec<_> = all.iter().map(|event| event.seq).collect();
    assert_eq!(numbers, (0..EACH * 4).collect::<Vec<_>>());
    assert!(all.is_sorted_by_key(|event| (event.at, event.time)));
    for server in SERVERS {
        let own: Vec<_> = journal.events().on_server(server).payloads::<event::StdinEof>();
        assert!(own.iter().map(|eof| eof.bytes).eq(0..EACH), "{server} kept its own order");
    }
}

#[test]
fn no_waiter_misses_its_event() {
    let journal = Journal::new();
    let start = Barrier::new(SERVERS.len() * 2);
    thread::scope(|scope| {
        for server in SERVERS {
            let (recorder, view, start) =
                (journal.recorder(server), journal.events().on_server(server), &start);
            scope.spawn(move || {
                start.wait();
                for count in 0..EACH {
                    recorder.record(event::StdinEof::new(count));
                }
            });
            scope.spawn(move || {
                start.wait();
                let last = event::stdin_eof().filter(|eof| eof.bytes == EACH - 1);
                view.wait_for(last).within(Duration::from_secs(60)).blocking().unwrap();
            });
        }
    });
}

#[tokio::test(start_paused = true)]
async fn the_journals_clock_is_tokios() {
    let journal = Journal::new();
    let recorder = journal.recorder("lab");
    recorder.record(event::Shell::new(true));
    recorder.record(event::Shell::new(true));
    tokio::time::advance(Duration::from_secs(90)).await;
    recorder.record(event::Shell::new(true));
    let all = journal.events().all();
    let at: Vec<_> = all.iter().map(|event| event.at.as_secs()).collect();
    assert_eq!(at, [0, 0, 90]);
    assert_eq!(all[0].at, all[1].at, "time stands still between two events");
    assert_eq!(all[2].time.duration_since(all[0].time).unwrap(), Duration::from_secs(90));
}
