//! A command whose rule depends on its standard input: it is accepted, its input is read until the rules can tell,
//! and then what they say runs as if it had been there from the begin.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use mock_base::event::Matched;

use super::rules::{Rules, Snapshot};
use crate::{
    Exit, Program, Run, Session, Start,
    handler::LaunchAnswer,
    program::Running,
    request::StdinSoFar,
    session::{Stdin, drive},
};

/// Input that rules are shown at most. What a client sends beyond it is not waited for.
const LONGEST: usize = 16 << 20;

pub(super) struct Deciding {
    rules: Rules,
    /// The rules as they were when the command came.
    set: Snapshot,
    /// The rule that could not tell.
    position: usize,
}

impl Deciding {
    /// What stands in the journal in place of a rule until it is known.
    pub(super) const RULE: &str = "(decided by standard input)";

    pub(super) fn new(rules: Rules, set: Snapshot, position: usize) -> Self {
        Self { rules, set, position }
    }
}

impl Program for Deciding {
    fn start(&self, start: Start) -> Run {
        let deciding = Self::new(self.rules.clone(), self.set.clone(), self.position);
        let session = start.session();
        Run::task(async move { deciding.run(session).await })
    }
}

impl Deciding {
    async fn run(mut self, mut session: Session) -> Exit {
        let mut data = Bytes::new();
        let mut request = session.request().clone();
        let mut ended = false;
        let launch = loop {
            let complete = ended || data.len() > LONGEST;
            request.stdin = Some(StdinSoFar { data, ended });
            match self.rules.relaunch(&self.set, &request, self.position, complete) {
                Ok(launch) => break launch,
                Err(position) => self.position = position,
            }
            data = request.stdin.take().map(|stdin| stdin.data).unwrap_or_default();
            match session.read().await {
                Some(more) => data = append(data, more),
                None if session.is_closed() => return Exit::Silent,
                None => ended = true,
            }
        };
        let recorder = session.recorder();
        recorder.record(Matched::new(request.command().to_vec(), launch.rule.clone(), launch.hint.clone()));
        request.call = launch.call;
        request.captures = launch.captures;
        let LaunchAnswer::Run(program) = launch.answer else {
            return Exit::Silent;
        };
        let data = request.stdin.as_ref().map(|stdin| stdin.data.clone()).unwrap_or_default();
        // A second reader, so that a program that is a state machine, and so takes no session, still gets its input.
        let stdin = session.replay(Arc::new(request), data);
        start(&*program, session, stdin).await
    }
}

/// Both in one piece. What a closure kept of the first is copied, and otherwise nothing is twice.
fn append(first: Bytes, more: Bytes) -> Bytes {
    if first.is_empty() {
        return more;
    }
    let mut both = first.try_into_mut().unwrap_or_else(|kept| BytesMut::from(&*kept));
    both.extend_from_slice(&more);
    both.freeze()
}

async fn start(program: &dyn Program, session: Session, stdin: Stdin) -> Exit {
    let stdout = session.stdout();
    match program.start(Start { session }).0 {
        Running::Task(future) | Running::Reply(future) => {
            drop(stdin);
            future.await
        }
        Running::Service(service) => drive(service, stdin, stdout).await,
    }
}
