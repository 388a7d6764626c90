//! `scp -t`: files and directories that the client sends.
//!
//! A name is one component of a path and is checked to be one, so nothing arrives outside the target but through links
//! that are there already; and those the file system holds within its root.

use tokio::io::AsyncRead;

use super::{
    DEPTH, ScpCause, ScpOperation, Stop,
    command::Options,
    control::{Control, Times, Wrong},
    faults::Trouble,
    host::{Copying, Host},
    link::{Link, Output},
};
use crate::{Caller, FileKind, FileSystem, FsError, OpenFile, OpenOptions, SetAttributes};

const WRITE_BY_OWNER: u32 = 0o200;
const ALL_BY_OWNER: u32 = 0o700;

pub(super) struct Sink<'a, R, W> {
    pub(super) link: &'a mut Link<R, W>,
    pub(super) host: &'a Host,
    pub(super) options: Options,
}

/// Where things are put: the target, or a directory that is being received.
struct Level {
    path: Vec<u8>,
    is_directory: bool,
    /// What becomes of the directory at its end.
    at_end: SetAttributes,
    /// Of what comes next.
    times: Option<Times>,
}

/// A file that is announced.
struct Announced {
    path: Vec<u8>,
    mode: u32,
    size: u64,
    times: Option<Times>,
}

impl<R: AsyncRead + Send + Unpin, W: Output> Sink<'_, R, W> {
    pub(super) async fn run(&mut self, target: Vec<u8>) -> Result<(), Stop> {
        let (found, target) =
            self.host.ask(move |fs, caller| (fs.metadata(caller, &target, true), target)).await?;
        let is_directory = found.as_ref().is_ok_and(|found| found.kind == FileKind::Directory);
        if self.options.directory && !is_directory {
            self.link.warn_of(&target, found.err().unwrap_or(FsError::NotADirectory)).await?;
            return Err(Stop::Quit);
        }
        self.link.agree().await?;
        let mut levels = vec![Level::new(target, is_directory)];
        let mut first = true;
        while let Some(level) = levels.last_mut() {
            let Some(line) = self.link.control().await? else {
                self.end(levels).await?;
                break;
            };
            match Control::parse(&line) {
                Ok(Control::End) => {
                    let level = levels.pop();
                    self.end(level).await?;
                    self.link.agree().await?;
                }
                Ok(Control::Times(times)) => {
                    level.times = times;
                    self.link.agree().await?;
                }
                Ok(Control::File { mode, size, name }) => {
                    let (path, times) = (level.below(&name), level.times.take());
                    let mode = if self.options.preserve { mode } else { mode & !self.host.caller.umask };
                    self.file(Announced { path, mode, size, times }).await?;
                }
                Ok(Control::Directory { mode, name }) => {
                    let (path, times) = (level.below(&name), level.times.take());
                    let mode = if self.options.preserve { mode } else { mode & !self.host.caller.umask };
                    let depth = levels.len();
                    levels.extend(self.directory(path, mode, times, depth).await?);
                }
                Err(wrong) => return self.refuse(wrong, &line, first, level).await,
            }
            first = false;
        }
        Ok(())
    }

    /// Something else than the protocol allows.
    async fn refuse(&mut self, wrong: Wrong, line: &[u8], first: bool, level: &Level) -> Result<(), Stop> {
        match wrong {
            Wrong::Protocol(why) => return Err(Stop::Protocol(why)),
            Wrong::Unknown if !first => return Err(Stop::Protocol("expected control record")),
            // What a shell says at the other end, for example.
            Wrong::Unknown => self.link.warn(line).await?,
            Wrong::Name => {
                let name = line.splitn(3, |byte| *byte == b' ').nth(2).unwrap_or_default();
                let copying = self.host.begin(ScpOperation::Upload, &level.below(name));
                copying.failed(ScpCause::UnexpectedName);
                self.link.warn(&[b"error: unexpected filename: ", name].concat()).await?;
            }
        }
        Err(Stop::Quit)
    }

    /// Gives directories the times and modes that they are to have, from the innermost on.
    async fn end(
        &mut self,
        levels: impl IntoIterator<Item = Level, IntoIter: DoubleEndedIterator>,
    ) -> Result<(), Stop> {
        for Level { path, at_end, .. } in levels.into_iter().rev() {
            self.host.ask(move |fs, caller| set_each(fs, caller, &path, &at_end)).await?;
        }
        Ok(())
    }

    async fn directory(
        &mut self,
        path: Vec<u8>,
        mode: u32,
        times: Option<Times>,
        depth: usize,
    ) -> Result<Option<Level>, Stop> {
        let mut copying = self.host.begin(ScpOperation::UploadDir, &path);
        copying.announced(mode, times);
        if !self.options.recursive {
            copying.failed(ScpCause::NotRecursive);
            return Err(Stop::Protocol("received directory without -r"));
        }
        let mut trouble = Trouble::at(self.host, &copying.op);
        if !trouble.begin(self.link).await? {
            copying.failed(ScpCause::Fault);
            return Ok(None);
        }
        let preserve = self.options.preserve;
        let (result, path) = if depth > DEPTH {
            (Err(FsError::NameTooLong), path)
        } else {
            self.host.ask(move |fs, caller| (make_directory(fs, caller, &path, mode, preserve), path)).await?
        };
        match result {
            Ok(new) => {
                copying.finish();
                let mode = (new || preserve).then_some(mode);
                let mut level = Level::new(path, true);
                level.at_end = SetAttributes { mode, ..of_times(times) };
                trouble.end(self.link).await?;
                self.link.agree().await?;
                Ok(Some(level))
            }
            Err(error) => {
                copying.failed(error);
                self.link.warn_of(&path, error).await?;
                Ok(None)
            }
        }
    }

    async fn file(&mut self, file: Announced) -> Result<(), Stop> {
        let Announced { path, mode, size, times } = file;
        let mut copying = self.host.begin(ScpOperation::Upload, &path);
        copying.announced(mode, times);
        copying.op.size = size;
        let mut trouble = Trouble::at(self.host, &copying.op);
        if !trouble.begin(self.link).await? {
            copying.failed(ScpCause::Fault);
            return Ok(());
        }
        let (opened, path) = self
            .host
            .ask(move |fs, caller| {
                let exists = fs.metadata(caller, &path, true).is_ok();
                let options = OpenOptions {
                    write: true,
                    create: true,
                    mode: Some(mode | WRITE_BY_OWNER),
                    ..OpenOptions::default()
                };
                (fs.open(caller, &path, &options).map(|file| (file, exists)), path)
            })
            .await?;
        let (file, exists) = match opened {
            Ok(opened) => opened,
            Err(error) => {
                copying.failed(error);
                return self.link.warn_of(&path, error).await;
            }
        };
        self.link.agree().await?;
        let (mut file, mut error) = self.receive(file, &mut copying, &mut trouble).await?;
        let mode = match (self.options.preserve, exists) {
            (true, _) => Some(mode),
            (false, exists) => (!exists && mode & WRITE_BY_OWNER == 0).then_some(mode),
        };
        let contents = self.host.contents && self.host.recorder.is_some();
        let (ended, content);
        (file, (ended, content)) = self
            .host
            .with(file, move |file| {
                // One after the other, and the first error is told.
                let size = error.is_none().then_some(size);
                let steps = [
                    SetAttributes { size, ..SetAttributes::default() },
                    SetAttributes { mode, ..SetAttributes::default() },
                ];
                for step in steps.iter().filter(|step| **step != SetAttributes::default()) {
                    error = error.or(file.set_attributes(step).err());
                }
                (error, if contents { file.content() } else { None })
            })
            .await?;
        copying.op.content = content.map(Into::into);
        let mut error = ended;
        match self.link.last_word().await? {
            Some(true) => {}
            Some(false) => copying.fail(ScpCause::Client),
            None => {
                // libssh2 ends here, with a file that is complete. OpenSSH's `scp` then fails, and sets no times.
                match error {
                    None => copying.finish(),
                    Some(error) => copying.failed(error),
                }
                return Err(Stop::Quit);
            }
        }
        if error.is_none() {
            error = self.host.with(file, move |file| file.set_attributes(&of_times(times)).err()).await?.1;
        }
        match error {
            None => {
                copying.finish();
                trouble.end(self.link).await?;
                self.link.agree().await
            }
            Some(error) => {
                copying.failed(error);
                self.link.warn_of(&path, error).await
            }
        }
    }

    /// Takes the content. After an error the rest is taken and thrown away, so that the client stays in step.
    async fn receive(
        &mut self,
        mut file: Box<dyn OpenFile>,
        copying: &mut Copying,
        trouble: &mut Trouble<'_>,
    ) -> Result<(Box<dyn OpenFile>, Option<FsError>), Stop> {
        let mut received = 0;
        let mut error: Option<FsError> = None;
        while received < copying.op.size {
            let Some(data) = self.link.take(copying.op.size - received).await? else {
                return Err(Stop::Quit);
            };
            let length = data.len() as u64;
            if error.is_none() {
                let passed = trouble.pass(data.len());
                let data = data.slice(..passed.allowed);
                let (written, end) = (data.len() as u64, received);
                let result;
                (file, result) = self.host.with(file, move |file| file.write_at(end, &data)).await?;
                error = result.err();
                if error.is_none() {
                    copying.op.bytes = received + written;
                    error = passed.error;
                }
                trouble.leave_after(passed, self.link).await?;
            }
            received += length;
        }
        Ok((file, error))
    }
}

impl Copying {
    fn announced(&mut self, mode: u32, times: Option<Times>) {
        self.op.mode = Some(mode);
        self.op.modified = times.map(|times| times.modified);
        self.op.accessed = times.map(|times| times.accessed);
    }
}

impl Level {
    fn new(path: Vec<u8>, is_directory: bool) -> Self {
        Self { path, is_directory, at_end: SetAttributes::default(), times: None }
    }

    /// Where something of this name goes.
    fn below(&self, name: &[u8]) -> Vec<u8> {
        match self.path.last() {
            _ if !self.is_directory => self.path.clone(),
            Some(b'/') => [&self.path[..], name].concat(),
            _ => [&self.path[..], b"/", name].concat(),
        }
    }
}

/// Makes a directory that its owner can write to until it is complete. Returns whether it is new.
fn make_directory(
    fs: &dyn FileSystem,
    caller: &Caller,
    path: &[u8],
    mode: u32,
    preserve: bool,
) -> Result<bool, FsError> {
    match fs.metadata(caller, path, true) {
        Ok(found) if found.kind != FileKind::Directory => Err(FsError::NotADirectory),
        Ok(_) => {
            if preserve {
                let mode = SetAttributes { mode: Some(mode), ..SetAttributes::default() };
                // It is tried once more at the end.
                let _ = fs.set_attributes(caller, path, &mode, true);
            }
            Ok(false)
        }
        Err(_) => fs.create_dir(caller, path, mode | ALL_BY_OWNER).map(|()| true),
    }
}

/// Times first, as OpenSSH does it; what cannot be set is not told.
fn set_each(fs: &dyn FileSystem, caller: &Caller, path: &[u8], attributes: &SetAttributes) {
    let times = SetAttributes { mode: None, ..attributes.clone() };
    let mode = SetAttributes { mode: attributes.mode, ..SetAttributes::default() };
    for step in [times, mode].iter().filter(|step| **step != SetAttributes::default()) {
        let _ = fs.set_attributes(caller, path, step, true);
    }
}

fn of_times(times: Option<Times>) -> SetAttributes {
    let (accessed, modified) = times.map(|Times { modified, accessed }| (accessed, modified)).unzip();
    SetAttributes { accessed, modified, ..SetAttributes::default() }
}
