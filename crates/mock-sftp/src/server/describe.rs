//! Records of operations, made after the operation and before its reply.

use bytes::Bytes;

use super::{SftpOp, SftpSession, handles::Handle};
use crate::{
    OpenFile,
    wire::{Call, ExtendedCall, OpenFlags},
};

impl SftpSession {
    /// Adds what the client asked for. A handle that is open still has its path.
    pub(super) fn describe(&self, call: &Call<'_>, op: &mut SftpOp) {
        if let Some(path) = call.path() {
            op.path = Bytes::copy_from_slice(path);
        }
        if let Some(path) = call.second_path() {
            op.to = Some(Bytes::copy_from_slice(path));
        }
        op.attributes = call.attributes().cloned().map(Box::new);
        match call {
            Call::Open { flags, .. } => op.flags = Some(*flags),
            Call::Extended(ExtendedCall::Unknown { name, .. }) => {
                op.extension = Some(Bytes::copy_from_slice(name));
            }
            _ => {}
        }
        if let Some((number, _)) = call.handle().and_then(|handle| self.handles.of(handle)) {
            self.describe_handle(op, number);
        }
    }

    /// Adds a handle and its path.
    pub(super) fn describe_handle(&self, op: &mut SftpOp, number: u32) {
        if let Some(handle) = self.handles.get(number) {
            op.handle = Some(number);
            op.path = handle.path.clone();
            op.flags = handle.flags();
        }
    }

    /// Adds what was done with a handle that is no more.
    pub(super) fn describe_close(&self, op: &mut SftpOp, number: u32, mut handle: Handle) {
        op.handle = Some(number);
        op.flags = handle.flags();
        let wanted = self.recorder.is_some() && self.settings.contents;
        if wanted && op.flags.is_some_and(|flags| flags.contains(OpenFlags::WRITE)) {
            let content = handle.open_file().ok().and_then(OpenFile::content);
            op.content = content.map(Into::into);
        }
        (op.read, op.written, op.listed) = (handle.read, handle.written, handle.listed);
        op.path = handle.path;
    }
}
