//! The files of a server: one tree, over SFTP and SCP alike.
//!
//! A tree in memory by default. A directory of this machine is served only where somebody asked for it by name.

use std::path::Path;

use mock_core::{Builder, Exec, MatchCommand as _, Profile, Request};
use mock_process::HostProcess;
use mock_sftp::{
    Dir, Directory, FileSystem, MemFs, Scp, Sftp,
    fault::{Faults, Stage},
    scp_command,
    wire::Extension,
};

use crate::{
    args::{FileArgs, HostDirectory},
    error::Error,
};

/// A tree, ready to be served. A clone serves the same one.
#[derive(Debug, Clone)]
pub(crate) struct Files {
    sftp: Sftp,
    scp: Scp,
    origin: Origin,
    spoken: Spoken,
}

/// What a scenario says of the protocol: on top of a profile.
#[derive(Debug, Clone, Default)]
pub(crate) struct Spoken {
    pub(crate) extensions: Option<Vec<Extension>>,
    pub(crate) without: Vec<Extension>,
    pub(crate) max_version: Option<u32>,
    pub(crate) max_read_length: Option<u32>,
}

impl Spoken {
    fn of(&self, mut sftp: Sftp) -> Sftp {
        if let Some(extensions) = &self.extensions {
            sftp = sftp.extensions(extensions.iter().copied());
        }
        if let Some(version) = self.max_version {
            sftp = sftp.max_version(version);
        }
        if let Some(bytes) = self.max_read_length {
            sftp = sftp.max_read_length(bytes);
        }
        self.without.iter().copied().fold(sftp, Sftp::without)
    }
}

/// Where the files are.
#[derive(Debug, Clone)]
enum Origin {
    Memory(MemFs),
    Host(HostDirectory),
}

impl Files {
    pub(crate) fn in_memory(fs: MemFs) -> Self {
        Self::of(fs.clone(), Origin::Memory(fs))
    }

    /// A copy of a directory of this machine.
    pub(crate) fn copied(path: &Path) -> Result<Self, Error> {
        let failed = |source| Error::Files { path: path.to_owned(), source };
        let fs = MemFs::builder().put("/", Dir::from_dir(path).map_err(failed)?).build();
        Ok(Self::in_memory(fs.map_err(std::io::Error::other).map_err(failed)?))
    }

    /// A directory of this machine itself.
    pub(crate) fn of_host(directory: &HostDirectory) -> Result<Self, Error> {
        let failed = |source| Error::Files { path: directory.path.clone(), source };
        let fs = Directory::open(&directory.path).map_err(failed)?;
        let fs = if directory.read_only { fs.read_only() } else { fs };
        Ok(Self::of(fs, Origin::Host(directory.clone())))
    }

    fn of(fs: impl FileSystem + Clone + 'static, origin: Origin) -> Self {
        Self { sftp: Sftp::new(fs.clone()), scp: Scp::new(fs), origin, spoken: Spoken::default() }.afresh()
    }

    /// The same tree, with nothing that goes wrong.
    pub(crate) fn afresh(self) -> Self {
        let faults = Faults::new();
        Self { sftp: self.sftp.with_faults(&faults), scp: self.scp.with_faults(&faults), ..self }
    }

    /// What goes wrong with them, over SFTP and SCP alike.
    pub(crate) fn faults(&self) -> &Faults<Stage> {
        self.sftp.faults()
    }

    /// Those that flags ask for; without such flags `otherwise`.
    pub(crate) fn by_flags(
        args: &FileArgs,
        otherwise: impl FnOnce() -> Option<Self>,
    ) -> Result<Option<Self>, Error> {
        match args {
            FileArgs { no_sftp: true, .. } => Ok(None),
            FileArgs { sftp_root: Some(path), .. } => Self::copied(path).map(Some),
            FileArgs { sftp_dir: Some(directory), .. } => Self::of_host(directory).map(Some),
            _ => Ok(otherwise()),
        }
    }

    /// Speaks so much of SFTP.
    pub(crate) fn speaking(self, spoken: Spoken) -> Self {
        Self { spoken, ..self }
    }

    /// Keeps no contents of uploads in the journal: nobody reads them there who is not in this process.
    pub(crate) fn without_contents(self) -> Self {
        Self { sftp: self.sftp.without_contents(), scp: self.scp.without_contents(), ..self }
    }

    /// The subsystem, like that of the profile, and a rule for `scp`, behind those that are there already.
    pub(crate) fn offer(&self, builder: Builder, profile: Option<&Profile>) -> Builder {
        let rule = Exec::on(scp_command()).run(self.scp.clone()).named("scp");
        builder.subsystem("sftp", self.sftp(profile)).exec(rule)
    }

    /// The server of SFTP, like that of the profile.
    pub(crate) fn sftp(&self, profile: Option<&Profile>) -> Sftp {
        let sftp = self.sftp.clone();
        self.spoken.of(match profile {
            Some(profile) => sftp.profile(profile),
            None => sftp,
        })
    }

    /// The tree, if it is in memory.
    pub(crate) fn memory(&self) -> Option<&MemFs> {
        match &self.origin {
            Origin::Memory(fs) => Some(fs),
            Origin::Host(_) => None,
        }
    }

    /// The directory of this machine that clients reach.
    pub(crate) fn host(&self) -> Option<&HostDirectory> {
        match &self.origin {
            Origin::Memory(_) => None,
            Origin::Host(directory) => Some(directory),
        }
    }
}

impl HostDirectory {
    /// What to tell whoever serves it.
    pub(crate) fn warning(&self) -> String {
        let may = if self.read_only { "read" } else { "read and change" };
        format!("clients {may} files of this machine, in `{}`", self.path.display())
    }
}

/// Whether a command is one of those that [`Files::offer`] has a rule for.
pub(crate) fn copies(request: &Request) -> bool {
    scp_command().matches(request).is_hit()
}

/// Runs programs of this machine where the files are, so that `rsync` and `git` find them, and with the agent of a client that
/// has offered it.
pub(crate) fn at_home(process: HostProcess, files: Option<&Files>) -> HostProcess {
    let process = process.forward_agent();
    match files.and_then(Files::host) {
        Some(directory) => process.working_directory(&directory.path),
        None => process,
    }
}
