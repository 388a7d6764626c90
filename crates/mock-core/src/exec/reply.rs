//! Answers to commands, as data.

use bytes::Bytes;

use crate::{Exit, Request};

/// What a command prints and how it ends. By default it prints nothing and exits with status 0.
///
/// ```
/// use mock_core::{Exec, Reply};
///
/// let denied = Exec::on("reboot").reply(Reply::fail(1).stderr("reboot: Operation not permitted\n"));
/// # let _ = denied;
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
#[must_use]
pub struct Reply {
    /// What goes to standard output.
    pub stdout: Bytes,
    /// What goes to standard error, after standard output.
    pub stderr: Bytes,
    /// How it ends.
    pub exit: Exit,
}

impl Default for Reply {
    fn default() -> Self {
        Self { stdout: Bytes::new(), stderr: Bytes::new(), exit: Exit::Status(0) }
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

    /// Prints this to standard output.
    pub fn stdout(mut self, bytes: impl Into<Bytes>) -> Self {
        self.stdout = bytes.into();
        self
    }

    /// Prints this to standard error.
    pub fn stderr(mut self, bytes: impl Into<Bytes>) -> Self {
        self.stderr = bytes.into();
        self
    }

    /// Ends like this: with a status or by a signal.
    pub fn exit(mut self, exit: impl Into<Exit>) -> Self {
        self.exit = exit.into();
        self
    }
}

impl<T: Into<Bytes>> From<T> for Reply {
    fn from(stdout: T) -> Self {
        Self::ok().stdout(stdout)
    }
}

/// Makes the answer to a command. Pure and synchronous.
///
/// Implemented by [`Reply`], by text and by bytes, which are the same answer each time, and by closures over a [`Request`].
pub trait Respond: Send + Sync {
    /// The answer.
    fn respond(&self, request: &Request) -> Reply;
}

impl Respond for Reply {
    fn respond(&self, _: &Request) -> Reply {
        self.clone()
    }
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

the_same_each_time!(String, Vec<u8>, Bytes);

impl<F, R> Respond for F
where
    F: Fn(&Request) -> R + Send + Sync,
    R: Into<Reply>,
{
    fn respond(&self, request: &Request) -> Reply {
        self(request).into()
    }
}
