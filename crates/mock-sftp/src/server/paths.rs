//! What is done by path (draft sections 6.5, 6.6 and 6.8 to 6.11).

use super::{
    Cause, SftpSession,
    outcome::{Outcome, Refusal},
};
use crate::{
    Rename,
    wire::{Attributes, StatusCode},
};

impl SftpSession {
    pub(super) fn stat(&self, path: &[u8], follow: bool) -> Result<Outcome, Refusal> {
        let metadata = self.settings.fs.metadata(&self.caller, path, follow)?;
        Ok(Outcome::Attributes(Attributes::from(&metadata)))
    }

    /// One attribute after the other, as OpenSSH does it: what can be set is set, and the last error is answered.
    pub(super) fn set_stat(
        &self,
        path: &[u8],
        attributes: &Attributes,
        follow: bool,
    ) -> Result<Outcome, Refusal> {
        let set = |step| self.settings.fs.set_attributes(&self.caller, path, &step, follow);
        let results = attributes.steps().map(set);
        Ok(results.filter(Result::is_err).last().unwrap_or(Ok(())).map(|()| Outcome::DONE)?)
    }

    /// As `set_stat`, of a symbolic link itself, whose size is its target's length.
    pub(super) fn lset_stat(&self, path: &[u8], attributes: &Attributes) -> Result<Outcome, Refusal> {
        if attributes.size.is_some() {
            return Err(Refusal::with(StatusCode::BadMessage, Cause::SizeOfLink));
        }
        self.set_stat(path, attributes, false)
    }

    pub(super) fn remove(&self, path: &[u8]) -> Result<Outcome, Refusal> {
        self.settings.fs.remove_file(&self.caller, path)?;
        Ok(Outcome::DONE)
    }

    pub(super) fn make_dir(&self, path: &[u8], attributes: &Attributes) -> Result<Outcome, Refusal> {
        self.settings.fs.create_dir(&self.caller, path, attributes.mode().unwrap_or(0o777))?;
        Ok(Outcome::DONE)
    }

    pub(super) fn remove_dir(&self, path: &[u8]) -> Result<Outcome, Refusal> {
        self.settings.fs.remove_dir(&self.caller, path)?;
        Ok(Outcome::DONE)
    }

    /// The last name need not exist. An empty path is where the caller starts.
    pub(super) fn real_path(&self, path: &[u8]) -> Result<Outcome, Refusal> {
        let path = if path.is_empty() { b"." } else { path };
        Ok(Outcome::Path(self.settings.fs.canonicalize(&self.caller, path)?))
    }

    /// Never replaces anything (draft section 6.5).
    pub(super) fn rename(&self, from: &[u8], to: &[u8]) -> Result<Outcome, Refusal> {
        self.settings.fs.rename(&self.caller, from, to, Rename::Refuse)?;
        Ok(Outcome::DONE)
    }

    pub(super) fn posix_rename(&self, from: &[u8], to: &[u8]) -> Result<Outcome, Refusal> {
        self.settings.fs.rename(&self.caller, from, to, Rename::Replace)?;
        Ok(Outcome::DONE)
    }

    pub(super) fn read_link(&self, path: &[u8]) -> Result<Outcome, Refusal> {
        Ok(Outcome::Path(self.settings.fs.read_link(&self.caller, path)?))
    }

    pub(super) fn symlink(&self, target: &[u8], path: &[u8]) -> Result<Outcome, Refusal> {
        self.settings.fs.symlink(&self.caller, target, path)?;
        Ok(Outcome::DONE)
    }

    pub(super) fn hard_link(&self, existing: &[u8], path: &[u8]) -> Result<Outcome, Refusal> {
        self.settings.fs.hard_link(&self.caller, existing, path)?;
        Ok(Outcome::DONE)
    }
}
