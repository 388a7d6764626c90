//! Faults that take their time: several at once, and longer than a clock can tell.

use std::time::Duration;

use mock_core::{
    Fault, event,
    fault::{Action, Stage},
};
use tokio::time::Instant;

use crate::{
    faults::{connect, fault, in_memory},
    support::{login, open},
};

#[tokio::test(start_paused = true)]
async fn of_delays_at_one_moment_the_longest_counts() {
    let server = in_memory("kex: delay 10m");
    let _shorter = server.faults().scoped(fault("kex: delay 1s")).unwrap();
    let begun = Instant::now();
    login(&server).await;
    let took = begun.elapsed().as_secs();
    assert!((600..610).contains(&took), "{took} s");
    server.shutdown().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_delay_longer_than_any_clock_is_a_stall() {
    let for_ever = Fault::new(Stage::Kex, Action::delay(Duration::MAX));
    let server = open().fault(for_ever).handshake_timeout(None).start_in_memory().unwrap();
    let connecting = connect(server.connect());
    tokio::pin!(connecting);
    tokio::select! {
        done = &mut connecting => panic!("{done:?}"),
        struck = server.events().wait_for(event::fault()) => assert_eq!(struck.unwrap().stage, "kex"),
    }
    let events = server.events();
    let (ended, shut) = tokio::join!(connecting, server.shutdown());
    shut.unwrap();
    assert!(ended.is_err());
    assert_eq!(events.count(event::panicked()), 0);
    assert_eq!(events.count(event::disconnected()), 1);
}
