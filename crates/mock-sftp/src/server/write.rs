//! Writes: from the packet into the file, even if the packet of SFTP is spread over several of SSH.
//!
//! The data of a write go on to the file as they arrive, so they are copied once. If the channel ends before the last
//! of them, the first are in the file. Appends are gathered first: two clients that append must not mix their data.

use super::{
    SftpOp, SftpSession,
    execute::offset_in_file,
    outcome::{Outcome, Refusal},
    sink::Replies,
};
use crate::wire::{Head, OpenFlags, Operation};

/// A write whose data arrive.
#[derive(Debug)]
pub(super) struct Writing {
    id: u32,
    handle: u32,
    /// Where the next data go.
    offset: u64,
    /// Data that are to come.
    left: usize,
    /// Bytes of the packet after the data, which mean nothing.
    after: usize,
    /// What the client will be told.
    result: Result<(), Refusal>,
}

impl SftpSession {
    /// Looks at the beginning of a packet of `length` bytes, and returns how much of it need not be seen again. If
    /// nothing can be done with it yet, returns how much of the packet is needed.
    pub(super) fn begin_write(&mut self, beginning: &[u8], length: usize) -> Result<usize, usize> {
        let head = match Head::of(beginning) {
            Head::Write(head) => head,
            Head::Needs(needed) => return Err(needed.min(length)),
            Head::Other => return Err(length),
        };
        let Some(after) = length.checked_sub(head.size + head.length) else {
            return Err(length);
        };
        match self.handles.of(head.handle) {
            // Faults have to see a write as a whole.
            _ if !self.is_untroubled() => Err(length),
            Some((handle, open)) if self.version.is_some() && open.flags().is_some_and(writes_in_place) => {
                self.writing = Some(Writing {
                    id: head.id,
                    handle,
                    offset: head.offset,
                    left: head.length,
                    after,
                    result: Ok(()),
                });
                Ok(head.size)
            }
            _ => Err(length),
        }
    }

    /// Goes on with a write, and returns how many bytes belonged to it.
    pub(super) fn write_on(&mut self, bytes: &[u8], replies: &mut Replies<'_>) -> usize {
        let Some(mut writing) = self.writing.take() else { return 0 };
        let (data, rest) = bytes.split_at(bytes.len().min(writing.left));
        let after = rest.len().min(writing.after);
        if writing.result.is_ok() {
            writing.result = self.write_at(writing.handle, writing.offset, data);
            writing.offset = writing.offset.saturating_add(data.len() as u64);
        }
        writing.left -= data.len();
        writing.after -= after;
        if writing.left > 0 || writing.after > 0 {
            self.writing = Some(writing);
        } else {
            let mut op = SftpOp::new(Operation::Write, self.start.clone());
            if writing.result.is_err() {
                self.describe_handle(&mut op, writing.handle);
            }
            let outcome = self.conclude(op, writing.result.map(|()| Outcome::DONE));
            self.reply(writing.id, outcome, replies);
        }
        data.len() + after
    }

    /// Writes all of `data`, and counts it.
    pub(super) fn write_at(&mut self, handle: u32, offset: u64, data: &[u8]) -> Result<(), Refusal> {
        let handle = self.handles.get_mut(handle).map_err(Refusal::failure)?;
        if handle.flags().is_some_and(|flags| !flags.contains(OpenFlags::APPEND)) {
            offset_in_file(offset)?;
        }
        handle.open_file().map_err(Refusal::failure)?.write_at(offset, data)?;
        handle.written += data.len() as u64;
        Ok(())
    }
}

fn writes_in_place(flags: OpenFlags) -> bool {
    flags.contains(OpenFlags::WRITE) && !flags.contains(OpenFlags::APPEND)
}
