//! Faults that strike at a request: before it is worked on, and in how it is done. What they do to its reply is in `spoil`.
//!
//! There is no state for them as long as there are no faults, and one look at an atomic number for each packet.

use mock_base::fault::Struck;
use tokio::time::Instant;

use super::{
    Cause, Ending, SftpOp, SftpSession,
    outcome::{Outcome, Refusal},
    session::Step,
    sink::Replies,
    spoil::{Late, invented},
};
use crate::{
    FsError,
    fault::{Action, Stage},
    wire::{Call, Operation, Request, StatusCode},
};

/// What faults have done to a channel so far, and what they are about to do.
#[derive(Debug, Default)]
pub(super) struct Trouble {
    /// For the request that is next, or is being worked on.
    pub(super) plan: Option<Plan>,
    /// Open files and directories at which faults were asked.
    files: Vec<Watched>,
    /// A reply that is to come after the next.
    pub(super) late: Option<Late>,
    /// Nothing goes on any more.
    pub(super) over: Option<Over>,
}

/// How a channel is left.
#[derive(Debug, Clone, Copy)]
pub(super) enum Over {
    Stalled,
    Ended(Ending),
}

/// The faults that strike at one request.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// It waits until then.
    until: Option<Instant>,
    pub(super) struck: Vec<Struck<Stage>>,
    /// The handle that it names.
    handle: Option<u32>,
    /// The text of its status, in place of the usual one.
    text: Option<String>,
}

/// What is counted of an open file or directory for requests of one kind.
#[derive(Debug)]
struct Watched {
    handle: u32,
    operation: Operation,
    passed: u64,
    /// Each with whether it has been recorded.
    struck: Vec<(Struck<Stage>, bool)>,
}

impl SftpSession {
    /// Whether nothing goes wrong now.
    pub(super) fn is_untroubled(&self) -> bool {
        self.trouble.is_none() && self.settings.faults.is_empty()
    }

    /// What faults have left to be done before anything else.
    pub(super) fn troubled_step(&mut self, replies: &mut Replies<'_>) -> Option<Step> {
        match self.trouble.as_ref()?.over {
            Some(Over::Stalled) => Some(Step::Waits),
            Some(Over::Ended(ending)) => Some(Step::Ends(ending)),
            None => {
                self.send_late_in_time(replies);
                None
            }
        }
    }

    /// Asks to be woken for what is due first: the request that waits, or the reply that none has overtaken.
    pub(super) fn wake_in_time(&self, replies: &mut Replies<'_>) {
        let Some(trouble) = &self.trouble else { return };
        let request = trouble.plan.as_ref().and_then(|plan| plan.until);
        let reply = trouble.late.as_ref().map(Late::until);
        if let Some(due) = request.into_iter().chain(reply).min() {
            replies.wake_after(due.saturating_duration_since(Instant::now()));
        }
    }

    /// Whether a fault keeps it from sending anything any more.
    pub(super) fn is_stalled(&self) -> bool {
        matches!(self.trouble.as_ref().and_then(|trouble| trouble.over), Some(Over::Stalled))
    }

    /// Asks the faults about a packet, once. Returns what is to be done in its place.
    pub(super) fn trouble_ahead(&mut self, packet: &[u8], replies: &mut Replies<'_>) -> Option<Step> {
        if self.is_untroubled() {
            return None;
        }
        let planned = self.trouble.as_ref().is_some_and(|trouble| trouble.plan.is_some());
        if !planned {
            self.plan(packet);
        }
        let plan = self.trouble.as_ref()?.plan.as_ref()?;
        if plan.until.is_some_and(|until| until > Instant::now()) {
            self.wake_in_time(replies);
            return Some(Step::Waits);
        }
        let over = plan.struck.iter().find_map(|struck| Some((struck.clone(), over(struck.action())?)));
        let (struck, over) = over?;
        self.note(&struck);
        self.trouble.as_mut()?.over = Some(over);
        self.troubled_step(replies)
    }

    fn plan(&mut self, packet: &[u8]) {
        let operation = Operation::of(packet);
        let mut op = SftpOp::new(operation, self.start.clone());
        let mut handle = None;
        if let Ok(request) = Request::decode(packet) {
            self.describe(&request.call, &mut op);
            handle = request.call.handle().and_then(|name| self.handles.number(name).ok());
        }
        let mut trouble = self.trouble.take().unwrap_or_default();
        trouble.files.retain(|file| self.handles.get(file.handle).is_some());
        let watched =
            |handle| trouble.files.iter().any(|file| (file.handle, file.operation) == (handle, operation));
        let begins = handle.is_some_and(|handle| !watched(handle));
        let struck = self.settings.faults.strike_where(&self.who.occasion(), |stage, action| {
            stage.is_at(&op) && (begins || !action.is_of_a_file())
        });
        let (of_the_file, struck): (Vec<_>, Vec<_>) =
            struck.into_iter().partition(|struck| struck.action().is_of_a_file());
        if let Some(handle) = handle.filter(|_| begins && moves(operation)) {
            let struck = of_the_file.into_iter().map(|struck| (struck, false)).collect();
            trouble.files.push(Watched { handle, operation, passed: 0, struck });
        }
        let mut plan = Plan { handle, ..Plan::default() };
        let mut until = Instant::now();
        for struck in struck {
            let Action::Delay(delay) = *struck.action() else {
                plan.struck.push(struck);
                continue;
            };
            self.note(&struck);
            until = until.checked_add(self.who.draw(delay)).unwrap_or(until);
            plan.until = Some(until);
        }
        trouble.plan = Some(plan);
        self.trouble = Some(trouble);
    }

    /// Records that a fault did what it does.
    pub(super) fn note(&self, struck: &Struck<Stage>) {
        if let Some(recorder) = &self.recorder {
            struck.record(recorder);
        }
    }

    /// Does what a request asks for, as far as faults let it.
    pub(super) fn call_in_trouble(
        &mut self,
        mut request: Request<'_>,
        op: &mut SftpOp,
    ) -> Result<Option<Outcome>, Refusal> {
        let struck = self.plan_now().map(|plan| plan.struck.clone()).unwrap_or_default();
        let mut failing = None;
        for struck in struck {
            match (struck.action(), &mut request.call) {
                (Action::Status(code, text), call) => {
                    self.note(&struck);
                    self.describe(call, op);
                    if let Some(plan) = self.plan_now() {
                        plan.text.clone_from(text);
                    }
                    return Err(Refusal::with(*code, Cause::Fault));
                }
                (Action::InvalidHandle, call) => self.invalidate(call, &struck),
                (Action::Short(most), Call::Read { length, .. }) if *length > *most => {
                    *length = *most;
                    self.note(&struck);
                }
                (Action::Partial(most), Call::Write { data, .. }) => {
                    *data = data.get(..*most as usize).unwrap_or(data);
                    failing = Some(FsError::Io);
                    self.note(&struck);
                }
                _ => {}
            }
        }
        if let Call::Write { data, .. } = &mut request.call {
            let (allowed, ends) = self.may_pass(data.len(), Operation::Write);
            *data = data.get(..allowed).unwrap_or(data);
            failing = failing.or(ends);
        }
        let result = self.call(&request, op);
        if let (Ok(_), Some(error)) = (&result, failing) {
            self.describe(&request.call, op);
            return Err(error.into());
        }
        match (result, &request.call) {
            (Ok(Some(Outcome::Status(StatusCode::Eof))), Call::ReadDir { .. }) => Ok(Some(self.list_on())),
            (result, _) => result,
        }
    }

    fn plan_now(&mut self) -> Option<&mut Plan> {
        self.trouble.as_mut()?.plan.as_mut()
    }

    /// Closes what a request names.
    fn invalidate(&mut self, call: &Call<'_>, struck: &Struck<Stage>) {
        let Some((number, handle)) = call.handle().and_then(|name| {
            let number = self.handles.number(name).ok()?;
            Some((number, self.handles.remove(number)?))
        }) else {
            return;
        };
        self.note(struck);
        let mut op = SftpOp::new(Operation::Close, self.start.clone());
        self.describe_close(&mut op, number, handle);
        op.cause = Some(Cause::Fault);
        self.record(op);
    }

    /// Of so many bytes of a file, how many the faults let pass, and how the request then fails. Where the channel ends with them,
    /// that is kept.
    pub(super) fn may_pass(&mut self, length: usize, operation: Operation) -> (usize, Option<FsError>) {
        let Some((file, recorder, over)) = self.watched(operation) else { return (length, None) };
        let passed = file.passed;
        file.passed += length as u64;
        let mut allowed = length;
        let mut fails = None;
        for (struck, is_noted) in &mut file.struck {
            let (limit, error) = match struck.action() {
                Action::NoSpace(limit) => (*limit, Some(FsError::NoSpace)),
                Action::Stall(limit) | Action::Close(limit) | Action::CloseChannel(limit) => (*limit, None),
                _ => continue,
            };
            let left = usize::try_from(limit.saturating_sub(passed)).unwrap_or(usize::MAX);
            // A full disk takes the last byte; a channel ends with it.
            if left > length || (left == length && error.is_some()) {
                continue;
            }
            allowed = allowed.min(left);
            match error {
                Some(error) => fails = Some(error),
                None => *over = over.or(how_over(struck.action())),
            }
            if let Some(recorder) = recorder.filter(|_| !std::mem::replace(is_noted, true)) {
                struck.record(recorder);
            }
        }
        (allowed, fails)
    }

    /// What is counted for the request that is being worked on.
    fn watched(
        &mut self,
        operation: Operation,
    ) -> Option<(&mut Watched, Option<&mock_base::Recorder>, &mut Option<Over>)> {
        let trouble = self.trouble.as_deref_mut()?;
        let handle = trouble.plan.as_ref()?.handle?;
        let files = trouble.files.iter_mut();
        let file = files.into_iter().find(|file| (file.handle, file.operation) == (handle, operation))?;
        Some((file, self.recorder.as_ref(), &mut trouble.over))
    }

    /// What a listing that has come to its end goes on with.
    fn list_on(&mut self) -> Outcome {
        let end = Outcome::Status(StatusCode::Eof);
        let Some((directory, recorder, _)) = self.watched(Operation::ReadDir) else { return end };
        let endless =
            directory.struck.iter_mut().find(|(struck, _)| matches!(struck.action(), Action::Endless));
        let Some((struck, is_noted)) = endless else { return end };
        if let Some(recorder) = recorder.filter(|_| !std::mem::replace(is_noted, true)) {
            struck.record(recorder);
        }
        let names = invented(directory.passed);
        directory.passed += u64::from(names.count);
        Outcome::Names(names)
    }

    /// How many names a reply may have.
    pub(super) fn most_names(&mut self) -> u32 {
        let Some(plan) = self.plan_now() else { return u32::MAX };
        let short = plan.struck.iter().find_map(|struck| match struck.action() {
            Action::Short(most) => Some((struck.clone(), *most)),
            _ => None,
        });
        let Some((struck, most)) = short else { return u32::MAX };
        self.note(&struck);
        most
    }

    /// What a refusal says, in the words of a fault where it has some.
    pub(super) fn explained(&mut self, refusal: Refusal) -> Outcome {
        match self.plan_now().and_then(|plan| plan.text.take()) {
            Some(text) if refusal.cause == Cause::Fault => Outcome::Explained(refusal.code, text.into()),
            _ => refusal.into_outcome(),
        }
    }

    /// Whether the request that is being worked on will be answered.
    pub(super) fn answers(&self) -> bool {
        let Some(trouble) = &self.trouble else { return true };
        let silent = |struck: &Struck<Stage>| matches!(struck.action(), Action::Silence);
        trouble.over.is_none() && !trouble.plan.as_ref().is_some_and(|plan| plan.struck.iter().any(silent))
    }
}

/// Whether requests of this kind move what is counted.
fn moves(operation: Operation) -> bool {
    matches!(operation, Operation::Read | Operation::Write | Operation::ReadDir)
}

/// How an action that takes place at once leaves a channel.
fn over(action: &Action) -> Option<Over> {
    match action {
        Action::Stall(0) | Action::Close(0) | Action::CloseChannel(0) => how_over(action),
        _ => None,
    }
}

fn how_over(action: &Action) -> Option<Over> {
    match action {
        Action::Stall(_) => Some(Over::Stalled),
        Action::Close(_) => Some(Over::Ended(Ending::Connection)),
        Action::CloseChannel(_) => Some(Over::Ended(Ending::Channel)),
        _ => None,
    }
}
