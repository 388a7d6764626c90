//! A client of `scp` for tests: everything that it will ever say, and all that it is answered.

use mock_base::{Events, Journal};
use mock_sftp::{FileSystem, MemFs, Scp, ScpError, ScpEvents as _, ScpOp, User};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

/// How a command ended.
#[derive(Debug)]
pub(crate) struct Ended {
    /// What the client was sent, readable.
    pub(crate) answers: String,
    pub(crate) status: Result<u32, ScpError>,
    pub(crate) events: Events,
}

/// A tree of `anna`, who starts at home.
pub(crate) fn home() -> MemFs {
    let anna = User::new("anna").start("/home/anna");
    MemFs::builder().user(anna).dir("/home/anna").build().unwrap()
}

/// Runs a command as `anna`, for a client that says this and then no more.
pub(crate) async fn run(fs: impl FileSystem + 'static, command: &str, says: impl AsRef<[u8]>) -> Ended {
    let journal = Journal::new();
    let scp = Scp::new(fs).record_to(journal.recorder("scp"));
    let (client, server) = tokio::io::duplex(64);
    let (mut reader, mut writer) = tokio::io::split(client);
    let (says, mut answers) = (says.as_ref().to_vec(), Vec::new());
    let says = async move {
        // Nobody may be left who listens.
        let _ = writer.write_all(&says).await;
        let _ = writer.shutdown().await;
    };
    let serving = scp.serve(server, command.as_bytes(), "anna");
    let (status, (), _) = tokio::join!(serving, says, reader.read_to_end(&mut answers));
    Ended { answers: answers.escape_ascii().to_string(), status, events: journal.events() }
}

impl Ended {
    /// Holds it to these answers, with this status.
    #[track_caller]
    pub(crate) fn is(self, status: u32, answers: &str) -> Self {
        assert_eq!((self.answers.as_str(), self.status.as_ref().ok()), (answers, Some(&status)));
        self
    }

    pub(crate) fn ops(&self) -> Vec<ScpOp> {
        self.events.scp_ops()
    }

    /// The journal without times.
    pub(crate) fn journal(&self) -> Vec<String> {
        let timeline = self.events.timeline().to_string();
        timeline.lines().filter_map(|line| Some(line[line.find("scp ")?..].to_owned())).collect()
    }
}
