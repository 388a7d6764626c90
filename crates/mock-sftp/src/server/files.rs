//! Files and directories that are open (draft sections 6.3, 6.4 and 6.7).

use super::{
    Cause, SftpOp, SftpSession,
    execute::offset_in_file,
    handles::Target,
    listing,
    outcome::{Names, Outcome, Refusal},
};
use crate::{
    DirEntry, FsError, OpenDir,
    wire::{Attributes, Name, OpenFlags, StatusCode},
};

/// Longest name reply: what fits one packet of SSH.
const NAMES: usize = 32 * 1024 - 13;

impl SftpSession {
    pub(super) fn open(
        &mut self,
        path: &[u8],
        flags: OpenFlags,
        attributes: &Attributes,
        op: &mut SftpOp,
    ) -> Result<Outcome, Refusal> {
        self.may_open()?;
        let options = flags.options(attributes.mode());
        let file = self.settings.fs.open(&self.caller, path, &options)?;
        Ok(self.opened(path, Target::File(file, flags), op))
    }

    pub(super) fn open_dir(&mut self, path: &[u8], op: &mut SftpOp) -> Result<Outcome, Refusal> {
        self.may_open()?;
        let directory = self.settings.fs.open_dir(&self.caller, path)?;
        Ok(self.opened(path, Target::Directory(directory, None), op))
    }

    fn may_open(&self) -> Result<(), Refusal> {
        if self.handles.are_all_taken() { Err(Refusal::failure(Cause::TooManyHandles)) } else { Ok(()) }
    }

    fn opened(&mut self, path: &[u8], target: Target, op: &mut SftpOp) -> Outcome {
        let number = self.handles.insert(path, target);
        op.handle = Some(number);
        Outcome::Handle(self.handles.name(number))
    }

    pub(super) fn close(&mut self, handle: &[u8], op: &mut SftpOp) -> Result<Outcome, Refusal> {
        // What OpenSSH says to a handle that it does not know differs from request to request.
        let unknown = |cause| Refusal::with(StatusCode::NoSuchFile, cause);
        let number = self.handles.number(handle).map_err(unknown)?;
        if let Some(handle) = self.handles.remove(number) {
            self.describe_close(op, number, handle);
        }
        Ok(Outcome::DONE)
    }

    pub(super) fn read(&mut self, handle: &[u8], offset: u64, length: u32) -> Result<Outcome, Refusal> {
        let handle = self.handles.file(handle).map_err(Refusal::failure)?;
        let offset = offset_in_file(offset)?;
        let length = self.settings.read.min(length as usize);
        let mut pieces = Vec::with_capacity(1);
        let file = handle.open_file().map_err(Refusal::failure)?;
        let got = file.read_at(offset, length, &mut |piece| pieces.push(piece))?;
        if got == 0 && length > 0 {
            return Ok(Outcome::Status(StatusCode::Eof));
        }
        handle.read += got as u64;
        Ok(Outcome::Data(pieces))
    }

    pub(super) fn write(&mut self, handle: &[u8], offset: u64, data: &[u8]) -> Result<Outcome, Refusal> {
        let number = self.handles.number(handle).map_err(Refusal::failure)?;
        self.write_at(number, offset, data)?;
        Ok(Outcome::DONE)
    }

    /// As many names as fit.
    pub(super) fn read_dir(&mut self, handle: &[u8]) -> Result<Outcome, Refusal> {
        let number = self.handles.number(handle).map_err(Refusal::failure)?;
        let most = self.most_names();
        let handle = self.handles.get_mut(number).map_err(Refusal::failure)?;
        let Target::Directory(directory, left_over) = &mut handle.target else {
            return Err(Refusal::failure(Cause::Handle));
        };
        let fs = &*self.settings.fs;
        let now = fs.now();
        let mut names = Names::default();
        while let Some(entry) = next_entry(&mut **directory, left_over, names.count > 0)? {
            let before = names.encoded.len();
            let long_name = listing::long_name(&entry, fs, now);
            let attributes = Attributes::from(&entry.metadata);
            Name { name: &entry.name, long_name: &long_name, attributes }.encode(&mut names.encoded);
            if (names.encoded.len() > NAMES && names.count > 0) || names.count >= most {
                names.encoded.truncate(before);
                *left_over = Some(entry);
                break;
            }
            names.count += 1;
        }
        handle.listed += u64::from(names.count);
        Ok(if names.count == 0 { Outcome::Status(StatusCode::Eof) } else { Outcome::Names(names) })
    }

    pub(super) fn fstat(&mut self, handle: &[u8]) -> Result<Outcome, Refusal> {
        let handle = self.handles.file(handle).map_err(Refusal::failure)?;
        let metadata = handle.open_file().map_err(Refusal::failure)?.metadata()?;
        Ok(Outcome::Attributes(Attributes::from(&metadata)))
    }

    /// One attribute after the other, as OpenSSH does it: what can be set is set, and the last error is answered.
    pub(super) fn fset_stat(&mut self, handle: &[u8], attributes: &Attributes) -> Result<Outcome, Refusal> {
        let handle = self.handles.file(handle).map_err(Refusal::failure)?;
        let file = handle.open_file().map_err(Refusal::failure)?;
        let results = attributes.steps().map(|step| file.set_attributes(&step));
        Ok(results.filter(Result::is_err).last().unwrap_or(Ok(())).map(|()| Outcome::DONE)?)
    }

    pub(super) fn fsync(&mut self, handle: &[u8]) -> Result<Outcome, Refusal> {
        let unknown = |cause| Refusal::with(StatusCode::NoSuchFile, cause);
        let handle = self.handles.file(handle).map_err(unknown)?;
        handle.open_file().map_err(unknown)?.sync()?;
        Ok(Outcome::DONE)
    }
}

/// The next entry. An error is kept for the next request if there are names to send: the directory says it again.
fn next_entry(
    directory: &mut dyn OpenDir,
    left_over: &mut Option<DirEntry>,
    some: bool,
) -> Result<Option<DirEntry>, FsError> {
    if let Some(entry) = left_over.take() {
        return Ok(Some(entry));
    }
    directory.next().or_else(|error| if some { Ok(None) } else { Err(error) })
}
