//! Programs that are state machines: replies, room, timers, and their ends.

use std::time::Duration;

use mock_core::{Exit, Flow, Outbox, Program, Run, Service, Start, event};
use russh::ChannelMsg;

use crate::support::{SOON, answered, drain, login, open};

/// A program that makes a service anew for each channel.
struct Serve<F>(F);

impl<F: Fn() -> S + Send + Sync, S: Service + 'static> Program for Serve<F> {
    fn start(&self, _: Start) -> Run {
        Run::service((self.0)())
    }
}

/// Answers each byte with that many bytes, and goes on where it stopped when there was no room.
#[derive(Default)]
struct Amplify {
    owed: usize,
}

impl Service for Amplify {
    fn receive(&mut self, data: &[u8], out: &mut Outbox) -> Flow {
        self.owed += data.len() * 1024;
        self.resume(out)
    }

    fn resume(&mut self, out: &mut Outbox) -> Flow {
        let now = self.owed.min(out.room());
        out.send(vec![b'x'; now]);
        self.owed -= now;
        Flow::Continue
    }

    fn eof(&mut self, out: &mut Outbox) -> Flow {
        if self.owed == 0 { Flow::Exit(Exit::status(4)) } else { self.resume(out) }
    }
}

#[tokio::test]
async fn replies_beyond_the_room_wait_in_the_service_and_all_arrive() {
    let server = open().subsystem("amplify", Serve(Amplify::default)).start_in_memory().unwrap();
    let client = login(&server).await;
    let mut channel = client.channel_open_session().await.unwrap();
    channel.request_subsystem(true, "amplify").await.unwrap();
    assert!(answered(&mut channel).await);
    channel.data(&vec![0; 8 * 1024][..]).await.unwrap();
    let mut left: usize = 8 << 20;
    while left > 0 {
        if let Some(ChannelMsg::Data { data }) = channel.wait().await {
            left -= data.len();
        }
    }
    channel.eof().await.unwrap();
    assert_eq!(drain(&mut channel).await.status, Some(4));
}

/// Keeps a reply whole until there is room for all of it.
#[derive(Default)]
struct Whole {
    owed: usize,
}

impl Whole {
    /// Does not divide the outbox, so that some room is always left over.
    const REPLY: usize = 250 * 1024;
}

impl Service for Whole {
    fn receive(&mut self, data: &[u8], out: &mut Outbox) -> Flow {
        self.owed += data.len();
        self.resume(out)
    }

    fn resume(&mut self, out: &mut Outbox) -> Flow {
        while self.owed > 0 && out.room() >= Self::REPLY {
            out.send(vec![b'x'; Self::REPLY]);
            self.owed -= 1;
        }
        Flow::Continue
    }

    fn held(&self) -> usize {
        self.owed
    }
}

#[tokio::test]
async fn a_reply_that_does_not_fit_is_asked_for_again() {
    let server = open().subsystem("whole", Serve(Whole::default)).start_in_memory().unwrap();
    let client = login(&server).await;
    let mut channel = client.channel_open_session().await.unwrap();
    channel.request_subsystem(true, "whole").await.unwrap();
    channel.data(&[0; 20][..]).await.unwrap();
    let mut left = 20 * Whole::REPLY;
    while left > 0 {
        if let Some(ChannelMsg::Data { data }) = channel.wait().await {
            left -= data.len();
        }
    }
}

#[tokio::test]
async fn what_was_sent_before_the_request_belongs_to_it() {
    let server = open().subsystem("end", Serve(|| End)).start_in_memory().unwrap();
    let client = login(&server).await;
    let mut channel = client.channel_open_session().await.unwrap();
    channel.data(&b"exit"[..]).await.unwrap();
    channel.eof().await.unwrap();
    channel.request_subsystem(true, "end").await.unwrap();
    let output = drain(&mut channel).await;
    assert_eq!((output.stdout.as_str(), output.status), ("before", Some(7)));
}

/// Sends more than a client takes that does not read, and gives up after a minute.
struct Impatient;

impl Service for Impatient {
    fn receive(&mut self, _: &[u8], out: &mut Outbox) -> Flow {
        out.send(vec![0; 8 << 20]);
        out.wake_after(Duration::from_secs(60));
        Flow::Continue
    }

    fn resume(&mut self, _: &mut Outbox) -> Flow {
        Flow::Fail("the client does not read".into())
    }
}

#[tokio::test(start_paused = true)]
async fn a_timer_runs_while_replies_wait_for_the_window() {
    let server = open().subsystem("impatient", Serve(|| Impatient)).start_in_memory().unwrap();
    let client = login(&server).await;
    let channel = client.channel_open_session().await.unwrap();
    channel.request_subsystem(true, "impatient").await.unwrap();
    channel.data(&b"go"[..]).await.unwrap();
    let problem = server.events().wait_for(event::problem()).within(Duration::from_secs(120)).await.unwrap();
    assert_eq!(problem.text, "the client does not read");
    drop(channel);
}

/// Ends in the way that the first byte says.
struct End;

impl Service for End {
    fn receive(&mut self, data: &[u8], out: &mut Outbox) -> Flow {
        out.send("before");
        match data {
            b"exit" => Flow::Exit(Exit::status(7)),
            b"fail" => Flow::Fail("cannot go on".into()),
            _ => panic!("service panics"),
        }
    }
}

#[tokio::test]
async fn however_it_ends_what_it_sent_before_arrives() {
    let server = open().subsystem("end", Serve(|| End)).start_in_memory().unwrap();
    let client = login(&server).await;
    for (input, status) in [("exit", Some(7)), ("fail", None), ("panic", None)] {
        let mut channel = client.channel_open_session().await.unwrap();
        channel.request_subsystem(true, "end").await.unwrap();
        channel.data(input.as_bytes()).await.unwrap();
        let output = drain(&mut channel).await;
        assert_eq!((output.stdout.as_str(), output.status), ("before", status), "{input}");
    }
    assert_eq!(server.events().first(event::problem()).unwrap().text, "cannot go on");
    assert_eq!(server.events().first(event::panicked()).unwrap().message, "service panics");
}

/// Does not know how much it holds.
struct Forgetful;

impl Service for Forgetful {
    fn receive(&mut self, _: &[u8], out: &mut Outbox) -> Flow {
        out.send("before");
        Flow::Continue
    }

    fn held(&self) -> usize {
        panic!("how much was it")
    }
}

#[tokio::test]
async fn a_panic_about_what_is_held_ends_the_channel_alone() {
    let server = open().subsystem("forgetful", Serve(|| Forgetful)).start_in_memory().unwrap();
    let client = login(&server).await;
    for _ in 0..2 {
        let mut channel = client.channel_open_session().await.unwrap();
        channel.request_subsystem(true, "forgetful").await.unwrap();
        channel.data(&b"go"[..]).await.unwrap();
        let output = drain(&mut channel).await;
        assert_eq!((output.stdout.as_str(), output.status), ("before", None));
    }
    assert_eq!(server.events().count(event::panicked()), 2);
}

/// Ticks three times, a minute apart.
struct Clock(u32);

impl Service for Clock {
    fn receive(&mut self, _: &[u8], out: &mut Outbox) -> Flow {
        out.wake_after(Duration::from_secs(60));
        Flow::Continue
    }

    fn resume(&mut self, out: &mut Outbox) -> Flow {
        self.0 += 1;
        out.send(format!("tick {}\n", self.0));
        out.wake_after(Duration::from_secs(60));
        if self.0 == 3 { Flow::Exit(Exit::status(0)) } else { Flow::Continue }
    }
}

#[tokio::test(start_paused = true)]
async fn timers_run_on_the_clock_that_a_test_can_pause() {
    let server = open().subsystem("clock", Serve(|| Clock(0))).start_in_memory().unwrap();
    let client = login(&server).await;
    let mut channel = client.channel_open_session().await.unwrap();
    channel.request_subsystem(true, "clock").await.unwrap();
    channel.data(&b"go"[..]).await.unwrap();
    assert_eq!(drain(&mut channel).await.stdout, "tick 1\ntick 2\ntick 3\n");
    let exit = server.events().wait_for(event::exit()).within(SOON).await.unwrap();
    assert!(exit.at >= Duration::from_secs(180), "{:?}", exit.at);
}

#[tokio::test]
async fn an_unknown_subsystem_is_refused() {
    let server = open().start_in_memory().unwrap();
    let client = login(&server).await;
    let mut channel = client.channel_open_session().await.unwrap();
    channel.request_subsystem(true, "sftp").await.unwrap();
    assert!(!answered(&mut channel).await);
    let event = server.events().first(event::subsystem()).unwrap();
    assert_eq!((event.name.as_str(), event.accepted), ("sftp", false));
}
