//! The SFTP server as a program of mock-core: in the connection's own task, or beside it where the file system waits.

use std::fmt::Display;

use mock_base::event::Problem;
use mock_core::{Exit, Flow, Outbox, Program, Run, Service, Start};

use super::{Progress, ReplySink, ServeError, SessionError, Sftp, SftpSession};

impl Program for Sftp {
    fn start(&self, start: Start) -> Run {
        let sftp = self.clone().record_to(start.recorder().clone());
        if self.settings.fs.blocks() {
            return Run::task(serve(sftp, start));
        }
        Run::service(Channel(sftp.session(&start.request().user)))
    }
}

/// As a task, for a file system that may wait.
async fn serve(sftp: Sftp, start: Start) -> Exit {
    let channel = start.session().split();
    let stream = tokio::io::join(channel.stdin, channel.stdout);
    match sftp.serve(stream, &channel.request.user).await {
        Ok(()) => Exit::status(0),
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
        Ok(Progress::Continue) => Flow::Continue,
        Ok(Progress::Finished) => Flow::Exit(Exit::status(0)),
        Err(error) => Flow::Fail(format!("sftp: {error}").into()),
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
        self.wake_after(std::time::Duration::ZERO);
    }
}
