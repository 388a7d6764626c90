//! Waiting: what counts, what wakes, what the deadline says.

use std::{thread, time::Duration};

use mock_base::{Journal, JournalOptions, Recorder, WaitError, event};

/// Long enough never to matter.
const LONG: Duration = Duration::from_secs(60);
const SHORT: Duration = Duration::from_millis(5);

fn lab() -> (Journal, Recorder) {
    let journal = Journal::new();
    let recorder = journal.recorder("lab").on_connection(1);
    (journal, recorder)
}

fn exec(command: &'static str) -> event::Exec {
    event::Exec::new(command, true, None)
}

#[tokio::test]
async fn an_event_that_already_happened_counts() {
    let (journal, recorder) = lab();
    recorder.record(exec("ls"));
    let seen = journal.events().wait_for(event::exec()).within(Duration::ZERO).await.unwrap();
    assert_eq!(seen.command, "ls");
    let seen = journal.events().wait_for(event::exec()).within(Duration::ZERO).blocking().unwrap();
    assert_eq!((seen.seq, seen.connection, &*seen.server), (0, Some(1), "lab"));
}

#[tokio::test(start_paused = true)]
async fn an_awaiting_wait_wakes_on_a_later_event() {
    let (journal, recorder) = lab();
    let waiting = tokio::spawn(journal.events().wait_for(event::exec()).within(LONG).into_future());
    tokio::task::yield_now().await;
    recorder.record(event::Shell::new(true));
    recorder.record(exec("ls"));
    assert_eq!(waiting.await.unwrap().unwrap().command, "ls");
}

#[tokio::test]
async fn an_awaiting_wait_wakes_on_an_event_from_another_thread() {
    let (journal, recorder) = lab();
    let mut waiting = Box::pin(journal.events().wait_for(event::exec()).within(LONG).into_future());
    let pending =
        std::future::poll_fn(|context| std::task::Poll::Ready(waiting.as_mut().poll(context).is_pending()));
    assert!(pending.await, "nothing was recorded yet");
    let recording = thread::spawn(move || recorder.record(exec("ls")));
    assert_eq!(waiting.await.unwrap().command, "ls");
    recording.join().unwrap();
}

#[test]
fn a_blocking_wait_wakes_on_an_event_from_another_thread() {
    let (journal, recorder) = lab();
    let events = journal.events();
    // The query records the answer to what it is shown, so the two threads take turns without a clock.
    recorder.record(exec("ping"));
    let (shown, was_shown) = std::sync::mpsc::channel();
    let waiting = thread::spawn(move || {
        let pong = event::exec().filter(move |exec| {
            let _nobody_listens = shown.send(());
            exec.command == "pong"
        });
        events.wait_for(pong).within(LONG).blocking()
    });
    was_shown.recv().unwrap();
    recorder.record(exec("pong"));
    assert_eq!(waiting.join().unwrap().unwrap().command, "pong");
}

#[test]
fn a_query_may_record_and_query_while_it_is_asked() {
    let (journal, recorder) = lab();
    recorder.record(exec("ls"));
    let events = journal.events();
    let nosy = event::exec().filter(move |_| {
        recorder.record(event::Shell::new(true));
        events.count(event::shell()) == 1
    });
    assert!(journal.events().wait_for(nosy).within(SHORT).blocking().is_ok());
}

#[test]
fn only_what_comes_after_a_number_counts() {
    let (journal, recorder) = lab();
    recorder.record(exec("first"));
    recorder.record(exec("second"));
    let events = journal.events();
    let first = events.wait_for(event::exec()).blocking().unwrap();
    let second = events.wait_for(event::exec()).after(first.seq).blocking().unwrap();
    assert_eq!(second.command, "second");
    assert!(events.wait_for(event::exec()).after(second.seq).within(Duration::ZERO).blocking().is_err());
    assert!(events.wait_for(event::exec()).after(u64::MAX).within(Duration::ZERO).blocking().is_err());
}

#[tokio::test(start_paused = true)]
async fn the_deadline_is_reported_with_the_timeline() {
    let (journal, recorder) = lab();
    recorder.record(event::Connected::new("127.0.0.1:50000"));
    let error = journal.events().wait_for(event::exec()).within(Duration::from_secs(2)).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "no exec within 2s; 1 event so far\n   0.0000s  1  connected from 127.0.0.1:50000\n"
    );
    let error = journal.events().wait_for(event::exec()).within(SHORT).blocking().unwrap_err();
    let WaitError::TimedOut { within, seen, evicted, .. } = error else { panic!("not a deadline: {error}") };
    assert_eq!((within, seen, evicted), (SHORT, 1, 0));
}

#[test]
fn a_deadline_too_far_to_be_reached_is_no_problem() {
    let (journal, recorder) = lab();
    recorder.record(exec("ls"));
    assert!(journal.events().wait_for(event::exec()).within(Duration::MAX).blocking().is_ok());
}

#[test]
fn evicted_events_are_named_when_nobody_looked_at_them() {
    let journal = Journal::with_options(JournalOptions::new().limit(2));
    let recorder = journal.recorder("lab");
    for command in ["a", "b", "c", "d", "e"] {
        recorder.record(exec(command));
    }
    let evicted_of = |error: WaitError| match error {
        WaitError::TimedOut { evicted, .. } => evicted,
        other => panic!("not a deadline: {other}"),
    };
    let events = journal.events();
    let error = events.wait_for(event::shell()).within(Duration::ZERO).blocking().unwrap_err();
    let text = error.to_string();
    assert!(text.contains("2 events so far, 3 older dropped unseen by the journal's limit"), "{text}");
    assert_eq!(evicted_of(error), 3);
    // Numbers 2 and lower were not asked for.
    let error = events.wait_for(event::shell()).after(1).within(Duration::ZERO).blocking().unwrap_err();
    assert_eq!(evicted_of(error), 1);
}

#[test]
fn a_wait_ends_at_its_deadline_after_the_journal_was_cleared() {
    let (journal, recorder) = lab();
    recorder.record(exec("ls"));
    journal.events().clear();
    let error = journal.events().wait_for(event::exec()).within(SHORT).blocking().unwrap_err();
    let WaitError::TimedOut { seen, evicted, .. } = error else { panic!("not a deadline: {error}") };
    assert_eq!((seen, evicted), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_journal_that_never_rests_does_not_hold_the_deadline_up() {
    let (journal, recorder) = lab();
    // Each look at an event records the next one.
    recorder.record(exec("again"));
    let never = event::exec().filter(move |_| {
        recorder.record(exec("again"));
        false
    });
    let clock = async {
        tokio::time::advance(LONG).await;
        std::future::pending::<()>().await;
    };
    tokio::select! {
        biased;
        outcome = journal.events().wait_for(never).within(SHORT) => assert!(outcome.is_err()),
        () = clock => {}
    }
}

#[test]
fn a_report_says_what_came_nearest_and_is_short() {
    let journal = Journal::new();
    let recorder = journal.recorder("lab").on_connection(1);
    for number in 0..200 {
        recorder.on_channel(number).record(event::Exec::new(format!("job {number}"), true, None));
    }
    let wait = journal.events().wait_for(event::exec().command("job 77 --quiet")).within(Duration::ZERO);
    let report = wait.blocking().unwrap_err().to_string();
    assert!(report.contains("\n      argument 2: `--quiet` is missing\n"), "{report}");
    assert!(report.contains("… 88 more …"), "{report}");
    assert!(report.lines().count() < 60, "{report}");
}
