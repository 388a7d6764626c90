//! The protocol of one channel as a state machine over bytes: which request is next, and which must wait.
//!
//! Requests are worked on as they arrive, straight from the packet that they came in. What cannot be worked on is kept
//! as the bytes that it came as: requests whose replies have no room are 40 bytes each, their replies would be 32 KiB.
//! So a client may send as many requests ahead as it likes, and it is the requests that wait.

use std::{mem, sync::Arc};

use bytes::{Buf as _, Bytes, BytesMut};
use mock_base::Recorder;

use super::{
    Cause, ReplySink, SftpOp,
    copy::{CopyStep, Copying},
    faults::Trouble,
    handles::Handles,
    settings::Settings,
    sink::Replies,
    write::Writing,
};
use crate::{
    Caller,
    fault::Who,
    wire::{DecodeError, MAX_PACKET, MAX_PAYLOAD, Operation, kind},
};

/// Room that a reply needs that is neither data nor as long as a file says: a listing of 32 KiB is the longest.
const REPLY: usize = 33 * 1024;

/// The protocol for one channel. Made by [`Sftp::session`](super::Sftp::session); it never waits.
///
/// Memory that it holds: what is open, the beginning of one packet of at most 256 KiB, and requests that wait for room,
/// of which the driver takes no more once [`held`](Self::held) says 1 MiB. With nothing to do that is a few hundred bytes.
#[derive(Debug)]
pub struct SftpSession {
    pub(super) settings: Arc<Settings>,
    pub(super) recorder: Option<Recorder>,
    pub(super) caller: Caller,
    /// The caller's, for records.
    pub(super) start: Bytes,
    /// Whose channel it is.
    pub(super) who: Who,
    /// What faults have done so far, and what they are about to do.
    pub(super) trouble: Option<Box<Trouble>>,
    /// What was agreed on, once the client has begun.
    pub(super) version: Option<u32>,
    pub(super) handles: Handles,
    /// Bytes that were received and not worked on.
    held: BytesMut,
    /// A write whose data arrive.
    pub(super) writing: Option<Writing>,
    /// A copy that takes long.
    pub(super) copying: Option<Copying>,
    ended: bool,
}

/// How a session goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// It waits for more.
    Continue,
    /// A fault has stalled it: nothing is sent any more. It keeps what comes until it is dropped.
    Stalled,
    /// The client sends no more, and all is answered.
    Finished,
    /// A fault ends it, after what was sent.
    Ended(Ending),
}

/// What a fault ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// The channel, without an exit status.
    Channel,
    /// The whole connection.
    Connection,
}

/// Why a session cannot go on: what follows would be taken for what it is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SessionError {
    /// A packet is longer than 256 KiB, or these bytes are no SFTP.
    #[error("a packet of {0} bytes, which is more than 256 KiB")]
    PacketTooLong(usize),
    /// A packet is too short to have an id, so it cannot be answered.
    #[error("a packet of {0} bytes, which has no request id")]
    NoRequestId(usize),
    /// The first packet is no init.
    #[error("{} before init", .0.name())]
    NotInitialised(Operation),
    /// A further init.
    #[error("init a second time")]
    InitialisedTwice,
    /// The init ends too early.
    #[error("malformed init")]
    MalformedInit(#[source] DecodeError),
    /// The client's data end within a packet.
    #[error("the data ended within a packet")]
    CutOff,
}

/// What became of the bytes that were there.
pub(super) enum Step {
    /// So many were worked on.
    Took(usize),
    /// Nothing, before there are so many.
    Needs(usize),
    /// Nothing, before there is room or time.
    Waits,
    /// Nothing any more.
    Ends(Ending),
}

impl SftpSession {
    pub(super) fn new(settings: Arc<Settings>, recorder: Option<Recorder>, who: Who) -> Self {
        let caller = settings.fs.caller(who.user());
        Self {
            start: Bytes::copy_from_slice(&caller.start),
            handles: Handles::new(settings.handles),
            settings,
            recorder,
            caller,
            who,
            trouble: None,
            version: None,
            held: BytesMut::new(),
            writing: None,
            copying: None,
            ended: false,
        }
    }

    /// The client sent bytes, cut anywhere.
    ///
    /// # Errors
    ///
    /// The session cannot go on; it must not be asked again.
    pub fn receive(&mut self, data: &[u8], out: &mut dyn ReplySink) -> Result<Progress, SessionError> {
        let version = self.version.unwrap_or_default();
        self.work(data, &mut Replies::new(out, version))
    }

    /// There is room again in the sink, or the time has come that it was asked to wake at.
    ///
    /// # Errors
    ///
    /// As [`receive`](Self::receive).
    pub fn resume(&mut self, out: &mut dyn ReplySink) -> Result<Progress, SessionError> {
        self.receive(&[], out)
    }

    /// The client will send no more. What it sent before is still answered.
    ///
    /// # Errors
    ///
    /// As [`receive`](Self::receive).
    pub fn eof(&mut self, out: &mut dyn ReplySink) -> Result<Progress, SessionError> {
        self.ended = true;
        self.receive(&[], out)
    }

    /// Bytes of requests that wait.
    #[must_use]
    pub fn held(&self) -> usize {
        self.held.len()
    }

    fn work(&mut self, mut data: &[u8], replies: &mut Replies<'_>) -> Result<Progress, SessionError> {
        loop {
            let older = mem::take(&mut self.held);
            if older.is_empty() {
                match self.step(data, replies)? {
                    Step::Took(length) => data = data.get(length..).unwrap_or_default(),
                    Step::Needs(_) => {
                        self.held.extend_from_slice(data);
                        return self.all_done();
                    }
                    Step::Waits => {
                        self.held.extend_from_slice(data);
                        return Ok(self.waiting());
                    }
                    Step::Ends(ending) => return Ok(Progress::Ended(ending)),
                }
                continue;
            }
            let step = self.step(&older, replies)?;
            self.held = older;
            match step {
                Step::Took(length) if length == self.held.len() => self.held = BytesMut::new(),
                Step::Took(length) => self.held.advance(length),
                Step::Needs(length) => {
                    let missing = length.saturating_sub(self.held.len());
                    let (more, rest) = data.split_at(missing.min(data.len()));
                    self.held.extend_from_slice(more);
                    data = rest;
                    if more.len() < missing {
                        return self.all_done();
                    }
                }
                Step::Waits => {
                    self.held.extend_from_slice(data);
                    return Ok(self.waiting());
                }
                Step::Ends(ending) => return Ok(Progress::Ended(ending)),
            }
        }
    }

    fn waiting(&self) -> Progress {
        if self.is_stalled() { Progress::Stalled } else { Progress::Continue }
    }

    /// Nothing more can be done with what is there.
    fn all_done(&self) -> Result<Progress, SessionError> {
        match (self.ended, self.held.is_empty() && self.writing.is_none()) {
            (false, _) => Ok(Progress::Continue),
            (true, _) if self.has_late_reply() => Ok(Progress::Continue),
            (true, true) => Ok(Progress::Finished),
            (true, false) => Err(SessionError::CutOff),
        }
    }

    /// Does the next thing with the bytes that are there.
    fn step(&mut self, bytes: &[u8], replies: &mut Replies<'_>) -> Result<Step, SessionError> {
        if let Some(step) = self.troubled_step(replies) {
            return Ok(step);
        }
        match self.copy_on() {
            CopyStep::Nothing => {}
            CopyStep::GoesOn => {
                replies.wake();
                return Ok(Step::Waits);
            }
            CopyStep::Ended(id, outcome) => self.reply(id, outcome, replies),
        }
        if self.writing.is_some() {
            return Ok(if bytes.is_empty() {
                Step::Needs(1)
            } else {
                Step::Took(self.write_on(bytes, replies))
            });
        }
        let Some((length, rest)) = bytes.split_first_chunk() else {
            return Ok(Step::Needs(4));
        };
        let length = u32::from_be_bytes(*length) as usize;
        if length > MAX_PACKET {
            return Err(SessionError::PacketTooLong(length));
        }
        let Some(packet) = rest.get(..length) else {
            return Ok(self.begin(rest, length, replies));
        };
        if replies.room() < room_for(packet) {
            return Ok(Step::Waits);
        }
        if let Some(step) = self.trouble_ahead(packet, replies) {
            return Ok(step);
        }
        self.execute(packet, replies)?;
        Ok(Step::Took(4 + length))
    }

    /// The beginning of a packet: data to be written need not wait for its end.
    fn begin(&mut self, beginning: &[u8], length: usize, replies: &Replies<'_>) -> Step {
        if replies.room() < REPLY {
            return Step::Waits;
        }
        match self.begin_write(beginning, length) {
            Ok(taken) => Step::Took(4 + taken),
            Err(needed) => Step::Needs(4 + needed),
        }
    }

    pub(super) fn record(&self, op: SftpOp) {
        if let Some(recorder) = &self.recorder {
            recorder.operation(op);
        }
    }
}

/// Room that the reply to a packet may need. A read names its length at its end; names for ids may be many.
fn room_for(packet: &[u8]) -> usize {
    match packet.first() {
        Some(&kind::READ) => {
            let length = packet.last_chunk().map_or(0, |length| u32::from_be_bytes(*length) as usize);
            REPLY + length.min(MAX_PAYLOAD)
        }
        Some(&kind::EXTENDED) => MAX_PACKET,
        _ => REPLY,
    }
}

impl Drop for SftpSession {
    /// The channel is gone: what is open is closed, and nobody is told.
    fn drop(&mut self) {
        while let Some((number, handle)) = self.handles.pop() {
            let mut op = SftpOp::new(Operation::Close, self.start.clone());
            self.describe_close(&mut op, number, handle);
            op.cause = Some(Cause::ChannelEnded);
            self.record(op);
        }
    }
}
