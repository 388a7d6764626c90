//! One request: understood, done, recorded, answered.
//!
//! A request is a whole value before anything is done, and how it ended is a value before anything is written. What
//! ought to decide otherwise, a fault that a test asks for, has its place between the two.

use bytes::BytesMut;

use super::{
    Cause, SessionError, SftpOp, SftpSession,
    outcome::{Outcome, Refusal},
    sink::Replies,
};
use crate::{
    FsError,
    wire::{Call, ExtendedCall, Extension, Init, Operation, Request, StatusCode, VERSION, Version},
};

impl SftpSession {
    /// Works on a packet without its length.
    pub(super) fn execute(&mut self, packet: &[u8], replies: &mut Replies<'_>) -> Result<(), SessionError> {
        let operation = Operation::of(packet);
        match (self.version, operation) {
            (None, Operation::Init) => return self.initialise(packet, replies),
            (None, _) => return Err(SessionError::NotInitialised(operation)),
            (Some(_), Operation::Init) => return Err(SessionError::InitialisedTwice),
            (Some(_), _) => {}
        }
        let id = Request::id_of(packet).ok_or(SessionError::NoRequestId(packet.len()))?;
        let mut op = SftpOp::new(operation, self.start.clone());
        let result = match Request::decode(packet) {
            Ok(request) if self.trouble.is_none() => self.call(&request, &mut op),
            Ok(request) => self.call_in_trouble(request, &mut op),
            Err(error) => Err(Refusal::with(StatusCode::BadMessage, error.into())),
        };
        // Where there is nothing yet, a copy goes on and answers by itself.
        if let Some(result) = result.transpose() {
            let outcome = self.conclude(op, result);
            self.reply(id, outcome, replies);
        }
        Ok(())
    }

    pub(super) fn call(
        &mut self,
        request: &Request<'_>,
        op: &mut SftpOp,
    ) -> Result<Option<Outcome>, Refusal> {
        let call = &request.call;
        let result = self.perform(request, op);
        if self.recorder.is_some() && (result.is_err() || !is_summed(op.operation)) {
            self.describe(call, op);
        }
        result
    }

    fn perform(&mut self, request: &Request<'_>, op: &mut SftpOp) -> Result<Option<Outcome>, Refusal> {
        if self.version < Some(request.call.since()) {
            return Err(unsupported());
        }
        Ok(Some(match &request.call {
            Call::Open { path, flags, attributes } => self.open(path, *flags, attributes, op)?,
            Call::Close { handle } => self.close(handle, op)?,
            Call::Read { handle, offset, length } => self.read(handle, *offset, *length)?,
            Call::Write { handle, offset, data } => self.write(handle, *offset, data)?,
            Call::LStat { path } => self.stat(path, false)?,
            Call::FStat { handle } => self.fstat(handle)?,
            Call::SetStat { path, attributes } => self.set_stat(path, attributes, true)?,
            Call::FSetStat { handle, attributes } => self.fset_stat(handle, attributes)?,
            Call::OpenDir { path } => self.open_dir(path, op)?,
            Call::ReadDir { handle } => self.read_dir(handle)?,
            Call::Remove { path } => self.remove(path)?,
            Call::MkDir { path, attributes } => self.make_dir(path, attributes)?,
            Call::RmDir { path } => self.remove_dir(path)?,
            Call::RealPath { path } => self.real_path(path)?,
            Call::Stat { path } => self.stat(path, true)?,
            Call::Rename { from, to } => self.rename(from, to)?,
            Call::ReadLink { path } => self.read_link(path)?,
            Call::SymLink { target, path } => self.symlink(target, path)?,
            Call::Extended(call) => return self.extended(request.id, call, op),
            Call::Unknown { .. } => return Err(unsupported()),
        }))
    }

    fn extended(
        &mut self,
        id: u32,
        call: &ExtendedCall<'_>,
        op: &mut SftpOp,
    ) -> Result<Option<Outcome>, Refusal> {
        let offered = call.extension().is_some_and(|extension| self.settings.extensions.contains(&extension));
        if !offered {
            return Err(unsupported());
        }
        Ok(Some(match call {
            ExtendedCall::PosixRename { from, to } => self.posix_rename(from, to)?,
            ExtendedCall::StatVfs { path } => self.stat_vfs(path)?,
            ExtendedCall::FStatVfs { handle } => self.fstat_vfs(handle)?,
            ExtendedCall::HardLink { existing, path } => self.hard_link(existing, path)?,
            ExtendedCall::FSync { handle } => self.fsync(handle)?,
            ExtendedCall::LSetStat { path, attributes } => self.lset_stat(path, attributes)?,
            ExtendedCall::Limits => self.limits(),
            ExtendedCall::ExpandPath { path } => self.expand_path(path)?,
            ExtendedCall::CopyData { .. } => {
                self.begin_copy(id, call, op)?;
                return Ok(None);
            }
            ExtendedCall::HomeDirectory { user } => self.home_directory(user)?,
            ExtendedCall::UsersGroupsById { users, groups } => self.names_by_id(users, groups)?,
            ExtendedCall::Unknown { .. } => return Err(unsupported()),
        }))
    }

    fn initialise(&mut self, packet: &[u8], replies: &mut Replies<'_>) -> Result<(), SessionError> {
        let init = Init::decode(packet).map_err(SessionError::MalformedInit)?;
        let (version, offered) = self.agree(init.version);
        let extensions = offered.iter().map(|offer| (offer.name().as_bytes(), offer.version().as_bytes()));
        let mut greeting = BytesMut::new();
        Version { version, extensions: extensions.collect() }.encode(&mut greeting);
        if self.trouble.is_none() {
            replies.greet(version, &greeting);
        } else {
            replies.greet(version, &[]);
            self.spoil(greeting, replies);
        }
        Ok(())
    }

    /// Begins with the version that the client wants, or the highest below it. Returns it with what is announced.
    pub(super) fn agree(&mut self, wanted: u32) -> (u32, Vec<Extension>) {
        let version = wanted.min(self.settings.version);
        self.version = Some(version);
        let mut op = SftpOp::new(Operation::Init, self.start.clone());
        op.version = Some(wanted);
        op.status = Some(StatusCode::Ok);
        self.record(op);
        (version, if version < VERSION { Vec::new() } else { self.settings.extensions.clone() })
    }

    /// Records how a request ended, and returns what to answer.
    pub(super) fn conclude(&mut self, mut op: SftpOp, result: Result<Outcome, Refusal>) -> Outcome {
        op.cause = result.as_ref().err().map(|refusal| refusal.cause);
        let outcome = result.unwrap_or_else(|refusal| self.explained(refusal));
        if self.answers() {
            op.status = Some(outcome.status());
        } else {
            op.cause = op.cause.or(Some(Cause::Fault));
        }
        if op.cause.is_some() || !is_summed(op.operation) {
            self.record(op);
        }
        outcome
    }

    /// Sends an answer, unless faults have other plans for it.
    pub(super) fn reply(&mut self, id: u32, outcome: Outcome, replies: &mut Replies<'_>) {
        if self.trouble.is_none() {
            replies.send(id, outcome);
        } else {
            self.deliver(id, outcome, replies);
        }
    }
}

impl Refusal {
    pub(super) fn into_outcome(self) -> Outcome {
        match (self.cause, self.code) {
            // The one text of OpenSSH's that is not its code's.
            (Cause::NoSuchUser, StatusCode::NoSuchFile) => {
                Outcome::Explained(self.code, "no such user".into())
            }
            _ => Outcome::Status(self.code),
        }
    }
}

/// Whether it stands in the record of the close as long as it succeeds.
fn is_summed(operation: Operation) -> bool {
    matches!(operation, Operation::Read | Operation::Write | Operation::ReadDir)
}

fn unsupported() -> Refusal {
    Refusal::with(StatusCode::OpUnsupported, Cause::Unsupported)
}

/// Offsets are those of `lseek(2)`, which has no more than 63 bits.
pub(super) fn offset_in_file(offset: u64) -> Result<u64, FsError> {
    if i64::try_from(offset).is_ok() { Ok(offset) } else { Err(FsError::Invalid) }
}
