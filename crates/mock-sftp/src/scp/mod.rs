//! `scp` at the far end, as a program: `scp -t`, which receives files, and `scp -f`, which sends them.
//!
//! This is the protocol that `scp` had before it came to use SFTP, and that `scp -O`, `pscp -scp` and libraries still
//! have. Nobody specified it; OpenSSH's `scp.c` is what all clients work with, so its answers are given here, word for
//! word, and its order of steps is kept.
//!
//! ```text
//! command line ─► words, expand ─► source ─► link ─► client
//!                             └──► sink  ◄── control ◄── link ◄── client
//! ```

mod command;
mod control;
mod expand;
mod faults;
mod host;
mod link;
mod pattern;
#[cfg(feature = "server")]
mod program;
mod query;
mod record;
mod serve;
mod sink;
mod source;
mod words;

use std::{io, sync::Arc};

use mock_base::{Recorder, State, fault::Faults};

#[cfg(feature = "server")]
pub use program::{ScpCommand, scp_command};
pub use query::{Receipts, Received, ScpEvents, ScpOps, received, scp_op, scp_uploaded};
pub use record::{ScpCause, ScpOp, ScpOperation};
pub use serve::ScpError;

use crate::{
    Ending, Fault, FileSystem,
    fault::{FaultError, Stage},
};

/// Directories in directories, at most: the longest path has hardly more.
const DEPTH: usize = 1024;

/// `scp` over a file system. Cheap to clone.
///
/// With a server of mock-core it is the program of commands that [`scp_command`] matches; over any other stream,
/// [`serve`](Self::serve) runs it.
///
#[cfg_attr(
    feature = "server",
    doc = r#"
```
# #[tokio::main(flavor = "current_thread")]
# async fn main() -> Result<(), Box<dyn std::error::Error>> {
use mock_core::MockSshServer;
use mock_sftp::{MemFs, Scp, ScpEvents as _, Sftp, received};

let fs = MemFs::builder().dir("/srv").build()?;
let server = MockSshServer::builder()
    .subsystem("sftp", Sftp::new(fs.clone()))
    .exec(Scp::exec(fs.clone()))
    .start()
    .await?;
// … `scp` or `scp -O` of a client, for which a way to log in is needed as well …
assert_eq!(server.events().count(received("/srv/app.tar")), 0);
server.shutdown().await;
# Ok(())
# }
```
"#
)]
/// The command line is read as a shell would read it: quotes, patterns and `~` mean what they mean there, against the
/// file system. `$` stands for itself.
///
/// | bounded | |
/// |---|---|
/// | line of the protocol | 16 KiB |
/// | directories in directories | 1,024 |
/// | what patterns expand to | 2 MiB of paths |
/// | memory | 64 KiB of what the client sends, 256 KiB of what is sent to it, one directory for each level |
#[derive(Debug, Clone)]
#[must_use = "a program that nobody runs does nothing"]
pub struct Scp {
    fs: Arc<dyn FileSystem>,
    contents: bool,
    recorder: Option<Recorder>,
    faults: Faults<Stage>,
    /// The states that faults look at where there is no server that has some.
    state: State,
}

impl Scp {
    /// `scp` for these files.
    pub fn new(fs: impl FileSystem + 'static) -> Self {
        let (faults, state) = (Faults::new(), State::new());
        Self { fs: Arc::new(fs), contents: true, recorder: None, faults, state }
    }

    /// Goes wrong in this way, on the occasions that the fault picks. All clones have the same faults.
    ///
    /// Over a stream that is not of a server of mock-core there are no connections and no peers for triggers, and chance is drawn
    /// from the seed 0.
    ///
    /// # Errors
    ///
    /// The action cannot be had at the stage.
    pub fn fault(self, fault: Fault) -> Result<Self, FaultError> {
        self.faults.add(fault)?;
        Ok(self)
    }

    /// The faults, to be added, switched and removed while clients are connected.
    #[must_use]
    pub fn faults(&self) -> &Faults<Stage> {
        &self.faults
    }

    /// Shares these faults with others, so that one list has those of SFTP and of SCP.
    pub fn with_faults(mut self, faults: &Faults<Stage>) -> Self {
        self.faults = faults.clone();
        self
    }

    /// Does not keep the contents of uploads in the journal, for tests that upload more than there is memory.
    pub fn without_contents(mut self) -> Self {
        self.contents = false;
        self
    }

    /// Writes to this journal when it is not run by a server of mock-core, which has its own.
    pub fn record_to(mut self, recorder: Recorder) -> Self {
        self.recorder = Some(recorder);
        self
    }
}

/// What ends a copy before its time.
#[derive(Debug)]
enum Stop {
    /// The client breaks the protocol, and is told how.
    Protocol(&'static str),
    /// All is said.
    Quit,
    /// The stream failed.
    Stream(io::Error),
    /// The file system panicked on its own thread.
    Panicked,
    /// A fault ends it.
    Ended(Ending),
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Stream(error)
    }
}
