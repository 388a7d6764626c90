//! `scp` as a program of mock-core, and the matcher for its commands.

use mock_base::event::Problem;
use mock_core::{Exec, Exit, Match, MatchCommand, Program, Request, Run, Session, Start};

use super::{Scp, ScpError, command::Command, serve::Ended};
use crate::{Ending, FileSystem, fault::Who};

impl Scp {
    /// A rule that runs it for every command that [`scp_command`] matches.
    ///
    /// ```
    /// use mock_sftp::{MemFs, Scp};
    ///
    /// let rule = Scp::exec(MemFs::new()).expect(1..);
    /// # let _ = rule;
    /// ```
    pub fn exec(fs: impl FileSystem + 'static) -> Exec {
        Exec::on(scp_command()).run(Self::new(fs))
    }
}

impl Program for Scp {
    fn start(&self, start: Start) -> Run {
        let scp = self.clone().record_to(start.recorder().clone());
        Run::task(run(scp, start.session()))
    }
}

async fn run(scp: Scp, session: Session) -> Exit {
    let channel = session.split();
    let (command, who) = (channel.request.command(), Who::of(&channel.request));
    match scp.run(channel.stdin, channel.stdout, command, who).await {
        // Where the channel is gone, nobody is left to be told.
        Ok(Ended { ending: Some(Ending::Channel), .. }) | Err(ScpError::Stream(_)) => Exit::Silent,
        Ok(Ended { ending: Some(Ending::Connection), .. }) => Exit::Cut,
        Ok(ended) => {
            if let Some(why) = ended.protocol {
                channel.recorder.record(Problem::new(format!("scp: {why}")));
            }
            Exit::status(ended.status)
        }
        Err(error) => Exit::Failed(error.to_string()),
    }
}

/// Matches what a client runs to copy files: `scp -t …` and `scp -f …`, with whatever path before `scp` and whatever
/// options clients have. Not `scp a b`, and not `scp -t a; rm b`.
///
/// ```
/// use mock_core::{Exec, MatchCommand as _, Request, Wanted, user};
/// use mock_sftp::{MemFs, Scp, scp_command};
///
/// let request = Request::detached("anna", Wanted::Exec("scp -r -p -t '/srv/my files'".into()));
/// assert!(scp_command().matches(&request).is_hit());
/// let rule = Exec::on(scp_command().and(user("anna"))).run(Scp::new(MemFs::new()));
/// # let _ = rule;
/// ```
pub fn scp_command() -> ScpCommand {
    ScpCommand { _made_here: () }
}

/// What [`scp_command`] makes.
#[derive(Debug, Clone)]
#[must_use = "a matcher does nothing by itself: hand it to `Exec::on`"]
pub struct ScpCommand {
    _made_here: (),
}

impl MatchCommand for ScpCommand {
    fn matches(&self, request: &Request) -> Match {
        Command::parse(request.command()).is_some().into()
    }

    fn describe(&self) -> String {
        "scp".to_owned()
    }
}
