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
    /// Whether the program may reach the client's agent.
    pub(crate) forward_agent: bool,
    /// Where it does.
    pub(crate) agent: Option<PathBuf>,
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
            let (to, to_port) = request.local.map_or_else(
                || (UNKNOWN_ADDRESS.to_owned(), UNKNOWN_PORT),
                |local| (local.ip().to_string(), local.port()),
            );
            set("SSH_CLIENT", format!("{address} {port} {to_port}").into());
            set("SSH_CONNECTION", format!("{address} {port} {to} {to_port}").into());
        }
        if let Some(agent) = &self.agent {
            set("SSH_AUTH_SOCK", agent.into());
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

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use mock_core::{Journal, Wanted};

    use super::*;

    /// What a program gets, as text, from a developer's environment and a client's.
    fn variables(
        rules: &Environment,
        client: &[(&str, &str)],
        peer: Peer,
    ) -> (BTreeMap<String, String>, usize) {
        let server = [
            ("HOME", "/home/dev"),
            ("LANG", "de_DE.UTF-8"),
            ("PATH", "/opt/bin"),
            ("SSH_AUTH_SOCK", "/run/agent"),
            ("SSH_CONNECTION", "1.2.3.4 5 6.7.8.9 22"),
            ("TERM", "screen"),
            ("TOKEN", "secret"),
        ];
        let server = server.iter().map(|(name, value)| ((*name).into(), (*value).into()));
        let mut request = Request::detached("anna", Wanted::Shell);
        request.env = client.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        request.peer = peer;
        request.local = matches!(peer, Peer::Tcp(_)).then(|| SocketAddr::from(([127, 0, 0, 1], 22)));
        let journal = Journal::new();
        let variables = rules.variables(&server.collect(), &request, None, &journal.recorder("test"));
        let text = |text: &OsString| text.to_str().unwrap().to_owned();
        let variables = variables.iter().map(|(name, value)| (text(name), text(value))).collect();
        (variables, journal.events().count(mock_core::event::problem()))
    }

    #[test]
    fn by_default_little_comes_through() {
        let (variables, _) = variables(&Environment::default(), &[], Peer::Memory);
        let variables: Vec<String> =
            variables.iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(
            variables,
            [
                "HOME=/home/dev",
                "LANG=de_DE.UTF-8",
                "LOGNAME=anna",
                "PATH=/opt/bin",
                "SHELL=/bin/sh",
                "USER=anna"
            ]
        );
    }

    #[test]
    fn an_inherited_environment_lacks_what_says_how_the_server_was_reached() {
        let rules = Environment { inherit: true, ..Environment::default() };
        let (variables, _) = variables(&rules, &[], Peer::Memory);
        assert_eq!(variables["TOKEN"], "secret");
        assert!(!variables.keys().any(|name| name.starts_with("SSH_") || name == "TERM"), "{variables:?}");
    }

    #[test]
    fn the_client_overrides_the_server_and_the_rules_override_the_client() {
        let rules = Environment {
            set: vec![("A".into(), "rule".into()), ("SHELL".into(), "/bin/ash".into())],
            directory: Some("/srv".into()),
            ..Environment::default()
        };
        let client = [("LANG", "C"), ("A", "client"), ("HOME", "/client"), ("SHELL", "/client")];
        let (variables, _) = variables(&rules, &client, Peer::Memory);
        for (name, value) in [("LANG", "C"), ("A", "rule"), ("HOME", "/srv"), ("SHELL", "/bin/ash")] {
            assert_eq!(variables[name], value, "{name}");
        }
    }

    #[test]
    fn what_the_system_cannot_pass_is_left_out_and_recorded() {
        let client = [("", "x"), ("A=B", "x"), ("N\0", "x"), ("V", "\0"), ("GOOD", "=")];
        let (variables, problems) = variables(&Environment::default(), &client, Peer::Memory);
        assert_eq!(variables["GOOD"], "=");
        assert_eq!((variables.len(), problems), (7, 4));
    }

    #[test]
    fn a_client_on_a_socket_is_named() {
        let peer = Peer::Tcp(SocketAddr::from(([127, 0, 0, 1], 50_000)));
        let (variables, _) = variables(&Environment::default(), &[], peer);
        assert_eq!(variables["SSH_CLIENT"], "127.0.0.1 50000 22");
        assert_eq!(variables["SSH_CONNECTION"], "127.0.0.1 50000 127.0.0.1 22");
    }
}
