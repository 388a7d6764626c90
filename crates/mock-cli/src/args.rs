//! The command line exactly as it is typed: names, defaults and help texts, nothing resolved.
//!
//! What single values may be is checked here, what they mean together by the commands. Help texts are for people who
//! look for a flag; the README tells the story.

mod agent;
mod check;
mod connections;
mod files;
mod forwards;
mod profiles;
mod users;

use std::{
    net::IpAddr,
    path::{Path, PathBuf},
};

use clap::{Args as ClapArgs, CommandFactory as _, Parser, Subcommand, ValueEnum, error::ErrorKind};
use mock_base::{ParsedExpectation, Profile};

use crate::{fault::Fault, lab::Purpose, output::People, placeholder};

pub(crate) use self::{
    agent::{AgentArgs, AgentPolicy},
    check::CheckArgs,
    connections::{ConnectionArgs, HostKeyArgs, List},
    files::{FileArgs, HostDirectory, SftpServerArgs},
    forwards::ForwardArgs,
    profiles::ProfilesArgs,
    users::{PubkeyType, UserArgs},
};

/// A mock SSH server for tests in any language.
///
/// Starts a server on this machine with ready users, one for each authentication method, and prints what clients need
/// to log in. Everything that happens is logged. Nothing that a client sends runs on this machine unless
/// `--exec process` says so.
#[derive(Debug, Parser)]
#[command(name = "mock-ssh", version, args_conflicts_with_subcommands = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,

    #[command(flatten)]
    pub(crate) serve: ServeArgs,
}

impl Args {
    /// Refuses what single flags allow and together make no sense.
    ///
    /// # Errors
    ///
    /// A usage error that names the flags.
    pub(crate) fn checked(self) -> Result<Self, clap::Error> {
        let conflict = match &self.command {
            None => self.serve.conflict(),
            Some(Command::Serve(args)) => args.conflict(),
            Some(Command::Verify(args)) => args.conflict(),
            Some(Command::Agent(args)) => args.conflict(),
            Some(Command::Check(_) | Command::Profiles(_) | Command::SftpServer(_)) => None,
        };
        match conflict {
            Some(text) => Err(Self::command().error(ErrorKind::ArgumentConflict, text)),
            None => Ok(self),
        }
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Start a server and serve until told to stop: what happens without a subcommand
    Serve(Box<ServeArgs>),
    /// Start a server, run a command against it, and say whether what was expected came
    Verify(Box<VerifyArgs>),
    /// Say what is wrong with scenario files
    Check(CheckArgs),
    /// Run an ssh-agent by itself, for a shell or for one command
    Agent(Box<AgentArgs>),
    /// Tell which real servers `--profile` can imitate, and what is known of one
    Profiles(ProfilesArgs),
    /// Speak SFTP on standard input and output, for `sftp -D` and for a server's `Subsystem`
    SftpServer(Box<SftpServerArgs>),
}

#[derive(Debug, Clone, ClapArgs)]
#[command(next_line_help = false)]
pub(crate) struct ServeArgs {
    #[command(flatten)]
    pub(crate) server: ServerArgs,

    #[command(flatten)]
    pub(crate) expect: ExpectArgs,

    #[command(flatten)]
    pub(crate) output: OutputArgs,

    /// Print variables for a shell, then nothing more: eval "$(mock-ssh serve --env &)"
    #[arg(long, conflicts_with = "json", help_heading = "Output")]
    pub(crate) env: bool,

    /// Take requests as JSON Lines on a Unix socket at this path; `-` is standard input, with answers on standard
    /// output, and implies --json. See docs/control.md
    #[arg(long, value_name = "PATH", help_heading = "Control")]
    pub(crate) control: Option<PathBuf>,
}

#[derive(Debug, Clone, ClapArgs)]
#[command(next_line_help = false, after_help = placeholder::HELP)]
pub(crate) struct VerifyArgs {
    /// What to run, with its arguments; `{config}`, `{port}` and the like are replaced, see below
    #[arg(required = true, last = true, value_name = "COMMAND")]
    pub(crate) command: Vec<String>,

    #[command(flatten)]
    pub(crate) server: ServerArgs,

    #[command(flatten)]
    pub(crate) expect: ExpectArgs,

    #[command(flatten)]
    pub(crate) output: OutputArgs,

    /// Write the result to this file as JUnit XML: a test case for each expectation and one for the command
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub(crate) junit: Option<PathBuf>,

    /// Take requests of the command as JSON Lines on a Unix socket at this path: see docs/control.md
    #[arg(long, value_name = "PATH", help_heading = "Control")]
    pub(crate) control: Option<PathBuf>,
}

/// What runs, whoever is told of it.
#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct ServerArgs {
    /// Do what this file says, in TOML; other flags go before it. See docs/scenario.md
    #[arg(long, value_name = "FILE", help_heading = "Server")]
    pub(crate) scenario: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) listen: ListenArgs,

    #[command(flatten)]
    pub(crate) host_keys: HostKeyArgs,

    #[command(flatten)]
    pub(crate) connections: ConnectionArgs,

    #[command(flatten)]
    pub(crate) users: UserArgs,

    #[command(flatten)]
    pub(crate) files: FileArgs,

    #[command(flatten)]
    pub(crate) behaviour: BehaviourArgs,

    #[command(flatten)]
    pub(crate) forwards: ForwardArgs,
}

#[derive(Debug, Clone, ClapArgs)]
#[command(next_help_heading = "Expectations (exit status 1 if one is not met)")]
pub(crate) struct ExpectArgs {
    /// Expect this by the end, such as `exec "systemctl restart *" x1`; may be repeated
    #[arg(long, value_name = "EXPECTATION")]
    pub(crate) expect: Vec<ParsedExpectation>,

    /// Expect that everything asked for was scripted: a rule for each command and each line, nothing refused. Nothing
    /// is echoed then
    #[arg(long)]
    pub(crate) strict: bool,
}

#[derive(Debug, Clone, ClapArgs)]
#[command(next_help_heading = "Server")]
pub(crate) struct ListenArgs {
    /// Listen on this address; one that is not a loopback address lets other machines in [default: 127.0.0.1]
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) listen_address: Option<IpAddr>,

    /// Listen on this port; 0 takes any free one [default: 2200, and 0 where a program is told]
    #[arg(long, value_name = "PORT")]
    pub(crate) listen_port: Option<u16>,

    /// Have the host key in this file, in any form that OpenSSH writes; may be repeated
    /// [default: a temporary Ed25519 and a temporary ECDSA key]
    #[arg(long, value_name = "FILE")]
    pub(crate) host_key: Vec<PathBuf>,

    /// Be called this in events and in JSON [default: default]
    #[arg(long, value_name = "NAME", value_parser = server_name)]
    pub(crate) name: Option<String>,

    /// Be like this real server, such as `openssh-9.6`, where nothing else is said: see `mock-ssh profiles`
    #[arg(long, value_name = "NAME", value_parser = Profile::named)]
    pub(crate) profile: Option<&'static Profile>,

    /// Identify the server with this line, such as `SSH-2.0-OpenSSH_9.6`
    #[arg(long, value_name = "LINE")]
    pub(crate) version_string: Option<String>,

    /// Offer these algorithms [default: compatible, or those of the profile]
    #[arg(long, value_enum)]
    pub(crate) algorithms: Option<AlgorithmSet>,

    /// Serve this many connections at once [default: 10000]
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) max_connections: Option<u32>,

    /// Stop when the process that started this one ends
    #[arg(long)]
    pub(crate) exit_with_parent: bool,
}

#[derive(Debug, Clone, ClapArgs)]
#[command(next_help_heading = "Behaviour")]
pub(crate) struct BehaviourArgs {
    /// What becomes of commands and shells for which there is no rule [default: echo, and with --scenario what it says]
    #[arg(long, value_enum, value_name = "HOW")]
    pub(crate) exec: Option<ExecMode>,

    /// Send this text before authentication
    #[arg(long, value_name = "TEXT")]
    pub(crate) banner: Option<String>,

    /// Let this go wrong, such as `kex: stall; first 2`; may be repeated. See docs/faults.md
    #[arg(long, value_name = "FAULT")]
    pub(crate) fault: Vec<Fault>,

    /// Show passwords and answers of clients in events
    #[arg(long)]
    pub(crate) reveal_secrets: bool,
}

#[derive(Debug, Clone, ClapArgs)]
#[command(next_help_heading = "Output")]
pub(crate) struct OutputArgs {
    /// Print JSON only, a line once the server accepts connections and one when it has stopped; texts for people go
    /// to standard error
    #[arg(long)]
    pub(crate) json: bool,

    /// Write every event to this file as JSON Lines; `-` is standard output
    #[arg(long, value_name = "FILE")]
    pub(crate) events: Option<PathBuf>,

    /// Colour texts for people; `auto` does on a terminal, unless `NO_COLOR` is set
    #[arg(long, value_enum, value_name = "WHEN", default_value_t = Color::Auto)]
    pub(crate) color: Color,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum AlgorithmSet {
    /// What current OpenSSH prefers
    Modern,
    /// What clients of the last ten years can do
    Compatible,
    /// And what devices of fifteen years ago cannot do without: SHA-1, group 1, triple DES, CBC
    Legacy,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExecMode {
    /// Answer `REMOTE_OK:` and what was sent
    Echo,
    /// Run commands and login shells on this machine, as the user who started the server
    Process,
    /// Refuse both
    Deny,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Color {
    Auto,
    Always,
    Never,
}

impl ServeArgs {
    /// Whether standard output carries JSON only: answers to requests are JSON too.
    pub(crate) fn json(&self) -> bool {
        self.output.json || self.control_on_stdin()
    }

    pub(crate) fn control_on_stdin(&self) -> bool {
        self.control.as_deref().is_some_and(is_standard_stream)
    }

    /// Programs read the port from what is printed, people know 2200.
    pub(crate) fn port(&self) -> u16 {
        let for_a_program = self.json() || self.env;
        self.server.listen.listen_port.unwrap_or(if for_a_program { 0 } else { 2200 })
    }

    pub(crate) fn purpose(&self) -> Purpose<'_> {
        let is_asked = self.control.is_some() || !self.expect.is_empty();
        Purpose { port: self.port(), expect: &self.expect, is_asked }
    }

    /// Where texts for people go.
    pub(crate) fn people(&self) -> People {
        let color = self.output.color.into();
        if self.env {
            People::Nowhere
        } else if self.json() || self.output.events_on_stdout() {
            People::Stderr(color)
        } else {
            People::Stdout(color)
        }
    }

    fn conflict(&self) -> Option<&'static str> {
        match self {
            Self { env: true, output, .. } if output.events_on_stdout() => {
                Some("the argument '--env' cannot be used with '--events -': both write to standard output")
            }
            Self { env: true, .. } if self.control_on_stdin() => {
                Some("the argument '--env' cannot be used with '--control -': both write to standard output")
            }
            _ => None,
        }
    }
}

impl ExpectArgs {
    fn is_empty(&self) -> bool {
        self.expect.is_empty() && !self.strict
    }
}

impl VerifyArgs {
    /// The command is told the port.
    pub(crate) fn port(&self) -> u16 {
        self.server.listen.listen_port.unwrap_or(0)
    }

    fn conflict(&self) -> Option<&'static str> {
        let on_stdin = self.control.as_deref().is_some_and(is_standard_stream);
        on_stdin.then_some("'--control -' cannot be used here: standard input is the command's; use a path")
    }
}

impl OutputArgs {
    pub(crate) fn events_on_stdout(&self) -> bool {
        self.events.as_deref().is_some_and(is_standard_stream)
    }
}

fn is_standard_stream(path: &Path) -> bool {
    path == "-"
}

/// Names stand in command lines, in file names and in an OpenSSH configuration: as they are, without quotes.
pub(crate) fn user_name(name: &str) -> Result<String, String> {
    let plain = |char: char| char.is_ascii_alphanumeric() || "-_.+".contains(char);
    if name.starts_with(['-', '.']) || !name.chars().all(plain) {
        return Err("use letters, digits, `-`, `_`, `.` and `+`, and begin with neither `-` nor `.`".into());
    }
    Ok(name.to_owned())
}

pub(crate) fn server_name(name: &str) -> Result<String, String> {
    if name.is_empty() || name.chars().any(char::is_control) {
        return Err("use printable characters, at least one".into());
    }
    if name == crate::lab::AGENT {
        return Err("events of the agent have this name".into());
    }
    Ok(name.to_owned())
}
