//! Drives a program that is a state machine from a task of its own, where there is a reader and a writer instead of
//! the engine's hooks.

use tokio::time::sleep_until;

use super::{Stdin, Stdout};
use crate::{Exit, Flow, Outbox, Service};

/// A service that holds back so much of what it was given gets no more.
const MOST_HELD: usize = 1 << 20;

/// Hands over what is read until the service is done; its exit.
pub(crate) async fn drive(mut service: Box<dyn Service>, mut stdin: Stdin, stdout: Stdout) -> Exit {
    let mut out = Outbox::new();
    let mut ended = false;
    loop {
        let wake_at = out.wake_at;
        let timer = async {
            match wake_at {
                Some(at) => sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        let mut flow = tokio::select! {
            data = stdin.read(), if !ended && service.held() < MOST_HELD => {
                if let Some(data) = data {
                    service.receive(&data, &mut out)
                } else {
                    ended = true;
                    service.eof(&mut out)
                }
            }
            () = timer => {
                out.wake_at = None;
                service.resume(&mut out)
            }
            else => return Exit::Silent,
        };
        // What was held back for want of room goes on as soon as there is some.
        loop {
            let sent = out.bytes > 0;
            while let Some(bytes) = out.queued.pop_front() {
                out.bytes -= bytes.len();
                if stdout.send(bytes).await.is_err() {
                    return Exit::Silent;
                }
            }
            match flow {
                Flow::Continue if sent => flow = service.resume(&mut out),
                Flow::Continue => break,
                Flow::Exit(exit) => return exit,
                Flow::Fail(why) => return Exit::Failed(why.into_owned()),
            }
        }
    }
}
