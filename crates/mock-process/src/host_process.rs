//! What is started for a request, and how: the one type that users of this crate name.
//!
//! It is a specification, cheap to clone and without any process of its own. Each request starts a process from it.

use std::{
    ffi::{OsStr, OsString},
    os::unix::ffi::OsStrExt as _,
    path::{Path, PathBuf},
};

use mock_core::{Program, Request, Run, Start};

use crate::{environment::Environment, run::run};

/// Runs commands, among them those that clients send.
const SH: &str = "/bin/sh";

/// A program of this host, run for whoever asks for it.
///
/// **It runs with the rights of the server's own process.** Give it only to clients that you trust, on a loopback
/// address.
///
/// A client that requested a pseudo-terminal gets a real one, with the size and the modes that it sent, and the
/// program is in a session of its own with it. Without one there are three pipes. The README says how a
/// program ends, and what becomes of it when its client vanishes.
///
/// A program that cannot be started says so on standard error, and exits like in a shell: with status 127 if it
/// was not found, with 126 otherwise. The journal then has a `problem`.
///
/// # Environment
///
/// Later ones win, as in OpenSSH's `sshd`:
///
/// | variables | where from |
/// |---|---|
/// | `LANG`, `TZ`; all, after [`inherit_env`](Self::inherit_env) | the server's process |
/// | any | the client's `env` requests (RFC 4254 section 6.4) |
/// | `USER`, `LOGNAME` | the user that logged in, who need not exist on this host |
/// | `HOME` | [`working_directory`](Self::working_directory), else the server's own |
/// | `PATH`, `SHELL` | the server's process, else `/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin` and `/bin/sh` |
/// | `SSH_CLIENT`, `SSH_CONNECTION` | the client's address and the server's, for TCP |
/// | `SSH_AUTH_SOCK` | a socket to the client's agent, after [`forward_agent`](Self::forward_agent) |
/// | `TERM`, `SSH_TTY` | the pseudo-terminal, if there is one |
/// | any | [`env`](Self::env) |
///
/// Nothing that says how the server itself was reached or called comes through: no `SSH_*` of its own, an agent's
/// socket of its own least of all.
#[derive(Debug, Clone)]
#[must_use = "it runs nothing by itself: hand it to `Exec::run`, `Builder::shell` or `Builder::subsystem`"]
pub struct HostProcess {
    what: What,
    pub(crate) environment: Environment,
}

#[derive(Debug, Clone)]
enum What {
    Command,
    LoginShell,
    Program { path: PathBuf, arguments: Vec<OsString> },
}

/// A program with its arguments, for one request.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Invocation {
    pub(crate) path: PathBuf,
    /// What the program sees as its own name, where that is not its path.
    pub(crate) name: Option<OsString>,
    pub(crate) arguments: Vec<OsString>,
}

impl HostProcess {
    /// Runs the command that the client sends, byte by byte as it was sent, with `/bin/sh -c`.
    ///
    /// A request without a command, for a shell or a subsystem, runs an empty one, which succeeds.
    ///
    /// ```
    /// use mock_core::{Exec, any};
    /// use mock_process::HostProcess;
    ///
    /// let rule = Exec::on(any()).run(HostProcess::command());
    /// # let _ = rule;
    /// ```
    pub fn command() -> Self {
        Self::of(What::Command)
    }

    /// Runs the shell `SHELL` of the [environment](Self#environment) as a login shell: it sees its name with a dash
    /// in front, `-bash`.
    ///
    /// ```
    /// use mock_core::MockSshServer;
    /// use mock_process::HostProcess;
    ///
    /// let builder = MockSshServer::builder().shell(HostProcess::login_shell().env("SHELL", "/bin/sh"));
    /// # let _ = builder;
    /// ```
    pub fn login_shell() -> Self {
        Self::of(What::LoginShell)
    }

    /// Runs this program with these arguments, whatever the client asks for. A name without a slash is looked up in
    /// the `PATH` of the [environment](Self#environment).
    ///
    /// ```
    /// use mock_core::MockSshServer;
    /// use mock_process::HostProcess;
    ///
    /// let sftp = HostProcess::program("/usr/lib/openssh/sftp-server", ["-R"]);
    /// let builder = MockSshServer::builder().subsystem("sftp", sftp);
    /// # let _ = builder;
    /// ```
    pub fn program(path: impl Into<PathBuf>, arguments: impl IntoIterator<Item: Into<OsString>>) -> Self {
        Self::of(What::Program {
            path: path.into(),
            arguments: arguments.into_iter().map(Into::into).collect(),
        })
    }

    fn of(what: What) -> Self {
        Self { what, environment: Environment::default() }
    }

    /// Passes on the environment of the server's process, but for `TERM` and what begins with `SSH_`. By default
    /// the program has a clean one.
    pub fn inherit_env(mut self) -> Self {
        self.environment.inherit = true;
        self
    }

    /// Sets a variable. It wins over all others; of several with one name, the last.
    pub fn env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.environment.set.push((name.into(), value.into()));
        self
    }

    /// Starts the program in this directory, which is its `HOME` as well. It must exist.
    ///
    /// By default that is the home directory of the user who runs the server, or `/` where there is none: programs
    /// see real files, and may change them.
    pub fn working_directory(mut self, path: impl Into<PathBuf>) -> Self {
        self.environment.directory = Some(path.into());
        self
    }

    /// Lets the program reach the client's agent, where the client has offered it and the server has taken the offer
    /// (`Builder::accept_agent_forwarding`): `SSH_AUTH_SOCK` names a socket that is there while the program runs.
    pub fn forward_agent(mut self) -> Self {
        self.environment.forward_agent = true;
        self
    }

    pub(crate) fn with_agent(mut self, socket: &Path) -> Self {
        self.environment.agent = Some(socket.into());
        self
    }

    pub(crate) fn invocation(&self, request: &Request, shell: &OsStr) -> Invocation {
        match &self.what {
            What::Command => Invocation {
                path: SH.into(),
                name: Some("sh".into()),
                arguments: vec!["-c".into(), OsStr::from_bytes(request.command()).into()],
            },
            What::LoginShell => {
                let path = PathBuf::from(shell);
                let mut name = OsString::from("-");
                name.push(path.file_name().unwrap_or(shell));
                Invocation { path, name: Some(name), arguments: Vec::new() }
            }
            What::Program { path, arguments } => {
                Invocation { path: path.clone(), name: None, arguments: arguments.clone() }
            }
        }
    }
}

impl Program for HostProcess {
    fn start(&self, start: Start) -> Run {
        Run::task(run(self.clone(), start.session().split()))
    }
}

#[cfg(test)]
mod tests {
    use mock_core::Wanted;

    use super::*;

    fn invocation(host: &HostProcess, wanted: Wanted) -> Invocation {
        host.invocation(&Request::detached("anna", wanted), OsStr::new("/usr/bin/fish"))
    }

    #[test]
    fn a_command_is_one_argument_whatever_its_bytes() {
        let wanted = Wanted::Exec(b"echo '\xff' \"$x\"".as_slice().into());
        let invocation = invocation(&HostProcess::command(), wanted);
        assert_eq!(invocation.path, PathBuf::from("/bin/sh"));
        assert_eq!(invocation.arguments, [OsStr::new("-c"), OsStr::from_bytes(b"echo '\xff' \"$x\"")]);
    }

    #[test]
    fn a_login_shell_is_told_so_by_its_name() {
        let invocation = invocation(&HostProcess::login_shell(), Wanted::Shell);
        assert_eq!(invocation.path, PathBuf::from("/usr/bin/fish"));
        assert_eq!(invocation.name.as_deref(), Some(OsStr::new("-fish")));
        assert!(invocation.arguments.is_empty());
    }

    #[test]
    fn a_fixed_program_does_not_see_what_was_asked_for() {
        let host = HostProcess::program("/bin/echo", ["a b"]);
        let invocation = invocation(&host, Wanted::Exec("rm -rf /".into()));
        assert_eq!(invocation.path, PathBuf::from("/bin/echo"));
        assert_eq!(invocation.name, None);
        assert_eq!(invocation.arguments, ["a b"]);
    }
}
