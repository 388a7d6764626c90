//! A command of `scp` from its line to its exit status, over any stream of bytes.

use std::{io, sync::Arc};

use tokio::io::{AsyncRead, AsyncWrite};

use super::{
    Scp, Stop,
    command::{Command, Role},
    expand::expand,
    host::Host,
    link::{Link, Output, Written},
    sink::Sink,
    source::Source,
};
use crate::{Ending, fault::Who};

/// Why a command was not run to its end.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ScpError {
    /// It is not `scp -t` or `scp -f`, or more than a shell would run as one command.
    #[error("not a command of scp")]
    NotScp,
    /// The stream failed.
    #[error("the stream failed")]
    Stream(#[from] io::Error),
    /// The file system panicked on its own thread.
    #[error("the file system panicked")]
    Panicked,
}

/// How a command ended.
#[derive(Debug)]
#[cfg_attr(not(feature = "server"), expect(dead_code, reason = "some of it is for a server"))]
pub(super) struct Ended {
    pub(super) status: u32,
    /// What was wrong with what the client sent.
    pub(super) protocol: Option<&'static str>,
    /// What a fault has ended.
    pub(super) ending: Option<Ending>,
}

impl Scp {
    /// Runs this command line on this stream for this user, and returns its exit status. The user is taken as logged
    /// in.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use mock_sftp::{MemFs, Scp};
    /// use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    ///
    /// let fs = MemFs::builder().dir("/in").build()?;
    /// let (mut client, server) = tokio::io::duplex(4096);
    /// let scp = Scp::new(fs.clone());
    /// let running = tokio::spawn(async move { scp.serve(server, b"scp -t /in", "anna").await });
    /// client.write_all(b"C0644 3 a\none\0").await?;
    /// client.shutdown().await?;
    /// let mut answers = Vec::new();
    /// client.read_to_end(&mut answers).await?;
    /// assert_eq!(answers, [0, 0, 0]);
    /// assert_eq!(running.await??, 0);
    /// assert_eq!(fs.read("/in/a")?, "one");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// The line is no such command, or the stream fails. What else goes wrong is told to the client, and the status
    /// is 1, as it is where a fault ends it. Where one has stalled it, it ends with what the client sends.
    pub async fn serve<S>(&self, stream: S, command: &[u8], user: &str) -> Result<u32, ScpError>
    where
        S: AsyncRead + AsyncWrite + Send,
    {
        let (reader, writer) = tokio::io::split(stream);
        self.run(reader, Written(writer), command, Who::alone(user, &self.state))
            .await
            .map(|ended| ended.status)
    }

    pub(super) async fn run<R, W>(
        &self,
        reader: R,
        output: W,
        command: &[u8],
        who: Who,
    ) -> Result<Ended, ScpError>
    where
        R: AsyncRead + Send + Unpin,
        W: Output,
    {
        let command = Command::parse(command).ok_or(ScpError::NotScp)?;
        let mut link = Link::new(reader, output);
        let mut copied = self.copy(&mut link, command, who).await;
        let mut protocol = None;
        if let Err(Stop::Protocol(why)) = copied {
            protocol = Some(why);
            // It may have gone away, and then there is nobody to tell.
            copied = link.warn(format!("protocol error: {why}").as_bytes()).await.and(Err(Stop::Quit));
        }
        let mut ending = None;
        let status = match copied {
            Ok(()) => u32::from(link.errors > 0),
            Err(Stop::Quit | Stop::Protocol(_)) => 1,
            Err(Stop::Ended(of)) => {
                ending = Some(of);
                1
            }
            Err(Stop::Stream(error)) => return Err(error.into()),
            Err(Stop::Panicked) => return Err(ScpError::Panicked),
        };
        Ok(Ended { status: link.exit.unwrap_or(status), protocol, ending })
    }

    async fn copy<R, W>(&self, link: &mut Link<R, W>, command: Command, who: Who) -> Result<(), Stop>
    where
        R: AsyncRead + Send + Unpin,
        W: Output,
    {
        let Command { role, options, paths } = command;
        let mut host = self.host(who).await?;
        let expanded = host.ask(move |fs, caller| expand(fs, caller, &paths)).await?;
        let Ok(mut paths) = expanded else {
            link.warn(b"Argument list too long").await?;
            return Err(Stop::Quit);
        };
        match role {
            Role::Source => Source { link, host: &host, options }.run(paths).await,
            Role::Sink => {
                let (Some(target), true) = (paths.pop(), paths.is_empty()) else {
                    link.warn(b"ambiguous target").await?;
                    return Err(Stop::Quit);
                };
                // With `-p` modes are taken as they are sent.
                let caller = Arc::make_mut(&mut host.caller);
                caller.umask = if options.preserve { 0 } else { caller.umask | 0o7000 };
                Sink { link, host: &host, options }.run(target).await
            }
        }
    }

    async fn host(&self, who: Who) -> Result<Host, Stop> {
        let (fs, user) = (Arc::clone(&self.fs), who.user().to_owned());
        let caller = if fs.blocks() {
            let fs = Arc::clone(&fs);
            let asked = tokio::task::spawn_blocking(move || fs.caller(&user));
            asked.await.map_err(|_| Stop::Panicked)?
        } else {
            fs.caller(&user)
        };
        let (recorder, contents, faults) = (self.recorder.clone(), self.contents, self.faults.clone());
        Ok(Host { fs, caller: Arc::new(caller), recorder, contents, faults, who })
    }
}
