//! Faults that strike at a file or directory that is copied.

use mock_base::fault::Struck;
use tokio::{io::AsyncRead, time::sleep};

use super::{
    ScpOp, Stop,
    host::Host,
    link::{Link, Output},
};
use crate::{
    Ending, FsError,
    fault::{Action, Stage},
};

/// What goes wrong with one file or directory.
pub(super) struct Trouble<'a> {
    host: &'a Host,
    struck: Vec<Struck<Stage>>,
    passed: u64,
}

/// How many of some bytes go on, and what comes then.
pub(super) struct Passed {
    pub(super) allowed: usize,
    pub(super) error: Option<FsError>,
    leaving: Option<Leaving>,
}

enum Leaving {
    Stall,
    End(Ending),
}

impl<'a> Trouble<'a> {
    /// Asks the faults about a copy that begins.
    pub(super) fn at(host: &'a Host, op: &ScpOp) -> Self {
        let struck = host.faults.strike(&host.who.occasion(), |stage| stage.is_at_copy(op));
        Self { host, struck, passed: 0 }
    }

    /// Does what comes before the copy. Returns whether there is to be one.
    pub(super) async fn begin<R, W>(&mut self, link: &mut Link<R, W>) -> Result<bool, Stop>
    where
        R: AsyncRead + Send + Unpin,
        W: Output,
    {
        for struck in &self.struck {
            match struck.action() {
                Action::Delay(delay) => {
                    self.note(struck);
                    sleep(self.host.who.draw(*delay)).await;
                }
                Action::Say(text) => {
                    self.note(struck);
                    link.send(text.clone()).await?;
                }
                Action::Warn(text) => {
                    self.note(struck);
                    link.warn(text.as_bytes()).await?;
                    return Ok(false);
                }
                Action::Fatal(text) => {
                    self.note(struck);
                    link.abort(text.as_bytes()).await?;
                }
                Action::Exit(status) => {
                    self.note(struck);
                    link.exit = Some(*status);
                }
                action => {
                    if let (Some(0), Some(leaving)) = leaving(action) {
                        self.note(struck);
                        self.leave(leaving, link).await?;
                    }
                }
            }
        }
        Ok(true)
    }

    /// Lets bytes of a file go on.
    pub(super) fn pass(&mut self, length: usize) -> Passed {
        let mut passed = Passed { allowed: length, error: None, leaving: None };
        for struck in &self.struck {
            let (limit, leaving) = match struck.action() {
                Action::NoSpace(limit) => (*limit, None),
                action => match leaving(action) {
                    (Some(limit @ 1..), leaving) => (limit, leaving),
                    _ => continue,
                },
            };
            let left = usize::try_from(limit.saturating_sub(self.passed)).unwrap_or(usize::MAX);
            // A full disk takes the last byte; a channel ends with it.
            if left > length || (left == length && leaving.is_none()) {
                continue;
            }
            self.note(struck);
            passed.allowed = passed.allowed.min(left);
            match leaving {
                None => passed.error = Some(FsError::NoSpace),
                leaving => passed.leaving = leaving,
            }
        }
        self.passed += length as u64;
        passed
    }

    /// The copy is done, and about to be acknowledged.
    pub(super) async fn end<R, W>(&mut self, link: &mut Link<R, W>) -> Result<(), Stop>
    where
        R: AsyncRead + Send + Unpin,
        W: Output,
    {
        if let Some(struck) = self.struck.iter().find(|struck| matches!(struck.action(), Action::Silence)) {
            self.note(struck);
            self.leave(Leaving::Stall, link).await?;
        }
        Ok(())
    }

    /// Ends what is to end with the bytes that have passed.
    pub(super) async fn leave_after<R, W>(&self, passed: Passed, link: &mut Link<R, W>) -> Result<(), Stop>
    where
        R: AsyncRead + Send + Unpin,
        W: Output,
    {
        match passed.leaving {
            Some(leaving) => self.leave(leaving, link).await,
            None => Ok(()),
        }
    }

    async fn leave<R, W>(&self, leaving: Leaving, link: &mut Link<R, W>) -> Result<(), Stop>
    where
        R: AsyncRead + Send + Unpin,
        W: Output,
    {
        match leaving {
            Leaving::Stall => {
                self.host.who.outlast(&mut link.reader).await;
                Err(Stop::Quit)
            }
            Leaving::End(ending) => Err(Stop::Ended(ending)),
        }
    }

    fn note(&self, struck: &Struck<Stage>) {
        if let Some(recorder) = &self.host.recorder {
            struck.record(recorder);
        }
    }
}

/// After how many bytes an action leaves the client, and how.
fn leaving(action: &Action) -> (Option<u64>, Option<Leaving>) {
    match action {
        Action::Stall(after) => (Some(*after), Some(Leaving::Stall)),
        Action::Close(after) => (Some(*after), Some(Leaving::End(Ending::Connection))),
        Action::CloseChannel(after) => (Some(*after), Some(Leaving::End(Ending::Channel))),
        _ => (None, None),
    }
}
