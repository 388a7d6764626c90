//! OpenSSH's extensions that say something about the server and its users (`PROTOCOL` section 4).

use bytes::BytesMut;

use super::{
    Cause, SftpSession,
    outcome::{Outcome, Refusal},
};
use crate::{
    FsError, Space,
    wire::{Limits, MAX_PACKET, MAX_PAYLOAD, NamesById, StatVfs, StatusCode},
};

impl SftpSession {
    pub(super) fn limits(&self) -> Outcome {
        let limits = Limits {
            max_packet_length: MAX_PACKET as u64,
            max_read_length: self.settings.read as u64,
            max_write_length: MAX_PAYLOAD as u64,
            max_open_handles: self.settings.handles as u64,
        };
        let mut data = BytesMut::new();
        limits.encode(&mut data);
        Outcome::Extended(data)
    }

    pub(super) fn stat_vfs(&self, path: &[u8]) -> Result<Outcome, Refusal> {
        Ok(space(&self.settings.fs.space(&self.caller, path)?))
    }

    /// Of a file that has lost its name, the space is that of the caller's root.
    pub(super) fn fstat_vfs(&mut self, handle: &[u8]) -> Result<Outcome, Refusal> {
        let path = self.handles.file(handle).map_err(Refusal::failure)?.path.clone();
        match self.stat_vfs(&path) {
            Err(Refusal { cause: Cause::File(FsError::NotFound), .. }) => self.stat_vfs(b"/"),
            result => result,
        }
    }

    /// As the shell does it: `~` is where the caller starts, `~user` where that user would.
    pub(super) fn expand_path(&self, path: &[u8]) -> Result<Outcome, Refusal> {
        let Some(rest) = path.strip_prefix(b"~") else {
            return self.real_path(path);
        };
        let end = rest.iter().position(|byte| *byte == b'/').unwrap_or(rest.len());
        let (user, rest) = rest.split_at(end);
        let unknown = Refusal::with(StatusCode::NoSuchFile, Cause::NoSuchUser);
        let home = self.home_of(user).ok_or(unknown)?;
        self.real_path(&[&home, rest].concat())
    }

    pub(super) fn home_directory(&self, user: &[u8]) -> Result<Outcome, Refusal> {
        self.home_of(user).map(Outcome::Path).ok_or(Refusal::failure(Cause::NoSuchUser))
    }

    /// Where this user starts.
    fn home_of(&self, user: &[u8]) -> Option<Vec<u8>> {
        if user.is_empty() || user == self.caller.user.as_bytes() {
            return Some(self.caller.start.clone());
        }
        self.settings.fs.home(std::str::from_utf8(user).ok()?)
    }

    pub(super) fn names_by_id(&self, users: &[u8], groups: &[u8]) -> Result<Outcome, Refusal> {
        let ids = |row: &[u8]| row.as_chunks().0.iter().map(|id| u32::from_be_bytes(*id)).collect::<Vec<_>>();
        let fs = &*self.settings.fs;
        let names = NamesById {
            users: ids(users).into_iter().map(|id| fs.user_name(id).unwrap_or_default()).collect(),
            groups: ids(groups).into_iter().map(|id| fs.group_name(id).unwrap_or_default()).collect(),
        };
        let mut data = BytesMut::new();
        names.encode(&mut data);
        // As many ids as fit a request may have names that do not fit a reply.
        if data.len() > MAX_PAYLOAD {
            return Err(Refusal::failure(Cause::TooLong));
        }
        Ok(Outcome::Extended(data))
    }
}

fn space(space: &Space) -> Outcome {
    let mut data = BytesMut::new();
    StatVfs {
        block_size: space.block_size,
        fragment_size: space.block_size,
        blocks: space.blocks,
        blocks_free: space.blocks_free,
        blocks_available: space.blocks_available,
        files: space.files,
        files_free: space.files_free,
        files_available: space.files_free,
        id: space.id,
        flags: space.read_only.into(),
        name_max: space.name_max,
    }
    .encode(&mut data);
    Outcome::Extended(data)
}
