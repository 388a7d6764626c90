//! The environment and the directory that a program is started with. The table is at `HostProcess`.
//!
//! Names and values are collected first and handed over at once, so that the rules can be read, and tested, in one
//! place and without a process.

use std::{
    collections::BTreeMap,
    ffi::{OsStr, OsString},
    path::{Path, PathBuf},
};

use mock_core::{Peer, Recorder, Request, event::Problem};

/// Where programs are, if the server's process does not say.
const PATH: &str = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin";

/// What `sshd` writes for an end of the connection that it does not know.
const UNKNOWN_ADDRESS: &str = "UNKNOWN";
const UNKNOWN_PORT: u16 = 65535;

/// Rules for the environment of a program.
#[derive(Debug, Clone, Default)]
pub(crate) struct Environment {
    /// Whether it begins with the environment of the server's process.
    pub(crate) inherit: bool,
    /// What wins over everything else, in order.
    pub(crate) set: Vec<(OsString, OsString)>,
    /// Where the program starts, and its `HOME`.
    pub(crate) directory: Option<PathBuf>,
}

pub(crate) type Variables = BTreeMap<OsString, OsString>;

impl Environment {
    /// The variables for one request. `server` is the environment of the server's process, `terminal` the path of
    /// the pseudo-terminal.
    pub(crate) fn variables(
        &self,
        server: &Variables,
        request: &Request,
        terminal: Option<&OsStr>,
        recorder: &Recorder,
    ) -> Variables {
        let mut variables = self.base(server);
        for (name, value) in &request.env {
            if can_be_passed(name, value) {
                variables.insert(name.into(), value.into());
            } else {
                let text = format!("environment variable {name:?} cannot be passed to a process");
                recorder.record(Problem::new(text));
            }
        }
        let of_server = |name: &str, otherwise: &str| {
            let value = server.get(OsStr::new(name)).cloned();
            value.unwrap_or_else(|| otherwise.into())
        };
        let home = self.directory.as_ref().map(Into::into);
        let mut set = |name: &str, value: OsString| variables.insert(name.into(), value);
        set("USER", request.user.as_str().into());
        set("LOGNAME", request.user.as_str().into());
        set("HOME", home.unwrap_or_else(|| of_server("HOME", "/")));
        set("PATH", of_server("PATH", PATH));
        set("SHELL", of_server("SHELL", "/bin/sh"));
        if let Peer::Tcp(client) = request.peer {
            let (address, port) = (client.ip(), client.port());
            set("SSH_CLIENT", format!("{address} {port} {UNKNOWN_PORT}").into());
            let connection = format!("{address} {port} {UNKNOWN_ADDRESS} {UNKNOWN_PORT}");
            set("SSH_CONNECTION", connection.into());
        }
        if let Some(pty) = &request.pty {
            set("TERM", pty.term.as_str().into());
        }
        if let Some(terminal) = terminal {
            set("SSH_TTY", terminal.into());
        }
        variables.extend(self.set.iter().cloned());
        variables
    }

    fn base(&self, server: &Variables) -> Variables {
        let passed_on = |name: &OsStr| {
            if self.inherit {
                name != "TERM" && !name.as_encoded_bytes().starts_with(b"SSH_")
            } else {
                name == "LANG" || name == "TZ"
            }
        };
        server
            .iter()
            .filter(|(name, _)| passed_on(name))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect()
    }

    /// Where the program starts.
    pub(crate) fn start_directory(&self, variables: &Variables) -> PathBuf {
        if let Some(directory) = &self.directory {
            return directory.clone();
        }
        let home = variables.get(OsStr::new("HOME")).map(Path::new);
        home.filter(|home| home.is_dir()).unwrap_or(Path::new("/")).into()
    }
}

/// Whether the operating system could tell this name from this value, and both from the next.
fn can_be_passed(name: &str, value: &str) -> bool {
    !name.is_empty() && !name.contains(['=', '\0']) && !value.contains('\0')
}
