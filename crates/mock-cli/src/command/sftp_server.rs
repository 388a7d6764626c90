//! `mock-ssh sftp-server`: SFTP on standard input and output, for `sftp -D` and for servers that run a subsystem.
//!
//! Whoever starts it has let the user in already. Standard output is the client's, so everything else goes to standard
//! error or to a file.

use mock_base::{Journal, JournalOptions, event::Stopped};
use mock_sftp::{MemFs, Sftp};
use tokio::io::{join, stdin, stdout};

use crate::{
    args::{Color, OutputArgs, SftpServerArgs},
    command::serve,
    error::Error,
    files::Files,
    lab::EVENTS_KEPT,
    outputs::{JsonLines, Outputs},
};

/// In events.
const NAME: &str = "sftp-server";

pub(crate) fn run(args: &SftpServerArgs) -> Result<(), Error> {
    let files = match args {
        SftpServerArgs { root: Some(path), .. } => Files::copied(path)?,
        SftpServerArgs { dir: Some(directory), .. } => Files::of_host(directory)?,
        _ => Files::in_memory(MemFs::new()),
    };
    for fault in &args.fault {
        files.faults().add(fault.clone())?;
    }
    serve::in_runtime(sftp(args, files.without_contents().sftp(args.profile)))
}

async fn sftp(args: &SftpServerArgs, sftp: Sftp) -> Result<(), Error> {
    let journal = Journal::with_options(JournalOptions::new().limit(EVENTS_KEPT));
    let recorder = journal.recorder(NAME);
    let output = OutputArgs { json: false, events: args.events.clone(), color: Color::Never };
    let mut outputs = Outputs::new(journal.events(), NAME);
    outputs.journal(JsonLines::open(&output, false)?);
    let sftp = sftp.record_to(recorder.clone());
    let served = sftp.serve(join(stdin(), stdout()), &args.user).await;
    recorder.record(Stopped::new(1_u64));
    let shown = outputs.end(None).await;
    served.map_err(Error::Sftp).and(shown)
}
