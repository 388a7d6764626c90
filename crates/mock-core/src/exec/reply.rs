//! Answers to commands, as data: what is printed where and when, and how it ends. Playing one is `player.rs`.

use std::path::PathBuf;

use bytes::Bytes;
use mock_base::Delay;

use super::template::Template;
use crate::{Exit, Request};

/// What a command prints, in order, and how it ends. By default it prints nothing and exits with status 0.
///
/// ```
/// use std::time::Duration;
/// use mock_core::{Exec, Exit, Reply};
///
/// let denied = Exec::on("reboot").reply(Reply::fail(1).stderr("reboot: Operation not permitted\n"));
/// let slow = Exec::on("make").reply(
///     Reply::ok().stdout("compiling\n").pause(Duration::from_secs(2)).stderr("error\n").exit(Exit::status(2)),
/// );
/// # let _ = (denied, slow);
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct Reply {
    pub(crate) pieces: Vec<Piece>,
    /// Bytes a second.
    pub(crate) bandwidth: Option<u64>,
    pub(crate) exit: Exit,
}

/// One step of a reply.
#[derive(Debug, Clone)]
pub(crate) enum Piece {
    Print(Stream, Content),
    Pause(Delay),
    /// Reads standard input to its end and throws it away.
    ReadStdin,
    /// Reads standard input up to and with this text.
    ReadUntil(Bytes),
    /// Prints standard input as it comes, to its end.
    EchoStdin,
}

/// Where a piece is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stream {
    Stdout,
    Stderr,
}

#[derive(Debug, Clone)]
pub(crate) enum Content {
    Bytes(Bytes),
    Template(Template),
    /// A file of the host that the test named.
    File(PathBuf),
}

impl Default for Reply {
    fn default() -> Self {
        Self { pieces: Vec::new(), bandwidth: None, exit: Exit::Status(0) }
    }
}

impl Reply {
    /// Prints nothing and exits with status 0.
    pub fn ok() -> Self {
        Self::default()
    }

    /// Prints nothing and exits with this status.
    pub fn fail(status: u32) -> Self {
        Self::ok().exit(Exit::Status(status))
    }

    /// Then prints this to standard output.
    pub fn stdout(self, bytes: impl Into<Bytes>) -> Self {
        self.then(Piece::Print(Stream::Stdout, Content::Bytes(bytes.into())))
    }

    /// Then prints this to standard error.
    pub fn stderr(self, bytes: impl Into<Bytes>) -> Self {
        self.then(Piece::Print(Stream::Stderr, Content::Bytes(bytes.into())))
    }

    /// Then prints to standard output what becomes of this template.
    pub fn stdout_template(self, template: Template) -> Self {
        self.then(Piece::Print(Stream::Stdout, Content::Template(template)))
    }

    /// Then prints to standard error what becomes of this template.
    pub fn stderr_template(self, template: Template) -> Self {
        self.then(Piece::Print(Stream::Stderr, Content::Template(template)))
    }

    /// Then prints a file of this machine to standard output. It is read when the reply is played; if that fails, the
    /// program does, and the journal says why.
    pub fn stdout_file(self, path: impl Into<PathBuf>) -> Self {
        self.then(Piece::Print(Stream::Stdout, Content::File(path.into())))
    }

    /// Then prints a file of this machine to standard error.
    pub fn stderr_file(self, path: impl Into<PathBuf>) -> Self {
        self.then(Piece::Print(Stream::Stderr, Content::File(path.into())))
    }

    /// Then waits, on tokio's clock: for a fixed time, or for one that is drawn from the server's seed.
    pub fn pause(self, delay: impl Into<Delay>) -> Self {
        self.then(Piece::Pause(delay.into()))
    }

    /// Then reads standard input to its end, as a program does that wants all of it before it answers.
    pub fn read_stdin(self) -> Self {
        self.then(Piece::ReadStdin)
    }

    /// Then reads standard input up to and with this text, or to its end: a message, for protocols in which both sides take
    /// turns. A reply is also a program, so this is a subsystem with a canned dialogue (RFC 6242):
    ///
    /// ```
    /// use mock_core::{MockSshServer, Reply};
    ///
    /// let netconf = Reply::from("<hello/>]]>]]>").read_until("]]>]]>").read_until("]]>]]>").stdout("<ok/>]]>]]>");
    /// let builder = MockSshServer::builder().subsystem("netconf", netconf);
    /// # let _ = builder;
    /// ```
    pub fn read_until(self, text: impl Into<Bytes>) -> Self {
        self.then(Piece::ReadUntil(text.into()))
    }

    /// Then prints standard input to standard output as it comes, to its end, as `cat` does.
    pub fn echo_stdin(self) -> Self {
        self.then(Piece::EchoStdin)
    }

    /// Prints everything at this many bytes a second, in pieces of a tenth of a second: 0 for as fast as it goes.
    pub fn bandwidth(mut self, bytes_a_second: u64) -> Self {
        self.bandwidth = Some(bytes_a_second).filter(|bytes| *bytes > 0);
        self
    }

    /// Ends like this: with a status or by a signal.
    pub fn exit(mut self, exit: impl Into<Exit>) -> Self {
        self.exit = exit.into();
        self
    }

    fn then(mut self, piece: Piece) -> Self {
        self.pieces.push(piece);
        self
    }
}

impl<T: Into<Bytes>> From<T> for Reply {
    fn from(stdout: T) -> Self {
        Self::ok().stdout(stdout)
    }
}

impl From<Template> for Reply {
    fn from(template: Template) -> Self {
        Self::ok().stdout_template(template)
    }
}

/// Makes the answer to a command. Pure and synchronous.
///
/// Implemented by [`Reply`], by text and by bytes, which are the same answer each time, by a [`Template`], and by closures
/// over a [`Request`].
pub trait Respond: Send + Sync {
    /// The answer.
    fn respond(&self, request: &Request) -> Reply;
}

impl Respond for &'static str {
    fn respond(&self, _: &Request) -> Reply {
        Reply::from(*self)
    }
}

macro_rules! the_same_each_time {
    ($($output:ty),*) => {$(
        impl Respond for $output {
            fn respond(&self, _: &Request) -> Reply {
                Reply::from(self.clone())
            }
        }
    )*};
}

the_same_each_time!(Reply, Template, String, Vec<u8>, Bytes);

impl<F, R> Respond for F
where
    F: Fn(&Request) -> R + Send + Sync,
    R: Into<Reply>,
{
    fn respond(&self, request: &Request) -> Reply {
        self(request).into()
    }
}
