//! The arguments about files: what a server has of them, and `mock-ssh sftp-server`.

use std::{
    ffi::{OsStr, OsString},
    os::unix::ffi::OsStrExt as _,
    path::PathBuf,
};

use clap::Args as ClapArgs;
use mock_base::Profile;

use crate::fault::Fault;

/// What is served over SFTP and SCP.
#[derive(Debug, Clone, ClapArgs)]
#[command(
    next_help_heading = "Files over SFTP and SCP (an empty directory, unless a scenario says otherwise)"
)]
pub(crate) struct FileArgs {
    /// Serve a copy of this directory, made in memory at the start; what clients change is gone in the end
    #[arg(long, value_name = "DIR", conflicts_with_all = ["sftp_dir", "no_sftp"])]
    pub(crate) sftp_root: Option<PathBuf>,

    /// Serve this directory itself, with `:ro` behind it for reading only
    #[arg(long, value_name = "DIR[:ro]", conflicts_with = "no_sftp")]
    pub(crate) sftp_dir: Option<HostDirectory>,

    /// Serve no files
    #[arg(long)]
    pub(crate) no_sftp: bool,
}

/// What there is to know about the programs that run it.
const HELP: &str = "\
It is what `sftp` runs with -D, and what a server runs for a subsystem:
  sftp -D \"mock-ssh sftp-server --root fixtures\"
  Subsystem sftp /usr/local/bin/mock-ssh sftp-server --root /srv/fixtures

Exit status: 0 when the client ended it, 1 when it broke the protocol, 4 for a directory that cannot be read.";

#[derive(Debug, Clone, ClapArgs)]
#[command(next_line_help = false, after_help = HELP)]
pub(crate) struct SftpServerArgs {
    /// Serve a copy of this directory, made in memory [default: an empty one]
    #[arg(long, value_name = "DIR", conflicts_with = "dir")]
    pub(crate) root: Option<PathBuf>,

    /// Serve this directory itself, with `:ro` behind it for reading only
    #[arg(long, value_name = "DIR[:ro]")]
    pub(crate) dir: Option<HostDirectory>,

    /// Be like the SFTP server of this profile: see `mock-ssh profiles`
    #[arg(long, value_name = "NAME", value_parser = Profile::named)]
    pub(crate) profile: Option<&'static Profile>,

    /// Call the user this [default: the variable USER]
    #[arg(
        long,
        value_name = "NAME",
        env = "USER",
        hide_env = true,
        default_value = "user",
        hide_default_value = true
    )]
    pub(crate) user: String,

    /// Let this go wrong, such as `sftp open "*.gz": status permission-denied`; may be repeated. See docs/faults.md
    #[arg(long, value_name = "FAULT", value_parser = Fault::of_sftp)]
    pub(crate) fault: Vec<mock_sftp::Fault>,

    /// Write every operation to this file as JSON Lines
    #[arg(long, value_name = "FILE")]
    pub(crate) events: Option<PathBuf>,
}

/// A directory of this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HostDirectory {
    pub(crate) path: PathBuf,
    pub(crate) read_only: bool,
}

impl From<OsString> for HostDirectory {
    fn from(text: OsString) -> Self {
        match text.as_bytes().strip_suffix(b":ro") {
            Some(path) => Self { path: OsStr::from_bytes(path).into(), read_only: true },
            None => Self { path: text.into(), read_only: false },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_is_read_only_where_that_stands_behind_it() {
        let parsed = |text: &str| HostDirectory::from(OsString::from(text));
        assert_eq!(parsed("/srv"), HostDirectory { path: "/srv".into(), read_only: false });
        assert_eq!(parsed("a:b:ro"), HostDirectory { path: "a:b".into(), read_only: true });
        assert_eq!(parsed("a:rw"), HostDirectory { path: "a:rw".into(), read_only: false });
    }
}
