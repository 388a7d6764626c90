//! `copy-data`: a copy between two handles, done in parts so that nothing else waits for all of it.

use super::{
    Cause, SftpOp, SftpSession,
    execute::offset_in_file,
    outcome::{Outcome, Refusal},
};
use crate::wire::{ExtendedCall, Extension, Operation, StatusCode};

/// Bytes that are copied before others have their turn.
const PART: u64 = 1 << 20;

/// A copy that goes on.
#[derive(Debug)]
pub(super) struct Copying {
    id: u32,
    from: u32,
    from_offset: u64,
    to: u32,
    to_offset: u64,
    /// What is left to copy; `None` for all up to the end.
    left: Option<u64>,
}

/// What became of a copy.
pub(super) enum CopyStep {
    /// There is none.
    Nothing,
    /// Others may have their turn before the next part.
    GoesOn,
    /// The request with this id is to be answered so.
    Ended(u32, Outcome),
}

/// How far a part of a copy came.
enum Part {
    All,
    MoreToCome,
    /// The file ended before the length that was asked for.
    Short,
}

impl SftpSession {
    /// The same checks as in OpenSSH: two open files with different paths.
    pub(super) fn begin_copy(
        &mut self,
        id: u32,
        call: &ExtendedCall<'_>,
        op: &mut SftpOp,
    ) -> Result<(), Refusal> {
        let ExtendedCall::CopyData { from, from_offset, length, to, to_offset } = call else {
            return Ok(());
        };
        let from = self.handles.number(from).map_err(Refusal::failure)?;
        let to = self.handles.number(to).map_err(Refusal::failure)?;
        let from_path = self.copied(from)?;
        let to_path = self.copied(to)?;
        op.to = Some(to_path.clone());
        if from == to || from_path == to_path {
            return Err(Refusal::failure(Cause::SameFile));
        }
        let left = (*length > 0).then_some(*length);
        let (from_offset, to_offset) = (offset_in_file(*from_offset)?, *to_offset);
        self.copying = Some(Copying { id, from, from_offset, to, to_offset, left });
        Ok(())
    }

    fn copied(&mut self, number: u32) -> Result<bytes::Bytes, Refusal> {
        let handle = self.handles.get_mut(number).map_err(Refusal::failure)?;
        handle.open_file().map_err(Refusal::failure)?;
        Ok(handle.path.clone())
    }

    /// Copies a part, if there is something to copy.
    pub(super) fn copy_on(&mut self) -> CopyStep {
        let Some(mut copying) = self.copying.take() else { return CopyStep::Nothing };
        let result = match self.copy_part(&mut copying) {
            Ok(Part::MoreToCome) => {
                self.copying = Some(copying);
                return CopyStep::GoesOn;
            }
            Ok(Part::All) => Ok(Outcome::DONE),
            Ok(Part::Short) => Ok(Outcome::Status(StatusCode::Eof)),
            Err(refusal) => Err(refusal),
        };
        let mut op = SftpOp::new(Operation::Extended(Extension::CopyData), self.start.clone());
        self.describe_handle(&mut op, copying.from);
        op.to = self.handles.get(copying.to).map(|to| to.path.clone());
        CopyStep::Ended(copying.id, self.conclude(op, result))
    }

    fn copy_part(&mut self, copying: &mut Copying) -> Result<Part, Refusal> {
        let length = copying.left.map_or(PART, |left| left.min(PART));
        let mut pieces = Vec::new();
        let from = self.handles.get_mut(copying.from).map_err(Refusal::failure)?;
        let file = from.open_file().map_err(Refusal::failure)?;
        let wanted = usize::try_from(length).unwrap_or(usize::MAX);
        let got = file.read_at(copying.from_offset, wanted, &mut |piece| pieces.push(piece))?;
        from.read += got as u64;
        for piece in &pieces {
            self.write_at(copying.to, copying.to_offset, piece)?;
            copying.to_offset = copying.to_offset.saturating_add(piece.len() as u64);
        }
        copying.from_offset = copying.from_offset.saturating_add(got as u64);
        let ended = (got as u64) < length;
        match &mut copying.left {
            Some(left) => {
                *left = left.saturating_sub(got as u64);
                Ok(match (*left, ended) {
                    (0, _) => Part::All,
                    (_, true) => Part::Short,
                    (_, false) => Part::MoreToCome,
                })
            }
            None => Ok(if ended { Part::All } else { Part::MoreToCome }),
        }
    }
}
