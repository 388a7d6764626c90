//! Feature `russh-sftp`: a session as the handler of `russh_sftp::server`, for owners of a server made with russh.
//!
//! That crate reads, decodes and writes; what a request does, what is recorded of it and with which status it ends is
//! what [`Sftp`](super::Sftp) has itself. Its strings are text, so a name that is not UTF-8 is not the same name there,
//! and a handle is sixteen hexadecimal digits.

use std::collections::HashMap;

use bytes::{BufMut as _, BytesMut};
use russh_sftp::{
    protocol::{
        Attrs, Data, ExtendedReply, File, FileAttributes, Handle, Name as Names, OpenFlags as Flags, Packet,
        Status, StatusCode as Code, Version,
    },
    server::{Handler, StatusReply},
};

use super::{
    SftpOp, SftpSession,
    copy::CopyStep,
    outcome::{Outcome, Refusal},
};
use crate::wire::{
    Attributes, Call, DecodeError, ExtendedCall, Name, OpenFlags, Owner, Reader, Request, StatusCode, Times,
    kind, put_string,
};

type Answer<T> = Result<T, StatusReply>;

/// With the feature `russh-sftp`. Faults do not strike here, because `russh_sftp` writes the replies: they are for
/// [`serve`](super::Sftp::serve) and for servers of mock-core. A file system that waits for a disk, such as a directory
/// of the host, is asked in the task that runs the handler.
impl Handler for SftpSession {
    type Error = StatusReply;

    fn unimplemented(&self) -> StatusReply {
        reply(StatusCode::OpUnsupported)
    }

    async fn init(&mut self, version: u32, _: HashMap<String, String>) -> Answer<Version> {
        let (version, offered) = self.agree(version);
        let extensions =
            offered.iter().map(|offer| (offer.name().to_owned(), offer.version().to_owned())).collect();
        Ok(Version { version, extensions })
    }

    async fn open(
        &mut self,
        id: u32,
        path: String,
        flags: Flags,
        attributes: FileAttributes,
    ) -> Answer<Handle> {
        let (flags, attributes) = (OpenFlags(flags.bits()), attributes_from(&attributes));
        self.handle(id, Call::Open { path: path.as_bytes(), flags, attributes }).await
    }

    async fn close(&mut self, id: u32, handle: String) -> Answer<Status> {
        self.status(id, Call::Close { handle: &bytes_of(&handle) }).await
    }

    async fn read(&mut self, id: u32, handle: String, offset: u64, length: u32) -> Answer<Data> {
        match self.answer(id, Call::Read { handle: &bytes_of(&handle), offset, length }).await {
            Outcome::Data(pieces) => Ok(Data { id, data: pieces.concat() }),
            other => Err(refused(&other)),
        }
    }

    async fn write(&mut self, id: u32, handle: String, offset: u64, data: Vec<u8>) -> Answer<Status> {
        self.status(id, Call::Write { handle: &bytes_of(&handle), offset, data: &data }).await
    }

    async fn lstat(&mut self, id: u32, path: String) -> Answer<Attrs> {
        self.attributes(id, Call::LStat { path: path.as_bytes() }).await
    }

    async fn fstat(&mut self, id: u32, handle: String) -> Answer<Attrs> {
        self.attributes(id, Call::FStat { handle: &bytes_of(&handle) }).await
    }

    async fn setstat(&mut self, id: u32, path: String, attributes: FileAttributes) -> Answer<Status> {
        let attributes = attributes_from(&attributes);
        self.status(id, Call::SetStat { path: path.as_bytes(), attributes }).await
    }

    async fn fsetstat(&mut self, id: u32, handle: String, attributes: FileAttributes) -> Answer<Status> {
        let attributes = attributes_from(&attributes);
        self.status(id, Call::FSetStat { handle: &bytes_of(&handle), attributes }).await
    }

    async fn opendir(&mut self, id: u32, path: String) -> Answer<Handle> {
        self.handle(id, Call::OpenDir { path: path.as_bytes() }).await
    }

    async fn readdir(&mut self, id: u32, handle: String) -> Answer<Names> {
        self.names(id, Call::ReadDir { handle: &bytes_of(&handle) }).await
    }

    async fn remove(&mut self, id: u32, path: String) -> Answer<Status> {
        self.status(id, Call::Remove { path: path.as_bytes() }).await
    }

    async fn mkdir(&mut self, id: u32, path: String, attributes: FileAttributes) -> Answer<Status> {
        let attributes = attributes_from(&attributes);
        self.status(id, Call::MkDir { path: path.as_bytes(), attributes }).await
    }

    async fn rmdir(&mut self, id: u32, path: String) -> Answer<Status> {
        self.status(id, Call::RmDir { path: path.as_bytes() }).await
    }

    async fn realpath(&mut self, id: u32, path: String) -> Answer<Names> {
        self.names(id, Call::RealPath { path: path.as_bytes() }).await
    }

    async fn stat(&mut self, id: u32, path: String) -> Answer<Attrs> {
        self.attributes(id, Call::Stat { path: path.as_bytes() }).await
    }

    async fn rename(&mut self, id: u32, from: String, to: String) -> Answer<Status> {
        self.status(id, Call::Rename { from: from.as_bytes(), to: to.as_bytes() }).await
    }

    async fn readlink(&mut self, id: u32, path: String) -> Answer<Names> {
        self.names(id, Call::ReadLink { path: path.as_bytes() }).await
    }

    /// The two paths come as they were sent, whatever they are called there.
    async fn symlink(&mut self, id: u32, target: String, path: String) -> Answer<Status> {
        self.status(id, Call::SymLink { target: target.as_bytes(), path: path.as_bytes() }).await
    }

    async fn extended(&mut self, id: u32, name: String, data: Vec<u8>) -> Answer<Packet> {
        let mut packet = BytesMut::new();
        packet.put_u8(kind::EXTENDED);
        packet.put_u32(id);
        put_string(&mut packet, name.as_bytes());
        packet.put_slice(&data);
        let mut call = Request::decode(&packet).map_err(|_| reply(StatusCode::BadMessage))?.call;
        let (first, second);
        match &mut call {
            Call::Extended(ExtendedCall::FStatVfs { handle } | ExtendedCall::FSync { handle }) => {
                first = named(handle);
                *handle = &first;
            }
            Call::Extended(ExtendedCall::CopyData { from, to, .. }) => {
                (first, second) = (named(from), named(to));
                (*from, *to) = (&first, &second);
            }
            _ => {}
        }
        match self.answer(id, call).await {
            Outcome::Extended(data) => Ok(ExtendedReply { id, data: data.to_vec() }.into()),
            Outcome::Path(path) => Ok(Names { id, files: vec![file(&Name::path(&path))] }.into()),
            other => Ok(done(id, &other)?.into()),
        }
    }
}

impl SftpSession {
    /// Does what is asked for, to its end.
    async fn answer(&mut self, id: u32, call: Call<'_>) -> Outcome {
        let mut op = SftpOp::new(call.operation(), self.start.clone());
        let request = Request { id, call };
        // The decoder of russh-sftp takes any text for a path.
        let result =
            match [request.call.path(), request.call.second_path()].into_iter().flatten().find(has_nul) {
                Some(_) => Err(Refusal::with(StatusCode::BadMessage, DecodeError::Nul("path").into())),
                None => self.call(&request, &mut op),
            };
        if let Some(result) = result.transpose() {
            return self.conclude(op, result);
        }
        loop {
            match self.copy_on() {
                CopyStep::GoesOn => tokio::task::yield_now().await,
                CopyStep::Ended(_, outcome) => return outcome,
                CopyStep::Nothing => return Outcome::Status(StatusCode::Failure),
            }
        }
    }

    async fn status(&mut self, id: u32, call: Call<'_>) -> Answer<Status> {
        done(id, &self.answer(id, call).await)
    }

    async fn handle(&mut self, id: u32, call: Call<'_>) -> Answer<Handle> {
        match self.answer(id, call).await {
            Outcome::Handle(name) => Ok(Handle { id, handle: format!("{:016x}", u64::from_be_bytes(name)) }),
            other => Err(refused(&other)),
        }
    }

    async fn attributes(&mut self, id: u32, call: Call<'_>) -> Answer<Attrs> {
        match self.answer(id, call).await {
            Outcome::Attributes(attributes) => Ok(Attrs { id, attrs: attributes_to(&attributes) }),
            other => Err(refused(&other)),
        }
    }

    async fn names(&mut self, id: u32, call: Call<'_>) -> Answer<Names> {
        match self.answer(id, call).await {
            Outcome::Path(path) => Ok(Names { id, files: vec![file(&Name::path(&path))] }),
            Outcome::Names(names) => {
                let mut reader = Reader::new(&names.encoded);
                let files = (0..names.count).map_while(|_| Name::decode(&mut reader).ok());
                Ok(Names { id, files: files.map(|name| file(&name)).collect() })
            }
            other => Err(refused(&other)),
        }
    }
}

fn has_nul(path: &&[u8]) -> bool {
    path.contains(&0)
}

/// What a client calls a handle, as the session does. What is no handle of ours is nobody's.
fn bytes_of(handle: &str) -> [u8; 8] {
    u64::from_str_radix(handle, 16).unwrap_or_default().to_be_bytes()
}

/// The same, where it came as bytes.
fn named(handle: &[u8]) -> [u8; 8] {
    bytes_of(str::from_utf8(handle).unwrap_or_default())
}

fn done(id: u32, outcome: &Outcome) -> Answer<Status> {
    let StatusReply { status_code, error_message, language_tag } = refused(outcome);
    if outcome.status() != StatusCode::Ok {
        return Err(StatusReply { status_code, error_message, language_tag });
    }
    let (error_message, language_tag) = (error_message.unwrap_or_default(), language_tag.unwrap_or_default());
    Ok(Status { id, status_code, error_message, language_tag })
}

fn refused(outcome: &Outcome) -> StatusReply {
    match outcome {
        Outcome::Explained(code, message) => reply(*code).with_message(message.clone()),
        other => reply(other.status()),
    }
}

fn reply(code: StatusCode) -> StatusReply {
    let known = match code {
        StatusCode::Ok => Code::Ok,
        StatusCode::Eof => Code::Eof,
        StatusCode::NoSuchFile => Code::NoSuchFile,
        StatusCode::PermissionDenied => Code::PermissionDenied,
        StatusCode::BadMessage => Code::BadMessage,
        StatusCode::NoConnection => Code::NoConnection,
        StatusCode::ConnectionLost => Code::ConnectionLost,
        StatusCode::OpUnsupported => Code::OpUnsupported,
        StatusCode::Failure | StatusCode::Other(_) => Code::Failure,
    };
    StatusReply::new(known).with_message(code.message()).with_language_tag("")
}

fn file(name: &Name<'_>) -> File {
    File {
        filename: String::from_utf8_lossy(name.name).into_owned(),
        longname: String::from_utf8_lossy(name.long_name).into_owned(),
        attrs: attributes_to(&name.attributes),
    }
}

fn attributes_from(attributes: &FileAttributes) -> Attributes {
    Attributes {
        size: attributes.size,
        owner: attributes.uid.zip(attributes.gid).map(|(user, group)| Owner { user, group }),
        permissions: attributes.permissions,
        times: attributes
            .atime
            .zip(attributes.mtime)
            .map(|(accessed, modified)| Times { accessed, modified }),
        extended: Vec::new(),
    }
}

fn attributes_to(attributes: &Attributes) -> FileAttributes {
    FileAttributes {
        size: attributes.size,
        uid: attributes.owner.map(|owner| owner.user),
        gid: attributes.owner.map(|owner| owner.group),
        permissions: attributes.permissions,
        atime: attributes.times.map(|times| times.accessed),
        mtime: attributes.times.map(|times| times.modified),
        ..FileAttributes::default()
    }
}
