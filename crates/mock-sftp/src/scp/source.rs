//! `scp -f`: files and directories on their way to the client.
//!
//! The client confirms every line and every file. Directories are walked with a stack of their own, and listed as they
//! are walked.

use bytes::Bytes;
use tokio::io::AsyncRead;

use super::{
    DEPTH, ScpCause, ScpOperation, Stop,
    command::Options,
    control::{announce, announce_times, on_one_line},
    faults::Trouble,
    host::{Copying, Host},
    link::{Link, Output},
};
use crate::{FileKind, FsError, Metadata, OpenDir, OpenFile, OpenOptions};

/// Most that is read of a file at once.
const PIECE: u64 = 256 * 1024;

/// What fills the announced size when a file ends early.
const ZEROS: Bytes = Bytes::from_static(&[0; 16 * 1024]);

pub(super) struct Source<'a, R, W> {
    pub(super) link: &'a mut Link<R, W>,
    pub(super) host: &'a Host,
    pub(super) options: Options,
}

/// A directory that is being sent.
struct Level {
    path: Vec<u8>,
    entries: Box<dyn OpenDir>,
}

impl<R: AsyncRead + Send + Unpin, W: Output> Source<'_, R, W> {
    pub(super) async fn run(&mut self, paths: Vec<Vec<u8>>) -> Result<(), Stop> {
        self.link.response().await?;
        for path in paths {
            let mut levels = Vec::new();
            self.send(without_slashes(path), &mut levels).await?;
            while let Some(mut level) = levels.pop() {
                let next;
                (level, next) = self
                    .host
                    .ask(move |_, _| {
                        let next = next_name(&mut *level.entries);
                        (level, next)
                    })
                    .await?;
                if let Some(name) = next {
                    let path = [&level.path[..], b"/", &name].concat();
                    levels.push(level);
                    self.send(path, &mut levels).await?;
                } else {
                    self.link.send(&b"E\n"[..]).await?;
                    self.link.response().await?;
                }
            }
        }
        Ok(())
    }

    /// Sends a file, or begins a directory.
    async fn send(&mut self, path: Vec<u8>, levels: &mut Vec<Level>) -> Result<(), Stop> {
        let (found, path) = self
            .host
            .ask(move |fs, caller| {
                let found = fs.open(caller, &path, &OpenOptions { read: true, ..OpenOptions::default() });
                let found = found.and_then(|mut file| file.metadata().map(|metadata| (file, metadata)));
                (found, path)
            })
            .await?;
        let mut copying = self.host.begin(ScpOperation::Download, &path);
        if found.as_ref().is_ok_and(|(_, metadata)| metadata.kind == FileKind::Directory) {
            copying.op.operation = ScpOperation::DownloadDir;
        }
        let mut trouble = Trouble::at(self.host, &copying.op);
        if !trouble.begin(self.link).await? {
            copying.failed(ScpCause::Fault);
            return Ok(());
        }
        match found {
            Ok((file, metadata)) if metadata.kind == FileKind::File => {
                self.send_file(&path, file, &metadata, copying, trouble).await
            }
            Ok((_, metadata)) if metadata.kind == FileKind::Directory && self.options.recursive => {
                self.begin_directory(path, &metadata, levels, copying).await
            }
            // What is unsupported is a FIFO, a socket or a device.
            Ok(_) | Err(FsError::Unsupported) => {
                copying.failed(ScpCause::NotRegular);
                self.link.warn_of(&on_one_line(&path), "not a regular file").await
            }
            Err(error) => self.refused(&path, error, copying).await,
        }
    }

    async fn refused(&mut self, path: &[u8], error: FsError, copying: Copying) -> Result<(), Stop> {
        copying.failed(error);
        self.link.warn_of(&on_one_line(path), error).await
    }

    /// Announces it, with its times before where they are wanted. Returns whether the client wants it.
    async fn announced(&mut self, line: Vec<u8>, metadata: &Metadata) -> Result<bool, Stop> {
        if self.options.preserve {
            self.link.send(announce_times(metadata)).await?;
            if !self.link.response().await? {
                return Ok(false);
            }
        }
        self.link.send(line).await?;
        self.link.response().await
    }

    async fn begin_directory(
        &mut self,
        path: Vec<u8>,
        metadata: &Metadata,
        levels: &mut Vec<Level>,
        mut copying: Copying,
    ) -> Result<(), Stop> {
        if levels.len() >= DEPTH {
            return self.refused(&path, FsError::NameTooLong, copying).await;
        }
        let (opened, path) = self.host.ask(move |fs, caller| (fs.open_dir(caller, &path), path)).await?;
        let entries = match opened {
            Ok(entries) => entries,
            Err(error) => return self.refused(&path, error, copying).await,
        };
        copying.op.mode = Some(metadata.mode);
        if !self.announced(announce('D', metadata, 0, last_name(&path)), metadata).await? {
            copying.failed(ScpCause::Client);
            return Ok(());
        }
        copying.finish();
        levels.push(Level { path, entries });
        Ok(())
    }

    async fn send_file(
        &mut self,
        path: &[u8],
        mut file: Box<dyn OpenFile>,
        metadata: &Metadata,
        mut copying: Copying,
        mut trouble: Trouble<'_>,
    ) -> Result<(), Stop> {
        let size = metadata.size;
        (copying.op.mode, copying.op.size) = (Some(metadata.mode), size);
        if !self.announced(announce('C', metadata, size, last_name(path)), metadata).await? {
            copying.failed(ScpCause::Client);
            return Ok(());
        }
        let mut failed: Option<FsError> = None;
        while copying.op.bytes < size && failed.is_none() {
            let (offset, length) = (copying.op.bytes, (size - copying.op.bytes).min(PIECE));
            let read;
            (file, read) = self.host.with(file, move |file| read_pieces(file, offset, length)).await?;
            match read {
                Ok(pieces) => {
                    let before = copying.op.bytes;
                    for piece in pieces {
                        let passed = trouble.pass(piece.len());
                        copying.op.bytes += passed.allowed as u64;
                        self.link.send(piece.slice(..passed.allowed)).await?;
                        trouble.leave_after(passed, self.link).await?;
                    }
                    // It has become shorter.
                    failed = (copying.op.bytes == before).then_some(FsError::Io);
                }
                Err(error) => failed = Some(error),
            }
        }
        let mut missing = size - copying.op.bytes;
        while missing > 0 {
            let zeros = ZEROS.slice(..usize::try_from(missing).unwrap_or(usize::MAX).min(ZEROS.len()));
            missing -= zeros.len() as u64;
            self.link.send(zeros).await?;
        }
        trouble.end(self.link).await?;
        match failed {
            None => self.link.agree().await?,
            Some(error) => {
                copying.fail(error);
                self.link.warn_of(&on_one_line(path), error).await?;
            }
        }
        if !self.link.response().await? {
            copying.fail(ScpCause::Client);
        }
        copying.finish();
        Ok(())
    }
}

fn read_pieces(file: &mut dyn OpenFile, offset: u64, length: u64) -> Result<Vec<Bytes>, FsError> {
    let mut pieces = Vec::new();
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    file.read_at(offset, length, &mut |piece| pieces.push(piece))?;
    Ok(pieces)
}

/// The next name but the dots. A directory that cannot be listed further ends.
fn next_name(entries: &mut dyn OpenDir) -> Option<Bytes> {
    loop {
        let name = entries.next().ok()??.name;
        if &name[..] != b"." && &name[..] != b".." {
            return Some(name);
        }
    }
}

fn without_slashes(mut path: Vec<u8>) -> Vec<u8> {
    while path.len() > 1 && path.last() == Some(&b'/') {
        path.pop();
    }
    path
}

fn last_name(path: &[u8]) -> &[u8] {
    path.rsplit(|byte| *byte == b'/').next().unwrap_or(path)
}
