//! The SFTP server as a program of mock-core: in the connection's own task, or beside it where the file system waits.

use std::{fmt::Display, time::Duration};

use mock_base::event::Problem;
use mock_core::{Exit, Flow, Outbox, Program, Run, Service, Start};

use super::{Ending, Progress, ReplySink, ServeError, SessionError, Sftp, SftpSession};
use crate::fault::Who;

impl Program for Sftp {
    fn start(&self, start: Start) -> Run {
        let sftp = self.clone().record_to(start.recorder().clone());
        if self.settings.fs.blocks() {
            return Run::task(serve(sftp, start));
        }
        Run::service(Channel(sftp.session_of(Who::of(start.request()))))
    }
}

/// As a task, for a file system that may wait.
async fn serve(sftp: Sftp, start: Start) -> Exit {
    let channel = start.session().split();
    let stream = tokio::io::join(channel.stdin, channel.stdout);
    match sftp.speak(stream, Who::of(&channel.request)).await {
        Ok(None) => Exit::status(0),
        Ok(Some(ending)) => exit_of(ending),
        // The channel is gone, and nobody is left to be told.
        Err(ServeError::Stream(_)) => Exit::Silent,
        Err(error) => {
            let reason = if let ServeError::Protocol(why) = &error { why as &dyn Display } else { &error };
            channel.recorder.record(Problem::new(format!("sftp: {reason}")));
            Exit::Silent
        }
    }
}

/// As a state machine.
struct Channel(SftpSession);

impl Service for Channel {
    fn receive(&mut self, data: &[u8], out: &mut Outbox) -> Flow {
        flow(self.0.receive(data, out))
    }

    fn resume(&mut self, out: &mut Outbox) -> Flow {
        flow(self.0.resume(out))
    }

    fn eof(&mut self, out: &mut Outbox) -> Flow {
        flow(self.0.eof(out))
    }

    fn held(&self) -> usize {
        self.0.held()
    }
}

fn flow(progress: Result<Progress, SessionError>) -> Flow {
    match progress {
        // The channel's end drops who is stalled.
        Ok(Progress::Continue | Progress::Stalled) => Flow::Continue,
        Ok(Progress::Finished) => Flow::Exit(Exit::status(0)),
        Ok(Progress::Ended(ending)) => Flow::Exit(exit_of(ending)),
        Err(error) => Flow::Fail(format!("sftp: {error}").into()),
    }
}

fn exit_of(ending: Ending) -> Exit {
    match ending {
        Ending::Channel => Exit::Silent,
        Ending::Connection => Exit::Cut,
    }
}

impl ReplySink for Outbox {
    fn room(&self) -> usize {
        Self::room(self)
    }

    fn send(&mut self, bytes: bytes::Bytes) {
        Self::send(self, bytes);
    }

    fn wake(&mut self) {
        Self::wake_after(self, Duration::ZERO);
    }

    fn wake_after(&mut self, delay: Duration) {
        Self::wake_after(self, delay);
    }
}
