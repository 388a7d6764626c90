//! A bounded journal: what it keeps, what it still counts.

use mock_base::{Journal, JournalOptions, event};

fn of_limit(limit: usize, events: u64) -> Journal {
    let journal = Journal::with_options(JournalOptions::new().limit(limit));
    let recorder = journal.recorder("lab");
    for count in 0..events {
        recorder.record(event::StdinEof::new(count));
    }
    journal
}

#[test]
fn the_newest_events_are_kept_under_their_numbers() {
    let events = of_limit(3, 10).events();
    let kept: Vec<_> = events.all().iter().map(|event| event.seq).collect();
    assert_eq!(kept, [7, 8, 9]);
    assert_eq!(events.evicted(), 7);
    assert_eq!(events.totals()["stdin_eof"], 10);
}

#[test]
fn following_goes_on_at_the_oldest_event_that_is_kept() {
    let events = of_limit(3, 10).events();
    let first_after = |seq| events.since(seq).first().map(|event| event.seq);
    assert_eq!(first_after(2), Some(7));
    assert_eq!(first_after(8), Some(8));
    assert_eq!(first_after(10), None);
}

#[test]
fn nothing_is_evicted_below_the_limit() {
    assert_eq!(of_limit(3, 3).events().evicted(), 0);
}

#[test]
fn what_was_cleared_does_not_count_as_evicted() {
    let journal = of_limit(3, 10);
    let events = journal.events();
    events.clear();
    assert_eq!(events.evicted(), 0);
    let recorder = journal.recorder("lab");
    for count in 0u64..4 {
        recorder.record(event::StdinEof::new(count));
    }
    assert_eq!(events.evicted(), 1);
}

#[test]
fn a_limit_of_nothing_keeps_one() {
    assert_eq!(of_limit(0, 5).events().all().len(), 1);
}
